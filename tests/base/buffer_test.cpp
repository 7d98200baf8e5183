#include "base/buffer.hpp"

namespace perigee {
namespace {

TEST(Buffer, HoldsNoBlockUntilItIsWrittenTo) {
  BufferPool pool;
  Buffer buffer(pool);
  EXPECT_FALSE(buffer.leased());
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.unread().empty());
  EXPECT_EQ(pool.bytes_leased(), 0u);
  EXPECT_EQ(buffer.room().size(), BufferPool::kSmallBytes);
  EXPECT_EQ(pool.bytes_leased(), BufferPool::kSmallBytes);
}

TEST(Buffer, GivesBytesInTheOrderTheyCame) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("hello ");
  buffer.append("");
  buffer.append("world");
  EXPECT_EQ(buffer.unread(), "hello world");
  buffer.consume(6);
  EXPECT_EQ(buffer.unread(), "world");
  buffer.compact();
  EXPECT_EQ(buffer.unread(), "world");
  EXPECT_EQ(buffer.room().size(), BufferPool::kSmallBytes - 5);
  buffer.consume(5);
  EXPECT_EQ(buffer.room().size(), BufferPool::kSmallBytes);  // empty: starts over
}

TEST(Buffer, OffersPiecesOfALargeBlockToALongBody) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.offer(Buffer::Offer::pieces);
  EXPECT_EQ(buffer.room().size(), BufferPool::kPieceBytes);
  EXPECT_EQ(pool.bytes_leased(), BufferPool::kLargeBytes);
  buffer.commit(100);
  EXPECT_EQ(buffer.room().size(), BufferPool::kPieceBytes - 100);
  buffer.commit(BufferPool::kPieceBytes - 100);  // unread, and yet more is asked for
  EXPECT_EQ(buffer.room().size(), BufferPool::kLargeBytes - BufferPool::kPieceBytes);
  buffer.offer(Buffer::Offer::small);
  EXPECT_EQ(buffer.capacity(), BufferPool::kLargeBytes);
  buffer.drop();
  EXPECT_EQ(buffer.room().size(), BufferPool::kSmallBytes);
}

TEST(Buffer, CommitsWhatWasWrittenIntoItsRoom) {
  BufferPool pool;
  Buffer buffer(pool);
  std::memcpy(buffer.room().data(), "abc", 3);
  buffer.commit(3);
  EXPECT_EQ(buffer.unread(), "abc");
}

TEST(Buffer, GrowKeepsTheUnreadBytes) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("xxkept");
  buffer.consume(2);
  buffer.grow();
  EXPECT_EQ(buffer.unread(), "kept");
  EXPECT_EQ(buffer.capacity(), BufferPool::kLargeBytes);
  EXPECT_EQ(pool.bytes_leased(), BufferPool::kLargeBytes);
  buffer.grow();  // as large as it gets
  EXPECT_EQ(buffer.capacity(), BufferPool::kLargeBytes);
}

TEST(Buffer, GrowsWithoutALease) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.grow();
  EXPECT_EQ(buffer.room().size(), BufferPool::kLargeBytes);
}

TEST(Buffer, ReturnsItsBlockWhenDroppedOrDestroyed) {
  BufferPool pool;
  {
    Buffer dropped(pool), destroyed(pool);
    dropped.append("a");
    destroyed.append("b");
    dropped.drop();
    EXPECT_FALSE(dropped.leased());
    EXPECT_EQ(pool.bytes_leased(), BufferPool::kSmallBytes);
  }
  EXPECT_EQ(pool.bytes_leased(), 0u);
}

TEST(BufferPool, UsesReturnedBlocksAgain) {
  BufferPool pool;
  char* block = pool.take(BufferPool::kSmallBytes);
  pool.give(block, BufferPool::kSmallBytes);
  EXPECT_EQ(pool.bytes_kept(), BufferPool::kSmallBytes);
  EXPECT_EQ(pool.take(BufferPool::kSmallBytes), block);
  EXPECT_EQ(pool.bytes_kept(), 0u);
  pool.give(block, BufferPool::kSmallBytes);
}

TEST(BufferPool, KeepsNoMoreThanItsLimit) {
  BufferPool pool(BufferPool::kSmallBytes);
  char* first = pool.take(BufferPool::kSmallBytes);
  char* second = pool.take(BufferPool::kSmallBytes);
  pool.give(first, BufferPool::kSmallBytes);
  pool.give(second, BufferPool::kSmallBytes);
  EXPECT_EQ(pool.bytes_kept(), BufferPool::kSmallBytes);
}

class BufferDeath : public testing::Test {
 protected:
  void SetUp() override { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }
  BufferPool pool_;
  Buffer buffer_{pool_};
};

TEST_F(BufferDeath, RefusesToCommitMoreThanItsRoom) {
  buffer_.append("abc");
  EXPECT_DEATH(buffer_.commit(BufferPool::kSmallBytes), "broken invariant");
  EXPECT_DEATH(buffer_.commit((std::size_t{1} << 32)), "broken invariant");
}

TEST_F(BufferDeath, RefusesToConsumeMoreThanIsThere) {
  buffer_.append("abc");
  EXPECT_DEATH(buffer_.consume(4), "broken invariant");
  EXPECT_DEATH(buffer_.consume((std::size_t{1} << 32) + 1), "broken invariant");
}

TEST_F(BufferDeath, RefusesToAppendMoreThanItsRoom) {
  EXPECT_DEATH(buffer_.append(std::string(BufferPool::kSmallBytes + 1, 'x')), "broken invariant");
}

#if __has_feature(address_sanitizer)
TEST_F(BufferDeath, AViewThatOutlivesItsLeaseIsReported) {
  buffer_.append("gone");
  std::string_view text = buffer_.unread();
  buffer_.drop();
  EXPECT_DEATH(static_cast<void>(std::string(text)), "use-after-poison");
}
#endif

}  // namespace
}  // namespace perigee
