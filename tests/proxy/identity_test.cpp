// Ids, addresses and identifiers (lifecycle.md sections 3, 6 and 9).
#include <openssl/sha.h>

#include <regex>

#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr const char* kUuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

std::string sha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (unsigned char byte : digest) {
    char two[3];
    snprintf(two, sizeof two, "%02x", byte);
    hex += two;
  }
  return hex;
}

class Identity : public Gateway {
 protected:
  struct Seen {
    Answer by_backend;  // the request head, as if it were an answer
    Answer by_client;
  };
  // A whole exchange; the backend answers with these headers.
  Seen seen(const std::string& headers = "", const std::string& answered = "",
            const std::string& path = "/a/x") {
    Peer& client = get(path, headers);
    Peer& peer = asked(backend->connections.size());
    std::string head = peer.head();
    head.replace(0, head.find("\r\n"), "HTTP/1.1 204 x");
    peer.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n" + answered + "\r\n");
    return {parse_answer(head), answer(client)};
  }
  void start_with(const std::function<void(Options&)>& change) {
    Options options;
    change(options);
    start(options);
    deploy({api()});
  }
  void SetUp() override {
    Gateway::SetUp();
    deploy({api()});
  }
};

TEST_F(Identity, BothIdsAreMadeAndTold) {
  Seen got = seen();
  std::string id = got.by_backend.header("X-Gravitee-Request-Id");
  EXPECT_TRUE(std::regex_match(id, std::regex(kUuid))) << id;
  EXPECT_EQ(got.by_backend.header("X-Gravitee-Transaction-Id"), id);
  EXPECT_EQ(got.by_client.header("X-Gravitee-Request-Id"), id);
  EXPECT_EQ(got.by_client.header("X-Gravitee-Transaction-Id"), id);
  EXPECT_NE(seen().by_client.header("X-Gravitee-Request-Id"), id);
}

TEST_F(Identity, TheTransactionIdOfTheClientStays) {
  Seen got = seen("x-gravitee-transaction-id: mine\r\n");
  EXPECT_EQ(got.by_backend.header("X-Gravitee-Transaction-Id"), "mine");
  EXPECT_EQ(got.by_client.header("X-Gravitee-Transaction-Id"), "mine");
  EXPECT_NE(got.by_client.header("X-Gravitee-Request-Id"), "mine");
}

TEST_F(Identity, TheRequestIdOfTheClientIsOverwritten) {
  Seen got = seen("X-Gravitee-Request-Id: a\r\nX-Gravitee-Request-Id: b\r\n");
  EXPECT_TRUE(std::regex_match(got.by_backend.header("X-Gravitee-Request-Id"), std::regex(kUuid)));
}

TEST_F(Identity, IdsMayBeHexadecimal) {
  start_with([](Options& options) { options.id_format = IdFormat::hex; });
  EXPECT_TRUE(std::regex_match(seen().by_client.header("X-Gravitee-Request-Id"),
                               std::regex("[0-9a-f]{32}")));
}

TEST_F(Identity, HeaderNamesAreConfigured) {
  start_with([](Options& options) {
    options.transaction_header = http::OwnedHeaderName("X-Transaction");
    options.request_header = http::OwnedHeaderName("X-Request");
    options.client_header = http::OwnedHeaderName("X-Client");
  });
  Seen got = seen("X-Transaction: t\r\nX-Client: c\r\n");
  EXPECT_EQ(got.by_client.header("X-Transaction"), "t");
  EXPECT_NE(got.by_client.header("X-Request"), "-");
  EXPECT_EQ(got.by_client.header("X-Client"), "c");
  EXPECT_EQ(got.by_client.header("X-Gravitee-Request-Id"), "-");
}

struct ModeRow {
  OverrideMode mode;
  const char* backend_says;  // value of the header, or null
  const char* expected;
};
class OverrideModes : public Identity, public ::testing::WithParamInterface<ModeRow> {};

