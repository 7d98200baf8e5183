#include "redis_counts/store_probe.hpp"

namespace perigee::redis_counts {
namespace {

constexpr Duration kUntilConnected = 100ms;
constexpr Duration kEveryMin = 100ms;
constexpr Duration kLookEvery = 250ms;  // whether the circuit waits for a trial

}  // namespace

StoreProbe::StoreProbe(Init init) : init_(std::move(init)), name_("hc-" + init_.node_id) {
  running_.start(run());
}

Async<void> StoreProbe::run() {
  for (;;) {
    const perigee::Result<counters::Store::Window> window = co_await count();
    init_.result.set(window ? "" : window.error().message);
    co_await pause();
  }
}

Async<perigee::Result<counters::Store::Window>> StoreProbe::count() {
  counters::Circuit& circuit = init_.store.circuit();
  const bool tries = circuit.begin_trial();
  perigee::Result<counters::Store::Window> window =
      co_await init_.store.increment({.key = name_, .weight = 1, .subscription = name_});
  if (!tries) co_return window;
  if (window) {
    circuit.succeeded(init_.reactor.now());
  } else if (window.error().code == ErrorCode::closed) {
    circuit.end_trial();  // another worker may try
  } else {
    circuit.lost(init_.reactor.now(), window.error().message);
  }
  co_return window;
}

Async<void> StoreProbe::pause() {
  const bool connected = init_.store.link().connected();
  const Instant end =
      init_.reactor.now() + (connected ? std::max(init_.every, kEveryMin) : kUntilConnected);
  while (init_.reactor.now() < end) {
    const Duration left = end - init_.reactor.now();
    static_cast<void>(co_await net::sleep_for(init_.reactor, std::min(left, kLookEvery)));
    if (init_.store.circuit().state() == counters::Circuit::State::half_open) co_return;
  }
}

}  // namespace perigee::redis_counts
