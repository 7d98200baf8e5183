// Finds expressions in text (expression language, 1.1), and Template itself.
#include <algorithm>

#include "el/access.hpp"
#include "el/convert.hpp"
#include "el/evaluator.hpp"
#include "el/parser.hpp"

namespace perigee::el {
namespace {

constexpr std::size_t kShownBytesMax = 200;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Where the expression that may begin at the brace `at` ends (behind its brace); 0 when none does.
// Stops at the third brace, so that finding all expressions of a text stays linear.
std::size_t expression_end(std::string_view text, std::size_t at) {
  std::size_t i = at + 1;
  while (i < text.size() && is_space(text[i])) ++i;
  if (i == text.size() || (text[i] != '#' && text[i] != 'T' && text[i] != '(')) return 0;
  bool is_inner = false;
  for (++i; i < text.size(); ++i) {
    if (text[i] == '{' && is_inner) return 0;
    if (text[i] == '{') is_inner = true;
    if (text[i] != '}') continue;
    if (!is_inner) return i + 1;
    is_inner = false;
  }
  return 0;
}

// On one line, whatever is in it.
std::string shown(std::string_view text) {
  std::string line(text.substr(0, kShownBytesMax));
  std::ranges::replace_if(line, is_space, ' ');
  return "expression '" + line + (line.size() < text.size() ? "...'" : "'");
}

std::unexpected<Error> wrong(const Program& program, Error error) {
  return std::unexpected(std::move(error).in(shown(program.source)));
}

std::unexpected<Error> evaluation_failed(const Program& program, std::uint32_t column,
                                         std::string reason) {
  std::string where = column > 0 ? "column " + std::to_string(column) + ": " : "";
  return wrong(program, Error(ErrorCode::evaluation, where + std::move(reason)));
}

// What begins like an expression and lacks its '#' is text: "{request.method}".
void warn_of_variables(std::string_view text, std::size_t begin, Builder& builder) {
  constexpr std::size_t kNameBytesMax = 20;
  for (std::size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
    std::string_view name = text.substr(at + 1, kNameBytesMax);
    std::size_t end = name.find_first_of(".[");
    if (end == name.npos || !find_variable(name.substr(0, end))) continue;
    builder.warn(
        static_cast<std::uint32_t>(begin + at + 1),
        "'{" + std::string(name.substr(0, end)) + "' is text; an expression begins with '{#'");
  }
}

// Text that has no expression, but the marker of one, is an error and not text.
Result<void> add_text(Program& program, std::size_t begin, std::size_t end, Builder& builder) {
  if (begin == end) return {};
  std::string_view text = std::string_view(program.source).substr(begin, end - begin);
  if (std::size_t marker = text.find("{#"); marker != text.npos)
    return fail_at(static_cast<std::uint32_t>(begin + marker + 1),
                   "'{#' begins an expression whose '}' is missing; braces inside of it, in texts "
                   "too, nest once only");
  warn_of_variables(text, begin, builder);
  program.parts.push_back({true, text, 0});
  return {};
}

Result<void> add_expression(Program& program, std::size_t begin, std::size_t end,
                            Builder& builder) {
  std::string_view text = std::string_view(program.source).substr(begin, end - begin);
  std::string_view inside = text.substr(1, text.size() - 2);
  TRY(NodeId root, Parser(inside, static_cast<std::uint32_t>(begin + 2), builder).parse());
  program.parts.push_back({false, text, root});
  return {};
}

Result<void> build(Program& program, const Options& options) {
  std::string_view text = program.source;
  if (text.size() > kTextBytesMax)
    return fail(ErrorCode::limit, "it is longer than " + std::to_string(kTextBytesMax) + " bytes");
  Builder builder(program, options);
  std::size_t text_begin = 0, at = text.find('{');
  while (at != text.npos) {
    std::size_t end = expression_end(text, at);
    if (end > 0) {
      TRY(add_text(program, text_begin, at, builder));
      TRY(add_expression(program, at, end, builder));
      text_begin = end;
    }
    at = text.find('{', end > 0 ? end : at + 1);
  }
  return add_text(program, text_begin, text.size(), builder);
}

// The texts of all parts, put together.
Result<std::string_view> concatenated(const Program& program, Evaluator& evaluator) {
  Run& run = evaluator.run();
  auto texts = run.arena.array<std::string_view>(program.parts.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Program::Part& part = program.parts[i];
    texts[i] = part.text;
    if (!part.is_text) {
      Value value = evaluator.evaluate(part.root);
      Text text;
      if (!value.is_failed()) text = to_text(value, run);
      if (!text.ok)
        return evaluation_failed(program, evaluator.failed_column(), std::move(run.problem));
      texts[i] = text.text;
    }
    size += texts[i].size();
  }
  if (!run.build(size)) return evaluation_failed(program, 0, std::move(run.problem));
  char* to = static_cast<char*>(run.arena.take(size + 1, 1));
  char* end = to;
  for (std::string_view text : texts) end = std::ranges::copy(text, end).out;
  return std::string_view(to, size);
}

// One evaluation, which adds what it spends to that of the others over the same variables.
class Evaluation {
 public:
  Evaluation(const Program& program, const Variables& variables, Arena& arena)
      : program_(program), variables_(variables), evaluator_(program, variables, arena) {}
  ~Evaluation() {
    variables_.spent().steps += run().steps;
    variables_.spent().built_bytes += run().built_bytes;
  }
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  Run& run() { return evaluator_.run(); }
  Result<Value> value();
  // nullopt: no value.
  Result<std::optional<std::string_view>> text();

