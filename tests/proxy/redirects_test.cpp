// Redirects that the gateway follows (api-definition.md 1.3).
#include "proxy/redirect.hpp"
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string redirect(const std::string& location, int status = 302) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
         "\r\nX-From: redirect\r\nContent-Length: 0\r\n\r\n";
}

class Redirects : public Gateway {
 protected:
  void SetUp() override {
    Gateway::SetUp();
    other = std::make_unique<RawBackend>(*reactor);
  }
  void TearDown() override {
    other.reset();
    Gateway::TearDown();
  }
  ApiText following() const {
    return {.target = backend_url("/base?k=v"),
            .http = R"({"followRedirects":true})",
            .headers = R"([{"name":"X-Own","value":"secret"}])"};
  }
  std::string other_url(const std::string& rest) const {
    return "http://127.0.0.1:" + std::to_string(other->port()) + rest;
  }
  // Waits for the next head on the backend's first connection.
  Peer& again() {
    backend->connections[0]->received.clear();
    return asked();
  }
  Peer& asked_other() {
    EXPECT_TRUE(until([&] {
      return !other->connections.empty() && !other->connections[0]->head().empty();
    })) << "the other backend was not asked";
    return *other->connections[0];
  }
  std::unique_ptr<RawBackend> other;
};

struct Followed {
  const char* name;
  int status;
  const char* method;
  const char* location;
  const char* line;
};

class FollowedRedirect : public Redirects, public ::testing::WithParamInterface<Followed> {};

TEST_P(FollowedRedirect, IsAskedAtItsLocation) {
  const Followed& row = GetParam();
  deploy({following()});
  Peer& client =
      ask(std::string(row.method) + " /a/x/y HTTP/1.1\r\nHost: c\r\nCookie: a=b\r\n\r\n");
  asked().send(redirect(row.location, row.status));
  Peer& second = again();
  EXPECT_THAT(second.received, StartsWith(row.line));
  EXPECT_THAT(second.received, HasSubstr("Cookie: a=b\r\n"));
  EXPECT_THAT(second.received, HasSubstr("X-Own: secret\r\n"));
  second.send(kOk);
  Answer got = answer(client, row.method == std::string("HEAD"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("X-From"), "-");
  EXPECT_EQ(backend->connections.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FollowedRedirect,
    ::testing::Values(Followed{"Absolute", 302, "GET", "/new", "GET /new HTTP/1.1\r\n"},
                      Followed{"Relative", 301, "GET", "z?q", "GET /base/x/z?q HTTP/1.1\r\n"},
                      Followed{"Up", 303, "GET", "../../w", "GET /w HTTP/1.1\r\n"},
                      Followed{"Query", 307, "GET", "?n=1", "GET /base/x/y?n=1 HTTP/1.1\r\n"},
                      Followed{"Fragment", 308, "GET", "/new#top", "GET /new HTTP/1.1\r\n"},
                      Followed{"Head", 302, "HEAD", "/new", "HEAD /new HTTP/1.1\r\n"}),
    [](const auto& info) { return info.param.name; });

TEST_F(Redirects, AnotherOriginGetsNoCredentials) {
  deploy({following()});
  Peer& client = get("/a/x", "Authorization: Bearer t\r\nCookie: a=b\r\nX-Kept: yes\r\n");
  asked().send(redirect(other_url("/there?q=1")));
  const std::string& sent = asked_other().received;
  EXPECT_THAT(sent, StartsWith("GET /there?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("Host: 127.0.0.1:" + std::to_string(other->port()) + "\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Kept: yes\r\n"));
  for (const char* gone : {"Authorization", "Cookie", "X-Own"})
    EXPECT_THAT(sent, Not(HasSubstr(gone)));
  other->connections[0]->send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

TEST_F(Redirects, ThereAndBackIsStillWithoutCredentials) {
  deploy({following()});
  Peer& client = get("/a/x", "Cookie: a=b\r\n");
  asked().send(redirect(other_url("/there")));
  asked_other().send(redirect(backend_url("/back")));
  const std::string sent = again().received;
  EXPECT_THAT(sent, StartsWith("GET /back HTTP/1.1\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("Cookie")));
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

TEST_F(Redirects, TheSeventeenthIsTheClients) {
  deploy({following()});
  Peer& client = get("/a/x");
  for (unsigned i = 0; i < kRedirectsMax; ++i) {
    asked().received.clear();
    backend->connections[0]->send(redirect("/" + std::to_string(i)));
    EXPECT_TRUE(until([&] { return !backend->connections[0]->head().empty(); })) << i;
  }
  asked().send(redirect("/last"));
  Answer got = answer(client);
  EXPECT_EQ(got.status, 302);
  EXPECT_EQ(got.header("Location"), "/last");
  EXPECT_EQ(got.header("X-From"), "redirect");
}

struct Kept {
  const char* name;
  std::string request;
  std::string answer;
  const char* http = R"({"followRedirects":true})";
};

const std::string kGet = "GET /a/x HTTP/1.1\r\nHost: c\r\n\r\n";

class KeptRedirect : public Redirects, public ::testing::WithParamInterface<Kept> {};

TEST_P(KeptRedirect, IsTheClients) {
  ApiText text = following();
  text.http = GetParam().http;
  deploy({text});
  Peer& client = ask(GetParam().request);
  asked().send(GetParam().answer);
  EXPECT_EQ(answer(client).status / 100, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, KeptRedirect,
    ::testing::Values(Kept{"NotTold", kGet, redirect("/new"), "{}"},
                      Kept{"Post", "POST /a/x HTTP/1.1\r\nHost: c\r\nContent-Length: 0\r\n\r\n",
                           redirect("/new")},
                      Kept{"GetWithBody",
                           "GET /a/x HTTP/1.1\r\nHost: c\r\nContent-Length: 1\r\n\r\nb",
                           redirect("/new")},
                      Kept{"NoLocation", kGet, "HTTP/1.1 302 Moved\r\nContent-Length: 0\r\n\r\n"},
                      Kept{"NotModified", kGet, "HTTP/1.1 304 Same\r\nLocation: /new\r\n\r\n"},
                      Kept{"MultipleChoices", kGet, redirect("/new", 300)},
                      Kept{"OtherScheme", kGet, redirect("ftp://h/x")},
                      Kept{"WebSocketScheme", kGet, redirect("ws://h/x")},
                      Kept{"UserInformation", kGet, redirect("http://u:p@h/x")},
                      Kept{"NoUrl", kGet, redirect("http://[::1/x")}),
    [](const auto& info) { return info.param.name; });

TEST_F(Redirects, ATargetThatIsNotThereIs502) {
  deploy({following()});
  Peer& client = get("/a/x");
  asked().send(redirect(
      "http://127.0.0.1:" + std::to_string(upstream::testing::closed_port(*reactor)) + "/x"));
  EXPECT_EQ(answer(client).status, 502);
}

}  // namespace
}  // namespace perigee::proxy::testing
