// Template: a text in the FreeMarker language, compiled.
//
//   TRY(auto greeting, freemarker::Template::compile("Hello ${user.name!'stranger'}!"));
//   TRY(std::string_view text, greeting.render(model, arena, {}));
//
// Immutable; copies share the program. Errors say line and column.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "el/value.hpp"

namespace perigee::freemarker {

inline constexpr std::size_t kTemplateBytesMax = 256 * 1024;
inline constexpr std::size_t kNestingMax = 100;    // of parentheses and directives
inline constexpr std::size_t kDepthMax = 200;      // of an expression, chains included
inline constexpr std::size_t kJsonDepthMax = 256;  // of what ?eval reads

// Of one rendering.
struct Limits {
  std::size_t output_bytes_max = 10 << 20;
  std::size_t steps_max = 2'000'000;
  std::size_t loop_turns_max = 200'000;    // of all loops
  std::size_t built_bytes_max = 32 << 20;  // texts and lists
};

struct Program;

class Template {
 public:
  static Result<Template> compile(std::string_view text);
  // `model`: what stands under each name; absent() and null are "missing". The text lives in the
  // arena. ErrorCode::evaluation: something is missing or of a wrong kind; limit: one of `limits`.
  Result<std::string_view> render(const el::Object& model, Arena& arena,
                                  const Limits& limits) const;

 private:
  explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace perigee::freemarker
