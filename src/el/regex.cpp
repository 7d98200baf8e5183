#include "el/regex.hpp"

#include <re2/re2.h>
#include <time.h>

#include <algorithm>
#include <utility>

namespace perigee::el {
namespace {

std::unexpected<Error> refuse(std::string_view pattern, const std::string& reason,
                              ErrorCode code = ErrorCode::evaluation) {
  return fail(code,
              "the regular expression '" + std::string(pattern.substr(0, 200)) + "': " + reason);
}

// What Java has and this engine has not.
std::unexpected<Error> unsupported(std::string_view pattern, const std::string& reason) {
  return refuse(pattern, reason, ErrorCode::unsupported);
}

constexpr std::pair<std::string_view, std::string_view> kPosixClasses[] = {
    {"Lower", "lower"}, {"Upper", "upper"}, {"ASCII", "ascii"}, {"Alpha", "alpha"},
    {"Digit", "digit"}, {"Alnum", "alnum"}, {"Punct", "punct"}, {"Graph", "graph"},
    {"Print", "print"}, {"Blank", "blank"}, {"Cntrl", "cntrl"}, {"XDigit", "xdigit"},
    {"Space", "space"},
};

// Java's `.` excludes more line ends than RE2's.
constexpr std::string_view kDot = "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]";

// Walks a Java pattern once and writes RE2's.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : in_(pattern) {}

  Result<std::string> run() {
    while (at_ < in_.size()) {
      TRY(step());
    }
    if (class_depth_ > 0) return refuse(in_, "a '[' is not closed");
    return std::move(out_);
  }

 private:
  bool ahead(std::string_view text) const { return in_.substr(at_).starts_with(text); }

  Result<void> step() {
    char c = in_[at_];
    if (c == '\\') return escape();
    if (class_depth_ > 0) return in_class(c);
    if (c == '[') return open_class();
    if (c == '(') return group();
    if (c == '.') {
      out_ += dot_is_all_ ? "." : kDot;
      ++at_;
      return {};
    }
    bool repeats = c == '*' || c == '+' || c == '?' || c == '}';
    if (repeats && at_ + 1 < in_.size() && in_[at_ + 1] == '+')
      return unsupported(in_, "possessive quantifiers are not supported");
    out_ += c;
    ++at_;
    return {};
  }

  Result<void> open_class() {
    class_depth_ = 1;
    out_ += '[';
    ++at_;
    if (ahead("^")) {
      out_ += '^';
      ++at_;
    }
    if (ahead("]")) {
      out_ += "\\]";
      ++at_;
    }
    return {};
  }

  Result<void> in_class(char c) {
    if (c == '[')
      return unsupported(in_, "a class inside a class is not supported; write \\[ for a bracket");
    if (ahead("&&")) return unsupported(in_, "intersections of classes (&&) are not supported");
    if (c == ']') class_depth_ = 0;
    out_ += c;
    ++at_;
    return {};
  }

  Result<void> group() {
    if (ahead("(?=") || ahead("(?!") || ahead("(?<=") || ahead("(?<!"))
      return unsupported(in_, "look-around is not supported");
    if (ahead("(?>")) {
      // Of alternatives that are one character each, only one fits: there is nothing to go back to.
      if (!is_single_characters(at_ + 3))
        return unsupported(in_, "an atomic group may only hold single characters, as in (?>a|\\d)");
      out_ += "(?:";
      at_ += 3;
      return {};
    }
    if (ahead("(?<")) {
      out_ += "(?P<";
      at_ += 3;
      return {};
    }
    if (ahead("(?") && !ahead("(?:")) return flags();
    out_ += '(';
    ++at_;
    return {};
  }

