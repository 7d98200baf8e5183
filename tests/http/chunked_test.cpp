#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/h1_parser.hpp"

namespace perigee::http {
namespace {

struct Decoded {
  std::string body;
  std::string rest;
  std::vector<std::string> trailers;
  bool ended = false;
  ErrorCode error = ErrorCode::other;
};

// Feeds the bytes in two pieces, as a connection would: what is not used stays in front.
Decoded decode(std::string_view bytes, std::size_t cut, std::size_t trailer_bytes_max = 8192) {
  Arena arena;
  Headers trailers(arena);
  ChunkedDecoder decoder(trailer_bytes_max, 3);
  Decoded result;
  std::string waiting;
  for (std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    waiting += piece;
    while (!result.ended) {
      std::vector<char> exact(waiting.begin(), waiting.end());
      Result<ChunkedDecoder::Step> step = decoder.feed({exact.data(), exact.size()}, &trailers);
      if (!step) {
        result.error = step.error().code;
        return result;
      }
      result.body += step->data;
      result.ended = step->end;
      waiting.erase(0, step->consumed);
      if (step->consumed == 0) break;
    }
  }
  result.rest = waiting;
  for (const Header& field : trailers.entries())
    result.trailers.push_back(std::string(field.name()) + "=" + std::string(field.value()));
  return result;
}

TEST(ChunkedDecoder, GivesTheSameHoweverItIsCut) {
  std::string_view bytes =
      "5\r\nhello\r\nB;ext=\"1\"\r\n, the world\r\n1 ;x\r\n!\r\n0;last\r\nX-A: "
      "1\r\nx-b:\r\n\r\nGET";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Decoded result = decode(bytes, cut);
    ASSERT_TRUE(result.ended) << cut;
    EXPECT_EQ(result.body, "hello, the world!") << cut;
    EXPECT_EQ(result.rest, "GET") << cut;
    EXPECT_THAT(result.trailers, testing::ElementsAre("X-A=1", "x-b=")) << cut;
  }
}

TEST(ChunkedDecoder, GivesTheEndTogetherWithTheLastData) {
  ChunkedDecoder decoder;
  Result<ChunkedDecoder::Step> step = decoder.feed("2\r\nhi\r\n0\r\n\r\n", nullptr);
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->data, "hi");
  EXPECT_TRUE(step->end);
  EXPECT_EQ(step->consumed, 12u);
}

TEST(ChunkedDecoder, RefusesWhatIsMalformedHoweverItIsCut) {
  const std::string_view bodies[] = {
      "g\r\n",
      "\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "5\rhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "+5\r\nhello\r\n0\r\n\r\n",
      "-1\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "5,5\r\nhello\r\n0\r\n\r\n",
      "5 5\r\nhello\r\n0\r\n\r\n",
      "00000000000000005\r\nhello\r\n0\r\n\r\n",
      "10000000000000000\r\n",
      "5;a\nb\r\nhello\r\n0\r\n\r\n",
      "5;a\rb\r\nhello\r\n0\r\n\r\n",
      "5;\x01\r\nhello\r\n0\r\n\r\n",
      "5\r\nhelloX\r\n0\r\n\r\n",
      "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello0\r\n\r\n",
      "5\r\nhello\r0\r\n\r\n",
      "0\r\nbad name: x\r\n\r\n",
      "0\r\nX : x\r\n\r\n",
      "0\r\n folded\r\n\r\n",
      "0\r\nX: y\n\r\n",
      "0\r\n\n",
  };
  for (std::string_view body : bodies) {
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      Decoded result = decode(body, cut);
      EXPECT_FALSE(result.ended) << body;
      EXPECT_EQ(result.error, ErrorCode::invalid) << body << " cut at " << cut;
    }
  }
}

TEST(ChunkedDecoder, BoundsExtensionsAndTrailers) {
  EXPECT_EQ(decode("1;" + std::string(5000, 'a'), 0).error, ErrorCode::limit);
  // However it is cut: whole in one piece, too.
  EXPECT_EQ(decode("1;" + std::string(5000, 'a') + "\r\nx\r\n0\r\n\r\n", 0).error,
            ErrorCode::limit);
  EXPECT_EQ(decode("0\r\nA: " + std::string(50, 'a'), 0, 40).error, ErrorCode::limit);
  EXPECT_EQ(decode("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", 0, 15).error, ErrorCode::limit);
  EXPECT_EQ(decode("0\r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n", 0).error, ErrorCode::limit);
}

TEST(ChunkedDecoder, TakesTheLargestSize) {
  ChunkedDecoder decoder;
  Result<ChunkedDecoder::Step> step = decoder.feed("ffffffffffffffff\r\nabc", nullptr);
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->data, "abc");
  EXPECT_FALSE(step->end);
}

}  // namespace
}  // namespace perigee::http
