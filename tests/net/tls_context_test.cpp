// What contexts and trust stores accept, warn of and share; the openssl program against our server.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/base/support/folder.hpp"
#include "tests/net/support/secured.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(TlsServerContext::Options options) {
  auto context = TlsServerContext::make(std::move(options));
  return context ? "accepted" : context.error().message;
}

// Certificates and keys
// -----------------------------------------------------------------------------

TEST(TlsServerContexts, NeedACertificateThatFitsItsKey) {
  const PemPair good = server_certificate(), other = client_certificate();
  EXPECT_THAT(refusal({}), HasSubstr("needs a certificate"));
  EXPECT_THAT(refusal({.certificates = {good, {good.certificate, other.key, {}}}}),
              HasSubstr("certificates[1]: the private key does not belong to the certificate "
                        "CN=api.example"));
  EXPECT_THAT(refusal({.certificates = {{"no PEM at all", good.key, {}}}}),
              HasSubstr("certificates[0]: no certificate found; expected PEM text with"));
  EXPECT_THAT(refusal({.certificates = {{good.certificate, "no PEM at all", {}}}}),
              HasSubstr("no usable private key; expected PEM text with"));
  std::string broken = good.certificate;
  broken.insert(good.certificate.size() / 2, "!");
  EXPECT_THAT(refusal({.certificates = {{good.certificate + broken, good.key, {}}}}),
              HasSubstr("certificate 2 of the chain is broken"));
}

TEST(TlsServerContexts, TakeAnEncryptedKeyWithItsPassword) {
  const PemPair& good = server_certificate();
  const std::string key = encrypted_key(good, "secret");
  EXPECT_EQ(refusal({.certificates = {{good.certificate, key, "secret"}}}), "accepted");
  EXPECT_THAT(refusal({.certificates = {{good.certificate, key, {}}}}),
              HasSubstr("the private key is encrypted and no password is given"));
  EXPECT_THAT(refusal({.certificates = {{good.certificate, key, "wrong"}}}),
              HasSubstr("no usable private key"));
}

TEST(TlsServerContexts, TakeCertificateAndKeyFromOneText) {
  const PemPair& good = server_certificate();
  EXPECT_EQ(refusal({.certificates = {{good.key + good.certificate, {}, {}}}}), "accepted");
}

TEST(TlsServerContexts, NeedATrustStoreToAskClients) {
  EXPECT_THAT(refusal({.certificates = {server_certificate()}, .client_auth = ClientAuth::request}),
              HasSubstr("client authentication needs a trust store"));
}

TEST(TlsServerContexts, SelfSignedIsForItsName) {
  SystemClock clock;
  Reactor reactor(clock);
  auto pair = self_signed("localhost");
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_TRUE(shake_hands(reactor, serve({.certificates = {*pair}}),
                          trust_authority({.trust = trust_in(*pair)}), "localhost")
                  .good());
  EXPECT_FALSE(shake_hands(reactor, serve({.certificates = {*pair}}),
                           trust_authority({.trust = trust_in(*pair)}), "other")
                   .good());
}

// Protocols and ciphers
// -----------------------------------------------------------------------------

struct Agreed {
  std::string version, cipher;
  std::vector<std::string> warnings;
};
Agreed agree(std::vector<std::string> protocols, std::vector<std::string> ciphers) {
  SystemClock clock;
  Reactor reactor(clock);
  auto server = serve({.protocols = std::move(protocols), .ciphers = std::move(ciphers)});
  Ends ends = shake_hands(reactor, server, trust_authority());
  if (!ends.good()) return {};
  return {std::string((*ends.server)->tls().version), std::string((*ends.server)->tls().cipher),
          server->warnings()};
}

TEST(TlsServerContexts, UseCiphersByTheirIanaNames) {
  const std::string tls12 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  const std::string tls13 = "TLS_AES_128_GCM_SHA256";
  EXPECT_EQ(agree({}, {tls12, tls13}).cipher, tls13);
  EXPECT_EQ(agree({"TLSv1.2"}, {tls12, tls13}).cipher, tls12);
  EXPECT_EQ(agree({}, {"ECDHE-ECDSA-AES128-GCM-SHA256"}).cipher, tls12);
}

