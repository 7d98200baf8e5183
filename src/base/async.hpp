// Async<T>: a value that is here now, or a coroutine that will bring it.
//
// Lazy, move-only, awaited once. A function that need not wait returns the value and has no frame.
// The child is started inside await_suspend by resume(), which keeps the stack bounded at every
// optimisation level. Frames come from a per-thread recycler.
//
//   Task        owns a root coroutine; destroying it unfinished destroys the frames beneath it
//   Completion  a slot that someone fills later: the leaf of every wait
//   Scope       one flow of control (one per direction of an exchange); cancel() ends whatever leaf
//               the flow awaits now with an error, without touching what the leaf belongs to
//
// Everything here lives on one thread. Coroutine parameters are values, or references to what
// outlives the request (style.md, "Async").
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.hpp"
#include "base/result.hpp"

namespace perigee {

// A leaf wait in progress.
class Wait {
 public:
  virtual void end(Error error) = 0;  // completes the wait with this error and resumes its flow

 protected:
  ~Wait() = default;
};

class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Ends the current leaf wait with `reason`; later waits fail with it too until clear().
  void cancel(Error reason);
  // Ends the current leaf wait only (a deadline of one step). Nothing happens when none is waiting.
  void interrupt(Error reason);
  void clear() { reason_.reset(); }
  bool cancelled() const { return reason_ != nullptr; }
  const Error& reason() const { return *reason_; }
  bool waiting() const { return waiting_ != nullptr; }

 private:
  template <class T>
  friend class Completion;
  Wait* waiting_ = nullptr;
  std::unique_ptr<Error> reason_;  // rare, and an idle connection holds scopes
};

