#include "node/health.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/socket.hpp"

namespace perigee::node {
namespace {

constexpr Duration kConnectTime = 500ms;
// In the order of runtime.md 3.3, ours last.
constexpr std::pair<std::string_view, bool> kProbes[] = {  // id, visible by default
    {"http-server", true}, {"ratelimit-repository", true}, {"sync-process", false}, {"cpu", false},
    {"memory", false},     {"gc-pressure", false},         {"draining", true}};

// Wildcard addresses are probed on the loopback.
net::Address reachable(const net::Address& address) {
  std::string ip = address.ip();
  if (ip == "0.0.0.0") return net::Address::loopback(address.port());
  if (ip == "::") return net::Address::literal("::1", address.port()).value_or(address);
  return address;
}

}  // namespace

Health::Health(net::Reactor& ops, const config::Health& settings, ProcessMetrics& process)
    : reactor_(ops), settings_(settings), process_(process), timer_(&Health::tick, this) {
  reactor_.timers().arm(timer_, reactor_.now());
}

void Health::traffic_listens_on(const net::Address& address) {
  auto listener = std::make_unique<Listener>();
  listener->address = reachable(address);
  listeners_.push_back(std::move(listener));
}

void Health::tick(void* self) {
  auto& health = *static_cast<Health*>(self);
  health.process_.cpu_percent(health.reactor_.now());
  health.probe_listeners();
  health.reactor_.timers().arm(
      health.timer_, health.reactor_.now() + std::max<Duration>(health.settings_.delay, 100ms));
}

void Health::probe_listeners() {
  for (const auto& listener : listeners_) {
    if (!listener->probing.running()) listener->probing.start(probe(*listener));
  }
}

Async<void> Health::probe(Listener& listener) {
  net::Deadline deadline(reactor_, co_await this_scope(), kConnectTime, ErrorCode::timed_out,
                         "no connection within 500 ms", Fault::ours);
  auto connected = co_await net::connect(reactor_, listener.address, {});
  listener.result = connected
                        ? Result{true, {}}
                        : Result{false, listener.address.text() + ": " + connected.error().message};
  listener.probed = true;
}

Async<void> Health::probe_all() {
  for (const auto& listener : listeners_) {
    if (listener->probed) continue;
    if (!listener->probing.running()) listener->probing.start(probe(*listener));
    // One joiner at a time: a second request that comes meanwhile is answered with what is known.
    ::perigee::Result<void> ended = co_await listener->probing.join();
    if (!ended) co_return;
  }
}

Health::Result Health::http_server() const {
  if (listeners_.empty()) return {false, "no traffic listener is open yet"};
  for (const auto& listener : listeners_) {
    if (!listener->result.healthy) return listener->result;
  }
  return {true, {}};
}

Health::Result Health::resource(double percent, double percent_max, const char* what) const {
  if (percent < percent_max) return {true, {}};
  return {false, fmt::format("{} percent is over the threshold of {} %", what, percent_max)};
}

// What a garbage collector does to a JVM, a lack of memory does to a native process: threads wait.
Health::Result Health::gc_pressure() const {
  const double percent_max = settings_.gc_pressure_percent_max;
  if (process_.memory_stall_percent() < percent_max) return {true, {}};
  return {false, fmt::format("GC Pressure is over the threshold of {} %", percent_max)};
}

Health::Result Health::of(std::string_view id) const {
  if (id == "http-server") return http_server();
  if (id == "ratelimit-repository")
    return rate_limits_ ? rate_limits_() : Result{true, "RateLimit type is none"};
  if (id == "sync-process") return sync_ready_ ? Result{true, {}} : Result{false, "not ready"};
  if (id == "cpu")
    return resource(process_.cpu_percent(reactor_.now()), settings_.cpu_percent_max, "CPU");
  if (id == "memory")
    return resource(process_.memory_percent(reactor_.now()), settings_.memory_percent_max,
                    "Memory");
  if (id == "gc-pressure") return gc_pressure();
  if (id == "draining")
    return draining_ ? Result{false, "the gateway is draining"} : Result{true, {}};
  return {false, "probe not found"};
}

Async<std::vector<std::pair<std::string, Health::Result>>> Health::evaluate(
    std::vector<std::string> ids) {
  bool unprobed = std::any_of(listeners_.begin(), listeners_.end(), [](const auto& listener) {
    return !listener->probed && !listener->probing.running();
  });
  if (unprobed) co_await probe_all();
  std::vector<std::pair<std::string, Result>> results;
  if (ids.empty()) {
    for (auto [id, visible] : kProbes) {
      if (visible) ids.emplace_back(id);
    }
  }
  for (const std::string& id : ids) results.emplace_back(id, of(id));
  co_return results;
}

std::vector<std::pair<std::string, Health::Result>> Health::latest() const {
  std::vector<std::pair<std::string, Result>> results;
  for (auto [id, visible] : kProbes) results.emplace_back(std::string(id), of(id));
  return results;
}

}  // namespace perigee::node
