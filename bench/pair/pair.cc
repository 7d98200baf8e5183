#include "pair/pair.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <utility>

namespace perigee::bench {
namespace {

constexpr std::uint64_t kLateNs = 1'000'000;
constexpr std::uint64_t kMsNs = 1'000'000;
constexpr std::uint64_t kWaitMs = 100;              // how late a signal may be noticed
constexpr std::uint64_t kPauseNs = 10'000'000'000;  // for the last responses of a turn
constexpr std::uint64_t kLastAnswersNs = 2'000'000'000;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::array<char, 256 * 1024> g_buffer;  // one thread: every connection reads into it

std::uint64_t to_ns(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

std::string request_of(const Options& options) {
  std::string request = render_request(options.target, options.request_bytes);
  if (options.keys > 0 || !options.key_shares.empty()) add_key(request);
  return request;
}

TlsContext context_for(const Options& options) {
  return options.trusted_certificate.empty() ? nullptr : trust(options.trusted_certificate);
}

}  // namespace

Pair::Pair(const Options& options)
    : options_(options),
      request_(request_of(options)),
      response_(render_response(options.response_bytes)),
      at_backend_{options.request_bytes, options.backend_target, options.backend_header},
      at_client_{options.response_bytes, {}, options.client_header},
      tls_(context_for(options)),
      proxy_(options.pid),
      own_(getpid()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      listener_(listen_on(options.listen_port)),
      keys_(options.keys, options.key_shares),
      recorder_(options.record),
      clients_(options.connections) {
  if (options.sleeps) prctl(PR_SET_TIMERSLACK, 1);  // ns; 50 us otherwise
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
}

// Edge-triggered and for both directions at once: no further epoll_ctl for the connection's life.
void Pair::watch(Peer& peer) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &peer}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.stream.fd(), &event);
}

void Pair::connect_clients() {
  std::size_t dialled = 0;
  for (Peer& client : clients_) {
    client = dial(dialled++ % options_.proxy_ports.size());
    watch(client);
    rest(client);
  }
}

Peer Pair::dial(std::size_t proxy) const {
  const auto port = static_cast<std::uint16_t>(options_.proxy_ports[proxy]);
  return {.stream = Stream::dial(port, tls_.get()),
          .proxy = proxy,
          .request = keys_.is_used() ? request_ : std::string()};
}

void Pair::redial(Peer& client) {
  const bool was_busy = client.is_busy;
  client = dial(client.proxy);
  watch(client);
  if (was_busy) rest(client);
}

void Pair::accept_all() {
  for (int fd = accept_from(listener_); fd >= 0; fd = accept_from(listener_)) {
    auto* peer = new Peer{.stream = Stream(fd), .is_backend = true};  // freed in on_end()
    ++accepted_;
    watch(*peer);
  }
}

void Pair::handle(const epoll_event& event) {
  if (event.data.ptr == nullptr) return accept_all();
  Peer& peer = *static_cast<Peer*>(event.data.ptr);
  if ((event.events & EPOLLOUT) != 0 && !peer.unsent.empty()) flush(peer);
  const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (hung_up || (event.events & EPOLLIN) != 0) receive(peer, hung_up);
}

ssize_t Pair::receive_some(Peer& peer, std::size_t& asked) {
  if (peer.in_body && !peer.stream.encrypted())
    return peer.stream.discard(asked = peer.body_bytes_left);
  return peer.stream.read(g_buffer.data(), asked = g_buffer.size());
}

void Pair::receive(Peer& peer, bool hung_up) {
  for (;;) {
    std::size_t asked = 0;
    const bool discards = peer.in_body && !peer.stream.encrypted();
    const ssize_t got = receive_some(peer, asked);
    if (got == kAgain) return;
    if (got == kEnd) return on_end(peer);
    const auto size = static_cast<std::size_t>(got);
    if (discards) {
      if ((peer.body_bytes_left -= size) == 0) finish_message(peer);
    } else if (!feed(peer, {g_buffer.data(), size})) {
      return;
    }
    // A short read has emptied a plain socket. TLS hands out one record at a time, so only a
    // finished message says that no more is to come.
    const bool drained =
        peer.stream.encrypted() ? !peer.in_body && !peer.stream.holds_more() : size < asked;
    if (drained && !hung_up) return;
  }
}

