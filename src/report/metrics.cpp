#include "report/metrics.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.hpp"

namespace perigee::report {

void DecayingMax::begin_window(std::int64_t now) {
  std::int64_t window = now / kWindow;
  std::int64_t last = end_.load(std::memory_order_relaxed) / kWindow - 1;
  // Windows that passed without a record are empty.
  for (std::int64_t gone = std::max(last + 1, window - 2); gone <= window; ++gone)
    windows_[gone % 3].set(0);
  current_ = static_cast<std::uint32_t>(window % 3);
  end_.store((window + 1) * kWindow, std::memory_order_relaxed);
}

void DecayingMax::record(std::uint64_t value, Instant now) {
  std::int64_t time = now.time_since_epoch().count();
  if (time >= end_.load(std::memory_order_relaxed)) [[unlikely]]
    begin_window(time);
  Cell& current = windows_[current_];
  if (value > current.get()) current.set(value);
}

std::uint64_t DecayingMax::get(Instant now) const {
  std::int64_t window = now.time_since_epoch().count() / kWindow;
  std::int64_t last = end_.load(std::memory_order_relaxed) / kWindow - 1;
  std::uint64_t max = 0;
  for (std::int64_t w = std::max<std::int64_t>(0, std::max(last - 2, window - 2)); w <= last; ++w) {
    max = std::max(max, windows_[w % 3].get());
  }
  return max;
}

Series::Series(const Family& family, std::vector<std::string> label_values)
    : type_(family.type), family_(family), label_values_(std::move(label_values)) {
  if (type_ == Type::histogram) buckets_ = std::make_unique<Cell[]>(kBucketBounds.size() + 1);
}

void Series::record(std::uint64_t value, Instant now) {
  PERIGEE_ASSERT(type_ == Type::summary || type_ == Type::histogram);
  count_.add();
  sum_.add(value);
  if (type_ == Type::summary) return max_.record(value, now);
  std::size_t bucket = 0;
  while (bucket < kBucketBounds.size() && value > kBucketBounds[bucket]) ++bucket;
  buckets_[bucket].add();
}

Shard::~Shard() {
  for (Series* series = first_.load(); series;) delete std::exchange(series, series->next_);
}

const LabelChoice& Shard::choice() const { return registry_.choice_; }

Series& Shard::series(const Family& family, std::vector<std::string> label_values) {
  PERIGEE_ASSERT(label_values.size() == family.labels.size());
  std::size_t shown = 0;
  for (std::size_t i = 0; i < label_values.size(); ++i) {
    if (!choice().shows(family.category, family.labels[i])) continue;
    if (shown != i) label_values[shown] = std::move(label_values[i]);
    // What a client chooses is not only few, but short too.
    if (label_values[shown].size() > kLabelBytesMax) label_values[shown].resize(kLabelBytesMax);
    ++shown;
  }
  label_values.resize(shown);
  auto key_of = [&] {
    std::string key(family.name);
    for (const std::string& value : label_values) key.append(1, '\0').append(value);
    return key;
  };
  std::string key = key_of();
  if (auto found = index_.find(key); found != index_.end()) return *found->second;
  std::size_t& made = per_family_[&family];
  if (made >= registry_.series_max_) {
    registry_.dropped_.fetch_add(1, std::memory_order_relaxed);
    for (std::string& value : label_values) value = "_other";
    key = key_of();
    if (auto found = index_.find(key); found != index_.end()) return *found->second;
  }
  ++made;
  auto* series = new Series(family, std::move(label_values));
  series->next_ = first_.load(std::memory_order_relaxed);
  first_.store(series, std::memory_order_release);  // a scraper sees it whole
  index_.emplace(std::move(key), series);
  return *series;
}

Shard& Registry::make_shard() {
  std::unique_lock lock(mutex_);
  shards_.push_back(std::unique_ptr<Shard>(new Shard(*this)));
  return *shards_.back();
}

namespace {

void add_to(Sample& sample, const Series& series, Instant now) {
  switch (series.family().type) {
    case Type::counter:
    case Type::gauge:
      sample.value += series.value();
      break;
    case Type::summary:
      sample.count += series.count();
      sample.sum += series.sum();
      sample.max = std::max(sample.max, series.max(now));
      break;
    case Type::histogram:
      sample.count += series.count();
      sample.sum += series.sum();
      sample.buckets.resize(kBucketBounds.size() + 1);
      for (std::size_t i = 0; i < sample.buckets.size(); ++i) sample.buckets[i] += series.bucket(i);
      break;
  }
}

}  // namespace

std::vector<FamilySamples> Registry::collect(Instant now) const {
  std::map<std::string_view, std::pair<const Family*, std::map<std::vector<std::string>, Sample>>>
      families;
  {
    std::unique_lock lock(mutex_);
    for (const auto& shard : shards_) {
      for (Series* series = shard->first_.load(std::memory_order_acquire); series;
           series = series->next_) {
        auto& [family, samples] = families[series->family().name];
        family = &series->family();
        add_to(samples[series->label_values()], *series, now);
      }
    }
  }
  std::vector<FamilySamples> collected;
  for (auto& [name, entry] : families) {
    FamilySamples& family = collected.emplace_back(FamilySamples{entry.first, {}, {}});
    for (std::string_view label : entry.first->labels) {
      if (choice_.shows(entry.first->category, label)) family.labels.push_back(label);
    }
    for (auto& [labels, sample] : entry.second) {
      sample.label_values = labels;
      family.samples.push_back(std::move(sample));
    }
  }
  return collected;
}

}  // namespace perigee::report