 private:
  bool may_begin() const {
    const Spent& spent = variables_.spent();
    return spent.steps <= kStepsOfAllMax && spent.built_bytes <= kBuiltBytesOfAllMax;
  }
  const Program& program_;
  const Variables& variables_;
  Evaluator evaluator_;
};

Result<Value> Evaluation::value() {
  if (program_.refusal) [[unlikely]]
    return std::unexpected(*program_.refusal);
  if (!may_begin()) [[unlikely]] {
    return evaluation_failed(
        program_, 0,
        "the expressions before it have used up what those of one exchange may "
        "spend (" +
            std::to_string(kStepsOfAllMax) + " steps, " + std::to_string(kBuiltBytesOfAllMax) +
            " bytes)");
  }
  if (program_.parts.empty()) return Value::text("");
  if (program_.parts.size() > 1) {
    TRY(std::string_view text, concatenated(program_, evaluator_));
    return Value::text(text);
  }
  const Program::Part& part = program_.parts[0];
  if (part.is_text) return Value::text(part.text);
  Value value = evaluator_.evaluate(part.root);
  if (value.is_failed()) [[unlikely]]
    return evaluation_failed(program_, evaluator_.failed_column(), std::move(run().problem));
  return value;
}

Result<std::optional<std::string_view>> Evaluation::text() {
  TRY(Value result, value());
  if (result.is_text()) return result.as_text();
  Text text = to_text(result, run());
  if (!text.ok) return evaluation_failed(program_, 0, std::move(run().problem));
  return text.is_null ? std::nullopt : std::optional(text.text);
}

}  // namespace

Result<Template> Template::compile(std::string_view text, const Options& options) {
  auto program = std::make_shared<Program>();
  program->source = text;
  if (auto built = build(*program, options); !built)
    return wrong(*program, std::move(built).error());
  return Template(std::move(program));
}

Template Template::refused(std::string_view text, Error error) {
  auto program = std::make_shared<Program>();
  program->source = text;
  program->refusal = std::move(error);
  return Template(std::move(program));
}

Needs Template::needs() const { return program_->needs; }

bool Template::is_constant() const {
  if (program_->refusal) return false;
  return std::ranges::all_of(program_->parts,
                             [](const Program::Part& part) { return part.is_text; });
}

std::string_view Template::constant_text() const {
  return is_constant() ? std::string_view(program_->source) : std::string_view();
}

std::span<const std::string> Template::warnings() const { return program_->warnings; }

std::string_view Template::source() const { return program_->source; }

Result<Value> Template::value(const Variables& variables, Arena& arena) const {
  return Evaluation(*program_, variables, arena).value();
}

Result<std::optional<std::string_view>> Template::text(const Variables& variables,
                                                       Arena& arena) const {
  return Evaluation(*program_, variables, arena).text();
}

Result<bool> Template::condition(const Variables& variables, Arena& arena) const {
  TRY(Value result, value(variables, arena));
  if (result.is_boolean()) return result.as_boolean();
  std::string problem;
  Truth truth = to_boolean(result, problem);
  if (truth == Truth::failed) return evaluation_failed(*program_, 0, std::move(problem));
  return truth == Truth::yes;
}

Result<std::optional<std::int64_t>> Template::integer(const Variables& variables,
                                                      Arena& arena) const {
  TRY(Value result, value(variables, arena));
  std::string problem;
  Number number = to_long(result, problem);
  if (!number.ok) return evaluation_failed(*program_, 0, std::move(problem));
  return number.is_null ? std::nullopt : std::optional(number.value);
}

}  // namespace perigee::el