  // Whether alternatives of one character each stand from `at` to the end of the group.
  bool is_single_characters(std::size_t at) const {
    constexpr std::string_view kClasses = "dDsSwW";
    while (true) {
      std::string_view rest = in_.substr(at);
      bool is_escaped = rest.size() > 1 && rest[0] == '\\';
      char c = is_escaped ? rest[1] : rest.empty() ? ')' : rest[0];
      bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      bool is_one = is_escaped ? !is_letter || kClasses.contains(c)
                               : !std::string_view("()[]{}|*+?^$\\").contains(c);
      if (!is_one) return false;
      at += is_escaped ? 2 : 1;
      if (at >= in_.size() || (in_[at] != '|' && in_[at] != ')')) return false;
      if (in_[at++] == ')') return true;
    }
  }

  Result<void> flags() {
    std::size_t end = in_.find_first_of("):", at_);
    std::string_view flags = in_.substr(at_ + 2, end == in_.npos ? in_.npos : end - at_ - 2);
    if (flags.find_first_not_of("ims-") != flags.npos)
      return unsupported(in_, "only the flags i, m and s are supported");
    if (flags.substr(0, flags.find('-')).find('s') != flags.npos) dot_is_all_ = true;
    out_ += "(?";
    at_ += 2;
    return {};
  }

  Result<void> escape() {
    if (at_ + 1 == in_.size()) return refuse(in_, "it ends with a backslash");
    char c = in_[at_ + 1];
    if (c >= '1' && c <= '9') return unsupported(in_, "back-references are not supported");
    if (c == 'k') return unsupported(in_, "back-references are not supported");
    if (c == 'Q') return quotation();
    if (c == 'u') return code_point();
    if (c == 'p' || c == 'P') return property(c == 'P');
    if (c == 's' || (c == 'S' && class_depth_ == 0)) {
      std::string_view set = c == 's' ? "\\s\\x0b" : "^\\s\\x0b";
      out_ += class_depth_ > 0 ? std::string(set) : "[" + std::string(set) + "]";
    } else {
      out_ += in_.substr(at_, 2);
    }
    at_ += 2;
    return {};
  }

  Result<void> quotation() {
    std::size_t end = in_.find("\\E", at_);
    std::string_view quoted = in_.substr(at_ + 2, end == in_.npos ? in_.npos : end - at_ - 2);
    out_ += re2::RE2::QuoteMeta(re2::StringPiece(quoted.data(), quoted.size()));
    at_ = end == in_.npos ? in_.size() : end + 2;
    return {};
  }

  Result<void> code_point() {
    std::string_view digits = in_.substr(at_ + 2).substr(0, 4);
    if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos)
      return refuse(in_, "\\u needs four hexadecimal digits");
    out_ += "\\x{" + std::string(digits) + "}";
    at_ += 6;
    return {};
  }

  Result<void> property(bool negated) {
    std::size_t end = in_.find('}', at_);
    if (in_.substr(at_ + 2).starts_with('{') && end != in_.npos) {
      std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
      for (auto [java, posix] : kPosixClasses) {
        if (name != java) continue;
        std::string set = (negated ? "[:^" : "[:") + std::string(posix) + ":]";
        out_ += class_depth_ > 0 ? set : "[" + set + "]";
        at_ = end + 1;
        return {};
      }
    }
    out_ += in_.substr(at_, 2);
    at_ += 2;
    if (ahead("{")) {
      out_ += in_.substr(at_, end == in_.npos ? in_.npos : end + 1 - at_);
      at_ = end == in_.npos ? in_.size() : end + 1;
    }
    return {};
  }

  std::string_view in_;
  std::string out_;
  std::size_t at_ = 0;
  int class_depth_ = 0;
  bool dot_is_all_ = false;
};

re2::RE2::Options quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

}  // namespace

Result<std::string> translate_java_pattern(std::string_view java_pattern) {
  if (java_pattern.size() > kPatternBytesMax)
    return refuse(java_pattern,
                  "is longer than " + std::to_string(kPatternBytesMax) + " characters");
  return Translator(java_pattern).run();
}

