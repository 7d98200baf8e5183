#include "proxy/counting.hpp"

namespace perigee::proxy {
namespace {

counters::CountRequest request_of(const policy::CountRequest& request) {
  return {.key = request.key,
          .weight = request.weight,
          .limit = request.limit,
          .reset_ms = request.reset_ms,
          .subscription = request.subscription,
          .strict = request.strict};
}

counters::BucketRequest request_of(const policy::TokenRequest& request) {
  return {.key = request.key,
          .rate = request.rate,
          .period_ms = request.period_ms,
          .capacity = request.capacity,
          .subscription = request.subscription,
          .strict = request.strict};
}

policy::Counted outcome_of(counters::Outcome outcome) {
  return outcome == counters::Outcome::failed ? policy::Counted::failed : policy::Counted::counted;
}

policy::Count count_of(const counters::Count& count, std::uint64_t limit) {
  return {.outcome = outcome_of(count.outcome),
          .value = count.value,
          .limit = limit,
          .reset_ms = count.reset_ms};
}

policy::Tokens tokens_of(const counters::Taken& taken) {
  return {.outcome = outcome_of(taken.outcome),
          .allowed = taken.allowed,
          .left = taken.tokens,
          .next_ms = taken.next_ms};
}

Result<policy::Count> told(const Result<counters::Count>& count, std::uint64_t limit) {
  if (!count) return std::unexpected(count.error());
  return count_of(*count, limit);
}

Result<policy::Tokens> told(const Result<counters::Taken>& taken) {
  if (!taken) return std::unexpected(taken.error());
  return tokens_of(*taken);
}

Async<Result<policy::Count>> tell_later(Async<Result<counters::Count>> counting,
                                        std::uint64_t limit) {
  co_return told(co_await counting, limit);
}

Async<Result<policy::Tokens>> tell_later(Async<Result<counters::Taken>> taking) {
  co_return told(co_await taking);
}

}  // namespace

Async<Result<policy::Count>> RemoteCounters::add(policy::Worker& worker,
                                                 policy::CountRequest request) {
  PERIGEE_ASSERT(worker.index < remotes_.size());
  Async<Result<counters::Count>> counting = remotes_[worker.index]->add(request_of(request));
  if (counting.here()) return told(counting.take(), request.limit);
  return tell_later(std::move(counting), request.limit);
}

Async<Result<policy::Tokens>> RemoteCounters::take(policy::Worker& worker,
                                                   policy::TokenRequest request) {
  PERIGEE_ASSERT(worker.index < remotes_.size());
  Async<Result<counters::Taken>> taking = remotes_[worker.index]->take(request_of(request));
  if (taking.here()) return told(taking.take());
  return tell_later(std::move(taking));
}

Async<Result<policy::Count>> LocalCounters::add(policy::Worker& worker,
                                                policy::CountRequest request) {
  counters::Count count = local_.add(request_of(request), epoch_ms(worker.reactor.wall()));
  return Result<policy::Count>(count_of(count, request.limit));
}

Async<Result<policy::Tokens>> LocalCounters::take(policy::Worker& worker,
                                                  policy::TokenRequest request) {
  counters::Taken taken = local_.take(request_of(request), epoch_ms(worker.reactor.wall()));
  return Result<policy::Tokens>(tokens_of(taken));
}

}  // namespace perigee::proxy
