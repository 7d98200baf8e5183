#include "redis/reply_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace perigee::redis {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kFormatBytes = 4;  // "txt:"
constexpr std::size_t kShown = 32;

std::unexpected<Error> garbled(std::string what) {
  return fail(ErrorCode::invalid, "RESP: " + std::move(what), Fault::upstream);
}

std::unexpected<Error> beyond(std::string_view what, std::size_t limit) {
  return fail(ErrorCode::limit, fmt::format("RESP: {} than {}, which is the limit", what, limit),
              Fault::upstream);
}

// What a stranger sent, fit for a message.
std::string shown(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kShown)) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

template <class Number>
std::optional<Number> whole(std::string_view digits) {
  if (digits.starts_with('+')) digits.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

bool is_pairs(char type) { return type == '%' || type == '|'; }

ReplyKind aggregate_kind(char type) {
  if (is_pairs(type)) return ReplyKind::map;
  return type == '>' ? ReplyKind::push : ReplyKind::list;
}

}  // namespace

Result<std::size_t> ReplyParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (!complete_ && used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    Result<std::size_t> taken = state_ == State::line   ? feed_line(rest)
                                : state_ == State::text ? feed_text(rest)
                                                        : feed_text_end(rest);
    if (!taken) return taken;
    used += *taken;
    bytes_ += *taken;
    if (bytes_ > limits_.reply_bytes_max)
      return beyond("a reply has more bytes", limits_.reply_bytes_max);
  }
  return used;
}

Reply ReplyParser::take() {
  complete_ = false;
  bytes_ = 0;
  return std::exchange(reply_, Reply());
}

Result<std::size_t> ReplyParser::feed_line(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t taken = newline == bytes.npos ? bytes.size() : newline + 1;
  if (line_.size() + taken > limits_.line_bytes_max + kLineEnd.size())
    return beyond("a line is longer", limits_.line_bytes_max);
  std::string_view line = bytes.substr(0, taken);
  if (newline == bytes.npos || !line_.empty()) line_.append(line);
  if (newline == bytes.npos) return taken;
  if (!line_.empty()) line = line_;
  if (!line.ends_with(kLineEnd)) return garbled("a line ends without a carriage return");
  line.remove_suffix(kLineEnd.size());
  if (line.contains('\r')) return garbled("a carriage return within a line");
  TRY(begin(line));
  line_.clear();
  return taken;
}

Result<std::size_t> ReplyParser::feed_text(std::string_view bytes) {
  const std::string_view piece = bytes.substr(0, left_);
  reply_.texts_.append(piece);
  left_ -= piece.size();
  if (left_ == 0) {
    state_ = State::text_end;
    left_ = kLineEnd.size();
  }
  return piece.size();
}

Result<std::size_t> ReplyParser::feed_text_end(std::string_view bytes) {
  if (bytes[0] != kLineEnd[kLineEnd.size() - left_])
    return garbled("a text does not end where its length says");
  if (--left_ > 0) return 1;
  state_ = State::line;
  Reply::Node& node = reply_.node(reply_.count_ - 1);
  if (std::exchange(verbatim_, false)) {
    node.text.at += kFormatBytes;
    node.text.bytes -= kFormatBytes;
  }
  end_value();
  return 1;
}

Result<void> ReplyParser::begin(std::string_view line) {
  if (line.empty()) return garbled("an empty line, where a value was expected");
  const char type = line[0];
  const std::string_view rest = line.substr(1);
  switch (type) {
    case '+':
      return add_text(ReplyKind::status, rest);
    case '-':
      return add_text(ReplyKind::error, rest);
    case '(':  // a big number, which only its reader can judge
      return add_text(ReplyKind::text, rest);
    case ':':
      return begin_number(rest);
    case ',':
      return begin_real(rest);
    case '_':
      if (!rest.empty()) break;
      return add_whole({});
    case '#':
      if (rest != "t" && rest != "f") break;
      return add_whole({.kind = ReplyKind::boolean, .integer = rest == "t"});
    case '$':
    case '!':
    case '=':
      return begin_text(type, rest);
    case '*':
    case '~':
    case '%':
    case '|':
    case '>':
      return begin_elements(type, rest);
    default:
      break;
  }
  return garbled(fmt::format("\"{}\", where a value was expected", shown(line)));
}

