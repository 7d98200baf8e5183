#include "tests/counters/support/fake_store.hpp"

#include <algorithm>

namespace perigee::counters::testing {

Store::Window MemoryStore::increment(const Store::Increment& increment) {
  const std::int64_t now_ms = epoch_ms(clock_.wall());
  auto found = windows.find(increment.key);
  if (found != windows.end() && found->second.reset_ms <= now_ms) {
    windows.erase(found);
    found = windows.end();
  }
  const bool is_same = found != windows.end() && found->second.reset_ms == increment.reset_ms;
  if (increment.same_window && !is_same) return {.ended = true};
  if (found == windows.end()) {
    if (increment.reset_ms <= now_ms) return {.ended = true};
    found = windows.emplace(increment.key, Window{}).first;
    found->second.limit = increment.limit;
    found->second.reset_ms = increment.reset_ms;
    found->second.subscription =
        increment.subscription.empty() ? "null" : std::string(increment.subscription);
  }
  Window& window = found->second;
  if (window.reset_ms == increment.reset_ms)
    window.counter = std::max(window.counter, increment.floor);
  window.counter += increment.weight;
  return {.counter = window.counter, .reset_ms = window.reset_ms};
}

Store::Bucket MemoryStore::take(const Store::Take& take) {
  auto found = buckets.find(take.key);
  std::optional<BucketState> before;
  if (found != buckets.end()) before = found->second;
  BucketTake taken = counters::take(before, take.rules, take.tokens, take.now_ms);
  buckets.insert_or_assign(std::string(take.key), taken.after);
  return {.allowed = taken.allowed, .tokens = taken.after.tokens};
}

Async<Result<FakeStore::Go>> FakeStore::wait() {
  ++operations;
  if (away) co_return std::unexpected(*away);
  Held held(*this);
  if (!holds) {
    static_cast<void>(reactor_.post([this, alive = std::weak_ptr(alive_)] {
      if (alive.lock()) answer_held();
    }));
  }
  co_return co_await held.go;
}

Async<Result<Store::Window>> FakeStore::increment(Increment increment) {
  asked.push_back({.key = std::string(increment.key),
                   .weight = increment.weight,
                   .floor = increment.floor,
                   .limit = increment.limit,
                   .reset_ms = increment.reset_ms,
                   .subscription = std::string(increment.subscription)});
  CO_TRY(Go go, co_await wait());
  Window window;
  if (go.done) window = memory_.increment(increment);
  if (go.error) co_return std::unexpected(*go.error);
  co_return window;
}

Async<Result<Store::Bucket>> FakeStore::take(Take take) {
  CO_TRY(Go go, co_await wait());
  Bucket bucket;
  if (go.done) bucket = memory_.take(take);
  if (go.error) co_return std::unexpected(*go.error);
  co_return bucket;
}

void FakeStore::release(const Go& go) {
  for (std::size_t left = held_.size(); left > 0 && !held_.empty(); --left) {
    Held& held = *held_.front();
    held_.pop_front();
    held.place.reset();
    held.go.complete(go);
  }
}

void FakeStore::answer_held() { release({}); }

void FakeStore::fail_held(const Error& error, bool were_done) {
  release({.error = error, .done = were_done});
}

}  // namespace perigee::counters::testing
