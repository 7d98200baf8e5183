// What a worker gives to the policies that run on it, and state of theirs that lives there.
//
// A policy that needs mutable state asks for a slot when it is made: Services::slots->add<State>().
// Each worker that takes the revision builds its own State (on that worker) and destroys it there,
// so that no policy needs a lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/assert.hpp"
#include "net/reactor.hpp"

namespace perigee::policy {

struct Worker {
  net::Reactor& reactor;
  unsigned index = 0;
  unsigned count = 1;
  std::uint64_t random_state = 0x9e3779b97f4a7c15;  // seeded by whoever makes the worker

  std::uint64_t random();  // not for secrets

  // Whether this turn of the loop has lasted so long that a flow should go on in the next one
  // (net::next_turn): others wait, time-outs too. Cheap enough to be asked before every step.
  bool turn_is_long() {
    // The clock is read for every eighth question only, while turns are short.
    constexpr unsigned kQuestionsPerLook = 8;
    if (!turn_was_long && ++turn_questions % kQuestionsPerLook != 0) [[likely]]
      return false;
    return look_whether_turn_is_long();
  }
  bool look_whether_turn_is_long();
  unsigned turn_questions = 0;
  bool turn_was_long = false;
};

class WorkerState {
 public:
  virtual ~WorkerState() = default;
};

// Names the state of type S of one policy; made by WorkerSlots::add.
template <class S>
class WorkerSlot {
 public:
  WorkerSlot() = default;

 private:
  friend class WorkerSlots;
  friend class WorkerStates;
  explicit WorkerSlot(std::uint32_t index) : index_(index) {}
  std::uint32_t index_ = 0;
};

// The slots of one revision: how to make each state.
class WorkerSlots {
 public:
  using Make = std::function<std::unique_ptr<WorkerState>(Worker&)>;

  template <class S>
  WorkerSlot<S> add() {
    return add<S>([](Worker& worker) { return std::make_unique<S>(worker); });
  }
  template <class S>
  WorkerSlot<S> add(std::function<std::unique_ptr<S>(Worker&)> make) {
    makes_.push_back([make = std::move(make)](Worker& worker) -> std::unique_ptr<WorkerState> {
      return make(worker);
    });
    return WorkerSlot<S>(static_cast<std::uint32_t>(makes_.size() - 1));
  }
  std::size_t size() const { return makes_.size(); }

 private:
  friend class WorkerStates;
  std::vector<Make> makes_;
};

// The states of one revision on one worker. Built and destroyed on that worker.
class WorkerStates {
 public:
  WorkerStates(const WorkerSlots& slots, Worker& worker) {
    states_.reserve(slots.size());
    for (const WorkerSlots::Make& make : slots.makes_) states_.push_back(make(worker));
  }
  template <class S>
  S& get(WorkerSlot<S> slot) const {
    PERIGEE_ASSERT(slot.index_ < states_.size());
    return static_cast<S&>(*states_[slot.index_]);
  }

 private:
  std::vector<std::unique_ptr<WorkerState>> states_;
};

}  // namespace perigee::policy
