// What is said to proxies, byte by byte, and what of their answers is taken.
#include "upstream/forward_proxy.hpp"

#include "tests/upstream/support/world.hpp"

namespace perigee::upstream::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Type = ForwardProxy::Type;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (int value : values) text.push_back(static_cast<char>(value));
  return text;
}

class ProxyTest : public Upstream {
 protected:
  void TearDown() override {
    proxy.connections.clear();
    proxy.close();
    Upstream::TearDown();
  }
  ForwardProxy of(Type type, std::string user = {}, std::string password = {}) const {
    return {.type = type,
            .host = "127.0.0.1",
            .port = proxy.port(),
            .username = std::move(user),
            .password = std::move(password)};
  }
  std::shared_ptr<const Endpoint> through(ForwardProxy how, const std::string& url) {
    EndpointOptions options;
    options.target = *http::parse_url(url);
    options.proxy = std::make_shared<const ForwardProxy>(std::move(how));
    options.fingerprint = url + options.proxy->fingerprint();
    return endpoint(std::move(options));
  }
  // What the proxy has received since the last time, once it is `size` bytes.
  std::string heard(std::size_t size) {
    EXPECT_TRUE(until([&] {
      return !proxy.connections.empty() && proxy.connections.back()->received.size() >= size;
    }));
    return std::exchange(peer().received, {});
  }
  Peer& peer() { return *proxy.connections.back(); }

  RawBackend proxy{reactor};
};

// ---- HTTP

TEST_F(ProxyTest, RequestsToHttpTargetsAreSentWithTheirWholeUrl) {
  auto to = through(of(Type::http), "http://backend.example:8080/base");
  Going going(client, *to);
  Peer& asked_proxy = asked(proxy);
  EXPECT_THAT(asked_proxy.received, StartsWith("GET http://backend.example:8080/x HTTP/1.1\r\n"));
  EXPECT_THAT(asked_proxy.received, Not(HasSubstr("Proxy-")));
  asked_proxy.send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
}

TEST_F(ProxyTest, RequestsSayWhoAsks) {
  auto to = through(of(Type::http, "Aladdin", "open sesame"), "http://backend.example/");
  Going going(client, *to);
  EXPECT_THAT(asked(proxy).received,
              AllOf(StartsWith("GET http://backend.example/x HTTP/1.1\r\n"),
                    HasSubstr("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n")));
  proxy.connections[0]->send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
}

TEST_F(ProxyTest, ConnectionsToTheProxyAreUsedAgain) {
  auto to = through(of(Type::http), "http://backend.example/");
  exchange(proxy, *to, 0);
  exchange(proxy, *to, 0);
  EXPECT_EQ(proxy.connections.size(), 1u);
}

// A tunnel for the rest: here to "ws", which needs no handshake of TLS.
TEST_F(ProxyTest, AnHttpTunnelIsAskedForByName) {
  auto to = through(of(Type::http, "u", "p"), "ws://backend.example/");
  Going going(client, *to);
  EXPECT_EQ(asked(proxy).received,
            "CONNECT backend.example:80 HTTP/1.1\r\nHost: backend.example:80\r\n"
            "Proxy-Authorization: Basic dTpw\r\n\r\n");
  proxy.connections[0]->received.clear();
  proxy.connections[0]->send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
  EXPECT_THAT(asked(proxy).received, StartsWith("GET /x HTTP/1.1\r\nHost: backend\r\n"));
  proxy.connections[0]->send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
}

TEST_F(ProxyTest, AnIpv6HostHasItsBrackets) {
  auto to = through(of(Type::http), "ws://[2001:db8::1]:81/");
  Going going(client, *to);
  EXPECT_THAT(asked(proxy).received, StartsWith("CONNECT [2001:db8::1]:81 HTTP/1.1\r\n"));
}

TEST_F(ProxyTest, AnAnswerInPiecesIsPutTogether) {
  auto to = through(of(Type::http), "ws://backend.example/");
  Going going(client, *to);
  asked(proxy);
  proxy.connections[0]->received.clear();
  for (char byte : std::string("HTTP/1.0 200 OK\r\n\r\n")) {
    proxy.connections[0]->send(std::string(1, byte));
    settle();
  }
  asked(proxy).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_TRUE(going.result());
}

struct Refusal {
  const char* name;
  std::string answer;
  ErrorCode code;
  const char* says;
};

