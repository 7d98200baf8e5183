#include "base/log_pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log_date.hpp"

namespace perigee::log {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool any_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 2> kDate = {"d", "date"};
constexpr std::array<std::string_view, 2> kThread = {"t", "thread"};
constexpr std::array<std::string_view, 3> kLevel = {"p", "le", "level"};
constexpr std::array<std::string_view, 3> kLogger = {"c", "lo", "logger"};
constexpr std::array<std::string_view, 3> kMessage = {"m", "msg", "message"};
constexpr std::array<std::string_view, 2> kMdc = {"X", "mdc"};
// Exceptions of Java, which no line here has.
constexpr std::array<std::string_view, 12> kThrowable = {
    "ex",  "exception",  "throwable",  "xEx",           "xException", "xThrowable",
    "rEx", "rException", "rThrowable", "rootException", "nopex",      "nopexception"};

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

// Where the `count`th character begins.
std::size_t offset_of(std::string_view text, std::size_t count) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((text[at] & 0xc0) != 0x80 && count-- == 0) return at;
  }
  return text.size();
}

// As logback: parts are cut to their first letter from the left until the name fits; the last one
// stays whole.
std::string shortened(std::string_view logger, std::size_t length) {
  if (length == 0) return std::string(logger.substr(logger.rfind('.') + 1));
  std::string name;
  std::size_t too_long = logger.size() > length ? logger.size() - length : 0;
  for (std::size_t dot; (dot = logger.find('.')) != logger.npos; logger.remove_prefix(dot + 1)) {
    std::size_t kept = too_long > 0 && dot > 1 ? 1 : dot;
    too_long -= std::min(too_long, dot - kept);
    name.append(logger.substr(0, kept)).append(1, '.');
  }
  return name.append(logger);
}

}  // namespace

// Reads one pattern from left to right.
class PatternReader {
 public:
  PatternReader(std::string_view text, std::vector<std::string>& warnings)
      : rest_(text), warnings_(warnings) {}

  std::vector<Pattern::Piece> read(bool in_group, int depth = 0) {
    std::vector<Pattern::Piece> pieces;
    while (!rest_.empty() && !(in_group && rest_.front() == ')')) {
      if (rest_.front() == '%') {
        rest_.remove_prefix(1);
        conversion(pieces, depth);
      } else {
        literal(pieces, character());
      }
    }
    if (in_group && !rest_.empty()) rest_.remove_prefix(1);
    return pieces;
  }

 private:
  using Kind = Pattern::Kind;
  using Piece = Pattern::Piece;

  static void literal(std::vector<Piece>& pieces, char c) {
    bool appendable = !pieces.empty() && pieces.back().kind == Kind::literal &&
                      pieces.back().width_min == 0 && pieces.back().width_max == std::string::npos;
    if (!appendable) pieces.emplace_back();
    pieces.back().text += c;
  }

