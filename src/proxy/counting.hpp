// The counters that policies are given, one kind for each `ratelimit.type`. One for the process.
#pragma once

#include <vector>

#include "counters/remote.hpp"
#include "policy/services.hpp"

namespace perigee::proxy {

// Counts in this process alone.
class LocalCounters final : public policy::Counters {
 public:
  LocalCounters(counters::Local& local, policy::CounterOptions options)
      : policy::Counters(options), local_(local) {}
  Async<Result<policy::Count>> add(policy::Worker& worker, policy::CountRequest request) override;
  Async<Result<policy::Tokens>> take(policy::Worker& worker, policy::TokenRequest request) override;

 private:
  counters::Local& local_;
};

// Counts with the gateways that share a store; behind it, each worker has a way to it of its own.
class RemoteCounters final : public policy::Counters {
 public:
  RemoteCounters(unsigned workers, policy::CounterOptions options)
      : policy::Counters(options), remotes_(workers) {}
  // On that worker, before its first request. Outlives the last one.
  void set_worker(unsigned index, counters::Remote& remote) { remotes_[index] = &remote; }
  Async<Result<policy::Count>> add(policy::Worker& worker, policy::CountRequest request) override;
  Async<Result<policy::Tokens>> take(policy::Worker& worker, policy::TokenRequest request) override;

 private:
  std::vector<counters::Remote*> remotes_;
};

// Gives every request the same answer: `uncounted`, or `failed` when there is no such store.
class NoCounters final : public policy::Counters {
 public:
  NoCounters(policy::Counted answer, policy::CounterOptions options)
      : policy::Counters(options), answer_(answer) {}
  Async<Result<policy::Count>> add(policy::Worker&, policy::CountRequest) override {
    return Result<policy::Count>(policy::Count{.outcome = answer_});
  }
  Async<Result<policy::Tokens>> take(policy::Worker&, policy::TokenRequest) override {
    return Result<policy::Tokens>(policy::Tokens{.outcome = answer_});
  }

 private:
  policy::Counted answer_;
};

}  // namespace perigee::proxy