class ConnectRefusal : public ProxyTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(ConnectRefusal, IsTold) {
  auto to = through(of(Type::http, "user", "secret-password"), "ws://backend.example/");
  Going going(client, *to);
  asked(proxy).send(GetParam().answer);
  settle();
  if (!going.done()) proxy.connections[0]->end();
  ASSERT_TRUE(until([&] { return going.done(); }));
  ASSERT_FALSE(going.result());
  EXPECT_EQ(going.error(), GetParam().code);
  const std::string& message = going.result().error().message;
  EXPECT_THAT(message, HasSubstr("backend.example:80: proxy 127.0.0.1:"));
  EXPECT_THAT(message, HasSubstr(GetParam().says));
  EXPECT_THAT(message, Not(HasSubstr("secret-password")));
  EXPECT_TRUE(going.result().error().retry_is_safe || GetParam().code == ErrorCode::closed);
  EXPECT_EQ(client.connections(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ConnectRefusal,
    ::testing::Values(
        Refusal{"Authentication", "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", ErrorCode::other,
                "407 (Proxy Authentication Required)"},
        Refusal{"Forbidden", "HTTP/1.1 403 No\r\n\r\n", ErrorCode::other, "answered 403"},
        Refusal{"BadGateway", "HTTP/1.1 502 No\r\n\r\n", ErrorCode::unreachable, "answered 502"},
        Refusal{"Redirect", "HTTP/1.1 302 No\r\nLocation: http://a/\r\n\r\n", ErrorCode::other,
                "answered 302"},
        Refusal{"Interim", "HTTP/1.1 100 Continue\r\n\r\n", ErrorCode::invalid, "interim"},
        Refusal{"NoHttp", "SSH-2.0-OpenSSH\r\n\r\n", ErrorCode::invalid, "breaks its protocol"},
        Refusal{"BytesBehind", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", ErrorCode::invalid,
                "before it is spoken to"},
        Refusal{"TooLong", "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
                ErrorCode::invalid, ""},
        Refusal{"Closed", "HTTP/1.1 200 O", ErrorCode::closed, "closed"}),
    [](const auto& info) { return info.param.name; });

// ---- SOCKS

struct Talk4 {
  const char* name;
  std::string url;
  std::string user;
  std::string words;
};

class Socks4 : public ProxyTest, public ::testing::WithParamInterface<Talk4> {};

TEST_P(Socks4, AsksSo) {
  auto to = through(of(Type::socks4, GetParam().user), GetParam().url);
  Going going(client, *to);
  EXPECT_EQ(heard(GetParam().words.size()), GetParam().words);
  peer().send(bytes({0, 90, 0, 0, 0, 0, 0, 0}));
  EXPECT_THAT(asked(proxy).received, StartsWith("GET /x HTTP/1.1\r\n"));
  peer().send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
}

INSTANTIATE_TEST_SUITE_P(Targets, Socks4,
                         ::testing::Values(Talk4{"Address", "http://10.1.2.3:8080/", "",
                                                 bytes({4, 1, 0x1f, 0x90, 10, 1, 2, 3, 0})},
                                           Talk4{"AddressAndUser", "http://10.1.2.3/", "me",
                                                 bytes({4, 1, 0, 80, 10, 1, 2, 3, 'm', 'e', 0})},
                                           Talk4{"Name", "http://ab/", "me",
                                                 bytes({4, 1, 0, 80, 0, 0, 0, 1, 'm', 'e', 0, 'a',
                                                        'b', 0})}),
                         [](const auto& info) { return info.param.name; });

TEST_F(ProxyTest, Socks4HasNoIpv6) {
  auto to = through(of(Type::socks4), "http://[::1]/");
  Going going(client, *to);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::unreachable);
}

struct Talk5 {
  const char* name;
  std::string url;
  std::string words;
  std::string answer;
};

class Socks5 : public ProxyTest, public ::testing::WithParamInterface<Talk5> {};

TEST_P(Socks5, AsksSo) {
  auto to = through(of(Type::socks5), GetParam().url);
  Going going(client, *to);
  EXPECT_EQ(heard(3), bytes({5, 1, 0}));
  peer().send(bytes({5, 0}));
  EXPECT_EQ(heard(GetParam().words.size()), GetParam().words);
  peer().send(GetParam().answer);
  EXPECT_THAT(asked(proxy).received, StartsWith("GET /x HTTP/1.1\r\n"));
  peer().send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
}

INSTANTIATE_TEST_SUITE_P(
    Targets, Socks5,
    ::testing::Values(
        Talk5{"Ipv4", "http://10.1.2.3:8080/", bytes({5, 1, 0, 1, 10, 1, 2, 3, 0x1f, 0x90}),
              bytes({5, 0, 0, 1, 1, 2, 3, 4, 5, 6})},
        Talk5{"Name", "http://ab/", bytes({5, 1, 0, 3, 2, 'a', 'b', 0, 80}),
              bytes({5, 0, 0, 3, 2, 'x', 'y', 5, 6})},
        Talk5{"Ipv6", "http://[::1]/",
              bytes({5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80}),
              bytes({5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80})},
        Talk5{"EmptyBoundName", "http://ab/", bytes({5, 1, 0, 3, 2, 'a', 'b', 0, 80}),
              bytes({5, 0, 0, 3, 0, 5, 6})}),
    [](const auto& info) { return info.param.name; });

TEST_F(ProxyTest, Socks5SaysWhoAsksWhenItIsAsked) {
  auto to = through(of(Type::socks5, "me", "pw!"), "http://ab/");
  Going going(client, *to);
  EXPECT_EQ(heard(4), bytes({5, 2, 0, 2}));
  peer().send(bytes({5, 2}));
  EXPECT_EQ(heard(8), bytes({1, 2, 'm', 'e', 3, 'p', 'w', '!'}));
  peer().send(bytes({1, 0}));
  EXPECT_EQ(heard(9), bytes({5, 1, 0, 3, 2, 'a', 'b', 0, 80}));
}

TEST_F(ProxyTest, Socks5DoesNotSayWhoAsksUnasked) {
  auto to = through(of(Type::socks5, "me", "pw!"), "http://ab/");
  Going going(client, *to);
  heard(4);
  peer().send(bytes({5, 0}));
  EXPECT_EQ(heard(9), bytes({5, 1, 0, 3, 2, 'a', 'b', 0, 80}));
}

// Answers of a SOCKS proxy in order, each after something was heard.
struct Broken {
  const char* name;
  Type type;
  bool login;
  std::vector<std::string> answers;
  ErrorCode code;
  const char* says;
};

class SocksRefusal : public ProxyTest, public ::testing::WithParamInterface<Broken> {};

TEST_P(SocksRefusal, IsTold) {
  const Broken& row = GetParam();
  bool four = row.type == Type::socks4;
  auto to = through(row.login ? of(row.type, "user", four ? "" : "secret-password") : of(row.type),
                    "http://ab/");
  Going going(client, *to);
  for (const std::string& answer : row.answers) {
    heard(1);
    peer().send(answer);
    settle();
  }
  if (row.answers.empty()) heard(1);
  if (!going.done()) peer().end();
  ASSERT_TRUE(until([&] { return going.done(); }));
  ASSERT_FALSE(going.result());
  EXPECT_EQ(going.error(), row.code);
  EXPECT_THAT(going.result().error().message, HasSubstr(row.says));
  EXPECT_THAT(going.result().error().message, Not(HasSubstr("secret-password")));
  EXPECT_EQ(client.connections(), 0u);
}

const std::string kNoLogin = bytes({5, 0});
const std::string kLogin = bytes({5, 2});

Broken reply5(const char* name, int code, ErrorCode error, const char* says) {
  return {name,  Type::socks5, false, {kNoLogin, bytes({5, code, 0, 1, 0, 0, 0, 0, 0, 0})},
          error, says};
}
Broken reply4(const char* name, int code, ErrorCode error, const char* says) {
  return {name, Type::socks4, true, {bytes({0, code, 0, 0, 0, 0, 0, 0})}, error, says};
}

INSTANTIATE_TEST_SUITE_P(
    Answers, SocksRefusal,
    ::testing::Values(
        reply5("General", 1, ErrorCode::other, "general failure"),
        reply5("Rules", 2, ErrorCode::other, "rules"),
        reply5("Network", 3, ErrorCode::unreachable, "network"),
        reply5("Host", 4, ErrorCode::unreachable, "host"),
        reply5("Refused", 5, ErrorCode::refused, "refused"),
        reply5("Ttl", 6, ErrorCode::unreachable, "TTL"),
        reply5("Command", 7, ErrorCode::other, "does not do"),
        reply5("AddressType", 8, ErrorCode::other, "does not do"),
        reply5("UnknownCode", 99, ErrorCode::invalid, "unknown code"),
        reply4("Rejected", 91, ErrorCode::refused, "rejects"),
        reply4("NoIdent", 92, ErrorCode::other, "does not know the user (92)"),
        reply4("WrongUser", 93, ErrorCode::other, "does not know the user (93)"),
        reply4("UnknownCode4", 0, ErrorCode::invalid, "no SOCKS4"),
        Broken{"Version4",
               Type::socks4,
               false,
               {bytes({4, 90, 0, 0, 0, 0, 0, 0})},
               ErrorCode::invalid,
               "no SOCKS4"},
        Broken{"Short4", Type::socks4, false, {bytes({0, 90, 0})}, ErrorCode::closed, "closed"},
        Broken{"Behind4",
               Type::socks4,
               false,
               {bytes({0, 90, 0, 0, 0, 0, 0, 0, 'x'})},
               ErrorCode::invalid,
               "before it is spoken to"},
        Broken{"Version5", Type::socks5, false, {"HT"}, ErrorCode::invalid, "no SOCKS5"},
        Broken{"WantsLogin",
               Type::socks5,
               false,
               {bytes({5, 0xff})},
               ErrorCode::other,
               "set username and password"},
        Broken{"WantsOther", Type::socks5, true, {bytes({5, 0xff})}, ErrorCode::other, "nor none"},
        Broken{"LoginUnoffered", Type::socks5, false, {kLogin}, ErrorCode::invalid, "not offered"},
        Broken{"MethodUnoffered",
               Type::socks5,
               true,
               {bytes({5, 1})},
               ErrorCode::invalid,
               "not offered"},
        Broken{"WrongPassword",
               Type::socks5,
               true,
               {kLogin, bytes({1, 1})},
               ErrorCode::other,
               "refuses the user name and password"},
        Broken{"LoginVersion",
               Type::socks5,
               true,
               {kLogin, bytes({5, 0})},
               ErrorCode::invalid,
               "wrong version"},
        Broken{"Version5Reply",
               Type::socks5,
               false,
               {kNoLogin, bytes({4, 0, 0, 1})},
               ErrorCode::invalid,
               "no SOCKS5"},
        Broken{"BoundType",
               Type::socks5,
               false,
               {kNoLogin, bytes({5, 0, 0, 9})},
               ErrorCode::invalid,
               "type of address"},
        Broken{"Behind5",
               Type::socks5,
               false,
               {kNoLogin, bytes({5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 'x'})},
               ErrorCode::invalid,
               "before it is spoken to"},
        Broken{"Short5",
               Type::socks5,
               false,
               {kNoLogin, bytes({5, 0, 0, 3, 9, 'x'})},
               ErrorCode::closed,
               "closed"},
        Broken{"Nothing", Type::socks5, false, {}, ErrorCode::closed, "closed"}),
    [](const auto& info) { return info.param.name; });

// ---- Any

TEST_F(ProxyTest, AProxyThatSaysNothingEndsWithTheConnectTimeout) {
  auto to = through(of(Type::socks5), "http://ab/");
  Going going(client, *to);
  heard(3);
  pass(4999ms);
  EXPECT_FALSE(going.done());
  pass(1ms);
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::connect_timed_out);
}