bool Pair::feed(Peer& peer, std::string_view bytes) {
  while (!bytes.empty()) {
    if (!peer.in_body) {
      if (!take_head(peer, bytes)) return false;
      if (!peer.in_body) return true;
    }
    const std::size_t taken = std::min(peer.body_bytes_left, bytes.size());
    peer.body_bytes_left -= taken;
    bytes.remove_prefix(taken);
    if (peer.body_bytes_left == 0) finish_message(peer);
  }
  return true;
}

// Leaves in_body false when the head is not complete yet.
bool Pair::take_head(Peer& peer, std::string_view& bytes) {
  if (peer.partial_head.empty()) {
    const std::size_t end = bytes.find(kHeadEnd);
    if (end != bytes.npos) {
      const std::string_view head = bytes.substr(0, end + kHeadEnd.size());
      bytes.remove_prefix(head.size());
      return accept_head(peer, head);
    }
  }
  const std::size_t before = peer.partial_head.size();
  peer.partial_head += bytes;
  const std::size_t end = peer.partial_head.find(kHeadEnd);
  if (end == peer.partial_head.npos) return bytes = {}, true;
  const std::string head = std::exchange(peer.partial_head, {}).substr(0, end + kHeadEnd.size());
  bytes.remove_prefix(head.size() - before);
  return accept_head(peer, head);
}

bool Pair::accept_head(Peer& peer, std::string_view head) {
  if (!peer.is_backend && recorder_.is_on()) {
    note_answer(peer, head);
    return true;
  }
  if (!peer.is_backend && !is_success(head)) {
    ++counts_.refused;
    redial(peer);
    return false;
  }
  if (!peer.was_checked) {
    const std::string fault = check(head, peer.is_backend ? at_backend_ : at_client_);
    if (!fault.empty()) fail((peer.is_backend ? "at the backend: " : "at the client: ") + fault);
    peer.was_checked = true;
  }
  peer.in_body = true;
  peer.body_bytes_left = peer.is_backend ? options_.request_bytes : options_.response_bytes;
  if (peer.body_bytes_left == 0) finish_message(peer);
  return true;
}

// Any status is an answer, with a body of any length.
void Pair::note_answer(Peer& client, std::string_view head) {
  client.record.status = static_cast<std::uint16_t>(status_of(head));
  client.record.reset_ms = number_in(head, "x-rate-limit-reset", -1);
  client.in_body = true;
  client.body_bytes_left = static_cast<std::size_t>(number_in(head, "content-length", 0));
  if (client.body_bytes_left == 0) finish_message(client);
}

void Pair::record(Peer& client) {
  client.record.due_ns = client.due_ns;
  client.record.latency_us = static_cast<std::uint32_t>((now_ns() - client.due_ns) / 1000);
  client.record.proxy = static_cast<std::uint16_t>(client.proxy);
  recorder_.add(client.record);
}

void Pair::finish_message(Peer& peer) {
  peer.in_body = false;
  if (peer.is_backend) {
    peer.unsent = response_;
    return flush(peer);
  }
  if (recorder_.is_on()) record(peer);
  if (is_measuring_) {
    const std::uint64_t now = now_ns();
    counts_.latency.add(now - peer.due_ns);
    counts_.typical_p99.add(now - peer.due_ns, now);
    ++counts_.served;
  }
  rest(peer);
}

