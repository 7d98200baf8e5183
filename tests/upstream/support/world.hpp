// One worker's client, a fake clock, and calls that the test watches.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "net/names.hpp"
#include "tests/net/support/loop.hpp"
#include "tests/upstream/support/peers.hpp"
#include "upstream/client.hpp"
#include "upstream/pool.hpp"

namespace perigee::upstream::testing {

// What the client told, counted.
struct Observed final : ClientObserver {
  void on_connection_opened(std::string_view) override { ++opened; }
  void on_connection_closed(std::string_view, const net::StreamCounters&) override { ++closed; }
  void on_bytes(std::string_view, std::uint64_t read, std::uint64_t written) override {
    bytes_read += read;
    bytes_written += written;
  }
  void on_queued(std::string_view, int delta) override { queued += delta; }
  void on_waited(std::string_view, Duration time) override { waited.push_back(time); }
  void on_error(std::string_view, ErrorCode code) override { ++errors[code]; }
  int opened = 0, closed = 0, queued = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  std::vector<Duration> waited;
  std::map<ErrorCode, int> errors;
};

// A request body that the test feeds.
class FedBody final : public http::Body {
 public:
  explicit FedBody(std::optional<std::uint64_t> length = std::nullopt) : length_(length) {}
  void feed(std::string bytes);  // "" = the end
  void fail(Error error);
  Async<Result<http::Chunk>> read() override;
  std::optional<std::uint64_t> length() const override { return length_; }
  bool ready() const override { return !pieces_.empty(); }
  bool waiting() const { return fed_.waiting(); }

 private:
  Async<Result<http::Chunk>> take();
  std::optional<std::uint64_t> length_;
  std::list<Result<std::string>> pieces_;
  std::string piece_;
  Completion<Result<void>> fed_;
};

// One call in progress.
class Going {
 public:
  Going(Client& client, const Endpoint& endpoint, std::string_view method = "GET",
        http::Body* body = nullptr);
  bool done() const { return run_.done(); }
  Result<void>& result() { return run_.value(); }
  ErrorCode error() { return run_.value() ? ErrorCode::other : run_.value().error().code; }
  int status() const { return response.status; }
  void cancel(ErrorCode code = ErrorCode::client_gone) { run_.scope().cancel({code, "told to"}); }
  // Reads the whole answer; its error ends the text with "!".
  std::string body(net::Reactor& reactor);

  Arena arena;
  http::RequestHead request{arena};
  http::ResponseHead response{arena};
  Call call{arena};

 private:
  net::testing::Running<Result<void>> run_;
};

class Upstream : public ::testing::Test {
 protected:
  static constexpr unsigned kWorkers = 1;

  EndpointOptions options_to(std::uint16_t port, std::string host = "127.0.0.1") const;
  std::shared_ptr<const Endpoint> endpoint(EndpointOptions options, std::string name = "e");
  std::shared_ptr<const Endpoint> endpoint_to(std::uint16_t port) {
    return endpoint(options_to(port));
  }

  template <class Done>
  bool until(Done done) {
    return net::testing::turn_until(reactor, done);
  }
  void settle() { net::testing::settle(reactor); }
  // Time passes, and what is due happens.
  void pass(Duration time) {
    clock.advance(time);
    settle();
  }
  // The backend has got the `n`th connection, and on it a head.
  Peer& asked(RawBackend& backend, std::size_t n = 0);
  // A whole exchange: GET, 200, body "ok".
  void exchange(RawBackend& backend, const Endpoint& to, std::size_t connection);
  void TearDown() override;

  std::size_t descriptors_before = net::testing::open_descriptors();
  std::size_t frames_before = FrameRecycler::alive();
  FakeClock clock;
  Observed observed;
  std::unique_ptr<net::Reactor> reactor_owned = std::make_unique<net::Reactor>(clock);
  net::Reactor& reactor = *reactor_owned;
  std::unique_ptr<net::Resolver> resolver =
      std::make_unique<net::Resolver>(reactor, net::Resolver::Options{});
  std::unique_ptr<net::Names> names = std::make_unique<net::Names>(reactor, *resolver);
  EndpointRegistry registry{kWorkers};
  std::unique_ptr<Client> client_owned =
      std::make_unique<Client>(reactor, *names, kWorkers, ClientLimits{}, &observed);
  Client& client = *client_owned;
};

inline constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace perigee::upstream::testing
