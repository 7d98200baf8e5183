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