TEST_P(OverrideModes, DecideBetweenTheGatewaysAndTheBackendsId) {
  start_with([](Options& options) { options.transaction_mode = GetParam().mode; });
  std::string says =
      GetParam().backend_says
          ? "X-Gravitee-Transaction-Id: " + std::string(GetParam().backend_says) + "\r\n"
          : "";
  Seen got = seen("X-Gravitee-Transaction-Id: ours\r\n", says);
  EXPECT_EQ(got.by_client.header("X-Gravitee-Transaction-Id"), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Rows, OverrideModes,
                         ::testing::Values(ModeRow{OverrideMode::override_, nullptr, "ours"},
                                           ModeRow{OverrideMode::override_, "theirs", "ours"},
                                           ModeRow{OverrideMode::merge, nullptr, "ours"},
                                           ModeRow{OverrideMode::merge, "theirs", "theirs, ours"},
                                           ModeRow{OverrideMode::merge, "ours", "ours"},
                                           ModeRow{OverrideMode::keep, nullptr, "-"},
                                           ModeRow{OverrideMode::keep, "theirs", "theirs"}));

// ---- The client's address, seen as the subscription of a key-less plan

constexpr const char* kShowingPlan =
    R"([{"id":"p","name":"p","status":"published","mode":"standard","security":)"
    R"({"type":"guard","configuration":{}}}])";

struct AddressRow {
  const char* forwarded;  // X-Forwarded-For
  const char* expected;
};
class ClientAddresses : public Identity, public ::testing::WithParamInterface<AddressRow> {
 protected:
  std::string address(const std::string& headers) {
    ApiText text = api();
    text.plans = kShowingPlan;
    deploy({text});
    return seen(headers).by_client.header("X-Subscription");
  }
};

TEST_P(ClientAddresses, AreTheFirstForwardedOne) {
  EXPECT_EQ(address("X-Forwarded-For: " + std::string(GetParam().forwarded) + "\r\n"),
            GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Rows, ClientAddresses,
                         ::testing::Values(AddressRow{"1.2.3.4", "1.2.3.4"},
                                           AddressRow{"1.2.3.4, 5.6.7.8", "1.2.3.4"},
                                           AddressRow{" 1.2.3.4 ,5.6.7.8", "1.2.3.4"},
                                           AddressRow{"1.2.3.4:5678", "1.2.3.4"},
                                           AddressRow{"2001:db8::1", "2001:db8::1"},
                                           AddressRow{"2001:db8::1, 1.2.3.4:5", "2001:db8::1"},
                                           AddressRow{"", "127.0.0.1"},
                                           AddressRow{",1.2.3.4", "127.0.0.1"}));

TEST_F(ClientAddresses, AreThePeersWithoutForwarding) { EXPECT_EQ(address(""), "127.0.0.1"); }

TEST_F(ClientAddresses, AreThePeersWhenForwardingIsOff) {
  start_with([](Options& options) { options.x_forward_enabled = false; });
  EXPECT_EQ(address("X-Forwarded-For: 1.2.3.4\r\n"), "127.0.0.1");
}

// ---- Client identifiers

TEST_F(Identity, TheIdentifierOfAnAnonymousClientIsTheHashOfItsAddress) {
  EXPECT_EQ(seen().by_client.header("X-Gravitee-Client-Identifier"), sha256("127.0.0.1"));
  EXPECT_EQ(seen("X-Forwarded-For: 9.9.9.9\r\n").by_client.header("X-Gravitee-Client-Identifier"),
            sha256("9.9.9.9"));
}

TEST_F(Identity, TheIdentifierThatTheClientGivesIsToldBack) {
  EXPECT_EQ(
      seen("X-Gravitee-Client-Identifier: me\r\n").by_client.header("X-Gravitee-Client-Identifier"),
      "me");
  EXPECT_EQ(seen("", "", "/a/x?X-Gravitee-Client-Identifier=me&b=1")
                .by_client.header("X-Gravitee-Client-Identifier"),
            "me");
}

TEST_F(Identity, TheIdentifierIsToldOnErrorsThatCameLater) {
  ApiText text = api();
  text.flows = list({flow({.request = {step("fail", R"({"status":400})")}})});
  deploy({text});
  Peer& client = get();
  Answer got = answer(client);
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.header("X-Gravitee-Client-Identifier"), sha256("127.0.0.1"));
  EXPECT_NE(got.header("X-Gravitee-Request-Id"), "-");
}

}  // namespace
}  // namespace perigee::proxy::testing
