// Numbers and texts in expressions.
#include <charconv>

#include "el/text.hpp"
#include "freemarker/expression_parser.hpp"

namespace perigee::freemarker {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<Expression> ExpressionParser::number_literal() {
  Expression made{.op = Op::number, .place = place()};
  std::size_t end = at_;
  while (end < text_.size() && is_digit(text_[end])) ++end;
  bool fraction = end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1]);
  if (fraction) ++end;
  while (fraction && end < text_.size() && is_digit(text_[end])) ++end;
  std::from_chars(text_.data() + at_, text_.data() + end, made.number);
  at_ = end;
  return made;
}

Result<void> ExpressionParser::escape(std::string& to) {
  constexpr std::string_view kFrom = "\"'\\nrtbflga{=", kTo = "\"'\\\n\r\t\b\f<>&{=";
  char c = at_ < text_.size() ? text_[at_] : ' ';
  if (std::size_t known = kFrom.find(c); known != kFrom.npos) {
    // An escaped { is no beginning of an interpolation: \x01 keeps them apart until then.
    if (c == '{') to += '\x01';
    to += kTo[known];
    ++at_;
    return {};
  }
  if (c != 'x') return refuse(place(), "the escape '\\" + std::string(1, c) + "' is not known");
  unsigned code = 0;
  std::string_view digits = text_.substr(at_ + 1, 4);
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (problem != std::errc()) return refuse(place(), "\\x needs hexadecimal digits");
  char bytes[4];
  to.append(bytes, el::put_character(bytes, code));
  at_ += 1 + static_cast<std::size_t>(end - digits.data());
  return {};
}

Result<std::string> ExpressionParser::quoted() {
  Place where = place();
  bool raw = text_[at_] == 'r';
  if (raw) ++at_;
  char quote = text_[at_++];
  std::string read;
  while (at_ < text_.size() && text_[at_] != quote) {
    if (!raw && text_[at_] == '\\') {
      ++at_;
      TRY(escape(read));
    } else {
      // In a raw text nothing is special.
      if (raw && text_[at_] == '{') read += '\x01';
      read += text_[at_++];
    }
  }
  if (at_ >= text_.size()) return refuse(where, "a text is not closed");
  ++at_;
  return read;
}

Result<std::string> ExpressionParser::plain_text() {
  skip_blanks();
  if (!ahead("\"") && !ahead("'")) return refuse(place(), "expected a text in quotes");
  TRY(std::string read, quoted());
  std::erase(read, '\x01');
  return read;
}

Result<Expression> ExpressionParser::text_literal() {
  Place where = place();
  TRY(std::string read, quoted());
  return interpolated(std::move(read), where);
}

// A text with ${..} in it.
Result<Expression> ExpressionParser::interpolated(std::string text, Place where) {
  std::vector<Expression> parts;
  auto plain = [&](std::string_view part) {
    if (part.empty()) return;
    Expression made{.op = Op::text, .place = where, .name = std::string(part)};
    std::erase(made.name, '\x01');
    parts.push_back(std::move(made));
  };
  std::size_t begin = 0;
  for (;;) {
    std::size_t open = text.find("${", begin);
    plain(std::string_view(text).substr(begin, open == text.npos ? open : open - begin));
    if (open == text.npos) break;
    std::size_t close = text.find('}', open);
    if (close == text.npos) return refuse(where, "a ${ inside a text is not closed");
    ExpressionParser inner({std::string_view(text).substr(open + 2, close - open - 2), where});
    inner.depth_ = depth_;
    TRY(Expression part, inner.expression());
    TRY(inner.end());
    parts.push_back(std::move(part));
    begin = close + 1;
  }
  if (parts.empty()) return Expression{.op = Op::text, .place = where};
  if (parts.size() == 1 && parts[0].op == Op::text) return std::move(parts[0]);
  return make(Op::joined, where, std::move(parts));
}

}  // namespace perigee::freemarker