namespace {

thread_local PatternAllowance* allowance = nullptr;

}  // namespace

PatternAllowance::PatternAllowance() : outer_(std::exchange(allowance, this)) {}
PatternAllowance::~PatternAllowance() { allowance = outer_; }

Result<void> PatternAllowance::take(std::size_t bytes) {
  if (!allowance) return {};
  allowance->left_ -= std::min(allowance->left_, bytes);
  if (allowance->left_ > 0) return {};
  return fail(ErrorCode::limit,
              "with it the regular expressions of the definition take more than " +
                  std::to_string(kBytes) + " bytes");
}

Regex::Regex(std::unique_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Regex::~Regex() = default;

Result<std::unique_ptr<const Regex>> Regex::compile(std::string_view java_pattern) {
  if (Result<void> left = PatternAllowance::check(); !left)
    return refuse(java_pattern, left.error().message);
  TRY(std::string pattern, translate_java_pattern(java_pattern));
  auto compiled = std::make_unique<const re2::RE2>(pattern, quiet());
  if (!compiled->ok()) return refuse(java_pattern, compiled->error());
  std::unique_ptr<const Regex> made(new Regex(std::move(compiled)));
  if (Result<void> taken = PatternAllowance::take(made->bytes()); !taken)
    return refuse(java_pattern, taken.error().message);
  return made;
}

bool Regex::matches_all(std::string_view text) const {
  return re2::RE2::FullMatchN(re2::StringPiece(text.data(), text.size()), *compiled_, nullptr, 0);
}

bool Regex::find(std::string_view text, std::size_t from, Match& match) const {
  re2::StringPiece pieces[kGroupsMax];
  int count = std::min(compiled_->NumberOfCapturingGroups() + 1, static_cast<int>(kGroupsMax));
  if (!compiled_->Match({text.data(), text.size()}, from, text.size(), re2::RE2::UNANCHORED, pieces,
                        count))
    return false;
  match.group_count = static_cast<std::size_t>(count);
  for (int i = 0; i < count; ++i) match.groups[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

std::size_t pattern_bytes(int program_size) {
  constexpr std::size_t kInstructionBytes = 16;
  return static_cast<std::size_t>(program_size) * kInstructionBytes;
}

std::size_t Regex::bytes() const { return pattern_bytes(compiled_->ProgramSize()); }

namespace {

constexpr std::size_t kPiece = 16 * 1024;  // a text that is no longer has one
constexpr std::size_t kLooksPerClock = 8;  // of such a text

// What this thread has worked: others that share its CPU do not count.
std::chrono::nanoseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

// A search within each piece meets what one through the whole text would.
bool Search::is_affordable() const {
  Regex::Match match;
  for (std::size_t at = 0; at < text_.size(); at += kPiece) {
    pattern_.find(text_.substr(at, kPiece), 0, match);
    if (cpu_time() - begun_ > kSearchTimeMax) return false;
  }
  return true;
}

bool Search::may_go_on() {
  const bool is_long = text_.size() > kPiece;
  const std::size_t looks = looks_++;
  if (!is_long && looks % kLooksPerClock != 1) return in_time_;
  if (begun_ == begun_.zero()) {
    begun_ = cpu_time();
    in_time_ = !is_long || is_affordable();
  } else {
    in_time_ = in_time_ && cpu_time() - begun_ <= kSearchTimeMax;
  }
  return in_time_;
}

bool Search::find(std::size_t from, Regex::Match& match) {
  return may_go_on() && pattern_.find(text_, from, match);
}

bool Search::matches_all() { return may_go_on() && pattern_.matches_all(text_); }

int Regex::group_number(std::string_view name) const {
  const auto& names = compiled_->NamedCapturingGroups();
  auto found = names.find(std::string(name));
  return found == names.end() ? -1 : found->second;
}

std::map<std::string, int> Regex::named_groups() const { return compiled_->NamedCapturingGroups(); }

}  // namespace perigee::el
