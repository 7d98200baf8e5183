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

Async<Result<policy::Count>> FakeCounters::add(policy::Worker& worker,
                                               policy::CountRequest request) {
  keys.emplace_back(request.key);
  counted.push_back(request);
  policy::Count& window = windows_[keys.back()];
  if (window.reset_ms <= epoch_ms(worker.reactor.wall())) window = {.reset_ms = request.reset_ms};
  window.value += request.weight;
  window.limit = request.limit;
  window.outcome = outcome;
  if (slow) return add_later(worker, window);
  return Result<policy::Count>(window);
}

Async<Result<policy::Count>> FakeCounters::add_later(policy::Worker& worker, policy::Count count) {
  CO_TRY(co_await net::next_turn(worker.reactor));
  co_return count;
}

Async<Result<policy::Tokens>> FakeCounters::take(policy::Worker&, policy::TokenRequest request) {
  keys.emplace_back(request.key);
  taken.push_back(request);
  tokens.outcome = outcome;
  return Result<policy::Tokens>(tokens);
}

}  // namespace perigee::policies::testing
