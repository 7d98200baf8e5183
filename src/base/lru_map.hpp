// LruMap: values by their keys, of which at most so many are kept: the one that was used longest
// ago makes room. A value does not move until it goes. Lives on one thread.
#pragma once

#include <algorithm>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace perigee {

template <class Value>
class LruMap {
 public:
  // At least one is kept.
  explicit LruMap(std::size_t size_max) : size_max_(std::max<std::size_t>(size_max, 1)) {}
  LruMap(LruMap&&) noexcept = default;
  LruMap& operator=(LruMap&&) noexcept = default;

  std::size_t size() const { return entries_.size(); }
  bool full() const { return size() >= size_max_; }

  // Null: there is none. What is found was used now.
  Value* find(std::string_view key) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  // Under a key that has none.
  Value& add(std::string key, Value value) {
    if (full()) drop_oldest([](const Value&) { return true; });
    entries_.emplace_front(std::move(key), std::move(value));
    by_key_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }
  // A new one when there is none.
  Value& get(std::string_view key) {
    Value* found = find(key);
    return found ? *found : add(std::string(key), Value());
  }
  // Of those that may go, the one that was used longest ago. False: none may.
  template <class MayGo>
  bool drop_oldest(MayGo may_go) {
    auto oldest = std::find_if(entries_.rbegin(), entries_.rend(),
                               [&](const Entry& entry) { return may_go(entry.second); });
    if (oldest == entries_.rend()) return false;
    drop(std::prev(oldest.base()));
    return true;
  }
  void erase(std::string_view key) {
    if (auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  }
  void clear() {
    by_key_.clear();
    entries_.clear();
  }

 private:
  using Entry = std::pair<const std::string, Value>;
  using Entries = std::list<Entry>;

  void drop(typename Entries::iterator entry) {
    by_key_.erase(entry->first);
    entries_.erase(entry);
  }

  std::size_t size_max_;
  Entries entries_;                                                          // used last first
  std::unordered_map<std::string_view, typename Entries::iterator> by_key_;  // keys of the entries
};

}  // namespace perigee