// Frames by 64-byte classes from a per-thread free list (bounded; larger ones from the heap).
struct FrameRecycler {
  static void* take(std::size_t bytes);
  static void give(void* frame, std::size_t bytes) noexcept;
  // Frames alive on this thread: a test counts them back to the start.
  static std::size_t alive();
};

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> continuation;
  Scope* scope = nullptr;

  static void* operator new(std::size_t bytes) { return FrameRecycler::take(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept {
    FrameRecycler::give(frame, bytes);
  }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      std::coroutine_handle<> next = self.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept {
    assertion_failed("no exception leaves a coroutine", __FILE__, __LINE__);
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  std::coroutine_handle<Promise> get_return_object() {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> get_return_object() {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  void return_void() {}
  void take() {}
};

struct Here {};  // the value of an Async<void> that is here now

}  // namespace detail

template <class T>
class [[nodiscard]] Async {
  using Value = std::conditional_t<std::is_void_v<T>, detail::Here, T>;

 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  // A value that is here now.
  template <class U = Value>
    requires(std::is_convertible_v<U, Value> && !std::is_same_v<std::decay_t<U>, Async> &&
             !std::is_same_v<std::decay_t<U>, Handle>)
  Async(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Async()
    requires std::is_void_v<T>
      : state_(std::in_place_index<0>) {}
  Async(Handle handle) : state_(std::in_place_index<1>, handle) {}

  Async(Async&& other) noexcept : state_(std::move(other.state_)) {
    if (state_.index() == 1) other.state_.template emplace<1>(nullptr);
  }
  Async& operator=(Async&&) = delete;
  ~Async() {
    if (Handle* handle = std::get_if<1>(&state_); handle && *handle) handle->destroy();
  }

  // True when the value is here and take() may be called without awaiting.
  bool here() const { return state_.index() == 0; }
  T take() {
    if constexpr (!std::is_void_v<T>) return std::move(std::get<0>(state_));
  }

  // Awaiting.
  bool await_ready() const noexcept { return here(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> parent) {
    Handle child = std::get<1>(state_);
    child.promise().scope = parent.promise().scope;
    child.resume();
    if (child.done()) return false;
    child.promise().continuation = parent;
    return true;
  }
  T await_resume() {
    if (state_.index() == 0) {
      if constexpr (!std::is_void_v<T>)
        return std::move(std::get<0>(state_));
      else
        return;
    }
    return std::get<1>(state_).promise().take();
  }

  // For Task: gives the coroutine away.
  Handle release() { return std::exchange(std::get<1>(state_), nullptr); }

 private:
  std::variant<Value, Handle> state_;
};

// A slot that is filled once: `T value = co_await completion;` waits for complete(value). T must be
// constructible from std::unexpected<Error> (any Result). One waiter. Owned by whatever will fill
// it, or by the waiting frame; destroying the waiting frame unlinks it. May be used again after it
// was awaited.
template <class T>
class Completion {
 public:
  Completion() = default;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() { PERIGEE_ASSERT(waiter_ == nullptr); }

  // Fills the slot and resumes the waiter on this stack. A second value before it is awaited
  // replaces the first.
  void complete(T value) {
    if (waiter_) {
      waiter_->value_.emplace(std::move(value));
      waiter_->resume();
    } else {
      early_ = std::make_unique<T>(std::move(value));
    }
  }
  bool waiting() const { return waiter_ != nullptr; }
  bool filled() const { return early_ != nullptr; }
  void reset() { early_.reset(); }

  class Waiter final : public Wait {
   public:
    explicit Waiter(Completion& owner) : owner_(owner) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { unlink(); }

    bool await_ready() {
      if (!owner_.early_) return false;
      value_.emplace(std::move(*owner_.early_));
      owner_.early_.reset();
      return true;
    }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> flow) {
      PERIGEE_ASSERT(owner_.waiter_ == nullptr);
      scope_ = flow.promise().scope;
      if (scope_) {
        if (scope_->reason_) {
          value_.emplace(std::unexpected(*scope_->reason_));
          return false;
        }
        PERIGEE_ASSERT(scope_->waiting_ == nullptr);
        scope_->waiting_ = this;
      }
      flow_ = flow;
      owner_.waiter_ = this;
      return true;
    }
    T await_resume() { return *std::move(value_); }
    void end(Error error) override { owner_.complete(std::unexpected(std::move(error))); }

   private:
    friend class Completion;
    void resume() {
      unlink();
      std::exchange(flow_, nullptr).resume();
    }
    void unlink() {
      if (owner_.waiter_ == this) {
        owner_.waiter_ = nullptr;
        if (scope_) scope_->waiting_ = nullptr;
      }
    }
    Completion& owner_;
    Scope* scope_ = nullptr;
    std::coroutine_handle<> flow_;
    std::optional<T> value_;  // here and not in the slot: what nobody waits for costs two pointers
  };
  Waiter operator co_await() { return Waiter(*this); }

 private:
  std::unique_ptr<T> early_;  // filled before somebody waited
  Waiter* waiter_ = nullptr;
};

// `Scope* scope = co_await this_scope();`: the scope of the running flow, or null.
struct this_scope {
  Scope* scope = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> flow) noexcept {
    scope = flow.promise().scope;
    return false;
  }
  Scope* await_resume() const noexcept { return scope; }
};

// A root coroutine with a scope of its own. start() runs it until its first wait. Its frames go as
// soon as it ends; destroying an unfinished task destroys them (and so closes what they own), which
// must not happen from inside its own flow. A cancelled scope stays so until clear().
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { reset(); }

  void start(Async<void> work);
  bool running() const { return static_cast<bool>(root_); }
  bool started() const { return started_; }
  Scope& scope() { return scope_; }
  // Waits until the work has ended. One joiner, who may destroy the task right then.
  Async<Result<void>> join();
  // Destroys the frames of unfinished work.
  void reset();

 private:
  struct Root;
  static Root run(Task& self, Async<void> work);
  Scope scope_;
  std::coroutine_handle<> root_;  // null once the work has ended
  bool started_ = false;
  Completion<Result<void>> ended_;
};

}  // namespace perigee

namespace std {
// Lets a function `Async<T> f()` be a coroutine: the promise's return object converts to Async<T>.
template <class T, class... Args>
struct coroutine_traits<perigee::Async<T>, Args...> {
  using promise_type = perigee::detail::Promise<T>;
};
}  // namespace std
