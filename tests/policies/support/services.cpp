#include "tests/policies/support/services.hpp"

namespace perigee::policies::testing {

void FakeResolver::tell(std::string name, const std::vector<std::string>& ips) {
  std::vector<net::Address> addresses;
  for (const std::string& ip : ips) addresses.push_back(*net::Address::literal(ip, 0));
  known_[std::move(name)] = std::make_shared<const std::vector<net::Address>>(std::move(addresses));
}

Async<Result<net::Addresses>> FakeResolver::resolve(policy::Worker& worker, std::string name) {
  asked.push_back(name);
  Completion<Result<void>> next_turn;
  EXPECT_TRUE(worker.reactor.post([&] { next_turn.complete({}); }));
  CO_TRY(co_await next_turn);
  auto found = known_.find(name);
  if (found == known_.end()) co_return fail(ErrorCode::unresolved, name + ": no such name");
  co_return found->second;
}

}  // namespace perigee::policies::testing