TEST(TlsServerContexts, OfferOnlyVersionsThatHaveACipher) {
  EXPECT_EQ(agree({}, {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}).version, "TLSv1.2");
  EXPECT_EQ(agree({}, {"TLS_AES_256_GCM_SHA384"}).version, "TLSv1.3");
}

TEST(TlsServerContexts, PreferCiphersInTheServersOrder) {
  const std::string first = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
  const std::string second = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
  EXPECT_EQ(agree({}, {first, second}).cipher, first);
  EXPECT_EQ(agree({}, {second, first}).cipher, second);
}

TEST(TlsServerContexts, WarnOfWhatTheyLeaveOut) {
  const Agreed agreed =
      agree({"TLSv1.1", "tlsv1.3"}, {"TLS_MADE_UP", "ALL", "kRSA:aNULL", "TLS_AES_256_GCM_SHA384"});
  EXPECT_EQ(agreed.version, "TLSv1.3");
  EXPECT_THAT(agreed.warnings, ElementsAre(HasSubstr("TLS protocol \"TLSv1.1\" is left out"),
                                           HasSubstr("TLS cipher \"TLS_MADE_UP\" is not known"),
                                           HasSubstr("TLS cipher \"ALL\" is not known"),
                                           HasSubstr("TLS cipher \"kRSA:aNULL\" is not known")));
}

TEST(TlsServerContexts, RefuseToOfferNothing) {
  EXPECT_THAT(refusal({.certificates = {server_certificate()}, .protocols = {"SSLv3"}}),
              HasSubstr("none of the TLS protocols SSLv3 is served"));
  EXPECT_THAT(refusal({.certificates = {server_certificate()}, .ciphers = {"TLS_MADE_UP"}}),
              HasSubstr("none of the TLS ciphers TLS_MADE_UP is usable"));
}

// Sharing
// -------------------------------------------------------------------------------------------

TEST(TlsClientContexts, AreSharedByEqualOptions) {
  auto one = trust_authority({.alpn = {"http/1.1"}});
  EXPECT_EQ(one, trust_authority({.alpn = {"http/1.1"}}));
  EXPECT_NE(one, trust_authority({.alpn = {"h2"}}));
  EXPECT_NE(one, trust_authority({.verify_host = false, .alpn = {"http/1.1"}}));
  EXPECT_NE(one, trust_authority({.client = client_certificate(), .alpn = {"http/1.1"}}));
  EXPECT_NE(one, trust_authority({.alpn = {"http/1.1"}, .protocols = {"TLSv1.2"}}));
  EXPECT_NE(one, trust_authority({.alpn = {"http/1.1"}, .ciphers = {"TLS_AES_256_GCM_SHA384"}}));
}

TEST(TlsClientContexts, OfferTheirVersionsAndCiphers) {
  SystemClock clock;
  Reactor reactor(clock);
  const auto agreed = [&](std::vector<std::string> protocols, std::vector<std::string> ciphers) {
    Ends ends = shake_hands(
        reactor, serve({}),
        trust_authority({.protocols = std::move(protocols), .ciphers = std::move(ciphers)}));
    if (!ends.good()) return std::string("none");
    const TlsInfo& tls = (*ends.client)->tls();
    return std::string(tls.version) + " " + std::string(tls.cipher);
  };
  const std::string tls12 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  EXPECT_EQ(agreed({"TLSv1.2"}, {tls12}), "TLSv1.2 " + tls12);
  EXPECT_EQ(agreed({"TLSv1.3"}, {"TLS_CHACHA20_POLY1305_SHA256"}),
            "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256");
  EXPECT_THAT(trust_authority({.protocols = {"TLSv1.1", "TLSv1.2"}})->warnings(),
              ElementsAre(HasSubstr("TLS protocol \"TLSv1.1\" is left out")));
  const auto none = TlsClientContext::make({.trust_all = true, .protocols = {"SSLv3"}});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("none of the TLS protocols SSLv3 is served"));
}

