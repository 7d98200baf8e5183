// RedisStore: the counts that gateways share, as one worker reaches them. On the worker's reactor;
// outlives the flows that count.
#pragma once

#include "counters/store.hpp"
#include "redis/link.hpp"
#include "redis_counts/primary.hpp"
#include "report/metrics.hpp"

namespace perigee::redis_counts {

class RedisStore final : public counters::Store, private redis::LinkObserver {
 public:
  // `reply_times`: a histogram; may be null.
  RedisStore(net::Reactor& reactor, redis::Directory& directory, Primary& primary,
             report::Series* reply_times = nullptr);

  Async<Result<Window>> increment(Increment increment) override;
  Async<Result<Bucket>> take(Take take) override;

  redis::Link& link() { return link_; }
  counters::Circuit& circuit() { return primary_.circuit(); }
  std::int64_t clock_offset_ms() { return primary_.clock_offset_ms(link_.clock_offset()); }

 private:
  struct Called {
    redis::Outcome outcome;
    std::uint64_t epoch;  // of the connection
  };
  Async<Called> call(redis::Command command);
  Error error_of(const Called& called) const;
  void watch();
  Async<void> probe();

  void on_connected() override;
  void on_lost(const redis::Failure& why) override;
  void on_reply(Duration after) override;

  net::Reactor& reactor_;
  const redis::Options& options_;
  Primary& primary_;
  report::Series* reply_times_;
  redis::FailureKind last_failure_ = redis::FailureKind::not_connected;
  Task watching_;
  redis::Link link_;  // dies first: it tells of its end
};

}  // namespace perigee::redis_counts
