// Epochs: what the workers' connections say together of what may be gone.
#include "redis/board.hpp"

#include <gtest/gtest.h>

namespace perigee::redis {
namespace {

TEST(Board, ConnectionsThatAreLostTogetherAreOneEpoch) {
  Board board;
  board.publish({"a", 1});
  const std::uint64_t first = board.epoch();
  board.note_loss(first);
  board.note_loss(first);
  EXPECT_EQ(board.epoch(), first + 1);
  board.note_loss(first + 1);
  EXPECT_EQ(board.epoch(), first + 2) << "one that was made since";
}

TEST(Board, ConnectionsThatAreLeftForAnotherPrimaryAreNoEpochOfTheirOwn) {
  Board board;
  board.publish({"a", 1});
  const std::uint64_t first = board.epoch();
  board.publish({"b", 1});
  EXPECT_EQ(board.epoch(), first + 1);
  board.note_loss(first);
  EXPECT_EQ(board.epoch(), first + 1);
  EXPECT_EQ(board.number(), 2U);
}

}  // namespace
}  // namespace perigee::redis