void Pair::flush(Peer& peer) {
  while (!peer.unsent.empty()) {
    const ssize_t sent = peer.stream.write(peer.unsent);
    if (sent <= 0) return;  // a broken stream shows itself to the next read
    peer.unsent.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Pair::on_end(Peer& peer) {
  if (peer.is_backend) {
    delete &peer;
    return;
  }
  if (peer.is_busy) ++counts_.broken;
  if (peer.is_busy && recorder_.is_on()) {
    peer.record.status = 0;
    record(peer);
  }
  redial(peer);
}

void Pair::fire(Peer& client, std::uint64_t due_ns) {
  client.due_ns = due_ns;
  client.is_busy = true;
  client.unsent = request_;
  client.record = {};
  if (keys_.is_used()) {
    client.record.key = keys_.next();
    set_key(client.request, client.record.key);
    client.unsent = client.request;
  }
  flush(client);
}

void Pair::rest(Peer& client) {
  client.is_busy = false;
  if (is_paused_ || options_.rate_per_second > 0) {
    idle_.push_back(&client);
  } else {
    fire(client, now_ns());
  }
}

std::uint64_t Pair::fire_due(std::uint64_t now) {
  std::uint64_t fired = 0;
  for (; next_due_ns_ <= static_cast<double>(now) && !idle_.empty(); ++fired) {
    Peer& client = *idle_.front();
    idle_.pop_front();
    const auto due_ns = static_cast<std::uint64_t>(next_due_ns_);
    if (now - due_ns > kLateNs) ++counts_.late;
    fire(client, due_ns);
    next_due_ns_ += 1e9 / options_.rate_per_second;
  }
  return fired;
}

void Pair::pause() {
  is_paused_ = true;
  drive_until(now_ns() + kPauseNs, [&] { return idle_.size() == clients_.size(); });
  if (*stop_ == 0 && idle_.size() != clients_.size()) fail("a response does not arrive");
}

void Pair::resume() {
  is_paused_ = false;
  next_due_ns_ = static_cast<double>(now_ns());
  if (options_.rate_per_second > 0) return;
  for (Peer* client : std::exchange(idle_, {})) rest(*client);
}

void Pair::start_measuring() {
  is_measuring_ = true;
  proxy_cpu_at_start_ = proxy_.cpu_time();
  own_cpu_at_start_ = own_.cpu_time();
  started_ns_ = now_ns();
}

void Pair::stop_measuring() {
  counts_.wall_ns += now_ns() - started_ns_;
  counts_.proxy += proxy_.cpu_time() - proxy_cpu_at_start_;
  counts_.own += own_.cpu_time() - own_cpu_at_start_;
  is_measuring_ = false;
}

void Pair::drive(double seconds) {
  if (options_.requests > 0) {
    drive_until(UINT64_MAX, [&] { return counts_.served >= options_.requests; });
  } else {
    drive_until(now_ns() + to_ns(seconds), [] { return false; });
  }
}

void Pair::drive_until(std::uint64_t end_ns, const std::function<bool()>& is_over) {
  const bool is_open = options_.rate_per_second > 0 && !is_paused_;
  std::array<epoll_event, 512> events;
  for (std::uint64_t now = now_ns(); *stop_ == 0 && now < end_ns && !is_over();) {
    const std::uint64_t fired = is_open ? fire_due(now) : 0;
    const int ready = wait(events, is_open, end_ns);
    for (int i = 0; i < ready; ++i) handle(events[static_cast<std::size_t>(i)]);
    const std::uint64_t after = now_ns();
    if (ready <= 0 && fired == 0 && is_measuring_) counts_.spun_ns += after - now;
    now = after;
  }
}

int Pair::wait(std::span<epoll_event> events, bool is_open, std::uint64_t end_ns) const {
  const auto events_max = static_cast<int>(events.size());
  if (is_open && !options_.sleeps) return epoll_wait(epoll_, events.data(), events_max, 0);
  const std::uint64_t now = now_ns();
  std::uint64_t until = std::min(end_ns, now + kWaitMs * kMsNs);
  if (is_open && !idle_.empty()) until = std::min(until, static_cast<std::uint64_t>(next_due_ns_));
  const std::uint64_t wait_ns = until > now ? until - now : 0;
  const timespec time{.tv_sec = 0, .tv_nsec = static_cast<long>(wait_ns)};
  return epoll_pwait2(epoll_, events.data(), events_max, &time, nullptr);
}

// A request that is not answered in time has failed.
void Pair::await_last_answers() {
  static constexpr std::sig_atomic_t kGoOn = 0;
  stop_ = &kGoOn;
  is_paused_ = true;
  drive_until(now_ns() + kLastAnswersNs, [&] { return idle_.size() == clients_.size(); });
  for (Peer& client : clients_) {
    if (!client.is_busy) continue;
    client.record.status = 0;
    record(client);
  }
}

void Pair::take_turn() {
  std::string line;
  if (!std::getline(std::cin, line)) fail("no line says that the next turn may begin");
  resume();
  drive(options_.settle_seconds);
  start_measuring();
  drive(options_.seconds);
  stop_measuring();
  pause();
  std::puts("done");
  std::fflush(stdout);
}

void Pair::run(const volatile std::sig_atomic_t& stop) {
  stop_ = &stop;
  connect_clients();
  resume();
  if (options_.requests == 0) drive(options_.warm_seconds);
  if (options_.turns == 0) {
    start_measuring();
    drive(options_.seconds);
    stop_measuring();
  } else {
    pause();
    std::puts("ready");
    std::fflush(stdout);
    for (std::uint64_t turn = 0; turn < options_.turns && stop == 0; ++turn) take_turn();
  }
  if (recorder_.is_on()) await_last_answers();
  print_result();
}

void Pair::print_result() const {
  const double wall = static_cast<double>(counts_.wall_ns);
  const double served = static_cast<double>(std::max<std::uint64_t>(counts_.served, 1));
  const double run = static_cast<double>(counts_.proxy.run_ns);
  const double user = static_cast<double>(counts_.proxy.user_ticks);
  const double system = static_cast<double>(counts_.proxy.system_ticks);
  const double busy = options_.rate_per_second > 0 ? wall - static_cast<double>(counts_.spun_ns)
                                                   : static_cast<double>(counts_.own.run_ns);
  const double waited = static_cast<double>(counts_.proxy.waited_ns + counts_.own.waited_ns);
  std::printf(
      "{\"requests\":%llu,\"rps\":%.1f,\"cpu_us\":%.4f,\"proxy_share\":%.4f,\"user_share\":%.3f,"
      "\"load_share\":%.4f,\"load_us\":%.4f,\"waited_share\":%.4f,\"p50\":%.1f,\"p90\":%.1f,"
      "\"p99\":%.1f,\"p999\":%.1f,\"typical_p99\":%.1f,"
      "\"late\":%llu,\"broken\":%llu,\"refused\":%llu,\"upstream_connections\":%llu,"
      "\"pss_kib\":%llu}\n",
      static_cast<unsigned long long>(counts_.served), served / wall * 1e9, run / served / 1e3,
      run / wall, user / std::max(1.0, user + system), busy / wall, busy / served / 1e3,
      waited / wall, counts_.latency.quantile_us(.5), counts_.latency.quantile_us(.9),
      counts_.latency.quantile_us(.99), counts_.latency.quantile_us(.999), counts_.typical_p99.us(),
      static_cast<unsigned long long>(counts_.late),
      static_cast<unsigned long long>(counts_.broken),
      static_cast<unsigned long long>(counts_.refused), static_cast<unsigned long long>(accepted_),
      static_cast<unsigned long long>(proxy_.memory_kib("smaps_rollup", "Pss:")));
}

}  // namespace perigee::bench

namespace {
volatile std::sig_atomic_t g_stop = 0;
void request_stop(int) { g_stop = 1; }
}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, request_stop);
  std::signal(SIGINT, request_stop);
  perigee::bench::Pair(perigee::bench::parse(argc, argv)).run(g_stop);
}
