// Remote: counts that gateways share through a store, on one worker.
//
//   strict        the store is asked, and decides
//   not strict    counted here at once, told to the store later: every so often, and early when the
//                 limit comes near (runtime.md 6.5)
//   over a limit  a key that is known to be over its limit is refused from memory until its window
//                 ends; the store is told 100 ms later at most
//   no store      by our share of what is left (redis-client.md 4.2); as soon as there is one again
//                 it is told what was admitted, so that others need not wait for a request here
//
// One for each worker, on its reactor; what they know together is in SharedCounts.
#pragma once

#include "counters/operations.hpp"
#include "counters/reminders.hpp"

namespace perigee::counters {

class Remote final : private Operations::Listener, private Reminders::Listener {
 public:
  Remote(net::Reactor& reactor, Store& store, SharedCounts& shared);

  // Texts of a request live until it is answered. Errors: what ended the flow.
  Async<Result<Count>> add(CountRequest request);
  Async<Result<Taken>> take(BucketRequest request);
  // Sends what the store was not told yet.
  void flush();
  // Operations that have no answer yet.
  std::size_t under_way() const { return operations_.under_way() + debits_; }

 private:
  Count count_later(const CountRequest& request, const KeyHash& hash, const Moment& now);
  bool count_here(View& view, const CountRequest& request, const Moment& now, Count& count);
  std::optional<Count> from_memory(const CountRequest& request, const KeyHash& hash,
                                   const Moment& now);
  bool is_early(View& view, std::uint64_t before, std::uint64_t limit, const Moment& now) const;
  Async<Result<Taken>> ask_bucket(BucketRequest request);
  Taken take_later(const BucketRequest& request, const Moment& now);
  Async<void> debit(Reminded reminded, View::Delivery delivery);

  void remind(View& view, const KeyHash& hash, const CountRequest& request, Duration within);
  void remind(View& view, Reminded reminded, Instant due);
  Instant flush_time(const KeyHash& hash, Instant now) const;
  void resume();
  void on_undelivered(const CountRequest& request, const KeyHash& hash) override;
  void on_due(Reminded reminded) override;

  net::Reactor& reactor_;
  Store& store_;
  SharedCounts& shared_;
  Operations operations_;
  Reminders reminders_;
  std::size_t to_resume_ = 0;
  net::Timer resume_timer_;  // while the store is away and something waits to be told
  std::list<Task> debit_tasks_;
  std::size_t debits_ = 0;
};

}  // namespace perigee::counters