TEST_F(ProxyTest, AProxyThatIsNotThereIsTold) {
  ForwardProxy nowhere = of(Type::http);
  nowhere.port = closed_port(reactor);
  auto to = through(nowhere, "http://ab/");
  Going going(client, *to);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::refused);
}

struct Unusable {
  const char* name;
  ForwardProxy proxy;
  const char* says;
};

TEST(CheckProxy, RefusesWhatItsProtocolHasNoRoomFor) {
  const std::string kLong(256, 'x');
  const Unusable kRows[] = {
      {"no host", {.port = 1}, "host"},
      {"no port", {.host = "h"}, "port"},
      {"a colon", {.host = "h", .port = 1, .username = "a:b", .password = "c"}, "':'"},
      {"only a password", {.host = "h", .port = 1, .password = "c"}, "without a user"},
      {"a password in SOCKS4",
       {.type = Type::socks4, .host = "h", .port = 1, .username = "a", .password = "b"},
       "no passwords"},
      {"a zero in SOCKS4",
       {.type = Type::socks4, .host = "h", .port = 1, .username = std::string("a\0b", 3)},
       "zero"},
      {"a long name",
       {.type = Type::socks5, .host = "h", .port = 1, .username = kLong, .password = "b"},
       "255"},
      {"a long password",
       {.type = Type::socks5, .host = "h", .port = 1, .username = "a", .password = kLong},
       "255"},
      {"no password in SOCKS5",
       {.type = Type::socks5, .host = "h", .port = 1, .username = "a"},
       "without a password"},
  };
  for (const Unusable& row : kRows) {
    SCOPED_TRACE(row.name);
    Result<void> checked = check_proxy(row.proxy);
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, HasSubstr(row.says));
  }
  EXPECT_TRUE(check_proxy({.host = "h", .port = 1}));
  EXPECT_TRUE(check_proxy(
      {.type = Type::socks5, .host = "h", .port = 1, .username = "a", .password = "b:\n"}));
}

}  // namespace
}  // namespace perigee::upstream::testing
