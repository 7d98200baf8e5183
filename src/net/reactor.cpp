#include "net/reactor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace perigee::net {

namespace {

constexpr Duration kLongestWait = 1h;

// Rounded up, so that the loop does not wake before the timer that it waits for.
int epoll_milliseconds(Duration wait) {
  if (wait <= Duration::zero()) return 0;
  return static_cast<int>(
      std::chrono::ceil<std::chrono::milliseconds>(std::min(wait, kLongestWait)).count());
}

// A registration is the address of its source; the lowest bit tells that it brings answers.
constexpr std::uint64_t kAnswers = 1;

Source* source_of(const epoll_event& event) {
  return reinterpret_cast<Source*>(event.data.u64 & ~kAnswers);
}

Instant later(Instant from, Duration by) { return by > kNever - from ? kNever : from + by; }

}  // namespace

Reactor::Reactor(const Clock& clock, Options options)
    : clock_(clock),
      options_(options),
      buffers_(options.buffer_bytes_kept_max),
      now_(clock.now()),
      wall_(clock.wall()),
      timers_(now_),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  PERIGEE_ASSERT(epoll_ >= 0);
  // Edge-triggered: each write is an event, and nobody ever reads the count.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = 0}};
  PERIGEE_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

Reactor::~Reactor() {
  while (!deferred_.empty()) run_deferred();
  mail_.clear();  // may own sockets of this reactor
  ::close(epoll_);
}

void Reactor::run() {
  while (!stopping_.exchange(false)) {
    const Instant next = timers_.next();
    turn(next == kNever ? kLongestWait : next - now_);
  }
}

void Reactor::stop() {
  stopping_.store(true);
  wake();
}

void Reactor::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the wake is already there.
  [[maybe_unused]] ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void Reactor::turn(Duration wait) {
  const bool may_wait = again_.empty() && deferred_.empty() && ending_.empty();
  wait_for_events(may_wait ? wait : Duration::zero());
  refresh_time();
  ++turns_;
  if (!again_.empty()) run_again();
  run_events();
  timers_.run_until(now_);
  if (mail_waits_.load()) run_mail();
  if (!deferred_.empty()) run_deferred();
  run_ending();
}

void Reactor::wait_for_events(Duration wait) {
  if (wait > Duration::zero()) {
    // Either post() sees that we may sleep, or we see its mail.
    woken_.store(false);
    if (mail_waits_.load()) wait = Duration::zero();
  }
  const int got = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()),
                               epoll_milliseconds(wait));
  woken_.store(true, std::memory_order_relaxed);
  PERIGEE_ASSERT(got >= 0 || errno == EINTR);
  event_next_ = 0;
  event_end_ = static_cast<std::size_t>(std::max(got, 0));
  std::partition(events_.begin(), events_.begin() + event_end_,
                 [](const epoll_event& event) { return (event.data.u64 & kAnswers) != 0; });
}

void Reactor::run_events() {
  while (event_next_ < event_end_) {
    const epoll_event& event = events_[event_next_++];
    // Null: the wake-up, or a source that was removed in this turn.
    if (Source* source = source_of(event)) source->on_events(event.events);
  }
}

void Reactor::run_again() {
  again_running_.swap(again_);
  for (std::size_t i = 0; i < again_running_.size(); ++i) {
    if (Source* source = again_running_[i]) source->on_events(0);
  }
  again_running_.clear();
}

void Reactor::run_mail() {
  {
    std::lock_guard lock(mail_mutex_);
    mail_running_.swap(mail_);
    mail_waits_.store(false);
  }
  for (auto& work : mail_running_) work();
  mail_running_.clear();
}

void Reactor::run_deferred() {
  deferred_running_.swap(deferred_);
  for (auto& work : deferred_running_) work();
  deferred_running_.clear();
}

void Reactor::run_ending() {
  for (std::size_t i = 0; i < ending_.size(); ++i) {
    if (Source* source = ending_[i]) source->on_turn_end();
  }
  ending_.clear();
}

bool Reactor::post(std::move_only_function<void()> work) {
  {
    std::lock_guard lock(mail_mutex_);
    if (mail_.size() >= options_.mailbox_max) return false;
    mail_.push_back(std::move(work));
    mail_waits_.store(true);
  }
  if (!woken_.exchange(true)) wake();
  return true;
}

void Reactor::defer(std::move_only_function<void()> work) { deferred_.push_back(std::move(work)); }

void Reactor::refresh_time() {
  now_ = clock_.now();
  wall_ = clock_.wall();
}

bool Reactor::add(int fd, Source& source, Brings brings) {
  const std::uint64_t registration =
      reinterpret_cast<std::uintptr_t>(&source) | (brings == Brings::answers ? kAnswers : 0);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.u64 = registration}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return false;
  ++sources_;
  return true;
}

void Reactor::remove(int fd, Source& source) {
  // Asked of the kernel although close() would do it: a duplicate of the descriptor in a child
  // process would keep the registration, and with it a dangling pointer.
  PERIGEE_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr) == 0);
  --sources_;
  forget(source);
  for (std::size_t i = event_next_; i < event_end_; ++i) {
    if (source_of(events_[i]) == &source) events_[i].data.u64 = 0;
  }
}

void Reactor::forget(Source& source) {
  std::replace(again_.begin(), again_.end(), &source, static_cast<Source*>(nullptr));
  std::replace(again_running_.begin(), again_running_.end(), &source,
               static_cast<Source*>(nullptr));
  std::replace(ending_.begin(), ending_.end(), &source, static_cast<Source*>(nullptr));
}

Deadline::Deadline(Reactor& reactor, Scope* scope, Duration after, ErrorCode code, const char* what,
                   Fault fault)
    : timer_(&Deadline::fire, this), scope_(scope), what_(what), code_(code), fault_(fault) {
  reactor.timers().arm(timer_, later(reactor.now(), after));
}

void Deadline::fire(void* self) {
  auto& deadline = *static_cast<Deadline*>(self);
  deadline.passed_ = true;
  // The flow that goes on now may destroy the deadline.
  if (deadline.scope_) {
    deadline.scope_->interrupt(Error(deadline.code_, deadline.what_, deadline.fault_));
  }
}

namespace {

Async<Result<void>> sleep_until(Reactor& reactor, Instant deadline) {
  Completion<Result<void>> over;
  Timer timer([](void* slot) { static_cast<Completion<Result<void>>*>(slot)->complete({}); },
              &over);
  reactor.timers().arm(timer, deadline);
  co_return co_await over;
}

}  // namespace

namespace {

class NextTurn final : private Source {
 public:
  explicit NextTurn(Reactor& reactor) : reactor_(reactor) { reactor_.again(*this); }
  ~NextTurn() { reactor_.forget(*this); }
  NextTurn(const NextTurn&) = delete;
  NextTurn& operator=(const NextTurn&) = delete;
  Completion<Result<void>> begun;

 private:
  void on_events(std::uint32_t) override {
    if (begun.waiting()) begun.complete({});
  }
  Reactor& reactor_;
};

}  // namespace

Async<Result<void>> next_turn(Reactor& reactor) {
  NextTurn turn(reactor);
  co_return co_await turn.begun;
}

Async<Result<void>> sleep_for(Reactor& reactor, Duration duration) {
  if (duration <= Duration::zero()) return Result<void>{};
  return sleep_until(reactor, later(reactor.now(), duration));
}

}  // namespace perigee::net