TEST(TlsClientContexts, NeedATrustStore) {
  EXPECT_THAT(TlsClientContext::make({}).error().message, HasSubstr("needs a trust store"));
  EXPECT_THAT(TlsClientContext::make({.trust_all = true, .client = {"x", "y", {}}}).error().message,
              HasSubstr("client certificate: no certificate found"));
}

TEST(TlsTrustStores, ParseEachSourceOnce) {
  TrustStores stores;
  EXPECT_EQ(stores.parsed(), 0u);
  auto first = stores.pem(authority().certificate);
  ASSERT_TRUE(first);
  EXPECT_EQ(*stores.pem(authority().certificate), *first);
  EXPECT_EQ(stores.parsed(), 1u);
  EXPECT_NE(*stores.pem(server_certificate().certificate), *first);
  EXPECT_EQ(stores.parsed(), 2u);
}

TEST(TlsTrustStores, SayWhatIsWrong) {
  TrustStores stores;
  EXPECT_THAT(stores.pem("").error().message, HasSubstr("the trust store has no certificate"));
  std::string broken = authority().certificate;
  broken.insert(broken.size() / 2, "!");
  EXPECT_THAT(stores.pem(authority().certificate + broken).error().message,
              HasSubstr("certificate 2 of the trust store is broken"));
}

TEST(TlsTrustStores, TakeTheSystemsFromTheEnvironment) {
  SystemClock clock;
  Reactor reactor(clock);
  const TestFolder folder;
  folder.write("ca.pem", "# ours\n" + authority().certificate);
  folder.write("junk.txt", "junk");
  ::setenv("SSL_CERT_DIR", folder.path().c_str(), 1);
  TrustStores stores;
  auto trust = stores.system();
  ::unsetenv("SSL_CERT_DIR");
  ASSERT_TRUE(trust) << trust.error().message;
  EXPECT_EQ(*stores.system(), *trust);
  EXPECT_EQ(stores.parsed(), 0u) << "nobody has connected";
  EXPECT_TRUE(shake_hands(reactor, serve({}), trust_authority({.trust = *trust})).good());
  EXPECT_TRUE(shake_hands(reactor, serve({}), trust_authority({.trust = *trust})).good());
  EXPECT_EQ(stores.parsed(), 1u);

  folder.write("empty.pem", "junk");
  ::setenv("SSL_CERT_FILE", folder.path("empty.pem").c_str(), 1);
  auto empty = TrustStores().system();
  ASSERT_TRUE(empty);
  Ends ends = shake_hands(reactor, serve({}), trust_authority({.trust = *empty}));
  ASSERT_FALSE(ends.client);
  EXPECT_THAT(ends.client.error().message, HasSubstr("no CA certificate of the system found in"));

  folder.write("huge.pem", std::string((16 << 20) + 1, '\n') + authority().certificate);
  ::setenv("SSL_CERT_FILE", folder.path("huge.pem").c_str(), 1);
  auto huge = TrustStores().system();
  ASSERT_TRUE(huge);
  Ends longer = shake_hands(reactor, serve({}), trust_authority({.trust = *huge}));
  ASSERT_FALSE(longer.client);
  EXPECT_THAT(longer.client.error().message, HasSubstr("huge.pem is longer than 16777216 bytes"));

  ::setenv("SSL_CERT_FILE", "/nowhere/bundle.pem", 1);
  auto missing = TrustStores().system();
  ::unsetenv("SSL_CERT_FILE");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("found in /nowhere/bundle.pem"));
}

