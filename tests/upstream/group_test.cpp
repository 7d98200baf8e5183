// Whose turn it is in a group (api-definition.md 1.3).
#include "upstream/group.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace perigee::upstream {
namespace {

class Balancing : public ::testing::Test {
 protected:
  Member member(const std::string& name, std::uint32_t weight = 1, bool secondary = false) {
    EndpointOptions options;
    options.target = {.scheme = "http", .host = name, .port = 80};
    options.fingerprint = name;
    return {registry.endpoint("api", name, std::move(options)), weight, secondary};
  }
  void make(std::vector<Member> members, Balance balance) {
    group = registry.group("api", "g", std::move(members), balance);
  }
  // The members of the next `count` turns, by their names; "-" when there is none.
  std::string turns(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      std::optional<std::size_t> member = group->next(0, random += 0x9e3779b97f4a7c15);
      text += member ? group->members()[*member].endpoint->options().target.host : "-";
    }
    return text;
  }
  std::map<char, int> counted(int count) {
    std::map<char, int> counts;
    for (char name : turns(count)) ++counts[name];
    return counts;
  }
  void down(std::size_t member) { group->members()[member].endpoint->set_usable(false); }
  void up(std::size_t member) { group->members()[member].endpoint->set_usable(true); }

  EndpointRegistry registry{2};
  std::shared_ptr<const Group> group;
  std::uint64_t random = 7;
};

TEST_F(Balancing, RoundRobinLeavesOutWhatIsDown) {
  make({member("a"), member("b"), member("c")}, Balance::round_robin);
  EXPECT_EQ(turns(4), "abca");
  down(1);
  EXPECT_EQ(turns(4), "acac");  // another set begins at 0
  up(1);
  EXPECT_EQ(turns(4), "abca");
}

TEST_F(Balancing, HealthOfOthersDoesNotRestartTheCursor) {
  make({member("a"), member("b")}, Balance::round_robin);
  Member other = member("x");
  EXPECT_EQ(turns(1), "a");
  other.endpoint->set_usable(false);
  EXPECT_EQ(turns(2), "ba");
}

TEST_F(Balancing, SecondariesServeOnlyWithoutAPrimary) {
  make({member("a"), member("s", 1, true), member("b"), member("t", 1, true)},
       Balance::round_robin);
  EXPECT_EQ(turns(3), "aba");
  down(0);
  EXPECT_EQ(turns(3), "bbb");
  down(2);
  EXPECT_EQ(turns(3), "sts");
  down(1);
  EXPECT_EQ(turns(2), "tt");
  down(3);
  EXPECT_EQ(turns(2), "--");
  up(2);
  EXPECT_EQ(turns(2), "bb");
}

TEST_F(Balancing, WeightedRoundRobinSkipsSpentOnes) {
  make({member("a", 3), member("b", 1), member("c", 2)}, Balance::weighted_round_robin);
  EXPECT_EQ(turns(6), "abcaca");
  EXPECT_EQ(counted(60), (std::map<char, int>{{'a', 30}, {'b', 10}, {'c', 20}}));
}

TEST_F(Balancing, WeightedRandomIsExactOverEachCycle) {
  make({member("a", 5), member("b", 1), member("c", 4)}, Balance::weighted_random);
  for (int cycle = 0; cycle < 20; ++cycle)
    EXPECT_EQ(counted(10), (std::map<char, int>{{'a', 5}, {'b', 1}, {'c', 4}}));
  std::string first = turns(10);
  EXPECT_NE(first, turns(10));
}

TEST_F(Balancing, RandomReachesEveryOne) {
  make({member("a"), member("b"), member("c")}, Balance::random);
  std::map<char, int> counts = counted(3000);
  for (char name : {'a', 'b', 'c'}) EXPECT_NEAR(counts[name], 1000, 150) << name;
}

TEST_F(Balancing, AWeightedGroupWithOtherWeightsIsAnother) {
  make({member("a", 3), member("b", 1)}, Balance::weighted_round_robin);
  EXPECT_EQ(turns(2), "ab");
  auto before = group;
  make({member("a", 3), member("b", 1)}, Balance::weighted_round_robin);
  EXPECT_EQ(group, before);
  make({member("a", 1), member("b", 1)}, Balance::weighted_round_robin);
  EXPECT_NE(group, before);
  auto equal_weights = group;
  make({member("a"), member("b")}, Balance::round_robin);
  EXPECT_NE(group, equal_weights);
}

TEST_F(Balancing, AnEmptyGroupHasNoTurn) {
  make({}, Balance::round_robin);
  EXPECT_EQ(turns(2), "--");
}

}  // namespace
}  // namespace perigee::upstream
