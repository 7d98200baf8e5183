#include "counters/operations.hpp"

namespace perigee::counters {

// A request that waits for its operation; in its own frame.
class Operations::Waiter {
 public:
  Waiter(Operation& operation, const CountRequest& request);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { unlink(); }

  void decide(const Count& count) {
    unlink();
    decided.complete(count);
  }
  const CountRequest& request;
  std::uint64_t upto;  // of the operation's weight, this request included
  Completion<Result<Count>> decided;

 private:
  void unlink();
  Operation* operation_;
  Waiter* next_ = nullptr;
  Waiter** link_ = nullptr;  // what points to us
};

struct Operations::Operation {
  Operation(Operations& of) : owner(of), deadline(&Operation::on_deadline, this) {}
  ~Operation() { PERIGEE_ASSERT(!first); }
  static void on_deadline(void* self) {
    auto& operation = *static_cast<Operation*>(self);
    operation.owner.on_late(operation);
  }
  bool is_for(const CountRequest& request) const {
    return limit == request.limit && reset_ms == request.reset_ms;
  }
  CountRequest request() const {
    return {.key = key,
            .weight = 0,
            .limit = limit,
            .reset_ms = reset_ms,
            .subscription = subscription,
            .strict = strict};
  }

  Operations& owner;
  KeyHash hash;
  std::string key, subscription;
  std::uint64_t limit = 0;
  std::int64_t reset_ms = 0;
  bool strict = false;  // requests wait for it, or did
  bool late = false;
  bool refusals = false;     // all that it tells
  std::uint64_t weight = 0;  // of those requests
  View::Cargo cargo;
  std::uint64_t own = 0;  // of the view's `sending`
  std::uint32_t epoch = 0;
  Waiter* first = nullptr;
  Waiter** last = &first;
  Operation* next_alike = nullptr;
  net::Timer deadline;
  Task task;
};

Operations::Waiter::Waiter(Operation& operation, const CountRequest& asked)
    : request(asked), operation_(&operation), link_(operation.last) {
  operation.weight += request.weight;
  upto = operation.weight;
  *operation.last = this;
  operation.last = &next_;
}

void Operations::Waiter::unlink() {
  if (!link_) return;
  *link_ = next_;
  if (next_) {
    next_->link_ = link_;
  } else {
    operation_->last = link_;
  }
  link_ = nullptr;
}

Operations::Operations(net::Reactor& reactor, Store& store, SharedCounts& shared,
                       Listener& listener)
    : reactor_(reactor),
      store_(store),
      shared_(shared),
      listener_(listener),
      send_timer_([](void* self) { static_cast<Operations*>(self)->send(); }, this) {}

Operations::~Operations() = default;

bool Operations::may_ask() {
  Circuit& circuit = shared_.circuit();
  switch (circuit.state()) {
    case Circuit::State::closed:
      return under_way() < kUnderWayMax;
    case Circuit::State::open:
      return false;
    case Circuit::State::trial:
      return is_trying_;
    case Circuit::State::half_open:
      break;
  }
  if (!circuit.begin_trial()) return false;
  is_trying_ = true;
  reactor_.timers().arm(send_timer_, reactor_.now());
  return true;
}

Async<Result<Count>> Operations::ask(CountRequest request, KeyHash hash) {
  Operation& operation = form(request, hash);
  operation.strict = true;
  Waiter waiter(operation, request);
  co_return co_await waiter.decided;
}

void Operations::flush(const CountRequest& request, const KeyHash& hash) {
  if (!formed(hash)) form(request, hash);
}

Operations::Operation* Operations::formed(const KeyHash& hash) const {
  Operation* operation = chains_[hash.high % kChains];
  while (operation && operation->hash != hash) operation = operation->next_alike;
  return operation;
}

Operations::Operation& Operations::form(const CountRequest& request, const KeyHash& hash) {
  Operation*& chain = chains_[hash.high % kChains];
  for (Operation* each = chain; each; each = each->next_alike) {
    if (each->hash == hash && each->is_for(request)) return *each;
  }
  Operation& operation = take_idle();
  operation.hash = hash;
  operation.key = request.key;
  operation.subscription = request.subscription;
  operation.limit = request.limit;
  operation.reset_ms = request.reset_ms;
  operation.strict = operation.late = false;
  operation.weight = 0;
  operation.next_alike = std::exchange(chain, &operation);
  if (forming_.empty()) reactor_.timers().arm(send_timer_, reactor_.now());
  forming_.push_back(&operation);
  return operation;
}

Operations::Operation& Operations::take_idle() {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<Operation>(*this));
    idle_.reserve(all_.capacity());  // what ends needs no memory
    return *all_.back();
  }
  Operation& operation = *idle_.back();
  idle_.pop_back();
  return operation;
}