  char take() {
    char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  // One character, or what a backslash stands for.
  char character() {
    char c = take();
    if (c != '\\' || rest_.empty()) return c;
    char escaped = take();
    return escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
  }

  bool number(std::size_t& into) {
    constexpr std::size_t kWidthMax = 1000;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), into);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    into = std::min(into, kWidthMax);
    return true;
  }

  bool next_is(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A long pattern may give reason to thousands.
  void warn(std::string text) {
    constexpr std::size_t kWarningsMax = 20;
    if (warnings_.size() < kWarningsMax) warnings_.push_back(std::move(text));
  }

  void widths(Piece& piece) {
    piece.pads_right = next_is('-');
    if (!rest_.empty() && is_digit(rest_.front())) number(piece.width_min);
    if (!next_is('.')) return;
    piece.cuts_end = next_is('-');
    if (!number(piece.width_max)) piece.width_max = std::string::npos;
  }

  std::string option() {
    if (!next_is('{')) return {};
    std::size_t end = std::min(rest_.find('}'), rest_.size());
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return text;
  }

  // What follows a '%'.
  void conversion(std::vector<Piece>& pieces, int depth) {
    constexpr int kDepthMax = 16;
    Piece piece;
    widths(piece);
    if (next_is('%')) return literal(pieces, '%');
    std::size_t letters = 0;
    while (letters < rest_.size() && is_letter(rest_[letters])) ++letters;
    std::string word(rest_.substr(0, letters));
    rest_.remove_prefix(letters);
    std::string argument = option();
    if (depth < kDepthMax && next_is('(')) {
      if (!word.empty()) warn("%" + word + "(...): printed without its effect");
      piece.kind = Kind::group;
      piece.inside = read(true, depth + 1);
      pieces.push_back(std::move(piece));
    } else if (word == "n") {
      literal(pieces, '\n');
    } else if (any_of(word, kMdc)) {
      mdc(pieces, std::move(piece), argument);
    } else if (known(piece, word, argument)) {
      pieces.push_back(std::move(piece));
    } else if (!any_of(word, kThrowable)) {
      warn("%" + word + ": left out; date, thread, level, logger, msg, X{api} and n are known");
    }
  }

  bool known(Piece& piece, const std::string& word, const std::string& argument) {
    if (any_of(word, kDate)) {
      date(piece, argument);
    } else if (any_of(word, kThread)) {
      piece.kind = Kind::thread;
    } else if (any_of(word, kLevel)) {
      piece.kind = Kind::level;
    } else if (any_of(word, kMessage)) {
      piece.kind = Kind::message;
    } else if (any_of(word, kLogger)) {
      piece.kind = Kind::logger;
      piece.shortened =
          std::from_chars(argument.data(), argument.data() + argument.size(), piece.length).ec ==
          std::errc();
    } else {
      return false;
    }
    return true;
  }

  // "HH:mm:ss.SSS", "ISO8601", "yyyy-MM-dd, UTC".
  void date(Piece& piece, std::string argument) {
    piece.kind = Kind::date;
    if (auto comma = argument.rfind(", "); comma != argument.npos) {
      std::string zone = argument.substr(comma + 2);
      piece.utc = zone == "UTC" || zone == "GMT" || zone == "Z";
      if (!piece.utc) warn("time zone '" + zone + "': local time is printed; UTC is known");
      argument.resize(comma);
    }
    while (argument.starts_with('"') || argument.starts_with(' ')) argument.erase(0, 1);
    while (argument.ends_with('"') || argument.ends_with(' ')) argument.pop_back();
    if (argument.empty() || argument == "ISO8601") argument = "yyyy-MM-dd HH:mm:ss,SSS";
    if (argument == "STRICT") argument = "yyyy-MM-dd'T'HH:mm:ss,SSS";
    if (std::string unknown = unknown_letters(argument); !unknown.empty())
      warn("date '" + argument + "': no meaning is known for '" + unknown + "'");
    piece.text = std::move(argument);
  }

  // %X{api}; other keys have no value here, so that their default is printed.
  void mdc(std::vector<Piece>& pieces, Piece piece, const std::string& argument) {
    std::size_t colon = argument.find(":-");
    std::string key = argument.substr(0, colon);
    if (key == "api" || key == "apiId") {
      piece.kind = Kind::api;
      pieces.push_back(std::move(piece));
      return;
    }
    warn("%X{" + key + "}: has no value here; X{api} is known");
    if (colon != argument.npos) piece.text = argument.substr(colon + 2);
    pieces.push_back(std::move(piece));
  }

  std::string_view rest_;
  std::vector<std::string>& warnings_;
};

Pattern Pattern::compile(std::string_view text, std::vector<std::string>& warnings) {
  Pattern pattern;
  PatternReader reader(text, warnings);
  pattern.pieces_ = reader.read(false);
  return pattern;
}

std::string Pattern::formatted(const Line& line) const {
  std::string to;
  append(to, pieces_, line);
  if (!to.ends_with('\n')) to += '\n';
  return to;
}

void Pattern::append(std::string& to, const std::vector<Piece>& pieces, const Line& line) {
  for (const Piece& piece : pieces) append(to, piece, line);
}

void Pattern::append(std::string& to, const Piece& piece, const Line& line) {
  std::string text;
  switch (piece.kind) {
    case Kind::literal:
      text = piece.text;
      break;
    case Kind::date:
      append_date(text, piece.text, line.time, piece.utc);
      break;
    case Kind::thread:
      append_plain(text, line.thread);
      break;
    case Kind::level:
      text = to_string(line.level);
      break;
    case Kind::logger:
      append_plain(
          text, piece.shortened ? shortened(line.logger, piece.length) : std::string(line.logger));
      break;
    case Kind::message:
      append_plain(text, line.message);
      break;
    case Kind::api:
      append_plain(text, line.api_id);
      break;
    case Kind::group:
      append(text, piece.inside, line);
      break;
  }
  std::size_t length = characters(text);
  if (length > piece.width_max) {
    std::size_t cut = offset_of(text, piece.cuts_end ? piece.width_max : length - piece.width_max);
    piece.cuts_end ? text.resize(cut) : static_cast<void>(text.erase(0, cut));
  } else if (length < piece.width_min) {
    std::size_t blanks = piece.width_min - length;
    piece.pads_right ? text.append(blanks, ' ') : text.insert(0, blanks, ' ');
  }
  to += text;
}

}  // namespace perigee::log
