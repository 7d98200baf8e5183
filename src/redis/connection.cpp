#include "redis/connection.hpp"

#include <algorithm>

namespace perigee::redis {

namespace {

constexpr std::size_t kRingFirst = 64;
constexpr std::size_t kBytesKept = 256 << 10;  // of what was gathered and sent

std::string milliseconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
         " ms";
}

}  // namespace

// The commands of one exchange() that wait; lives in its frame.
class Connection::Batch {
 public:
  Batch(Connection& connection, std::span<Outcome> outcomes)
      : connection_(connection),
        outcomes_(outcomes),
        first_(connection.next_),
        timer_(&Batch::on_timeout, this) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() { leave(); }

  void arm(Duration timeout) {
    timeout_ = timeout;
    start_time(connection_.reactor_.now());
  }
  void start_time(Instant now) { connection_.reactor_.timers().arm(timer_, now + timeout_); }
  // The next outcome; resumes the flow with the last.
  void answer(Outcome outcome) {
    outcomes_[answered_++] = std::move(outcome);
    if (answered_ == outcomes_.size()) done_.complete({});
  }
  // The same for all that are left.
  void end(const Failure& why) {
    leave();
    while (answered_ < outcomes_.size()) outcomes_[answered_++] = std::unexpected(why);
    done_.complete({});
  }
  Completion<Result<void>>& done() { return done_; }

 private:
  void leave() {
    timer_.disarm();
    if (answered_ < outcomes_.size())
      connection_.forget(first_ + answered_, first_ + outcomes_.size());
  }
  static void on_timeout(void* self) {
    static_cast<Batch*>(self)->end({FailureKind::timed_out, Executed::unknown, "no reply in time"});
  }

  Connection& connection_;
  std::span<Outcome> outcomes_;
  std::uint64_t first_;
  std::size_t answered_ = 0;
  Duration timeout_{};
  net::Timer timer_;
  Completion<Result<void>> done_;
};

Connection::Connection(net::Reactor& reactor, std::unique_ptr<net::Stream> stream)
    : reactor_(reactor),
      stream_(std::move(stream)),
      ring_(kRingFirst),
      age_(&Connection::on_age, this),
      last_reply_(reactor.now()) {
  reading_.start(read());
}

Connection::~Connection() { reactor_.forget(*this); }

Connection::Owned Connection::make(net::Reactor& reactor, std::unique_ptr<net::Stream> stream) {
  return Owned(new Connection(reactor, std::move(stream)));
}

void Connection::Retire::operator()(Connection* connection) const {
  connection->owner_ = nullptr;
  connection->close({FailureKind::lost, Executed::unknown, "the connection was given up"});
  connection->reactor_.defer([connection] { delete connection; });
}

void Connection::set_limits(Limits limits) {
  limits_ = limits;
  watch_age();
}

// Sending
// -----------------------------------------------------------------------------------------

Async<void> Connection::exchange(std::span<const Command> commands, std::span<Outcome> outcomes,
                                 Duration timeout) {
  PERIGEE_ASSERT(commands.size() == outcomes.size());
  if (commands.empty()) co_return;
  if (closed_ || !has_room_for(commands.size())) {
    const Failure refused(closed_ ? FailureKind::not_connected : FailureKind::too_many,
                          Executed::no);
    for (Outcome& outcome : outcomes) outcome = std::unexpected(refused);
    co_return;
  }
  Batch batch(*this, outcomes);
  for (const Command& command : commands) enqueue(batch, command);
  batch.arm(timeout);
  if (const Result<void> ended = co_await batch.done(); !ended) batch.end(ended.error());
}

bool Connection::has_room_for(std::size_t commands) const {
  return next_ - first_ + commands <= limits_.commands_max &&
         bytes_outstanding_ < limits_.bytes_max;
}

void Connection::enqueue(Batch& batch, const Command& command) {
  const std::size_t before = gathered_.size();
  encode(command, gathered_);
  const std::size_t bytes = gathered_.size() - before;
  if (next_ - first_ == ring_.size()) grow_ring();
  pending(next_++) = {.batch = &batch, .sent = reactor_.now(), .bytes = bytes};
  bytes_outstanding_ += bytes;
  watch_age();
  if (gathered_.size() >= kFlushBytes) return flush();
  if (std::exchange(ends_turn_, true)) return;
  reactor_.at_turn_end(*this);
}

void Connection::grow_ring() {
  std::vector<Pending> larger(ring_.size() * 2);
  for (std::uint64_t number = first_; number < next_; ++number)
    larger[number % larger.size()] = pending(number);
  ring_ = std::move(larger);
}

