// Series, shards, and what a scraper gets of them.
#include "report/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace perigee::report {
namespace {

using ::testing::ElementsAre;

const Family kCounter{"counter", "help", Type::counter, Unit::none, {"a", "b"}};
const Family kGauge{"gauge", "help", Type::gauge, Unit::none, {"a"}};
const Family kSummary{"summary", "help", Type::summary, Unit::seconds, {"a"}};
const Family kHistogram{"histogram", "help", Type::histogram, Unit::seconds, {"a"}};

Instant at(Duration since_start) { return Instant(since_start); }

TEST(Cell, Counts) {
  Cell cell;
  cell.add();
  cell.add(4);
  cell.subtract(2);
  EXPECT_EQ(cell.get(), 3u);
  cell.set(9);
  EXPECT_EQ(cell.get(), 9u);
}

TEST(DecayingMax, KeepsTwoToThreeMinutes) {
  DecayingMax max;
  EXPECT_EQ(max.get(at(0s)), 0u);
  max.record(5, at(10s));
  max.record(3, at(20s));
  EXPECT_EQ(max.get(at(30s)), 5u);
  EXPECT_EQ(max.get(at(179s)), 5u) << "still the third window";
  EXPECT_EQ(max.get(at(180s)), 0u);
}

TEST(DecayingMax, NewerWindowsOutliveTheLargest) {
  DecayingMax max;
  max.record(9, at(0s));
  max.record(4, at(60s));
  max.record(2, at(120s));
  EXPECT_EQ(max.get(at(130s)), 9u);
  EXPECT_EQ(max.get(at(185s)), 4u);
  EXPECT_EQ(max.get(at(250s)), 2u);
  EXPECT_EQ(max.get(at(310s)), 0u);
}

TEST(DecayingMax, WindowsWithoutARecordAreEmpty) {
  DecayingMax max;
  for (int window = 0; window < 3; ++window) max.record(100, at(window * 60s));
  max.record(1, at(7 * 60s));
  EXPECT_EQ(max.get(at(7 * 60s)), 1u) << "nothing of the windows that were passed over";
  max.record(2, at(8 * 60s));
  EXPECT_EQ(max.get(at(8 * 60s)), 2u);
}

TEST(DecayingMax, EqualsTheLargestOfThreeWindowsWhateverComes) {
  DecayingMax max;
  std::vector<std::pair<std::int64_t, std::uint64_t>> records;
  std::uint64_t random = 1;
  Instant now = at(0s);
  for (int i = 0; i < 2000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    now += (random >> 40) % 70 * 1s;
    std::uint64_t value = (random >> 20) % 1000;
    max.record(value, now);
    std::int64_t window = now.time_since_epoch() / 60s;
    records.emplace_back(window, value);
    std::uint64_t expected = 0;
    for (auto [of, recorded] : records)
      if (of >= window - 2) expected = std::max(expected, recorded);
    ASSERT_EQ(max.get(now), expected) << i;
  }
}

TEST(Shard, ASeriesIsMadeOnce) {
  Registry registry;
  Shard& shard = registry.make_shard();
  Series& first = shard.series(kCounter, {"x", "y"});
  EXPECT_EQ(&shard.series(kCounter, {"x", "y"}), &first);
  EXPECT_NE(&shard.series(kCounter, {"x", "z"}), &first);
  EXPECT_NE(&shard.series(kCounter, {"xy", ""}), &first);
  EXPECT_NE(&shard.series(kGauge, {"x"}), &first);
  EXPECT_EQ(first.family().name, "counter");
  EXPECT_THAT(first.label_values(), ElementsAre("x", "y"));
}

TEST(Registry, SeriesOfAllShardsAreOne) {
  Registry registry;
  Shard &one = registry.make_shard(), &two = registry.make_shard();
  one.series(kCounter, {"x", "y"}).cell().add(2);
  two.series(kCounter, {"x", "y"}).cell().add(3);
  two.series(kCounter, {"x", "other"}).cell().add(7);
  one.series(kGauge, {"x"}).cell().add(5);
  two.series(kGauge, {"x"}).cell().subtract(6);  // opened here, closed there
  one.series(kSummary, {"x"}).record(10, at(1s));
  two.series(kSummary, {"x"}).record(30, at(1s));
  std::vector<FamilySamples> families = registry.collect(at(2s));
  ASSERT_EQ(families.size(), 3u);
  EXPECT_EQ(families[0].family, &kCounter);
  ASSERT_EQ(families[0].samples.size(), 2u);
  EXPECT_THAT(families[0].samples[0].label_values, ElementsAre("x", "other"));
  EXPECT_EQ(families[0].samples[0].value, 7u);
  EXPECT_EQ(families[0].samples[1].value, 5u);
  EXPECT_EQ(families[1].family, &kGauge);
  EXPECT_EQ(static_cast<std::int64_t>(families[1].samples[0].value), -1);
  EXPECT_EQ(families[2].family, &kSummary);
  EXPECT_EQ(families[2].samples[0].count, 2u);
  EXPECT_EQ(families[2].samples[0].sum, 40u);
  EXPECT_EQ(families[2].samples[0].max, 30u);
  EXPECT_EQ(registry.collect(at(500s))[2].samples[0].max, 0u);
}

TEST(Registry, NothingIsNothing) {
  Registry registry;
  EXPECT_TRUE(registry.collect(at(0s)).empty());
  registry.make_shard();
  EXPECT_TRUE(registry.collect(at(0s)).empty());
}

TEST(Histogram, BucketsTakeWhatIsNotAboveThem) {
  Registry registry;
  Shard &one = registry.make_shard(), &two = registry.make_shard();
  std::uint64_t sum = 0;
  for (std::uint64_t bound : kBucketBounds) {
    one.series(kHistogram, {"x"}).record(bound, at(0s));
    two.series(kHistogram, {"x"}).record(bound + 1, at(0s));
    sum += 2 * bound + 1;
  }
  one.series(kHistogram, {"x"}).record(0, at(0s));
  Sample sample = registry.collect(at(0s)).at(0).samples.at(0);
  EXPECT_EQ(sample.count, 2 * kBucketBounds.size() + 1);
  EXPECT_EQ(sample.sum, sum);
  ASSERT_EQ(sample.buckets.size(), kBucketBounds.size() + 1);
  EXPECT_EQ(sample.buckets.front(), 2u) << "0 and the bound itself";
  for (std::size_t i = 1; i < kBucketBounds.size(); ++i) EXPECT_EQ(sample.buckets[i], 2u) << i;
  EXPECT_EQ(sample.buckets.back(), 1u);
}

TEST(Histogram, BoundsRise) {
  EXPECT_TRUE(std::is_sorted(kBucketBounds.begin(), kBucketBounds.end()));
}

TEST(Registry, BeyondTheLimitSeriesAreOne) {
  Registry registry(3);
  Shard &shard = registry.make_shard(), &other = registry.make_shard();
  for (int i = 0; i < 3; ++i) shard.series(kCounter, {std::to_string(i), "b"}).cell().add();
  EXPECT_EQ(registry.series_dropped(), 0u);
  Series& overflow = shard.series(kCounter, {"3", "b"});
  EXPECT_THAT(overflow.label_values(), ElementsAre("_other", "_other"));
  EXPECT_EQ(&shard.series(kCounter, {"4", "c"}), &overflow);
  EXPECT_EQ(registry.series_dropped(), 2u);
  EXPECT_EQ(shard.series(kCounter, {"1", "b"}).label_values()[0], "1") << "what is there stays";
  EXPECT_EQ(shard.series(kGauge, {"3"}).label_values()[0], "3") << "each family has its limit";
  EXPECT_EQ(other.series(kCounter, {"3", "b"}).label_values()[0], "3") << "and each shard";
  overflow.cell().add(2);
  EXPECT_EQ(registry.collect(at(0s))[0].samples.size(), 5u);
}

// Writers and a scraper on threads of their own: nothing is lost, nothing is torn.
TEST(Registry, ShardsAreWrittenWhileTheyAreScraped) {
  Registry registry;
  constexpr int kThreads = 3;
  constexpr std::uint64_t kAdds = 20'000;
  std::atomic<int> running{kThreads};
  std::vector<std::thread> writers;
  for (int i = 0; i < kThreads; ++i) {
    writers.emplace_back([&, i] {
      Shard& shard = registry.make_shard();
      for (std::uint64_t n = 0; n < kAdds; ++n) {
        shard.series(kCounter, {"x", std::to_string(n % 50)}).cell().add();
        shard.series(kHistogram, {std::to_string(i)}).record(n, at(Duration(n)));
        shard.series(kSummary, {"x"}).record(n, at(n * 10ms));
      }
      running.fetch_sub(1);
    });
  }
  std::uint64_t last = 0;
  while (running.load() > 0) {
    std::uint64_t sum = 0;
    for (const FamilySamples& family : registry.collect(at(100s))) {
      if (family.family != &kCounter) continue;
      for (const Sample& sample : family.samples) sum += sample.value;
    }
    EXPECT_GE(sum, last) << "counters never fall";
    last = sum;
  }
  for (std::thread& writer : writers) writer.join();
  std::vector<FamilySamples> families = registry.collect(at(100s));
  std::uint64_t sum = 0;
  for (const Sample& sample : families.at(0).samples) sum += sample.value;
  EXPECT_EQ(sum, kThreads * kAdds);
  EXPECT_EQ(families.at(1).samples.size(), std::size_t{kThreads});
  EXPECT_EQ(families.at(2).samples.at(0).count, kThreads * kAdds);
}

}  // namespace
}  // namespace perigee::report