TEST(TlsThreads, ShareContextsAndTicketKeys) {
  auto server = serve({});
  auto client = trust_authority({.alpn = {"threads"}});
  std::atomic<int> resumed{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&] {
      SystemClock clock;
      Reactor reactor(clock);
      for (int i = 0; i < 10; ++i) {
        Ends ends = shake_hands(reactor, server, client);
        if (!ends.good()) return;
        EXPECT_TRUE(write_all(reactor, **ends.server, "hello"));
        EXPECT_EQ(read_some(reactor, **ends.client), "hello");
        if ((*ends.client)->tls().resumed) ++resumed;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(resumed, 3 * 9);  // sessions are a thread's own
}

// The openssl program
// -------------------------------------------------------------------------------

// Our server on its own thread: says hello and ends.
class ServerThread {
 public:
  explicit ServerThread(TlsServerContext::Options options) : context_(serve(std::move(options))) {
    auto listener =
        Listener::open(reactor_, Address::loopback(0), {}, [this](std::unique_ptr<Socket> socket) {
          tasks_.push_back(std::make_unique<Task>());
          tasks_.back()->start(greet(std::move(socket)));
        });
    EXPECT_TRUE(listener);
    listener_ = std::move(*listener);
    port = listener_->address().port();
    thread_ = std::thread([this] { reactor_.run(); });
  }
  ~ServerThread() {
    reactor_.stop();
    thread_.join();
  }
  std::uint16_t port = 0;

 private:
  Async<void> greet(std::unique_ptr<Socket> socket) {
    auto secured = co_await tls_accept(context_, reactor_, std::move(socket));
    if (!secured) co_return;
    static_cast<void>(co_await (*secured)->write(std::string_view("hello\n")));
    (*secured)->end();
    Buffer buffer(reactor_.buffers());
    static_cast<void>(co_await (*secured)->read(buffer));
  }
  SystemClock clock_;
  Reactor reactor_{clock_};
  ServerContext context_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

std::string run(const std::string& command) {
  FILE* output = ::popen((command + " 2>&1").c_str(), "r");
  EXPECT_TRUE(output);
  std::string text;
  char piece[4096];
  while (std::size_t got = std::fread(piece, 1, sizeof piece, output)) text.append(piece, got);
  ::pclose(output);
  return text;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class OpensslProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run("openssl version").find("OpenSSL") == std::string::npos) {
      GTEST_SKIP() << "the openssl program is not installed";
    }
    folder_.write("ca.pem", authority().certificate);
  }
  // It stays until the server ends the connection.
  std::string client(const ServerThread& server, const std::string& options) {
    return run("</dev/null openssl s_client -ign_eof -connect 127.0.0.1:" +
               std::to_string(server.port) + " -CAfile " + folder_.path("ca.pem") + " " + options);
  }
  const TestFolder folder_;
};

TEST_F(OpensslProgram, GetsTheCertificateThatItNames) {
  const PemPair other = make_certificate(
      {.common_name = "other", .names = {"DNS:*.other.example"}, .issuer = &authority()});
  ServerThread server({.certificates = {server_certificate(), other}, .alpn = {"http/1.1"}});
  const std::string exact = client(server, "-servername api.example -alpn h2,http/1.1");
  EXPECT_THAT(exact, HasSubstr("subject=CN = api.example"));
  EXPECT_THAT(exact, HasSubstr("ALPN protocol: http/1.1"));
  EXPECT_THAT(exact, HasSubstr("Verify return code: 0 (ok)"));
  EXPECT_THAT(exact, HasSubstr("hello"));
  EXPECT_THAT(client(server, "-servername a.other.example"), HasSubstr("subject=CN = other"));
  EXPECT_THAT(client(server, "-noservername"), HasSubstr("subject=CN = api.example"));
}

TEST_F(OpensslProgram, ResumesTls12Sessions) {
  ServerThread server({});
  const std::string output = client(server, "-servername api.example -tls1_2 -reconnect");
  EXPECT_EQ(count(output, "New, TLSv1.2"), 1u) << output;
  EXPECT_EQ(count(output, "Reused, TLSv1.2"), 5u) << output;
}

TEST_F(OpensslProgram, ResumesTls13Sessions) {
  ServerThread server({});
  const std::string session = folder_.path("session.pem");
  const std::string options = "-servername api.example -tls1_3 ";
  EXPECT_THAT(client(server, options + "-sess_out " + session), HasSubstr("New, TLSv1.3"));
  EXPECT_THAT(client(server, options + "-sess_in " + session), HasSubstr("Reused, TLSv1.3"));
}

}  // namespace
}  // namespace perigee::net
