// What outlives revisions: endpoints and groups by their identity.
#include <gtest/gtest.h>

#include <optional>

#include "upstream/group.hpp"

namespace perigee::upstream {
namespace {

EndpointOptions options_to(const std::string& host, const std::string& fingerprint = "") {
  EndpointOptions options;
  options.target = {.scheme = "http", .host = host, .port = 80};
  options.fingerprint = host + fingerprint;
  return options;
}

TEST(EndpointRegistry, GivesALivingEndpointOfTheSameIdentityAndOptions) {
  EndpointRegistry registry(1);
  auto first = registry.endpoint("api", "e", options_to("a"));
  EXPECT_EQ(registry.endpoint("api", "e", options_to("a")), first);
  EXPECT_NE(registry.endpoint("api", "e", options_to("a", " other")), first);
  EXPECT_NE(registry.endpoint("api", "f", options_to("a")), first);
  EXPECT_NE(registry.endpoint("another", "e", options_to("a")), first);
  EXPECT_EQ(registry.alive(), 1u);
}

TEST(EndpointRegistry, TellsOfADeadEndpointBeforeItsSlotIsUsedAgain) {
  EndpointRegistry registry(1);
  std::optional<std::pair<std::uint32_t, std::uint64_t>> retired;
  registry.on_retired(
      [&](std::uint32_t slot, std::uint64_t generation) { retired = {slot, generation}; });
  auto first = registry.endpoint("api", "e", options_to("a"));
  std::uint32_t slot = first->slot();
  std::uint64_t generation = first->generation();
  first.reset();
  ASSERT_TRUE(retired);
  EXPECT_EQ(*retired, std::make_pair(slot, generation));
  auto second = registry.endpoint("api", "e", options_to("a"));
  EXPECT_EQ(second->slot(), slot);
  EXPECT_NE(second->generation(), generation);
}

TEST(EndpointRegistry, LeavesNoTrailOfManyRedeploys) {
  EndpointRegistry registry(1);
  std::uint32_t highest = 0;
  auto serving = registry.endpoint("api", "e", options_to("a", "0"));
  for (int i = 1; i < 10'000; ++i) {
    serving = registry.endpoint("api", "e", options_to("a", std::to_string(i)));
    highest = std::max(highest, serving->slot());
  }
  EXPECT_EQ(registry.alive(), 1u);
  EXPECT_LE(highest, 2u);
}

TEST(EndpointRegistry, NamesTheRemoteForMetrics) {
  EndpointRegistry registry(1);
  EXPECT_EQ(registry.endpoint("api", "e", options_to("a"))->remote(), "a:80");
  EndpointOptions options = options_to("::1");
  options.target.host_is_ipv6 = true;
  EXPECT_EQ(registry.endpoint("api", "f", std::move(options))->remote(), "[::1]:80");
}

class Groups : public ::testing::Test {
 protected:
  std::shared_ptr<const Group> round_robin(std::vector<std::shared_ptr<const Endpoint>> endpoints) {
    std::vector<Member> members;
    for (auto& endpoint : endpoints) members.push_back({.endpoint = std::move(endpoint)});
    return registry.group("api", "g", std::move(members), Balance::round_robin);
  }
  static std::optional<std::size_t> next(const Group& group, unsigned worker = 0) {
    return group.next(worker, 0);
  }
  EndpointRegistry registry{2};
  std::shared_ptr<const Endpoint> a = registry.endpoint("api", "a", options_to("a"));
  std::shared_ptr<const Endpoint> b = registry.endpoint("api", "b", options_to("b"));
};

TEST_F(Groups, TakeTurnsOnEachWorkerByItself) {
  auto group = round_robin({a, b});
  EXPECT_EQ(next(*group, 0), 0u);
  EXPECT_EQ(next(*group, 0), 1u);
  EXPECT_EQ(next(*group, 1), 0u);
  EXPECT_EQ(next(*group, 0), 0u);
}

TEST_F(Groups, KeepTheirCursorWhileTheSetOfEndpointsIsTheSame) {
  auto group = round_robin({a, b});
  EXPECT_EQ(next(*group, 0), 0u);
  auto redeployed = round_robin({a, b});
  group.reset();
  EXPECT_EQ(next(*redeployed, 0), 1u);
}

TEST_F(Groups, StartAgainWithAnotherSetOfEndpoints) {
  auto group = round_robin({a, b});
  EXPECT_EQ(next(*group, 0), 0u);
  auto c = registry.endpoint("api", "c", options_to("c"));
  EXPECT_EQ(next(*round_robin({a, b, c})), 0u);
}

}  // namespace
}  // namespace perigee::upstream
