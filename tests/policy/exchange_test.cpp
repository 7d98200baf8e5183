// Bodies, what an exchange owns, and the state of policies on a worker.
#include "tests/policy/support/exchanges.hpp"

namespace perigee::policy {
namespace {

using ::testing::ElementsAre;
using testing::Exchanges;
using testing::SlowBody;

TEST(MessageBody, NoBodyIsAnEmptyOne) {
  Exchanges x;
  auto bytes = x.finished(x.exchange().request_body.buffer());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, "");
  EXPECT_EQ(x.exchange().request_body.stream(), nullptr);
  EXPECT_FALSE(x.exchange().request_body.buffered());
}

TEST(MessageBody, IsReadWholeAndKeptForLaterReaders) {
  Exchanges x;
  SlowBody slow(x.reactor, {"one ", "two ", "three"});
  MessageBody& body = x.exchange().request_body;
  body.set(&slow);
  EXPECT_FALSE(body.buffered());
  EXPECT_EQ(body.bytes(), "");
  auto bytes = x.finished(body.buffer());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, "one two three");
  EXPECT_TRUE(body.buffered());
  EXPECT_EQ(body.bytes(), "one two three");
  Async<Result<std::string_view>> again = body.buffer();
  ASSERT_TRUE(again.here()) << "the second time nothing waits";
  EXPECT_EQ(*again.take(), "one two three");
  EXPECT_EQ(body.stream()->length(), 13u);
  auto streamed = x.finished(http::read_all(*body.stream(), x.arena, 1000));
  EXPECT_EQ(*streamed, "one two three");
}

TEST(MessageBody, TheLimitIsTheFaultOfItsSide) {
  for (bool of_request : {true, false}) {
    Exchanges x;
    x.limits.buffered_body_bytes_max = 10;
    SlowBody slow(x.reactor, {"12345", "67890", "!"});
    MessageBody& body = of_request ? x.exchange().request_body : x.exchange().response_body;
    body.set(&slow);
    auto bytes = x.finished(body.buffer());
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::limit);
    EXPECT_EQ(bytes.error().fault, of_request ? Fault::client : Fault::upstream);
  }
}

TEST(MessageBody, ExactlyTheLimitIsAllowed) {
  Exchanges x;
  x.limits.buffered_body_bytes_max = 10;
  SlowBody slow(x.reactor, {"12345", "67890"});
  x.exchange().request_body.set(&slow);
  EXPECT_TRUE(x.finished(x.exchange().request_body.buffer()));
}

TEST(MessageBody, AnErrorOfTheStreamIsHandedOn) {
  Exchanges x;
  SlowBody slow(x.reactor, {"half"}, Error(ErrorCode::reset, "gone", Fault::upstream));
  x.exchange().response_body.set(&slow);
  auto bytes = x.finished(x.exchange().response_body.buffer());
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::reset);
  EXPECT_EQ(bytes.error().fault, Fault::upstream);
  EXPECT_FALSE(x.exchange().response_body.buffered());
}

TEST(MessageBody, ANewStreamForgetsTheBytes) {
  Exchanges x;
  MessageBody& body = x.exchange().request_body;
  body.replace("old");
  EXPECT_EQ(body.bytes(), "old");
  SlowBody slow(x.reactor, {"new"});
  body.set(&slow);
  EXPECT_EQ(body.bytes(), "");
  EXPECT_EQ(*x.finished(body.buffer()), "new");
}

struct Noted {
  Noted(std::vector<int>& list, int number) : list_(list), number_(number) {}
  ~Noted() { list_.push_back(number_); }
  std::vector<int>& list_;
  int number_;
};

TEST(Exchange, WhatItOwnsDiesLastMadeFirst) {
  std::vector<int> died;
  Exchanges x;
  for (int i = 1; i <= 3; ++i) {
    Noted& noted = x.exchange().own(std::make_unique<Noted>(died, i));
    EXPECT_EQ(noted.number_, i);
  }
  EXPECT_TRUE(died.empty());
  x.made.reset();
  EXPECT_THAT(died, ElementsAre(3, 2, 1));
}

