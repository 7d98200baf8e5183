#include "el/regex.hpp"

#include <re2/re2.h>

#include <utility>

namespace perigee::el {
namespace {

std::unexpected<Error> refuse(std::string_view pattern, const std::string& reason) {
  return fail(ErrorCode::evaluation,
              "the regular expression '" + std::string(pattern.substr(0, 200)) + "': " + reason);
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
      return refuse(in_, "possessive quantifiers are not supported");
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
      return refuse(in_, "a class inside a class is not supported; write \\[ for a bracket");
    if (ahead("&&")) return refuse(in_, "intersections of classes (&&) are not supported");
    if (c == ']') class_depth_ = 0;
    out_ += c;
    ++at_;
    return {};
  }

  Result<void> group() {
    if (ahead("(?=") || ahead("(?!") || ahead("(?<=") || ahead("(?<!"))
      return refuse(in_, "look-around is not supported");
    if (ahead("(?>")) return refuse(in_, "atomic groups are not supported");
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

  Result<void> flags() {
    std::size_t end = in_.find_first_of("):", at_);
    std::string_view flags = in_.substr(at_ + 2, end == in_.npos ? in_.npos : end - at_ - 2);
    if (flags.find_first_not_of("ims-") != flags.npos)
      return refuse(in_, "only the flags i, m and s are supported");
    if (flags.substr(0, flags.find('-')).find('s') != flags.npos) dot_is_all_ = true;
    out_ += "(?";
    at_ += 2;
    return {};
  }

  Result<void> escape() {
    if (at_ + 1 == in_.size()) return refuse(in_, "it ends with a backslash");
    char c = in_[at_ + 1];
    if (c >= '1' && c <= '9') return refuse(in_, "back-references are not supported");
    if (c == 'k') return refuse(in_, "back-references are not supported");
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

Regex::Regex(std::unique_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Regex::~Regex() = default;

Result<std::unique_ptr<const Regex>> Regex::compile(std::string_view java_pattern) {
  TRY(std::string pattern, translate_java_pattern(java_pattern));
  auto compiled = std::make_unique<const re2::RE2>(pattern, quiet());
  if (!compiled->ok()) return refuse(java_pattern, compiled->error());
  return std::unique_ptr<const Regex>(new Regex(std::move(compiled)));
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

int Regex::group_number(std::string_view name) const {
  const auto& names = compiled_->NamedCapturingGroups();
  auto found = names.find(std::string(name));
  return found == names.end() ? -1 : found->second;
}

std::map<std::string, int> Regex::named_groups() const { return compiled_->NamedCapturingGroups(); }

}  // namespace perigee::el
