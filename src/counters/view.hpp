// View: what this gateway knows of one key's window in the store (redis-client.md 4.1).
//
// `seen` is the largest count that the store told. `unsent` and `sending` are ours on top of it:
// counted here and not told yet, or told by an operation without an answer. A new window forgets
// all three; what an operation of a former window brings is then dropped.
#pragma once

#include <cstdint>
#include <optional>

#include "counters/key_table.hpp"
#include "counters/store.hpp"

namespace perigee::counters {

// How much of a limit this gateway may give away while it decides alone (redis-client.md 4.2).
struct Share {
  std::uint32_t nodes = 1;
  double overcommit = 1.0;  // up to `nodes`: each may give away all that is left
  std::uint64_t of(std::uint64_t left) const;
};

struct View : KeyEntry {
  std::uint64_t seen = 0;
  std::uint64_t unsent = 0;
  std::uint64_t sending = 0;
  std::uint64_t base = 0;       // the count when the outage `outage` began for it
  std::uint64_t spent = 0;      // of our share, since then
  std::int64_t reset_ms = 0;    // the end of the window
  std::int64_t flushed_ms = 0;  // when something last went to the store without a request waiting
  std::uint32_t window = 0;     // changes with each window
  std::uint32_t epoch = 0;      // of the connection that told `seen`
  std::uint32_t outage = 0;
  bool known = false;     // the store told of this window
  bool reminded = false;  // a reminder will send what is unsent

  std::int64_t ends_ms() const { return reset_ms; }
  std::uint64_t weight() const { return value(); }
  void retire();

  std::uint64_t value() const { return seen + unsent + sending; }
  // A new window, unless one runs.
  void roll(std::int64_t now_ms, std::int64_t reset_if_new_ms);

  // What an operation takes along: all that is unsent, and the floor when the connection is another
  // than the one that told `seen` (4.3).
  struct Cargo {
    std::uint32_t window = 0;
    std::uint64_t weight = 0;
    std::uint64_t floor = 0;
  };
  Cargo load(std::uint32_t epoch_now);
  // An operation ended, and with it `own` of `sending`: its cargo, and what was decided while it
  // was late.
  struct Delivery {
    std::uint32_t window = 0;
    std::uint64_t own = 0;
    bool strict = true;
    std::uint32_t epoch = 0;
    std::int64_t now_ms = 0;
  };
  void delivered(const Delivery& delivery, const Store::Window& told);
  void undelivered(const Delivery& delivery);

  // While nobody can be asked. Nullopt: what is left of our share is less than `weight`; else what
  // is left after it, and the caller counts it.
  std::optional<std::uint64_t> left_of_share(std::uint64_t limit, std::uint32_t weight,
                                             const Share& share, std::uint32_t outage_now);
  // When that is over, and others may not have told yet what they admitted. False: it is beyond our
  // share.
  bool spend_share(std::uint64_t limit, std::uint32_t weight, const Share& share,
                   std::uint32_t outage_now);

 private:
  void note_outage(std::uint32_t outage_now);
  void begin(std::int64_t end_ms);
};

using Views = KeyTable<View>;

}  // namespace perigee::counters