Result<void> ReplyParser::begin_number(std::string_view digits) {
  const auto number = whole<std::int64_t>(digits);
  if (!number) return garbled(fmt::format("\"{}\" is no 64-bit number", shown(digits)));
  return add_whole({.kind = ReplyKind::integer, .integer = *number});
}

Result<void> ReplyParser::begin_real(std::string_view digits) {
  const auto number = whole<double>(digits);  // "inf", "-inf" and "nan" too
  if (!number) return garbled(fmt::format("\"{}\" is no real number", shown(digits)));
  return add_whole({.kind = ReplyKind::real, .real = *number});
}

Result<void> ReplyParser::begin_text(char type, std::string_view length) {
  if (type == '$' && length == "-1") return add_whole({});
  const auto bytes = whole<std::size_t>(length);
  if (!bytes) return garbled(fmt::format("\"{}\" is no length of a text", shown(length)));
  if (*bytes > limits_.text_bytes_max) return beyond("a text is longer", limits_.text_bytes_max);
  verbatim_ = type == '=';
  if (verbatim_ && *bytes < kFormatBytes) return garbled("a verbatim text without its format");
  const auto at = static_cast<std::uint32_t>(reply_.texts_.size());
  TRY(add({.kind = type == '!' ? ReplyKind::error : ReplyKind::text,
           .text = {at, static_cast<std::uint32_t>(*bytes)}}));
  state_ = *bytes > 0 ? State::text : State::text_end;
  left_ = *bytes > 0 ? *bytes : kLineEnd.size();
  return {};
}

Result<void> ReplyParser::begin_elements(char type, std::string_view count) {
  if (type == '*' && count == "-1") return add_whole({});
  const auto announced = whole<std::size_t>(count);
  if (!announced) return garbled(fmt::format("\"{}\" is no number of elements", shown(count)));
  if (*announced > limits_.values_max) return beyond("a reply has more values", limits_.values_max);
  if (depth_ == kDepthMax) return beyond("a reply is nested deeper", kDepthMax);
  if (type == '>' && depth_ > 0) return garbled("a push within a reply");
  const std::size_t elements = is_pairs(type) ? *announced * 2 : *announced;
  levels_[depth_++] = {.at = reply_.count_,
                       .left = elements,
                       .text_bytes = reply_.texts_.size(),
                       .discarded = type == '|'};
  TRY(add({.kind = aggregate_kind(type), .elements = elements}));
  if (elements == 0) end_level();
  return {};
}

Result<void> ReplyParser::add(Reply::Node node) {
  if (reply_.count_ >= limits_.values_max)
    return beyond("a reply has more values", limits_.values_max);
  reply_.add(node);
  return {};
}

Result<void> ReplyParser::add_text(ReplyKind kind, std::string_view text) {
  const auto at = static_cast<std::uint32_t>(reply_.texts_.size());
  reply_.texts_.append(text);
  return add_whole({.kind = kind, .text = {at, static_cast<std::uint32_t>(text.size())}});
}

Result<void> ReplyParser::add_whole(Reply::Node node) {
  TRY(add(node));
  end_value();
  return {};
}

// A value is whole; so may be what it is the last element of.
void ReplyParser::end_value() {
  if (depth_ == 0) {
    complete_ = true;
  } else if (--levels_[depth_ - 1].left == 0) {
    end_level();
  }
}

// Its depth is bounded by kDepthMax, and so is this recursion.
void ReplyParser::end_level() {
  const Level level = levels_[--depth_];
  // An attribute is no value: the one it is about follows.
  if (level.discarded) return reply_.cut(level.at, level.text_bytes);
  reply_.node(level.at).span = static_cast<std::uint32_t>(reply_.count_ - level.at);
  end_value();
}

}  // namespace perigee::redis
