// The load generator and its backend, one epoll loop for both.
//
// Closed loop: every client connection sends its next request when the response is complete. Open
// loop: requests are due at even distances and go to the connection that has been idle longest;
// latency counts from the time a request was due, so waiting for a connection is part of it.
#pragma once

#include <sys/epoll.h>

#include <csignal>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pair/keys.hpp"
#include "pair/measure.hpp"
#include "pair/message.hpp"
#include "pair/options.hpp"
#include "pair/record.hpp"
#include "pair/stream.hpp"

namespace perigee::bench {

// One end of a proxied exchange: a client, or an accepted connection of the backend.
struct Peer {
  Stream stream;
  bool is_backend = false;
  bool is_busy = false;      // a client that waits for its response
  bool was_checked = false;  // the first message on a connection is checked in full
  std::uint64_t due_ns = 0;  // when the request was to be sent
  std::size_t proxy = 0;     // of a client: its place among them
  std::string request;       // of a client: its own, with the key of the request under way
  Record record;
  std::string partial_head;
  bool in_body = false;
  std::size_t body_bytes_left = 0;
  std::string_view unsent;
};

// What happened in the measured parts.
struct Counts {
  std::uint64_t wall_ns = 0;
  std::uint64_t spun_ns = 0;  // open loop: time in turns that found nothing to do
  CpuTime own;
  CpuTime proxy;
  std::uint64_t served = 0;
  std::uint64_t broken = 0;   // connections that ended before their response
  std::uint64_t refused = 0;  // responses other than 200
  std::uint64_t late = 0;     // open loop: sent more than a millisecond after they were due
  Histogram latency;
  TypicalP99 typical_p99;
};

class Pair {
 public:
  explicit Pair(const Options& options);

  // Runs until the time, the number of requests or of turns is reached, or *stop is set; prints one
  // JSON line.
  void run(const volatile std::sig_atomic_t& stop);

 private:
  void connect_clients();
  void redial(Peer& client);
  Peer dial(std::size_t proxy) const;
  void watch(Peer& peer);
  void accept_all();

  void handle(const epoll_event& event);
  void receive(Peer& peer, bool hung_up);
  ssize_t receive_some(Peer& peer, std::size_t& asked);
  bool feed(Peer& peer, std::string_view bytes);  // false: the connection was given up
  bool take_head(Peer& peer, std::string_view& bytes);
  bool accept_head(Peer& peer, std::string_view head);
  void finish_message(Peer& peer);
  void flush(Peer& peer);
  void on_end(Peer& peer);

  void note_answer(Peer& client, std::string_view head);  // recorded runs
  void record(Peer& client);
  void await_last_answers();
  void fire(Peer& client, std::uint64_t due_ns);
  void rest(Peer& client);  // the client waits for its next turn
  std::uint64_t fire_due(std::uint64_t now);
  void pause();  // until no response is awaited
  void resume();

  void take_turn();
  void drive(double seconds);
  int wait(std::span<epoll_event> events, bool is_open, std::uint64_t end_ns) const;
  void drive_until(std::uint64_t end_ns, const std::function<bool()>& is_over);
  void start_measuring();
  void stop_measuring();
  void print_result() const;

  const Options options_;
  const std::string request_;
  const std::string response_;
  const Expectation at_backend_;
  const Expectation at_client_;
  const TlsContext tls_;
  const ProcessTree proxy_;
  const ProcessTree own_;
  const int epoll_;
  const int listener_;
  Keys keys_;
  Recorder recorder_;
  std::vector<Peer> clients_;
  std::deque<Peer*> idle_;  // open loop, or paused
  const volatile std::sig_atomic_t* stop_ = nullptr;

  Counts counts_;
  std::uint64_t accepted_ = 0;
  double next_due_ns_ = 0;
  bool is_paused_ = false;
  bool is_measuring_ = false;
  std::uint64_t started_ns_ = 0;  // of the measured part
  CpuTime own_cpu_at_start_;
  CpuTime proxy_cpu_at_start_;
};

}  // namespace perigee::bench
