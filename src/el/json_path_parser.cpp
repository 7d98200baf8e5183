// Reads a JSONPath.
#include <charconv>

#include "el/convert.hpp"
#include "el/json_path.hpp"
#include "el/regex.hpp"

namespace perigee::el {

class PathParser {
 public:
  PathParser(std::string_view text, int nesting) : text_(text), nesting_(nesting) {}

  // A path of its own: "$.a" or "a".
  Result<std::unique_ptr<const JsonPath>> whole() {
    if (text_.size() > kPathBytesMax)
      return wrong("is longer than " + std::to_string(kPathBytesMax) + " bytes");
    if (text_.empty()) return wrong("is empty");
    bool is_bare = text_[0] != '$' && text_[0] != '@';
    if (!is_bare) ++at_;
    TRY(std::unique_ptr<const JsonPath> path, steps(is_bare));
    if (at_ != text_.size())
      return wrong("has something unexpected at position " + std::to_string(at_));
    return path;
  }

 private:
  using Kind = PathStep::Kind;

  std::unexpected<Error> wrong(const std::string& reason) const {
    return fail(ErrorCode::evaluation,
                "the path '" + std::string(text_.substr(0, 200)) + "' " + reason);
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool ahead(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void blanks() {
    while (peek() == ' ') ++at_;
  }
  bool take(std::string_view what) {
    blanks();
    if (!ahead(what)) return false;
    at_ += what.size();
    return true;
  }

  Result<std::unique_ptr<const JsonPath>> steps(bool is_bare) {
    auto path = std::make_unique<JsonPath>();
    bool needs_name = is_bare && peek() != '[';
    while (needs_name || peek() == '.' || peek() == '[') {
      bool is_deep = !needs_name && ahead("..");
      bool has_dot = needs_name || peek() == '.';
      if (!needs_name) at_ += is_deep ? 2 : peek() == '.' ? 1 : 0;
      needs_name = false;
      if (path->function_ != PathFunction::none) return wrong("goes on after a function");
      if (has_dot && peek() != '[' && peek() != '*') {
        TRY(named(*path, is_deep));
        continue;
      }
      PathStep step;
      step.is_deep = is_deep;
      if (peek() == '*') {
        ++at_;
        step.kind = Kind::wildcard;
      } else {
        TRY(bracket(step));
      }
      append(*path, std::move(step));
    }
    return std::unique_ptr<const JsonPath>(std::move(path));
  }

  static void append(JsonPath& path, PathStep step) {
    path.is_definite_ = path.is_definite_ && step.is_definite();
    path.steps_.push_back(std::move(step));
  }

  // `.name` or `.function()`
  Result<void> named(JsonPath& path, bool is_deep) {
    std::size_t end = text_.find_first_of(".[]()=<>!&| ,~", at_);
    std::string_view name = text_.substr(at_, end == text_.npos ? end : end - at_);
    if (name.empty()) return wrong("misses a name at position " + std::to_string(at_));
    at_ += name.size();
    if (peek() == '(') return function(path, name);
    PathStep step;
    step.is_deep = is_deep;
    step.names.emplace_back(name);
    append(path, std::move(step));
    return {};
  }

  Result<void> function(JsonPath& path, std::string_view name) {
    constexpr std::pair<std::string_view, PathFunction> kFunctions[] = {
        {"length", PathFunction::length}, {"size", PathFunction::length},
        {"min", PathFunction::min},       {"max", PathFunction::max},
        {"sum", PathFunction::sum},       {"avg", PathFunction::avg},
        {"keys", PathFunction::keys},     {"first", PathFunction::first},
        {"last", PathFunction::last},     {"stddev", PathFunction::stddev},
        {"index", PathFunction::index},   {"concat", PathFunction::concat},
        {"append", PathFunction::append},
    };
    for (auto [known, function] : kFunctions) {
      if (known != name) continue;
      path.function_ = function;
      return arguments(path);
    }
    return wrong("uses the function '" + std::string(name) + "', which does not exist");
  }

  Result<void> arguments(JsonPath& path) {
    take("(");
    if (take(")")) return {};
    if (++nesting_ > kFilterNestingMax) return wrong("has too deep a function");
    do {
      TRY(Filter argument, operand());
      path.arguments_.push_back(std::move(argument));
    } while (take(","));
    --nesting_;
    if (!take(")")) return wrong("misses a ')' of a function");
    return {};
  }

  Result<void> bracket(PathStep& step) {
    if (!take("[")) return wrong("misses a '[' at position " + std::to_string(at_));
    blanks();
    if (take("*")) {
      step.kind = Kind::wildcard;
    } else if (take("?")) {
      step.kind = Kind::filter;
      if (!take("(")) return wrong("has a filter without '('");
      TRY(step.filter, any());
      if (!take(")")) return wrong("has a filter without ')'");
    } else if (peek() == '\'' || peek() == '"') {
      do {
        TRY(std::string name, quoted());
        step.names.push_back(std::move(name));
      } while (take(","));
    } else {
      TRY(numbers(step));
    }
    if (!take("]")) return wrong("misses a ']' at position " + std::to_string(at_));
    return {};
  }

  // 1 | 1,2 | 1:2 | :2 | 1:
  Result<void> numbers(PathStep& step) {
    step.kind = Kind::indexes;
    blanks();
    if (peek() != ':') {
      TRY(std::int64_t number, integer());
      step.begin = number;
    }
    if (take(":")) {
      step.kind = Kind::slice;
      blanks();
      if (peek() == ']') return {};
      TRY(std::int64_t number, integer());
      step.end = number;
      return {};
    }
    step.indexes.push_back(*step.begin);
    while (take(",")) {
      TRY(std::int64_t number, integer());
      step.indexes.push_back(number);
    }
    return {};
  }

  Result<std::int64_t> integer() {
    blanks();
    std::int64_t number = 0;
    auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (problem != std::errc()) return wrong("misses a number at position " + std::to_string(at_));
    at_ = static_cast<std::size_t>(end - text_.data());
    return number;
  }

  Result<std::string> quoted() {
    blanks();
    char quote = peek();
    if (quote != '\'' && quote != '"')
      return wrong("misses a quote at position " + std::to_string(at_));
    std::string text;
    for (++at_; peek() != quote; ++at_) {
      if (peek() == '\\') ++at_;
      if (at_ >= text_.size()) return wrong("has a text that is not closed");
      text += peek();
    }
    ++at_;
    return text;
  }

  static Filter combine(FilterOp op, Filter left, Filter right) {
    Filter filter;
    filter.op = op;
    filter.children.push_back(std::move(left));
    filter.children.push_back(std::move(right));
    return filter;
  }

  Result<Filter> any() {
    TRY(Filter left, all());
    while (take("||")) {
      TRY(Filter right, all());
      left = combine(FilterOp::or_, std::move(left), std::move(right));
    }
    return left;
  }

  Result<Filter> all() {
    TRY(Filter left, unary());
    while (take("&&")) {
      TRY(Filter right, unary());
      left = combine(FilterOp::and_, std::move(left), std::move(right));
    }
    return left;
  }

  Result<Filter> unary() {
    if (++nesting_ > kFilterNestingMax) return wrong("has too deep a filter");
    TRY(Filter filter, take("!") ? negated() : take("(") ? parenthesis() : relation());
    --nesting_;
    return filter;
  }

  Result<Filter> negated() {
    Filter filter;
    filter.op = FilterOp::not_;
    TRY(Filter operand, unary());
    filter.children.push_back(std::move(operand));
    return filter;
  }

  Result<Filter> parenthesis() {
    TRY(Filter filter, any());
    if (!take(")")) return wrong("misses a ')' at position " + std::to_string(at_));
    return filter;
  }

  Result<Filter> relation() {
    constexpr std::pair<std::string_view, FilterOp> kOperators[] = {
        {"==", FilterOp::equal},
        {"!=", FilterOp::not_equal},
        {"<=", FilterOp::less_equal},
        {">=", FilterOp::greater_equal},
        {"<", FilterOp::less},
        {">", FilterOp::greater},
        {"=~", FilterOp::matches},
        {"in ", FilterOp::in},
        {"nin ", FilterOp::not_in},
        {"contains ", FilterOp::contains},
        {"size ", FilterOp::size},
        {"empty ", FilterOp::empty},
        {"subsetof ", FilterOp::subset_of},
        {"anyof ", FilterOp::any_of},
        {"noneof ", FilterOp::none_of},
    };
    TRY(Filter left, operand());
    for (auto [written, op] : kOperators) {
      if (!take(written)) continue;
      TRY(Filter right, op == FilterOp::matches ? pattern() : operand());
      return combine(op, std::move(left), std::move(right));
    }
    if (peek() >= 'a' && peek() <= 'z')
      return wrong("has an operator in its filter that does not exist");
    if (left.op != FilterOp::path) return wrong("has a filter that is only a literal");
    Filter exists;
    exists.children.push_back(std::move(left));
    return exists;
  }

  Result<Filter> operand() {
    blanks();
    if (peek() == '@' || peek() == '$') return inner_path();
    if (peek() == '[') return list();
    Filter filter;
    filter.op = FilterOp::literal;
    if (peek() == '\'' || peek() == '"') {
      TRY(filter.text, quoted());
      filter.value = Value::text({});
      return filter;
    }
    std::size_t end = text_.find_first_of(" )=<>!&|,]", at_);
    std::string_view word = text_.substr(at_, end == text_.npos ? end : end - at_);
    at_ += word.size();
    if (word == "true" || word == "false") {
      filter.value = Value::boolean(word == "true");
    } else if (auto whole = parse_integer(word)) {
      filter.value = Value::long_integer(*whole);
    } else if (auto real = parse_real(word)) {
      filter.value = Value::real(*real);
    } else if (word != "null") {
      return wrong("has a filter with '" + std::string(word) + "', which is not a value");
    }
    return filter;
  }

  Result<Filter> inner_path() {
    Filter filter;
    filter.op = FilterOp::path;
    filter.from_root = text_[at_++] == '$';
    TRY(filter.path, steps(false));
    return filter;
  }

  Result<Filter> list() {
    Filter filter;
    filter.op = FilterOp::list;
    take("[");
    if (take("]")) return filter;
    do {
      if (++nesting_ > kFilterNestingMax) return wrong("has too deep a filter");
      TRY(Filter item, operand());
      --nesting_;
      filter.children.push_back(std::move(item));
    } while (take(","));
    if (!take("]")) return wrong("has a list that is not closed");
    return filter;
  }

  // /regex/ or /regex/i
  Result<Filter> pattern() {
    Filter filter;
    filter.op = FilterOp::literal;
    if (!take("/")) return wrong("misses a '/' of a regular expression");
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '/') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return wrong("has a regular expression that is not closed");
    std::string written(text_.substr(at_, end - at_));
    at_ = end + 1;
    if (peek() == 'i') {
      written.insert(0, "(?i)");
      ++at_;
    }
    TRY(filter.regex, Regex::compile(written));
    return filter;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int nesting_;
};

Result<std::unique_ptr<const JsonPath>> JsonPath::compile(std::string_view path) {
  return PathParser(path, 0).whole();
}

}  // namespace perigee::el
