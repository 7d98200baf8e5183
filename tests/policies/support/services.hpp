// Everything that a policy may reach, as far as a policy alone needs it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "policy/services.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies::testing {

// Knows what it was told; answers after a turn of the reactor.
class FakeResolver final : public policy::Resolver {
 public:
  void tell(std::string name, const std::vector<std::string>& ips);
  Async<Result<net::Addresses>> resolve(policy::Worker& worker, std::string name) override;
  std::vector<std::string> asked;

 private:
  std::map<std::string, net::Addresses> known_;
};

// Counts by key, for as long as a window is; answers at once, or after a turn of the reactor.
class FakeCounters final : public policy::Counters {
 public:
  using Counters::Counters;
  Async<Result<policy::Count>> add(policy::Worker& worker, policy::CountRequest request) override;
  Async<Result<policy::Tokens>> take(policy::Worker& worker, policy::TokenRequest request) override;

  policy::Counted outcome = policy::Counted::counted;
  bool slow = false;
  std::vector<std::string> keys;  // that were asked, in order
  std::vector<policy::CountRequest> counted;
  std::vector<policy::TokenRequest> taken;
  policy::Tokens tokens;  // what the next request for one gets

 private:
  Async<Result<policy::Count>> add_later(policy::Worker& worker, policy::Count count);
  std::map<std::string, policy::Count, std::less<>> windows_;
};

class NoHttp final : public policy::HttpClient {
 public:
  Async<Result<policy::HttpAnswer>> call(policy::Worker&, policy::HttpCall) override {
    return Result<policy::HttpAnswer>(fail(ErrorCode::refused, "no server"));
  }
};

class NoResources final : public policy::Resources {
 public:
  policy::Resource* find(std::string_view) const override { return nullptr; }
};

}  // namespace perigee::policies::testing
