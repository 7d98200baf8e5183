// Local: counts in the process, exactly, for all workers together.
//
// A window is one atomic word: its count, and a tag that changes when the word begins to count
// something else. A request finds the word without a lock, reads what belongs to it, and adds to it
// only if the tag is still the same. What begins anew (a key, a window, tokens that come back)
// takes the lock of a shard.
#pragma once

#include <cstddef>

#include "counters/bucket.hpp"
#include "counters/counters.hpp"
#include "counters/key_table.hpp"

namespace perigee::counters {

class Local {
 public:
  static constexpr std::size_t kKeysMax = 1'000'000;
  explicit Local(std::size_t keys_max = kKeysMax) : table_(keys_max) {}

  // Any thread. `now_ms` since the epoch.
  Count add(const CountRequest& request, std::int64_t now_ms);
  Taken take(const BucketRequest& request, std::int64_t now_ms);
  // The bucket has no tokens left, whatever was there.
  void drain(std::string_view key);

  std::size_t keys() const { return table_.size(); }

 private:
  // tag | in change | count
  using Word = std::uint64_t;
  static constexpr int kCountBits = 40;
  static constexpr Word kCountMax = (Word{1} << kCountBits) - 1;
  static constexpr Word kInChange = Word{1} << kCountBits;
  static constexpr Word kTagUnit = kInChange << 1;
  static bool in_change(Word word) { return (word & kInChange) != 0; }
  static bool same_tag(Word a, Word b) { return ((a ^ b) & ~kCountMax) == 0; }
  static Word counted(Word word, std::uint64_t more) {
    return word + std::min(more, kCountMax - (word & kCountMax));
  }

  // A cache line each, so that busy keys do not slow each other down.
  struct alignas(64) Entry : KeyEntry {
    std::atomic<Word> word{kInChange};
    std::atomic<std::int64_t> ends{0};
    std::atomic<std::int64_t> refilled{kIsWindow};  // of a bucket

    static constexpr std::int64_t kIsWindow = -1;
    std::int64_t ends_ms() const { return ends.load(std::memory_order_relaxed); }
    // Few tokens left are worth as much as a high count: buckets go last.
    std::uint64_t weight() const {
      bool is_window = refilled.load(std::memory_order_relaxed) == kIsWindow;
      return is_window ? word.load(std::memory_order_relaxed) & kCountMax : kCountMax;
    }
    void retire() { change(); }
    // Nobody adds from here on until publish(); gives what was counted.
    std::uint64_t change();
    void publish(std::uint64_t count);
  };
  using Table = KeyTable<Entry>;

  bool add_if_there(const KeyHash& hash, const CountRequest& request, std::int64_t now_ms,
                    Count& count);
  Count add_locked(const KeyHash& hash, const CountRequest& request, std::int64_t now_ms);
  bool take_if_there(const KeyHash& hash, const BucketRequest& request, std::int64_t now_ms,
                     Taken& taken);
  Taken take_locked(const KeyHash& hash, const BucketRequest& request, std::int64_t now_ms);
  Entry& entry_of(Table::Locked& shard, std::int64_t now_ms);
  void tell_evicted(std::int64_t now_ms);

  KeyHasher hasher_;
  Table table_;
  std::atomic<std::int64_t> next_line_ms_{0};
};

}  // namespace perigee::counters
