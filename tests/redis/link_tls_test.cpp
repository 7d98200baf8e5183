// A link over TLS: what the certificate must name, and whom it trusts.
#include "tests/net/support/secured.hpp"
#include "tests/redis/support/world.hpp"

namespace perigee::redis {
namespace {

using namespace testing;
using net::testing::authority;
using net::testing::make_certificate;
using net::testing::trust_authority;
using ::testing::AllOf;
using ::testing::HasSubstr;

class LinkTls : public World {
 protected:
  // A server whose certificate is for these names.
  std::unique_ptr<RedisServer> serve(const std::vector<std::string>& names,
                                     bool asks_certificates = false) {
    const net::PemPair pair =
        make_certificate({.common_name = "redis", .names = names, .issuer = &authority()});
    folder_.write("ca.pem", authority().certificate);
    folder_.write("cert.pem", pair.certificate);
    folder_.write("key.pem", pair.key);
    port_ = free_port();
    return std::make_unique<RedisServer>(
        std::vector<std::string>{
            "port 0", "tls-port " + std::to_string(port_),
            "tls-ca-cert-file " + folder_.path("ca.pem"),
            "tls-cert-file " + folder_.path("cert.pem"), "tls-key-file " + folder_.path("key.pem"),
            std::string("tls-auth-clients ") + (asks_certificates ? "yes" : "no")},
        "127.0.0.1", port_);
  }
  Options options(const std::string& host, net::TlsClientContext::Options tls = {}) {
    return {.standalone = {host, port_},
            .tls = trust_authority(std::move(tls)),
            .connect_timeout = 5s};  // keys are slow on a busy machine
  }
  std::string problem_with(Options options) {
    start(std::move(options));
    EXPECT_TRUE(until([&] { return link_->connected() || !directory_->state().problem.empty(); }));
    return directory_->state().problem;
  }
  const TestFolder folder_;
  std::uint16_t port_ = 0;
};

TEST_F(LinkTls, ExpectsTheHostAsItIsConfigured) {
  const auto server = serve({"DNS:localhost", "IP:127.0.0.1"});
  start_connected(options("localhost"));
  EXPECT_EQ(said({"PING"}), "PONG");
  TearDown();
  start_connected(options("127.0.0.1"));
  EXPECT_EQ(add(2)->integer(), 2);
}

TEST_F(LinkTls, RefusesACertificateForAnotherHost) {
  const auto server = serve({"DNS:other.example"});
  EXPECT_THAT(
      problem_with(options("localhost")),
      AllOf(HasSubstr("tls: "), HasSubstr("it is for other.example and not for \"localhost\"")));
}

TEST_F(LinkTls, RefusesAnAddressThatTheCertificateDoesNotName) {
  const auto server = serve({"DNS:localhost"});
  EXPECT_THAT(problem_with(options("127.0.0.1")), HasSubstr("not for \"127.0.0.1\""));
}

TEST_F(LinkTls, TakesAnyHostWhenTold) {
  const auto server = serve({"DNS:other.example"});
  start_connected(options("localhost", {.verify_host = false}));
}

TEST_F(LinkTls, ShowsItsOwnCertificate) {
  const auto server = serve({"DNS:localhost"}, true);
  start_connected(options("localhost", {.client = net::testing::client_certificate()}));
  EXPECT_EQ(said({"PING"}), "PONG");
}

TEST_F(LinkTls, SuspectsThatASilentServerIsAPlainOne) {
  const RedisServer server;
  port_ = server.port();
  Options impatient = options("127.0.0.1");
  impatient.connect_timeout = 300ms;
  EXPECT_THAT(problem_with(std::move(impatient)),
              AllOf(HasSubstr("timed_out: "), HasSubstr("does the server speak TLS?")));
}

}  // namespace
}  // namespace perigee::redis
