#include "config/utf16.hpp"

#include <algorithm>
#include <optional>

namespace perigee::config {
namespace {

using std::string_view_literals::operator""sv;

bool is_utf32(std::string_view text) {
  const std::string_view four = text.substr(0, 4);
  return four.size() == 4 && (four.starts_with("\0\0"sv) || four.substr(2) == "\0\0"sv);
}

bool is_big_endian(std::string_view text) {
  return text.starts_with("\xFE\xFF") || text.starts_with('\0');
}

void append_utf8(std::string& to, char32_t c) {
  const auto put = [&](char32_t byte) { to.push_back(static_cast<char>(byte)); };
  const auto more = [&](int shift) { put(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    more(0);
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    more(6);
    more(0);
  } else {
    put(0xf0 | (c >> 18));
    more(12);
    more(6);
    more(0);
  }
}

class Units {
 public:
  explicit Units(std::string_view text) : text_(text), high_(is_big_endian(text) ? 0 : 1) {
    if (unit(0) == 0xfeff) at_ = 2;
  }

  bool ended() const { return at_ >= text_.size(); }

  // The next character; none when it is half of one.
  std::optional<char32_t> next() {
    if (at_ + 1 == text_.size()) return std::nullopt;
    const char32_t first = unit(at_);
    at_ += 2;
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first > 0xdbff || at_ + 2 > text_.size()) return std::nullopt;
    const char32_t second = unit(at_);
    at_ += 2;
    if (second < 0xdc00 || second > 0xdfff) return std::nullopt;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  }

 private:
  char32_t unit(std::size_t at) const {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text_[i]); };
    return at + 1 < text_.size() ? char32_t{byte(at + high_)} << 8 | byte(at + 1 - high_) : 0;
  }

  std::string_view text_;
  std::size_t high_;  // where the high byte of a unit is
  std::size_t at_ = 0;
};

}  // namespace

bool is_wide(std::string_view text) {
  return text.substr(0, 2).contains('\0') || text.starts_with("\xFE\xFF") ||
         text.starts_with("\xFF\xFE");
}

Result<std::string> narrowed(std::string_view wide) {
  if (is_utf32(wide)) return fail(ErrorCode::invalid, "1: the file is UTF-32; save it as UTF-8");
  std::string text;
  text.reserve(wide.size() / 2);
  for (Units units(wide); !units.ended();) {
    const std::optional<char32_t> c = units.next();
    if (!c) {
      return fail(ErrorCode::invalid, std::to_string(std::ranges::count(text, '\n') + 1) +
                                          ": the file is not valid UTF-16; save it as UTF-8");
    }
    append_utf8(text, *c);
  }
  return text;
}

}  // namespace perigee::config
