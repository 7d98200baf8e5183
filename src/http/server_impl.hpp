// What a server and its connections know of each other. Internal to http.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/line_rate.hpp"
#include "http/server.hpp"

namespace perigee::http {

// One client connection, whatever its protocol version. Owned by the server; tells it when it is
// idle, busy and over.
class ServerConnection {
 public:
  explicit ServerConnection(Server::Impl& server) : server_(server) {}
  virtual ~ServerConnection() = default;
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  virtual void close() = 0;  // now, whatever it does
  virtual void start() = 0;
  // What is in progress on it.
  virtual void each_exchange(const std::function<void(const ServerExchange&)>&) const {}

 protected:
  Server::Impl& server_;

 private:
  friend struct Server::Impl;
  ServerConnection* previous_ = nullptr;
  ServerConnection* next_ = nullptr;
  Instant since_{};  // idle since, while idle
  bool idle_ = false;
  bool used_ = false;  // something has come on it
};

struct Server::Impl {
  Impl(Server& owner, net::Reactor& reactor, ServerOptions options, Handler& handler,
       ServerObserver* observer, std::shared_ptr<const net::TlsServerContext> tls);
  ~Impl();

  // Told by connections.
  void became_busy(ServerConnection& connection);
  void became_idle(ServerConnection& connection);
  void is_over(ServerConnection& connection);  // destroyed at the end of this turn
  void exchange_begins() { ++exchanges; }
  void exchange_ends() { --exchanges; }
  bool leaves(std::uint64_t generation) const { return leaving || generation < drain_generation; }

  // Arenas of exchanges, kept with their first chunk.
  std::unique_ptr<Arena> take_arena();
  void give_arena(std::unique_ptr<Arena> arena);

  void accepted(std::unique_ptr<net::Stream> stream);
  void serve(std::unique_ptr<net::Stream> stream, bool secured);
  void stop_accepting();
  void close_idle();
  void close_all();
  void each_exchange(const std::function<void(const ServerExchange&)>& look) const;
  bool is_empty() const { return connections == 0 && handshakes_.empty() && !listener; }

  Server& owner;
  net::Reactor& reactor;
  ServerOptions options;
  Handler& handler;
  ServerObserver* observer;
  std::shared_ptr<const net::TlsServerContext> tls;
  std::unique_ptr<net::Listener> listener;
  net::Address address;
  std::size_t connections = 0;
  std::size_t exchanges = 0;
  bool leaving = false;
  bool accepting = true;
  bool paused = false;
  std::uint64_t drain_generation = 0;  // connections of older generations are asked to leave
  std::function<void()> on_empty;

 private:
  struct Handshake;
  struct List {
    ServerConnection* first = nullptr;
    ServerConnection* last = nullptr;
    void add(ServerConnection& connection);
    void remove(ServerConnection& connection);
  };
  void add(std::unique_ptr<ServerConnection> connection);
  void one_less();
  bool is_full() const {
    return connections + handshakes_.size() >= options.connections_max ||
           handshakes_.size() >= options.handshakes_max;
  }
  void pause_when_full();
  void tell_full();
  void end_slow_handshakes();
  void close_port();
  void sweep_idle();
  void close_idle_later();
  void end_handshakes(Instant begun_by);
  void clear_away();
  Async<void> shake_hands(Handshake& handshake);
  using Opened = Result<std::unique_ptr<net::Stream>>;
  Async<Opened> read_proxy_header(std::unique_ptr<net::Stream> plain);
  Async<Opened> secure(std::unique_ptr<net::Stream> plain);
  void tell_no_proxy_header(const net::Address& peer, const Error& error);
  static std::uint64_t generations;

  log::LineRate full_lines_;   // about connections that are not accepted
  log::LineRate proxy_lines_;  // about connections without a PROXY header
  List idle_, busy_;           // idle ones in the order in which they became idle
  std::vector<std::unique_ptr<ServerConnection>> over_;
  std::vector<std::unique_ptr<Handshake>> handshakes_;
  bool clearing_ = false;
  std::vector<std::unique_ptr<Arena>> arenas_;
  net::Timer idle_timer_;
  net::Timer first_request_timer_;  // while stopping
  net::Timer port_timer_;           // the same
  net::Timer slow_timer_;           // while there are too many handshakes
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::unique_ptr<ServerConnection> make_h1_connection(Server::Impl& server,
                                                     std::unique_ptr<net::Stream> stream,
                                                     bool secured);

}  // namespace perigee::http