// Nobody waits for these any more.
void Connection::forget(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t number = std::max(first, first_); number < std::min(end, next_); ++number)
    pending(number).batch = nullptr;
}

void Connection::on_turn_end() {
  ends_turn_ = false;
  flush();
}

void Connection::flush() {
  if (gathered_.empty() || writing_.running() || closed_ || broken_) return;
  begin_write();
  Async<Result<void>> writing = stream_->write(sending_);
  if (writing.here()) return written(writing.take());
  writing_.start(finish_write(std::move(writing)));
}

// Time counts from here: the server is not to blame for a long turn of ours.
void Connection::begin_write() {
  std::swap(gathered_, sending_);
  const Instant now = reactor_.clock().now();
  for (unsent_ = std::max(unsent_, first_); unsent_ < next_; ++unsent_) {
    Pending& sent = pending(unsent_);
    const bool late = now - sent.sent >= net::TimerWheel::kTick;
    sent.sent = now;
    if (late && sent.batch) sent.batch->start_time(now);
  }
}

Async<void> Connection::finish_write(Async<Result<void>> writing) {
  written(co_await writing);
  while (!gathered_.empty() && !closed_ && !broken_) {
    begin_write();
    written(co_await stream_->write(sending_));
  }
}

void Connection::written(const Result<void>& result) {
  sending_.clear();
  if (sending_.capacity() > kBytesKept) sending_.shrink_to_fit();
  if (result) return;
  // The turn's end resumes nobody, so the flows learn it in the next turn.
  broken_ = true;
  reactor_.timers().arm(age_, reactor_.now());
}

// Receiving
// ---------------------------------------------------------------------------------------

Async<void> Connection::read() {
  Buffer buffer(reactor_.buffers());
  for (;;) {
    const Result<std::size_t> got = co_await stream_->read(buffer);
    if (!got || *got == 0) {
      co_return close({FailureKind::lost, Executed::unknown,
                       got ? "the server closed the connection" : got.error().message});
    }
    if (!take(buffer)) co_return;
    buffer.drop();
  }
}

bool Connection::take(Buffer& buffer) {
  while (!buffer.empty()) {
    const Result<std::size_t> used = parser_.feed(buffer.unread());
    if (!used) {
      close({FailureKind::garbled, Executed::unknown, used.error().message});
      return false;
    }
    buffer.consume(*used);
    if (parser_.complete()) take_reply(parser_.take());
    if (closed_) return false;
  }
  return true;
}

void Connection::take_reply(Reply reply) {
  last_reply_ = reactor_.now();
  const bool asked = first_ < next_ && reply.kind() != ReplyKind::push;
  if (!asked) {
    if (reply.kind() != ReplyKind::push && !listens_) {
      return close({FailureKind::garbled, Executed::unknown, "a reply that nobody asked for"});
    }
    if (owner_) owner_->on_message(reply.value());
    return;
  }
  const Pending answered = pending(first_++);
  bytes_outstanding_ -= answered.bytes;
  Outcome outcome = outcome_of(std::move(reply));
  if (owner_) owner_->on_reply(reactor_.now() - answered.sent);
  if (owner_ && !outcome) owner_->on_error_reply(outcome.error());
  if (answered.batch) answered.batch->answer(std::move(outcome));
}

void Connection::watch_age() {
  if (age_.armed() || limits_.age_max == Duration{} || first_ == next_ || closed_) return;
  reactor_.timers().arm(age_, pending(first_).sent + limits_.age_max);
}

// Armed for what was the oldest then; there may be younger ones by now.
void Connection::on_age(void* self_pointer) {
  Connection& self = *static_cast<Connection*>(self_pointer);
  if (self.broken_)
    return self.close({FailureKind::lost, Executed::unknown, "it cannot be written to"});
  const bool late = self.first_ < self.next_ &&
                    self.pending(self.first_).sent + self.limits_.age_max <= self.reactor_.now();
  if (!late) return self.watch_age();
  self.close({FailureKind::lost, Executed::unknown,
              "no reply for " + milliseconds_text(self.limits_.age_max)});
}

void Connection::close(const Failure& why) {
  if (std::exchange(closed_, true)) return;
  age_.disarm();
  stream_->close();
  while (first_ < next_) {
    if (Batch* batch = pending(first_++).batch) batch->end(why);
  }
  if (owner_) std::exchange(owner_, nullptr)->on_closed(why);
}

}  // namespace perigee::redis
