// What outlives revisions: endpoints and groups by their identity.
#include "upstream/endpoint.hpp"

#include <gtest/gtest.h>

#include <optional>

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
  EndpointRegistry registry{2};
  std::shared_ptr<const Endpoint> a = registry.endpoint("api", "a", options_to("a"));
  std::shared_ptr<const Endpoint> b = registry.endpoint("api", "b", options_to("b"));
};

TEST_F(Groups, TakeTurnsOnEachWorkerByItself) {
  auto group = registry.group("api", "g", {a, b});
  EXPECT_EQ(group->next(0), 0u);
  EXPECT_EQ(group->next(0), 1u);
  EXPECT_EQ(group->next(1), 0u);
  EXPECT_EQ(group->next(0), 0u);
}

TEST_F(Groups, KeepTheirCursorWhileTheSetOfEndpointsIsTheSame) {
  auto group = registry.group("api", "g", {a, b});
  EXPECT_EQ(group->next(0), 0u);
  auto redeployed = registry.group("api", "g", {a, b});
  group.reset();
  EXPECT_EQ(redeployed->next(0), 1u);
}

TEST_F(Groups, StartAgainWithAnotherSetOfEndpoints) {
  auto group = registry.group("api", "g", {a, b});
  EXPECT_EQ(group->next(0), 0u);
  auto c = registry.endpoint("api", "c", options_to("c"));
  EXPECT_EQ(registry.group("api", "g", {a, b, c})->next(0), 0u);
}

}  // namespace
}  // namespace perigee::upstream
