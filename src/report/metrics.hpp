// Metrics: families of series, written by one thread each without contention, summed when they are
// scraped.
//
// Every worker has a Shard. A series in a shard is made once (by its thread) and never goes away,
// so a redeploy does not reset a counter; writers keep the reference. Cells are relaxed atomics
// with one writer. A scraper walks the shards from any thread and never makes a writer wait.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "report/labels.hpp"

namespace perigee::report {

// One number with a single writer.
class Cell {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

enum class Type : std::uint8_t { counter, gauge, summary, histogram };
enum class Unit : std::uint8_t { none, seconds, bytes };  // seconds are kept in nanoseconds

// A family is known at compile time; its address is its identity.
struct Family {
  std::string_view name;  // without _total, _max
  std::string_view help;
  Type type = Type::counter;
  Unit unit = Unit::none;
  std::vector<std::string_view> labels;  // names; values come with the series
  Category category = Category::ours;    // whose labels are chosen by the configuration
};

// Upper bounds of histogram buckets, in nanoseconds; one more bucket takes the rest.
inline constexpr std::array<std::uint64_t, 14> kBucketBounds = {
    100'000,    250'000,    500'000,     1'000'000,   2'500'000,     5'000'000,     10'000'000,
    25'000'000, 50'000'000, 100'000'000, 250'000'000, 1'000'000'000, 5'000'000'000, 30'000'000'000};

// The largest value of the last two to three minutes.
class DecayingMax {
 public:
  void record(std::uint64_t value, Instant now);
  std::uint64_t get(Instant now) const;

 private:
  static constexpr std::int64_t kWindow = Duration(60s).count();
  void begin_window(std::int64_t now);
  Cell windows_[3];
  std::atomic<std::int64_t> end_{kWindow};  // of the current window
  std::uint32_t current_ = 0;               // its place
};

// What a record writes is one cache line.
class alignas(64) Series {
 public:
  // Counters and gauges.
  Cell& cell() { return count_; }
  // Summaries and histograms.
  void record(std::uint64_t value, Instant now);

  const Family& family() const { return family_; }
  // Of the labels that are shown.
  const std::vector<std::string>& label_values() const { return label_values_; }
  std::uint64_t value() const { return count_.get(); }
  std::uint64_t count() const { return count_.get(); }
  std::uint64_t sum() const { return sum_.get(); }
  std::uint64_t max(Instant now) const { return max_.get(now); }
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].get(); }  // not cumulative

 private:
  friend class Shard;
  friend class Registry;
  Series(const Family& family, std::vector<std::string> label_values);
  Cell count_;  // or the value
  Cell sum_;
  DecayingMax max_;  // of a summary
  const Type type_;
  std::unique_ptr<Cell[]> buckets_;  // of a histogram
  const Family& family_;
  std::vector<std::string> label_values_;
  Series* next_ = nullptr;
};

class Registry;

// The series of one writing thread.
class Shard {
 public:
  static constexpr std::size_t kLabelBytesMax = 256;  // the rest of a longer value is cut off

  ~Shard();
  // The series of these values of all labels of the family, made at the first call; labels that are
  // not shown make no difference. Beyond perigee.metrics.maxSeries of a family every value becomes
  // "_other" and the drop is counted.
  Series& series(const Family& family, std::vector<std::string> label_values);
  const LabelChoice& choice() const;

 private:
  friend class Registry;
  explicit Shard(Registry& registry) : registry_(registry) {}
  Registry& registry_;
  std::atomic<Series*> first_{nullptr};
  std::unordered_map<std::string, Series*> index_;
  std::unordered_map<const Family*, std::size_t> per_family_;
};

// A family as it is scraped: series of all shards with equal labels are one.
struct Sample {
  std::vector<std::string> label_values;
  std::uint64_t value = 0;  // counter, gauge (as signed)
  std::uint64_t count = 0, sum = 0, max = 0;
  std::vector<std::uint64_t> buckets;  // not cumulative
};
struct FamilySamples {
  const Family* family;
  std::vector<std::string_view> labels;  // those that are shown
  std::vector<Sample> samples;
};

class Registry {
 public:
  explicit Registry(std::size_t series_max = 10000, LabelChoice choice = {})
      : series_max_(series_max), choice_(std::move(choice)) {}
  // One per writing thread; lives as long as the registry.
  Shard& make_shard();
  std::vector<FamilySamples> collect(Instant now) const;  // sorted by family name
  std::uint64_t series_dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  friend class Shard;
  std::size_t series_max_;
  const LabelChoice choice_;
  std::atomic<std::uint64_t> dropped_{0};
  mutable std::mutex mutex_;  // of the list of shards
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace perigee::report
