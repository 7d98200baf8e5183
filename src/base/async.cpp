#include "base/async.hpp"

#include <array>

namespace perigee {

void Scope::cancel(Error reason) {
  reason_ = std::make_unique<Error>(reason);
  interrupt(std::move(reason));
}

void Scope::interrupt(Error reason) {
  if (waiting_) waiting_->end(std::move(reason));
}

namespace {

constexpr std::size_t kFrameStep = 64;
constexpr std::size_t kFrameClasses = 32;  // frames up to 2 KiB are recycled
[[maybe_unused]] constexpr std::size_t kFrameBytesKept = 1 << 20;  // per thread

struct FreeFrame {
  FreeFrame* next;
};

// Without a destructor, so that an access is one instruction; the cleaner frees what is kept when
// the thread ends.
struct Frames {
  std::array<FreeFrame*, kFrameClasses> free{};
  std::size_t bytes_kept = 0;
  std::size_t alive = 0;
};
constinit thread_local Frames frames;

struct FramesCleaner {
  ~FramesCleaner() {
    for (FreeFrame*& frame : frames.free) {
      while (frame) ::operator delete(std::exchange(frame, frame->next));
    }
  }
  void touch() {}
};
thread_local FramesCleaner frames_cleaner;

void* frame_from_heap(std::size_t bytes) {
  frames_cleaner.touch();
  return ::operator new(bytes);
}

// Sanitizers must see every frame die.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PERIGEE_KEEP_NO_FRAMES 1
#endif
#endif

}  // namespace

void* FrameRecycler::take(std::size_t bytes) {
  ++frames.alive;
  std::size_t index = (bytes + kFrameStep - 1) / kFrameStep;
  if (index < kFrameClasses) {
    if (FreeFrame* frame = frames.free[index]) {
      frames.free[index] = frame->next;
      frames.bytes_kept -= index * kFrameStep;
      return frame;
    }
    return frame_from_heap(index * kFrameStep);
  }
  return ::operator new(bytes);
}

void FrameRecycler::give(void* frame, std::size_t bytes) noexcept {
  --frames.alive;
#ifndef PERIGEE_KEEP_NO_FRAMES
  std::size_t index = (bytes + kFrameStep - 1) / kFrameStep;
  if (index < kFrameClasses && frames.bytes_kept < kFrameBytesKept) {
    frames.free[index] = new (frame) FreeFrame{frames.free[index]};
    frames.bytes_kept += index * kFrameStep;
    return;
  }
#endif
  ::operator delete(frame);
}

std::size_t FrameRecycler::alive() { return frames.alive; }

// The frame of a root destroys itself at its end: whoever joined may have destroyed the task by
// then.
struct Task::Root {
  struct promise_type : detail::PromiseBase {
    Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
  };
  std::coroutine_handle<promise_type> handle;
};

Task::Root Task::run(Task& self, Async<void> work) {
  {
    Async<void> flow = std::move(work);  // its frames end before the joiner goes on
    co_await flow;
  }
  self.root_ = nullptr;
  if (self.ended_.waiting()) self.ended_.complete({});
}

void Task::start(Async<void> work) {
  PERIGEE_ASSERT(!running());
  started_ = true;
  if (work.here()) return;
  Root root = run(*this, std::move(work));
  root.handle.promise().scope = &scope_;
  root_ = root.handle;
  root_.resume();
}

Async<Result<void>> Task::join() {
  if (!running()) return Result<void>{};
  return [](Completion<Result<void>>& ended) -> Async<Result<void>> {
    co_return co_await ended;
  }(ended_);
}

void Task::reset() {
  started_ = false;
  if (root_) std::exchange(root_, nullptr).destroy();
}

}  // namespace perigee