TEST(Exchange, WarningsAreKept) {
  Exchanges x;
  {
    std::string key = "KEY", message = "what";
    x.exchange().warn(key, message);
  }
  ASSERT_EQ(x.exchange().warnings().size(), 1u);
  EXPECT_EQ(x.exchange().warnings()[0].key, "KEY");
  EXPECT_EQ(x.exchange().warnings()[0].message, "what");
}

struct Counter final : WorkerState {
  explicit Counter(Worker& worker) : index(worker.index) { ++alive; }
  ~Counter() override { --alive; }
  unsigned index;
  int count = 0;
  static inline int alive = 0;
};

TEST(WorkerSlots, EveryWorkerHasItsOwnStates) {
  Exchanges x;
  WorkerSlots slots;
  WorkerSlot<Counter> first = slots.add<Counter>(), second = slots.add<Counter>();
  EXPECT_EQ(Counter::alive, 0) << "nothing is made before a worker comes";
  {
    Worker one{.reactor = x.reactor, .index = 1}, two{.reactor = x.reactor, .index = 2};
    WorkerStates here(slots, one), there(slots, two);
    EXPECT_EQ(Counter::alive, 4);
    here.get(first).count = 7;
    EXPECT_EQ(here.get(first).count, 7);
    EXPECT_EQ(here.get(second).count, 0);
    EXPECT_EQ(there.get(first).count, 0);
    EXPECT_EQ(here.get(second).index, 1u);
    EXPECT_EQ(there.get(second).index, 2u);
  }
  EXPECT_EQ(Counter::alive, 0);
}

// lifecycle.md 8.7.
TEST(Streams, AreOfTheseTypesAndOfNoKnownLength) {
  struct {
    const char* type;
    const char* length;
    bool streams;
  } rows[] = {{"text/event-stream", "", true},
              {" TEXT/Event-Stream ; charset=utf-8", "", true},
              {"application/octet-stream", "", true},
              {"application/grpc", "", true},
              {"application/gRPC+json;x", "", true},
              {"text/event-stream", "0", false},
              {"application/octet-stream", "7", false},
              {"application/grpc", "12345678901", false},
              {"application/grpc-web", "", false},
              {"application/grp", "", false},
              {"text/event-stream2", "", false},
              {"text/plain;text/event-stream", "", false},
              {"", "", false}};
  for (auto& [type, length, streams] : rows) {
    Arena arena;
    http::Headers headers(arena);
    if (*type) headers.add(http::HeaderId::content_type, type);
    if (*length) headers.add(http::HeaderId::content_length, length);
    EXPECT_EQ(is_stream(headers), streams) << type << " " << length;
  }
}

TEST(Streams, AreNotGathered) {
  for (bool streams : {true, false}) {
    Exchanges x;
    SlowBody slow(x.reactor, {"one ", "two"});
    MessageBody& body = x.exchange().response_body;
    body.set(&slow);
    if (streams) x.response.headers.add(http::HeaderId::content_type, "text/event-stream");
    EXPECT_TRUE(x.finished(gather_answer(x.exchange())));
    EXPECT_EQ(body.buffered(), !streams);
    EXPECT_EQ(body.bytes(), streams ? "" : "one two");
    EXPECT_EQ(body.stream() == &slow, streams);
  }
}

TEST(Worker, RandomNumbersDiffer) {
  Exchanges x;
  Worker a{.reactor = x.reactor, .random_state = 1}, b{.reactor = x.reactor, .random_state = 2};
  std::uint64_t first = a.random();
  EXPECT_NE(first, a.random());
  EXPECT_NE(first, b.random());
}

TEST(Verdict, Kinds) {
  EXPECT_TRUE(Verdict::next().continues());
  EXPECT_TRUE(Verdict::end().ends());
  Verdict failed = Verdict::fail(403, "KEY", "no");
  ASSERT_TRUE(failed.failed());
  EXPECT_FALSE(failed.continues());
  EXPECT_EQ(failed.failure().status, 403);
  EXPECT_EQ(failed.failure().key, "KEY");
  Verdict broken = Verdict::broken(Error(ErrorCode::evaluation, "for the log"));
  EXPECT_EQ(broken.failure().status, 500);
  EXPECT_EQ(broken.failure().key, "");
  EXPECT_EQ(broken.failure().message, "Internal Server Error");
  EXPECT_EQ(broken.failure().reason, "for the log");
}

}  // namespace
}  // namespace perigee::policy
