// Reminders: keys of which something was counted that the store must be told, and when (runtime.md
// 6.5). One worker's; a key has one reminder on one worker (View::reminded).
#pragma once

#include <list>
#include <optional>
#include <string>

#include "counters/bucket.hpp"
#include "counters/counters.hpp"
#include "counters/key_hash.hpp"
#include "net/reactor.hpp"

namespace perigee::counters {

// What a reminder is about; owns its texts.
struct Reminded {
  KeyHash hash;
  std::string key, subscription;
  std::uint64_t limit = 0;            // of a window
  std::optional<BucketRules> bucket;  // of a bucket
  CountRequest window() const {
    return {.key = key, .weight = 0, .limit = limit, .subscription = subscription, .strict = false};
  }
};

class Reminders {
 public:
  static constexpr std::size_t kMost = 100'000;
  class Listener {
   public:
    virtual void on_due(Reminded reminded) = 0;

   protected:
    ~Listener() = default;
  };
  Reminders(net::Reactor& reactor, Listener& listener) : reactor_(reactor), listener_(listener) {}

  // False: there are too many.
  bool add(Reminded reminded, Instant due);
  void fire(std::size_t most);  // the first of them, now
  std::size_t size() const { return all_.size(); }

 private:
  struct Entry {
    Entry(Reminders& of, Reminded about) : owner(of), reminded(std::move(about)) {}
    static void on_timer(void* self) {
      auto& entry = *static_cast<Entry*>(self);
      entry.owner.fire(entry);
    }
    Reminders& owner;
    Reminded reminded;
    std::list<Entry>::iterator place;
    net::Timer timer{&Entry::on_timer, this};
  };
  void fire(Entry& entry);

  net::Reactor& reactor_;
  Listener& listener_;
  std::list<Entry> all_;
};

}  // namespace perigee::counters
