// What is made of the sentinels' answers.
#include "redis/vote.hpp"

namespace perigee::redis {
namespace {

const Endpoint a{"10.0.0.1", 6379}, b{"10.0.0.2", 6379}, other_port{"10.0.0.1", 6380};

struct Row {
  std::string name;
  std::vector<Vote> votes;
  std::optional<Vote> current;
  const Endpoint* best;  // null: none
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class Votes : public ::testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(
    Table, Votes,
    ::testing::Values(
        Row{"None", {}, Vote{a, 1}, nullptr}, Row{"One", {{a, 0}}, {}, &a},
        Row{"HighestEpochAgainstMost", {{a, 1}, {a, 1}, {b, 2}}, Vote{a, 1}, &b},
        Row{"HighestEpochFirst", {{b, 2}, {a, 1}}, {}, &b},
        Row{"OldEpochAgainstCurrent", {{a, 1}, {a, 1}}, Vote{b, 2}, &a},
        Row{"MostOfOneEpoch", {{a, 3}, {b, 3}, {b, 3}}, Vote{a, 3}, &b},
        Row{"CurrentInDoubt", {{a, 3}, {b, 3}}, Vote{b, 3}, &b},
        Row{"AnotherPortIsAnother", {{a, 1}, {other_port, 2}}, Vote{a, 1}, &other_port}),
    [](const auto& it) { return it.param.name; });

TEST_P(Votes, AreCounted) {
  const Vote* best = best_of(GetParam().votes, GetParam().current);
  ASSERT_EQ(best == nullptr, GetParam().best == nullptr);
  if (best) EXPECT_EQ(best->primary.text(), GetParam().best->text());
}

TEST(Votes, OfMoreThanHalf) {
  EXPECT_TRUE(most_name(std::vector<Vote>{{a, 1}, {a, 2}, {b, 3}}, a));
  EXPECT_FALSE(most_name(std::vector<Vote>{{a, 1}, {b, 3}}, a));
  EXPECT_FALSE(most_name({}, a));
}

}  // namespace
}  // namespace perigee::redis
