// A store in memory, with the semantics of Redis, that several gateways may share; and one worker's
// way to it, which answers as it is told.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "counters/store.hpp"
#include "net/reactor.hpp"

namespace perigee::counters::testing {

class MemoryStore {
 public:
  struct Window {
    std::uint64_t counter = 0;
    std::uint64_t limit = 0;
    std::int64_t reset_ms = 0;
    std::string subscription;
  };
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  Store::Window increment(const Store::Increment& increment);
  Store::Bucket take(const Store::Take& take);

  std::map<std::string, Window, std::less<>> windows;
  std::map<std::string, BucketState, std::less<>> buckets;

 private:
  const Clock& clock_;
};

class FakeStore final : public Store {
 public:
  struct Asked {
    std::string key;
    std::uint64_t weight = 0, floor = 0, limit = 0;
    std::int64_t reset_ms = 0;
    std::string subscription;
  };
  FakeStore(net::Reactor& reactor, MemoryStore& memory) : reactor_(reactor), memory_(memory) {}
  ~FakeStore() override { alive_.reset(); }

  Async<Result<Window>> increment(Increment increment) override;
  Async<Result<Bucket>> take(Take take) override;

  // Every operation that came, and how many there were of any kind.
  std::vector<Asked> asked;
  std::size_t operations = 0;
  // Without it answers come in the next turn.
  bool holds = false;
  // Given at once instead of an answer; nothing is done.
  std::optional<Error> away;

  std::size_t held() const { return held_.size(); }
  void answer_held();
  void fail_held(const Error& error, bool were_done = false);

 private:
  struct Go {
    std::optional<Error> error;
    bool done = true;
  };
  struct Held {
    explicit Held(FakeStore& in) : store(in), place(in.held_.insert(in.held_.end(), this)) {}
    ~Held() {
      if (place) store.held_.erase(*place);
    }
    FakeStore& store;
    std::optional<std::list<Held*>::iterator> place;
    Completion<Result<Go>> go;
  };
  Async<Result<Go>> wait();
  void release(const Go& go);

  net::Reactor& reactor_;
  MemoryStore& memory_;
  std::list<Held*> held_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace perigee::counters::testing