void Operations::send() {
  chains_.fill(nullptr);
  std::vector<Operation*> formed;
  formed.swap(forming_);
  bool any = std::exchange(joined_, false);
  for (Operation* operation : formed) {
    if (!load(*operation)) {
      idle_.push_back(operation);
      continue;
    }
    any = true;
    reactor_.timers().arm(operation->deadline, reactor_.now() + shared_.options().timeout);
    operation->task.start(run(*operation));
  }
  if (!any && is_trying_) shared_.circuit().end_trial();
  is_trying_ = false;
  // Its memory is used again, unless an answer that came at once has made requests ask again.
  formed.clear();
  if (forming_.empty()) forming_.swap(formed);
}

// Takes along what is unsent of the key, and tells the store what it may have forgotten. False:
// nobody waits, and another worker has sent it.
bool Operations::load(Operation& operation) {
  operation.epoch = shared_.circuit().epoch();
  Views::Locked shard = shared_.views().lock(operation.hash);
  if (!operation.strict) {
    View* view = shard.find();
    if (!view || view->reset_ms <= now().wall_ms || view->unsent == 0) return false;
    operation.reset_ms = view->reset_ms;
  }
  View& view = view_of(shard, now().wall_ms, operation.reset_ms);
  operation.cargo = view.load(operation.epoch);
  operation.own = operation.cargo.weight;
  operation.refusals =
      !operation.strict && operation.cargo.floor == 0 && view.known && view.seen >= operation.limit;
  shared_.tally().operations.fetch_add(1, std::memory_order_relaxed);
  if (operation.cargo.floor == 0) return true;
  operation.reset_ms = view.reset_ms;  // a floor is for the window that it was seen in
  shared_.tally().repaired.fetch_add(operation.own, std::memory_order_relaxed);
  return true;
}

Async<void> Operations::run(Operation& operation) {
  Result<Store::Window> answer =
      co_await store_.increment({.key = operation.key,
                                 .weight = operation.weight + operation.cargo.weight,
                                 .floor = operation.cargo.floor,
                                 .limit = operation.limit,
                                 .reset_ms = operation.reset_ms,
                                 .subscription = operation.subscription,
                                 // They may arrive after the end, when the next one has begun.
                                 .same_window = operation.refusals});
  operation.deadline.disarm();
  if (answer) {
    on_answer(operation, *answer);
  } else {
    on_failure(operation, answer.error());
  }
  idle_.push_back(&operation);  // nothing is done after this
}

View::Delivery Operations::delivery_of(const Operation& operation) const {
  return {.window = operation.cargo.window,
          .own = operation.own,
          .strict = operation.strict,
          .epoch = operation.epoch,
          .now_ms = now().wall_ms};
}

void Operations::on_answer(Operation& operation, const Store::Window& window) {
  if (!operation.late) note_success(operation.epoch);
  {
    Views::Locked shard = shared_.views().lock(operation.hash);
    if (View* view = shard.find()) view->delivered(delivery_of(operation), window);
  }
  // compat: a window that ended under way counts nothing (runtime.md 6.3).
  Count count{.reset_ms = window.ended ? operation.reset_ms : window.reset_ms};
  while (Waiter* waiter = operation.first) {
    if (!window.ended)
      count.value = window.counter - std::min(window.counter, operation.weight - waiter->upto);
    waiter->decide(count);
  }
}

void Operations::on_failure(Operation& operation, const Error& error) {
  if (!operation.late || error.code == ErrorCode::unreachable)
    note_failure(operation.epoch, error, false);
  {
    Views::Locked shard = shared_.views().lock(operation.hash);
    if (View* view = shard.find()) view->undelivered(delivery_of(operation));
  }
  decide_alone(operation, false);
  listener_.on_undelivered(operation.request(), operation.hash);
}

void Operations::on_late(Operation& operation) {
  operation.late = true;
  shared_.tally().late.fetch_add(1, std::memory_order_relaxed);
  note_failure(operation.epoch, Error(ErrorCode::timed_out, "no answer in time"), true);
  decide_alone(operation, true);
}

// What is admitted while an operation is late belongs to it: its weight has them already.
void Operations::decide_alone(Operation& operation, bool under_way) {
  while (Waiter* waiter = operation.first) {
    const CountRequest& request = waiter->request;
    Count count = shared_.decide_alone(request, operation.hash, now(), under_way);
    bool admitted = count.outcome == Outcome::counted && count.value <= request.limit;
    if (under_way && admitted) operation.own += request.weight;
    waiter->decide(count);
  }
}

void Operations::note_success(std::uint32_t epoch) {
  if (epoch != shared_.circuit().epoch()) return;
  failures_.note_success(reactor_.now());
  shared_.circuit().succeeded(reactor_.now());
}

void Operations::note_failure(std::uint32_t epoch, const Error& error, bool timed_out) {
  Circuit& circuit = shared_.circuit();
  if (epoch != circuit.epoch()) return;
  if (error.code == ErrorCode::closed) return circuit.end_trial();  // another worker may try
  bool gone = failures_.note_failure(reactor_.now(), timed_out);
  bool tried = circuit.state() == Circuit::State::trial;
  if (gone || tried || error.code == ErrorCode::unreachable) {
    circuit.lost(reactor_.now(), error.message);
    failures_.clear();
  }
}

}  // namespace perigee::counters
