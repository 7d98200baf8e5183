#include "tests/counters/support/fleet.hpp"

namespace perigee::counters::testing {
namespace {

Async<void> run(Remote& remote, Asking& asking) {
  asking.count.emplace(co_await remote.add(asking.request));
}

Async<void> run_take(Remote& remote, BucketRequest request, std::optional<Result<Taken>>& taken) {
  taken.emplace(co_await remote.take(request));
}

}  // namespace

Gateway::Gateway(net::Reactor& reactor, MemoryStore& memory, const SharedCounts::Options& options,
                 unsigned count)
    : shared(options, reactor.now()) {
  for (unsigned i = 0; i < count; ++i) workers.emplace_back(reactor, memory, shared);
}

Fleet::Fleet(SharedCounts::Options options, unsigned count, unsigned workers) {
  for (unsigned i = 0; i < count; ++i) gateways.emplace_back(reactor, memory, options, workers);
  connect();
}

Fleet::~Fleet() {
  askings.clear();
  gateways.clear();
  turn();
}

// Without an operation of its own, so that tests count only theirs.
void Fleet::connect(Gateway& gateway) {
  Circuit& circuit = gateway.shared.circuit();
  circuit.available(clock.now());
  circuit.begin_trial();
  circuit.succeeded(clock.now());
}

void Fleet::connect() {
  for (Gateway& gateway : gateways) connect(gateway);
}

Asking& Fleet::ask(CountRequest request, unsigned gateway, unsigned worker) {
  Asking& asking = askings.emplace_back();
  asking.key = request.key;
  asking.request = request;
  asking.request.key = asking.key;
  asking.task.start(run(gateways[gateway].workers[worker].remote, asking));
  return asking;
}

Asking& Fleet::decide(CountRequest request, unsigned gateway, unsigned worker) {
  Asking& asking = ask(request, gateway, worker);
  turn();
  EXPECT_FALSE(asking.waits());
  return asking;
}

Taken Fleet::take(BucketRequest request, unsigned gateway) {
  std::optional<Result<Taken>> taken;
  Task task;
  task.start(run_take(gateways[gateway].remote(), request, taken));
  for (int i = 0; i < 20 && !taken; ++i) turn(1);
  if (!taken) advance(20ms);
  EXPECT_TRUE(taken && *taken);
  return taken && *taken ? **taken : Taken{};
}

std::uint64_t Fleet::counter(std::string_view key) const {
  auto found = memory.windows.find(key);
  return found == memory.windows.end() ? 0 : found->second.counter;
}

}  // namespace perigee::counters::testing
