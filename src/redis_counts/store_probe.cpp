#include "redis_counts/store_probe.hpp"

namespace perigee::redis_counts {
namespace {

constexpr Duration kUntilConnected = 100ms;
constexpr Duration kEveryMin = 100ms;

}  // namespace

StoreProbe::StoreProbe(Init init) : init_(std::move(init)), name_("hc-" + init_.node_id) {
  running_.start(run());
}

Async<void> StoreProbe::run() {
  for (;;) {
    const perigee::Result<counters::Store::Window> window =
        co_await init_.store.increment({.key = name_, .weight = 1, .subscription = name_});
    init_.result.set(window ? "" : window.error().message);
    const bool connected = init_.store.link().connected();
    static_cast<void>(co_await net::sleep_for(
        init_.reactor, connected ? std::max(init_.every, kEveryMin) : kUntilConnected));
  }
}

}  // namespace perigee::redis_counts
