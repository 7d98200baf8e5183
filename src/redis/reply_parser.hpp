// ReplyParser: bytes of RESP2 and RESP3 to replies, however the bytes are cut. Streamed values of
// RESP3, which no server sends, are refused. Attributes are read and left out. Internal.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "redis/reply.hpp"

namespace perigee::redis {

class ReplyParser {
 public:
  static constexpr std::size_t kDepthMax = 8;
  struct Limits {
    std::size_t line_bytes_max = 64 << 10;  // a status, an error or a number
    std::size_t text_bytes_max = 1 << 20;
    std::size_t values_max = 65536;  // of one reply
    std::size_t reply_bytes_max = 4 << 20;
  };
  ReplyParser() = default;
  explicit ReplyParser(Limits limits) : limits_(limits) {}

  // Takes bytes up to the end of a reply and tells how many. An error is for good: nobody knows
  // where the next reply begins.
  Result<std::size_t> feed(std::string_view bytes);
  bool complete() const { return complete_; }
  // The complete reply; the next one may be fed then.
  Reply take();

 private:
  // An aggregate whose elements are being read.
  struct Level {
    std::size_t at;    // of its node
    std::size_t left;  // elements to come
    std::size_t text_bytes;
    bool discarded;  // an attribute
  };
  enum class State : std::uint8_t { line, text, text_end };

  Result<std::size_t> feed_line(std::string_view bytes);
  Result<std::size_t> feed_text(std::string_view bytes);
  Result<std::size_t> feed_text_end(std::string_view bytes);
  Result<void> begin(std::string_view line);
  Result<void> begin_number(std::string_view digits);
  Result<void> begin_real(std::string_view digits);
  Result<void> begin_text(char type, std::string_view length);
  Result<void> begin_elements(char type, std::string_view count);
  Result<void> add(Reply::Node node);
  Result<void> add_whole(Reply::Node node);
  Result<void> add_text(ReplyKind kind, std::string_view text);
  void end_value();
  void end_level();

  Limits limits_;
  Reply reply_;
  std::size_t bytes_ = 0;  // of this reply
  bool complete_ = false;
  State state_ = State::line;
  std::string line_;       // the part of a line that has come
  std::size_t left_ = 0;   // of a text or its end
  bool verbatim_ = false;  // this text begins with its format
  std::array<Level, kDepthMax> levels_;
  std::size_t depth_ = 0;
};

}  // namespace perigee::redis
