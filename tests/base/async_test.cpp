#include "base/async.hpp"

#include <array>
#include <memory>
#include <string>

namespace perigee {
namespace {

using Slot = Completion<Result<int>>;

Async<int> here(int value) { return value; }
Async<int> brought(int value) { co_return value; }

Async<void> add_both(int& sum) {
  sum += co_await here(1);
  sum += co_await brought(2);
}

TEST(Async, GivesValuesThatAreHereAndValuesThatAreBrought) {
  int sum = 0;
  Task task;
  task.start(add_both(sum));
  EXPECT_EQ(sum, 3);
  EXPECT_FALSE(task.running());
  EXPECT_TRUE(task.started());
}

TEST(Async, AValueThatIsHereNeedsNoFrame) {
  std::size_t before = FrameRecycler::alive();
  Async<int> value = here(7);
  EXPECT_EQ(FrameRecycler::alive(), before);
  EXPECT_TRUE(value.here());
  EXPECT_EQ(value.take(), 7);
}

TEST(Async, IsLazyAndDestroysWhatNobodyAwaited) {
  int sum = 0;
  std::size_t before = FrameRecycler::alive();
  {
    Async<void> never = add_both(sum);
  }
  EXPECT_EQ(FrameRecycler::alive(), before);
  EXPECT_EQ(sum, 0);
}

Async<void> count_to(int turns, std::int64_t& sum) {
  for (int i = 0; i < turns; ++i) sum += co_await brought(i);
}

TEST(Async, AMillionTurnsDoNotGrowTheStack) {
  std::int64_t sum = 0;
  std::size_t before = FrameRecycler::alive();
  Task task;
  task.start(count_to(1'000'000, sum));
  EXPECT_EQ(sum, std::int64_t{999'999} * 1'000'000 / 2);
  EXPECT_EQ(FrameRecycler::alive(), before);
}

Async<Result<int>> wait_for(Slot& slot) {
  CO_TRY(int value, co_await slot);
  co_return value;
}

Async<void> sum_up(Slot& slot, int turns, std::int64_t& sum) {
  for (int i = 0; i < turns; ++i) {
    Result<int> value = co_await wait_for(slot);
    sum += *value;
  }
}

TEST(Async, AMillionWaitsDoNotGrowTheStack) {
  Slot slot;
  std::int64_t sum = 0;
  Task task;
  task.start(sum_up(slot, 1'000'000, sum));
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_TRUE(slot.waiting());
    slot.complete(1);
  }
  EXPECT_FALSE(task.running());
  EXPECT_EQ(sum, 1'000'000);
}

Async<std::unique_ptr<int>> make_owned(int value) { co_return std::make_unique<int>(value); }
Async<void> own(int& out) { out = *co_await make_owned(5); }

TEST(Async, CarriesWhatOnlyMoves) {
  int out = 0;
  Task task;
  task.start(own(out));
  EXPECT_EQ(out, 5);
}

// Counts its lives: a frame that is destroyed twice, or not at all, shows.
struct Guest {
  explicit Guest(int& count) : count_(&count) { ++*count_; }
  Guest(Guest&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Guest& operator=(Guest&&) = delete;
  ~Guest() {
    if (count_) --*count_;
  }
  int* count_;
};

struct Request {
  Guest guest;
  std::string name;
};

Async<int> keep(Request request, Slot& slot) {
  Result<int> value = co_await slot;
  co_return value.value_or(0) + static_cast<int>(request.name.size());
}

Async<void> ask(int& alive, Slot& slot, int& out) {
  out = co_await keep({.guest = Guest(alive), .name = "a name that needs memory of its own"}, slot);
}

TEST(Async, DestroysAggregateTemporariesOfAnAwaitOnce) {
  Slot slot;
  int alive = 0, out = 0;
  Task task;
  task.start(ask(alive, slot, out));
  EXPECT_EQ(alive, 1);
  slot.complete(1);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(out, 36);
}

TEST(Completion, IsTakenAtOnceWhenFilledBefore) {
  Slot slot;
  slot.complete(4);
  EXPECT_TRUE(slot.filled());
  std::int64_t sum = 0;
  Task task;
  task.start(sum_up(slot, 1, sum));
  EXPECT_EQ(sum, 4);
  EXPECT_FALSE(slot.filled());
}

TEST(Completion, TheSecondValueReplacesTheFirst) {
  Slot slot;
  slot.complete(4);
  slot.complete(5);
  std::int64_t sum = 0;
  Task task;
  task.start(sum_up(slot, 1, sum));
  EXPECT_EQ(sum, 5);
}

TEST(Completion, ResetForgetsTheValue) {
  Slot slot;
  slot.complete(4);
  slot.reset();
  EXPECT_FALSE(slot.filled());
}

TEST(Task, DestroyingItUnfinishedDestroysEveryFrameBeneath) {
  std::size_t before = FrameRecycler::alive();
  Slot slot;
  int alive = 0, out = 0;
  {
    Task task;
    task.start(ask(alive, slot, out));
    EXPECT_TRUE(task.running());
    EXPECT_EQ(FrameRecycler::alive(), before + 3);  // the root, ask, keep
  }
  EXPECT_EQ(FrameRecycler::alive(), before);
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(slot.waiting());
  slot.complete(1);  // nobody is resumed
  EXPECT_EQ(out, 0);
}

TEST(Task, ItsFramesGoAsSoonAsItEnds) {
  std::size_t before = FrameRecycler::alive();
  Slot slot;
  std::int64_t sum = 0;
  Task task;
  task.start(sum_up(slot, 1, sum));
  slot.complete(1);
  EXPECT_EQ(FrameRecycler::alive(), before);
}

TEST(Task, StartsAgainAfterItEnded) {
  std::int64_t sum = 0;
  Slot slot;
  Task task;
  for (int round = 0; round < 3; ++round) {
    task.start(sum_up(slot, 1, sum));
    slot.complete(1);
  }
  EXPECT_EQ(sum, 3);
}

using TaskDeath = testing::Test;
TEST(TaskDeath, RefusesToStartWhileItRuns) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Slot slot;
  std::int64_t sum = 0;
  Task task;
  task.start(sum_up(slot, 1, sum));
  EXPECT_DEATH(task.start(sum_up(slot, 1, sum)), "broken invariant");
}

Async<void> join_then_destroy(std::unique_ptr<Task>& joined, bool& done) {
  Result<void> ended = co_await joined->join();
  joined.reset();
  done = ended.has_value();
}

TEST(Task, ItsJoinerMayDestroyItAtOnce) {
  std::size_t before = FrameRecycler::alive();
  Slot slot;
  std::int64_t sum = 0;
  auto joined = std::make_unique<Task>();
  joined->start(sum_up(slot, 1, sum));
  bool done = false;
  Task joiner;
  joiner.start(join_then_destroy(joined, done));
  EXPECT_FALSE(done);
  slot.complete(1);
  EXPECT_TRUE(done);
  EXPECT_EQ(joined, nullptr);
  EXPECT_EQ(FrameRecycler::alive(), before);
}

Async<void> join_only(Task& joined, Result<void>& ended) { ended = co_await joined.join(); }

TEST(Task, JoiningWhatHasEndedDoesNotWait) {
  Task idle, joiner;
  Result<void> ended = fail(ErrorCode::other, "not joined");
  joiner.start(join_only(idle, ended));
  EXPECT_FALSE(joiner.running());
  EXPECT_TRUE(ended.has_value());
}

TEST(Task, CancellingTheJoinerLeavesTheJoinedRunning) {
  Slot slot;
  std::int64_t sum = 0;
  Task joined, joiner;
  joined.start(sum_up(slot, 1, sum));
  Result<void> ended;
  joiner.start(join_only(joined, ended));
  joiner.scope().cancel(Error(ErrorCode::cancelled, "enough"));
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(joined.running());
}

Async<void> take_two(Slot& slot, std::array<Result<int>, 2>& out) {
  for (Result<int>& each : out) each = co_await wait_for(slot);
}

TEST(Scope, CancelEndsThisWaitAndAllLaterOnes) {
  Slot slot;
  std::array<Result<int>, 2> out{0, 0};
  Task task;
  task.start(take_two(slot, out));
  EXPECT_TRUE(task.scope().waiting());
  task.scope().cancel(Error(ErrorCode::client_gone, "the client left"));
  EXPECT_FALSE(task.running());
  for (const Result<int>& each : out) {
    ASSERT_FALSE(each.has_value());
    EXPECT_EQ(each.error().code, ErrorCode::client_gone);
  }
  EXPECT_FALSE(slot.waiting());
}

TEST(Scope, InterruptEndsThisWaitOnly) {
  Slot slot;
  std::array<Result<int>, 2> out{0, 0};
  Task task;
  task.start(take_two(slot, out));
  task.scope().interrupt(Error(ErrorCode::timed_out, "too slow"));
  EXPECT_TRUE(task.running());
  slot.complete(9);
  EXPECT_FALSE(task.running());
  EXPECT_EQ(out[0].error().code, ErrorCode::timed_out);
  EXPECT_EQ(out[1].value_or(0), 9);
}

TEST(Scope, InterruptWithoutAWaitDoesNothing) {
  Scope scope;
  scope.interrupt(Error(ErrorCode::timed_out, "too slow"));
  EXPECT_FALSE(scope.cancelled());
}

TEST(Scope, ClearLetsWaitsSucceedAgain) {
  Slot slot;
  std::array<Result<int>, 2> out{0, 0};
  Task task;
  task.scope().cancel(Error(ErrorCode::cancelled, "before it began"));
  task.scope().clear();
  task.start(take_two(slot, out));
  EXPECT_TRUE(slot.waiting());
}

TEST(Scope, WhatItAwaitedStaysUsableByOthers) {
  Slot slot;
  std::array<Result<int>, 2> cancelled{0, 0}, served{0, 0};
  Task first, second;
  first.start(take_two(slot, cancelled));
  first.scope().cancel(Error(ErrorCode::cancelled, "enough"));
  second.start(take_two(slot, served));
  slot.complete(1);
  slot.complete(2);
  EXPECT_EQ(served[0].value_or(0), 1);
  EXPECT_EQ(served[1].value_or(0), 2);
}

Async<Scope*> scope_below() { co_return co_await this_scope(); }
Async<void> find_scope(Scope*& found) { found = co_await scope_below(); }

TEST(Scope, IsKnownToEveryFrameOfItsFlow) {
  Scope* found = nullptr;
  Task task;
  task.start(find_scope(found));
  EXPECT_EQ(found, &task.scope());
}

TEST(FrameRecycler, GivesAFrameAgain) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "under sanitizers every frame dies";
#endif
#endif
  void* first = FrameRecycler::take(100);
  FrameRecycler::give(first, 100);
  void* second = FrameRecycler::take(120);  // of the same class
  EXPECT_EQ(first, second);
  FrameRecycler::give(second, 120);
}

TEST(FrameRecycler, TakesLargeFramesFromTheHeap) {
  std::size_t before = FrameRecycler::alive();
  void* frame = FrameRecycler::take(100'000);
  EXPECT_EQ(FrameRecycler::alive(), before + 1);
  FrameRecycler::give(frame, 100'000);
  EXPECT_EQ(FrameRecycler::alive(), before);
}

}  // namespace
}  // namespace perigee
