// Template: a text with expressions, compiled once at load and evaluated on any worker.
//
//   TRY(auto condition, el::Template::compile("{#request.headers['X-A'][0] == 'v'}", options));
//   TRY(bool holds, condition.condition(exchange_variables, exchange.arena));
//
// Immutable; copies share the program. What evaluation gives is a view into the exchange, the
// program or the arena. Errors carry the expression and the reason (ErrorCode::evaluation; compile
// errors also the column). What a version does not support yet is ErrorCode::unsupported at
// compile; a call that the sandbox forbids compiles and fails when it is reached, as in the
// reference.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "el/variables.hpp"

namespace perigee::el {

inline constexpr std::size_t kTextBytesMax = 64 * 1024;  // of a template
inline constexpr std::size_t kNestingMax = 256;          // parentheses, indexes, arguments
inline constexpr std::size_t kChainMax = 1000;           // length of `a.b.c..` or `a + b + ..`
inline constexpr std::size_t kWarningsMax = 20;          // of a template
inline constexpr std::size_t kStepsMax = 200'000;        // nodes visited by one evaluation
inline constexpr std::size_t kBuiltBytesMax = 16 * 1024 * 1024;  // texts made by one evaluation
// Of all evaluations over the same variables, those of one exchange.
inline constexpr std::size_t kStepsOfAllMax = 10'000'000;
inline constexpr std::size_t kBuiltBytesOfAllMax = 256 * 1024 * 1024;
inline constexpr std::size_t kValueDepthMax = 1000;  // of a value that is compared or made a text

// What has to be there before an evaluation, so that it never waits. A body counts only when the
// expression names it literally (`#request.content`).
struct Needs {
  enum Bit : std::uint8_t {
    request_body = 1,
    response_body = 2,
    tls = 4,
    subscription = 8,
    secrets = 16
  };
  std::uint8_t bits = 0;
  bool has(Bit bit) const { return (bits & bit) != 0; }
  void add(Bit bit) { bits |= bit; }
  friend bool operator==(Needs, Needs) = default;
};

struct Options {
  // Called at compile for each name that a Reference carries (a header, an attribute, a parameter);
  // the number is handed back in Reference::id, so that an exchange need not compare texts.
  std::uint32_t (*name_id)(Access access, std::string_view name) = nullptr;
  // Names of variables that are not ours and may be there (#group): no warning.
  std::span<const std::string_view> variables = {};
};

struct Program;

class Template {
 public:
  static Result<Template> compile(std::string_view text, const Options& options = {});
  // The template of a text that does not compile; it fails with `error` whenever it is evaluated.
  // For callers that deploy it as the reference does: it refuses the request, not the API.
  static Template refused(std::string_view text, Error error);

  Needs needs() const;
  // No expression in it; then text() is known: constant_text().
  bool is_constant() const;
  std::string_view constant_text() const;
  std::string_view source() const;
  // What compiles and is probably not meant (a name that does not exist, a call that is forbidden):
  // "column 12: reason", the first kWarningsMax of them.
  std::span<const std::string> warnings() const;

  // nullopt is "no value": a single expression that gave null.
  Result<std::optional<std::string_view>> text(const Variables& variables, Arena& arena) const;
  // No value is false.
  Result<bool> condition(const Variables& variables, Arena& arena) const;
  Result<std::optional<std::int64_t>> integer(const Variables& variables, Arena& arena) const;
  // Unconverted; text and expressions together give text.
  Result<Value> value(const Variables& variables, Arena& arena) const;

 private:
  explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace perigee::el
