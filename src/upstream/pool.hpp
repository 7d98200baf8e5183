// Pool: the connections of one worker to one endpoint. Internal to upstream.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "http/client.hpp"
#include "net/reactor.hpp"
#include "upstream/client.hpp"

namespace perigee::upstream {

class Pool;

// A connection and what its pool knows of it. Owned by the pool.
struct PooledConnection final : net::HangupListener {
  PooledConnection(Pool& p, std::unique_ptr<http::ClientConnection> c, Instant now)
      : pool(p), connection(std::move(c)), opened(now) {}
  void on_hangup() override;
  void on_readable() override;

  Pool& pool;
  std::unique_ptr<http::ClientConnection> connection;
  Instant opened;
  Instant idle_since{};
  bool idle = false;
  net::StreamCounters told;  // to the observer
};

class Pool {
 public:
  Pool(Client& client, const Endpoint& endpoint);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  struct Lease {
    PooledConnection* connection = nullptr;
    bool reused = false;
  };
  // An idle connection, a new one, or the next that is given back. With `fresh`, never an idle one.
  Async<Result<Lease>> acquire(bool fresh);
  void give_back(PooledConnection& connection);

  std::uint64_t generation() const { return generation_; }
  const EndpointOptions& options() const { return options_; }
  std::size_t connections() const { return connections_.size(); }
  std::size_t idle() const { return idle_.size(); }
  bool in_use() const { return connections_.size() + connecting_ > idle_.size() || waiting_ > 0; }
  // The endpoint is gone: idle connections are closed, others when they are given back.
  void drain();
  void close_idle();

  Trouble trouble;

 private:
  friend struct PooledConnection;
  // A call that waits for its turn; lives in the frame of the call.
  struct Waiting {
    explicit Waiting(Pool& pool);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    Pool& pool;
    Completion<Result<Lease>> turn;  // a lease, or an empty one: there is room to connect
    Instant since;
    Waiting* previous = nullptr;
    Waiting* next = nullptr;
    bool in_line = true;
  };
  struct Connecting;

  Lease take_idle();
  bool usable(PooledConnection& connection);
  void forget_when_drained();
  Async<Result<Lease>> connect();
  Async<Result<std::unique_ptr<net::Stream>>> open_stream();
  Async<Result<std::unique_ptr<net::Stream>>> open_socket(net::Addresses addresses);
  Async<Result<Lease>> wait_in_line();
  bool has_room() const { return connections_.size() + connecting_ < connections_max_; }
  void close(PooledConnection& connection);
  void tell_bytes(PooledConnection& connection);
  void serve_line_later();
  void serve_line();
  void leave_line(Waiting& waiting);
  static void reap(void* self);
  void arm_reaper();

  Client& client_;
  net::Reactor& reactor_;
  EndpointOptions options_;  // a copy: a draining pool outlives its endpoint
  std::string remote_;
  std::uint64_t generation_;
  std::size_t connections_max_;
  std::size_t connecting_ = 0;
  bool draining_ = false;
  bool serving_later_ = false;
  std::vector<std::unique_ptr<PooledConnection>> connections_;
  std::vector<PooledConnection*> idle_;  // last in, first out
  Waiting* first_ = nullptr;
  Waiting* last_ = nullptr;
  std::size_t waiting_ = 0;
  net::Timer reaper_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for deferred work
};

}  // namespace perigee::upstream
