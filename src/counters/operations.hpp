// Operations: what one worker asks of the store (redis-client.md sections 3 and 4).
//
// Requests of one turn for one key become one operation: the k-th of n is decided by the count
// after all of them, less those behind it. It takes along what else we have counted for the key.
// Operations leave together at the end of the turn. One whose answer is late is decided without it,
// but lives on: its answer says what was counted.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "counters/shared_counts.hpp"
#include "counters/store.hpp"
#include "net/reactor.hpp"

namespace perigee::counters {

class Operations {
 public:
  static constexpr std::size_t kUnderWayMax = 4096;
  // Told of a key whose operation failed, so that what is unsent of it is sent some time; its texts
  // live during the call.
  class Listener {
   public:
    virtual void on_undelivered(const CountRequest& request, const KeyHash& hash) = 0;

   protected:
    ~Listener() = default;
  };
  Operations(net::Reactor& reactor, Store& store, SharedCounts& shared, Listener& listener);
  ~Operations();

  // Whether the store is asked now: the circuit is closed and not too much is under way, or what is
  // formed now tries it. Who is told so in a trial must ask.
  bool may_ask();
  // Counts the request with its turn's operation for its key. Errors: what ended the flow.
  Async<Result<Count>> ask(CountRequest request, KeyHash hash);
  // What is unsent of the key goes with this turn's operations. Nobody waits for it.
  void flush(const CountRequest& request, const KeyHash& hash);

  // For operations that are not made here: one leaves this turn, in the circuit's epoch, and what
  // it comes to. When the store has been reached anew meanwhile, that says nothing of it.
  std::uint32_t note_asked() {
    joined_ = true;
    return shared_.circuit().epoch();
  }
  void note_success(std::uint32_t epoch);
  void note_failure(std::uint32_t epoch, const Error& error, bool timed_out);

  std::size_t under_way() const { return all_.size() - idle_.size(); }
  Moment now() const { return {reactor_.now(), epoch_ms(reactor_.wall())}; }

 private:
  class Waiter;
  struct Operation;

  Operation& form(const CountRequest& request, const KeyHash& hash);
  Operation* formed(const KeyHash& hash) const;
  Operation& take_idle();
  void send();
  bool load(Operation& operation);
  Async<void> run(Operation& operation);
  void on_answer(Operation& operation, const Store::Window& window);
  void on_failure(Operation& operation, const Error& error);
  void on_late(Operation& operation);
  void decide_alone(Operation& operation, bool under_way);
  View::Delivery delivery_of(const Operation& operation) const;

  net::Reactor& reactor_;
  Store& store_;
  SharedCounts& shared_;
  Listener& listener_;
  FailureRate failures_;
  net::Timer send_timer_;   // at the end of the turn's events
  bool is_trying_ = false;  // the circuit's trial is what is formed now
  bool joined_ = false;     // something else is asked in this turn
  std::vector<std::unique_ptr<Operation>> all_;
  std::vector<Operation*> idle_;
  std::vector<Operation*> forming_;  // of this turn
  // The same by key: chains through Operation::next_alike.
  static constexpr std::size_t kChains = 64;
  std::array<Operation*, kChains> chains_{};
};

}  // namespace perigee::counters
