// StoreProbe: whether Redis counts, tried every so often with a key that is gone at once
// (runtime.md 6.6). It is the circuit's trial where no request comes first, so that an outage ends
// without traffic. One for the process, on the worker whose store it uses.
#pragma once

#include <mutex>
#include <string>

#include "redis_counts/store.hpp"

namespace perigee::redis_counts {

class StoreProbe {
 public:
  // What came of it the last time; any thread. Outlives the probe.
  class Result {
   public:
    // Empty: it counted. Otherwise why it did not.
    std::string problem() const {
      std::lock_guard lock(mutex_);
      return problem_;
    }
    void set(std::string problem) {
      std::lock_guard lock(mutex_);
      problem_ = std::move(problem);
    }

   private:
    mutable std::mutex mutex_;
    std::string problem_ = "not probed yet";  // under mutex_
  };
  struct Init {
    net::Reactor& reactor;
    RedisStore& store;
    Result& result;
    std::string node_id;
    Duration every = 5s;
  };
  explicit StoreProbe(Init init);

 private:
  Async<void> run();
  Async<perigee::Result<counters::Store::Window>> count();
  Async<void> pause();

  const Init init_;
  const std::string name_;
  Task running_;
};

}  // namespace perigee::redis_counts
