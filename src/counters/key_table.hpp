// KeyTable: one entry for each key, shared by all workers, bounded.
//
// It is split into shards. A shard's lock is taken for what changes its structure: a new key, a
// sweep of what has ended, growth. Who looks for an entry that is there needs no lock: peek().
//
// Entries are never freed or moved, only given to another key when their time is over, or, in a
// full shard, when they count for least. So what peek() gave may become another key's at any
// moment: its user must notice (Local does by a tag), or hold the lock.
//
// `Entry` is a KeyEntry with
//   ends_ms()   when it is as if it had never been
//   weight()    of a full shard those with the least are given up
//   retire()    it belongs to no key any more
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "counters/key_hash.hpp"

namespace perigee::counters {

class KeyEntry {
 public:
  bool is(const KeyHash& hash) const {
    return low_.load(std::memory_order_relaxed) == hash.low &&
           high_.load(std::memory_order_relaxed) == hash.high;
  }

 private:
  template <class Entry>
  friend class KeyTable;
  KeyHash hash() const {
    return {low_.load(std::memory_order_relaxed), high_.load(std::memory_order_relaxed)};
  }
  void set(const KeyHash& hash) {
    low_.store(hash.low, std::memory_order_relaxed);
    high_.store(hash.high, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> low_{0}, high_{0};
};

template <class Entry>
class KeyTable {
  struct Shard;

 public:
  explicit KeyTable(std::size_t keys_max)
      : shards_(shard_count(keys_max)),
        entries_max_(std::max<std::size_t>((keys_max + shards_.size() - 1) / shards_.size(), 1)) {}
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // Null: it is not there, or could not be seen without the lock.
  Entry* peek(const KeyHash& hash) const {
    const Index* index = shard(hash).index.load(std::memory_order_acquire);
    return index ? index->find(hash) : nullptr;
  }

  // The shard of a key, for as long as this lives.
  class Locked {
   public:
    Entry* find() const {
      const Index* index = shard_.index.load(std::memory_order_relaxed);
      return index ? index->find(hash_) : nullptr;
    }
    // Not there: a retired entry, now of this key.
    Entry& claim(std::int64_t now_ms) {
      PERIGEE_ASSERT(!find());
      return table_.claim(shard_, hash_, now_ms);
    }

   private:
    friend class KeyTable;
    Locked(KeyTable& table, const KeyHash& hash)
        : table_(table), shard_(table.shard(hash)), hash_(hash), lock_(shard_.mutex) {}
    KeyTable& table_;
    Shard& shard_;
    KeyHash hash_;
    std::unique_lock<std::mutex> lock_;
  };
  Locked lock(const KeyHash& hash) { return Locked(*this, hash); }

  // Keys in it, and those whose time is over and that nobody has swept up yet.
  std::size_t size() const {
    std::size_t all = 0;
    for (const Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      all += shard.listed;
    }
    return all;
  }
  // Entries that were given up before their time, since the last call.
  std::uint64_t take_evicted() {
    if (evicted_.load(std::memory_order_relaxed) == 0) return 0;
    return evicted_.exchange(0, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kShardsMax = 256;
  static constexpr std::size_t kShardKeys = 1024;  // fewer keys than these need no more shards
  static constexpr std::size_t kChunk = 64;        // entries that are allocated together
  static constexpr std::size_t kIndexLeast = 64;
  static constexpr std::size_t kEvictedPart = 8;  // of a full shard, one part of so many

  // Open addressing. At most half of the places are taken, so that every search ends.
  struct Index {
    explicit Index(std::size_t size)
        : mask(size - 1), places(std::make_unique<std::atomic<Entry*>[]>(size)) {}
    std::size_t size() const { return mask + 1; }
    Entry* find(const KeyHash& hash) const {
      // Bounded: while it is filled anew, a search without the lock may meet anything.
      for (std::size_t i = 0; i <= mask; ++i) {
        Entry* entry = places[(hash.high + i) & mask].load(std::memory_order_acquire);
        if (!entry || entry->is(hash)) return entry;
      }
      return nullptr;
    }
    void insert(Entry& entry) {
      std::size_t at = entry.hash().high & mask;
      while (places[at].load(std::memory_order_relaxed)) at = (at + 1) & mask;
      places[at].store(&entry, std::memory_order_release);
    }
    void clear() {
      for (std::size_t i = 0; i <= mask; ++i) places[i].store(nullptr, std::memory_order_relaxed);
    }
    std::size_t mask;
    std::unique_ptr<std::atomic<Entry*>[]> places;
  };

  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::atomic<Index*> index{nullptr};
    std::size_t listed = 0;  // entries in the index
    std::size_t made = 0;    // entries that were ever used
    std::vector<Entry*> free;
    std::vector<std::unique_ptr<Entry[]>> chunks;
    // The last is in use. The others stay: somebody may still look into them.
    std::vector<std::unique_ptr<Index>> indexes;
  };

  static std::size_t shard_count(std::size_t keys_max) {
    return std::bit_floor(std::clamp<std::size_t>(keys_max / kShardKeys, 1, kShardsMax));
  }
  Shard& shard(const KeyHash& hash) { return shards_[hash.low & (shards_.size() - 1)]; }
  const Shard& shard(const KeyHash& hash) const { return shards_[hash.low & (shards_.size() - 1)]; }

  Entry& claim(Shard& shard, const KeyHash& hash, std::int64_t now_ms) {
    Index* index = shard.index.load(std::memory_order_relaxed);
    bool full = shard.free.empty() && shard.made == entries_max_;
    if (!index || full || 2 * (shard.listed + 1) > index->size()) sweep(shard, now_ms);
    Entry& entry = take(shard);
    entry.set(hash);
    shard.index.load(std::memory_order_relaxed)->insert(entry);
    ++shard.listed;
    return entry;
  }

  Entry& take(Shard& shard) {
    if (!shard.free.empty()) {
      Entry* entry = shard.free.back();
      shard.free.pop_back();
      return *entry;
    }
    PERIGEE_ASSERT(shard.made < entries_max_);
    if (shard.made % kChunk == 0)
      shard.chunks.push_back(
          std::make_unique<Entry[]>(std::min(kChunk, entries_max_ - shard.made)));
    return shard.chunks.back()[shard.made++ % kChunk];
  }

  // Leaves at least an eighth of the entries free, and a quarter of the index: what it costs is
  // paid by as many new keys.
  void sweep(Shard& shard, std::int64_t now_ms) {
    std::vector<Entry*> live = take_live(shard, now_ms);
    std::size_t keep_max = entries_max_ - (entries_max_ + kEvictedPart - 1) / kEvictedPart;
    bool full = shard.free.empty() && shard.made == entries_max_;
    if (full && live.size() > keep_max) evict(shard, live, keep_max);
    Index* index = shard.index.load(std::memory_order_relaxed);
    if (!index || 4 * live.size() > index->size()) {
      std::size_t size = index ? 2 * index->size() : kIndexLeast;
      shard.indexes.push_back(std::make_unique<Index>(size));
      index = shard.indexes.back().get();
    } else {
      index->clear();
    }
    for (Entry* entry : live) index->insert(*entry);
    shard.listed = live.size();
    shard.index.store(index, std::memory_order_release);
  }

  std::vector<Entry*> take_live(Shard& shard, std::int64_t now_ms) {
    std::vector<Entry*> live;
    const Index* index = shard.index.load(std::memory_order_relaxed);
    if (!index) return live;
    live.reserve(shard.listed);
    for (std::size_t i = 0; i < index->size(); ++i) {
      Entry* entry = index->places[i].load(std::memory_order_relaxed);
      if (!entry) continue;
      if (entry->ends_ms() > now_ms) {
        live.push_back(entry);
      } else {
        release(shard, *entry);
      }
    }
    return live;
  }

  void evict(Shard& shard, std::vector<Entry*>& live, std::size_t keep_max) {
    std::vector<std::pair<std::uint64_t, Entry*>> by_weight;  // workers go on counting meanwhile
    by_weight.reserve(live.size());
    for (Entry* entry : live) by_weight.emplace_back(entry->weight(), entry);
    auto given_up = static_cast<std::ptrdiff_t>(live.size() - keep_max);
    std::ranges::nth_element(by_weight, by_weight.begin() + given_up, {},
                             [](const auto& each) { return each.first; });
    live.clear();
    for (std::size_t i = 0; i < by_weight.size(); ++i) {
      if (i < static_cast<std::size_t>(given_up)) {
        release(shard, *by_weight[i].second);
      } else {
        live.push_back(by_weight[i].second);
      }
    }
    evicted_.fetch_add(static_cast<std::uint64_t>(given_up), std::memory_order_relaxed);
  }

  void release(Shard& shard, Entry& entry) {
    entry.retire();
    shard.free.push_back(&entry);
  }

  std::vector<Shard> shards_;
  std::size_t entries_max_;  // of a shard
  std::atomic<std::uint64_t> evicted_{0};
};

}  // namespace perigee::counters
