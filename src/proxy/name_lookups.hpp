// NameLookups: the resolver that policies are given. One for the process; behind it, each worker
// has names of its own.
#pragma once

#include <vector>

#include "policy/services.hpp"

namespace perigee::proxy {

class NameLookups final : public policy::Resolver {
 public:
  // Before the first look-up, in the order of the workers. Outlives the last one.
  void add(net::Names& names) { names_.push_back(&names); }
  Async<Result<net::Addresses>> resolve(policy::Worker& worker, std::string name) override;

 private:
  std::vector<net::Names*> names_;
};

}  // namespace perigee::proxy
