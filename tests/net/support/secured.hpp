// Two ends of TLS over a pipe, for tests.
#pragma once

#include "net/pipe.hpp"
#include "net/tls.hpp"
#include "tests/net/support/certificates.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net::testing {

using StreamResult = Result<std::unique_ptr<Stream>>;
using ServerContext = std::shared_ptr<const TlsServerContext>;
using ClientContext = std::shared_ptr<const TlsClientContext>;

// One authority for all tests; making keys is slow under sanitizers.
inline const PemPair& authority() {
  static const PemPair pair = make_certificate({.common_name = "Test Authority", .is_ca = true});
  return pair;
}
inline const PemPair& server_certificate() {
  static const PemPair pair = make_certificate({.common_name = "api.example",
                                                .names = {"DNS:api.example", "IP:10.0.0.1"},
                                                .issuer = &authority()});
  return pair;
}
inline const PemPair& client_certificate() {
  static const PemPair pair = make_certificate({.common_name = "a client", .issuer = &authority()});
  return pair;
}
inline TrustStores& trust_stores() {
  static TrustStores stores;
  return stores;
}
inline TrustStores::Ptr trust_in(const PemPair& pair) {
  auto trust = trust_stores().pem(pair.certificate);
  EXPECT_TRUE(trust) << trust.error().message;
  return *trust;
}

inline ServerContext serve(TlsServerContext::Options options) {
  if (options.certificates.empty()) options.certificates = {server_certificate()};
  auto context = TlsServerContext::make(std::move(options));
  EXPECT_TRUE(context) << context.error().message;
  return *context;
}
inline ClientContext trust_authority(TlsClientContext::Options options = {}) {
  if (!options.trust && !options.trust_all) options.trust = trust_in(authority());
  auto context = TlsClientContext::make(std::move(options));
  EXPECT_TRUE(context) << context.error().message;
  return *context;
}

struct Ends {
  StreamResult server = fail(ErrorCode::other, "not done");
  StreamResult client = fail(ErrorCode::other, "not done");
  bool good() const { return server && client; }
};

inline Ends shake_hands(Reactor& reactor, ServerContext server, ClientContext client,
                        std::string name = "api.example", Pipe pipe = {}) {
  if (!pipe.first) pipe = make_pipe(reactor);
  Ends ends;
  Running<StreamResult> accepting(tls_accept(server, reactor, std::move(pipe.first)));
  Running<StreamResult> connecting(
      tls_connect(client, reactor, std::move(pipe.second), std::move(name)));
  EXPECT_TRUE(turn_until(reactor, [&] {
    // An end that has failed takes its plain stream with it.
    return accepting.done() && connecting.done();
  }));
  if (accepting.done()) ends.server = std::move(accepting.value());
  if (connecting.done()) ends.client = std::move(connecting.value());
  return ends;
}

inline Result<std::string> read_some(Reactor& reactor, Stream& stream) {
  Buffer buffer(reactor.buffers());
  Running<Result<std::size_t>> reading(stream.read(buffer));
  EXPECT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  if (!reading.done()) return fail(ErrorCode::timed_out, "no answer in this test");
  if (!reading.value()) return std::unexpected(reading.value().error());
  return std::string(buffer.unread());
}

inline Result<void> write_all(Reactor& reactor, Stream& stream, std::string_view bytes) {
  Running<Result<void>> writing(stream.write(bytes));
  EXPECT_TRUE(turn_until(reactor, [&] { return writing.done(); }));
  return writing.done() ? writing.value() : fail(ErrorCode::timed_out, "not written in this test");
}

}  // namespace perigee::net::testing
