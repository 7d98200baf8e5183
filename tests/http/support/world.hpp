// A server on a fake clock, handlers that record what they see, and raw peers whose every byte the
// test decides. All on one reactor, which the test turns.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "net/pipe.hpp"

namespace perigee::http::test {

// One end of a connection: collects what comes, sends what the test says.
class Peer {
 public:
  Peer(net::Reactor& reactor, std::unique_ptr<net::Stream> stream);
  ~Peer();

  void send(std::string bytes);  // behind what is not sent yet
  bool sent() const { return !writing_.running(); }
  void end() { stream_->end(); }
  void reset() { stream_->close(true); }
  void stop_reading() { reading_.reset(); }
  void go_on_reading();
  std::string take() { return std::exchange(received, {}); }

  std::string received;
  bool ended = false;   // the other side has finished in order
  bool broken = false;  // reset, or closed by us
  bool over() const { return ended || broken; }

 private:
  Async<void> read();
  Async<void> write();
  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  std::deque<std::string> to_send_;
  Task reading_, writing_;
};

// A body that the test feeds.
class FedBody final : public Body {
 public:
  explicit FedBody(std::optional<std::uint64_t> length = std::nullopt) : length_(length) {}
  void feed(std::string bytes);  // "" = the end
  void fail(ErrorCode code, Fault fault);
  void trail(Headers* trailers) { trailers_ = trailers; }
  bool waiting() const { return fed_.waiting(); }

  Async<Result<Chunk>> read() override;
  std::optional<std::uint64_t> length() const override { return length_; }
  bool ready() const override { return !pieces_.empty(); }
  Headers* trailers() override { return trailers_; }

 private:
  Async<Result<Chunk>> read_later();
  Result<Chunk> next();
  void came(Result<std::string> piece);
  std::optional<std::uint64_t> length_;
  std::deque<Result<std::string>> pieces_;
  std::string piece_;
  Headers* trailers_ = nullptr;
  Completion<Result<void>> fed_;
};

struct Seen {
  std::string method, target, path, authority, body;
  std::vector<std::string> trailers;
  ErrorCode error = ErrorCode::other;  // of the body
};

// Reads the whole request and answers "ok".
class Recorder : public Handler {
 public:
  Async<void> handle(ServerExchange& exchange) override;
  std::vector<Seen> seen;
};

struct Observed final : ServerObserver {
  void on_connection_opened(const net::Stream&) override { ++opened; }
  void on_connection_closed(const net::Stream&) override { ++closed; }
  void on_request_begun(ServerExchange&) override { ++begun; }
  void on_request_ended(const ServerExchange& exchange, Instant) override {
    ++ended;
    last_status = exchange.status_sent;
    last_request_bytes = exchange.request_body_bytes;
    last_response_bytes = exchange.response_body_bytes;
  }
  void on_refused(const net::Address&, int status, std::string_view) override {
    refused.push_back(status);
  }
  void on_reset(const ServerExchange&) override { ++resets; }
  void on_bytes(const net::Stream&, std::uint64_t read, std::uint64_t written) override {
    bytes_read += read;
    bytes_written += written;
  }
  void on_upgraded(const ServerExchange&) override { ++tunnels; }
  void on_upgrade_ended(const ServerExchange&) override { --tunnels; }
  int opened = 0, closed = 0, begun = 0, ended = 0, resets = 0, tunnels = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  int last_status = 0;
  std::uint64_t last_request_bytes = 0, last_response_bytes = 0;
  std::vector<int> refused;
};

class World {
 public:
  explicit World(Handler& handler, ServerOptions options = {},
                 std::shared_ptr<const net::TlsServerContext> tls = nullptr)
      : server(reactor, std::move(options), handler, &observed, std::move(tls)) {}

  std::unique_ptr<Peer> connect(net::PipeOptions options = {});
  void settle();
  void advance(Duration by);

  FakeClock clock;
  net::Reactor reactor{clock};
  Observed observed;
  Server server;
};

// The bytes of "HTTP/1.1 <status>" answers in `text`, in order.
std::vector<int> statuses(std::string_view text);

}  // namespace perigee::http::test
