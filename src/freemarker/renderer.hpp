// Renderer: one rendering of a template on its way. Internal to freemarker.
//
// Values: absent() is "missing" (null too), failed() means that the rendering has failed and why
// stands in the error.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "freemarker/ast.hpp"
#include "freemarker/template.hpp"

namespace perigee::freemarker {

struct Use;

class Renderer {
 public:
  Renderer(const el::Object& model, Arena& arena, const Limits& limits)
      : model_(model), arena_(arena), limits_(limits) {}

  Result<std::string_view> run(const Program& program);

  // For built-ins.
  Arena& arena() { return arena_; }
  el::Value evaluate(const Expression& expression);
  // The same; what is missing is an error.
  el::Value required(const Expression& expression);
  el::Value call(const Expression& lambda, el::Value argument);
  el::Value fail(Place place, const std::string& why, ErrorCode code = ErrorCode::evaluation);
  bool failed() const { return error_.has_value(); }
  // Counts what is about to be done, or made.
  bool step(Place place, std::size_t count = 1);
  bool build(Place place, std::size_t bytes);
  el::Value text(Place place, std::string_view text);  // copied
  el::Value list(Place place, std::span<const el::Value> items);
  // As ${..} writes it; nothing after a failure. Missing values are errors.
  std::optional<std::string_view> text_of(el::Value value, Place place);
  std::optional<bool> condition(const Expression& expression);
  // A list or the values of a range; nothing after a failure.
  std::optional<std::vector<el::Value>> items_of(el::Value value, Place place);
  el::Value parse_json(std::string_view text, const Use& use);
  std::optional<bool> equal(el::Value a, el::Value b, Place place);
  // Members of a map, by name and all; failed or nothing after a failure.
  el::Value find(el::Value map, std::string_view name, Place place);
  std::optional<std::span<const el::MapEntry>> entries_of(el::Value map, Place place);
  el::Value loop_state(const Expression& expression);

 private:
  enum class Flow : std::uint8_t { next, leave, again, failed };
  struct Loop {
    std::size_t index = 0;
    std::size_t size = 0;
  };
  struct Local {
    std::string_view name;
    el::Value value;
    const Loop* loop;  // null: of a lambda
  };
  struct Listed {  // by a <#list> whose <#items> comes later
    std::vector<el::MapEntry> entries;
    bool is_hash = false;
  };

  // Directives.
  Flow render(const Block& block);
  Flow render(const Node& node);
  Flow render_condition(const Node& node);
  Flow render_list(const Node& node);
  Flow render_items(const Node& node, const Listed& listed, const Block& body);
  Flow render_choice(const Node& node);
  Flow render_attempt(const Node& node);
  Flow render_into(const Block& block, std::string& to);
  Flow assign(const Node& node);
  Flow set_format(const Node& node);
  std::optional<Listed> listed(const Node& node);
  bool write(std::string_view text, Place place);
  // "`does` more than `max` `what`" is the error; false after any.
  bool within(Place place, std::size_t count, std::size_t max, std::string_view does,
              std::string_view what);

  // Expressions.
  el::Value variable(const Expression& expression);
  el::Value member(const Expression& expression);
  el::Value member_of(el::Value target, std::string_view name, Place place);
  el::Value index(const Expression& expression);
  el::Value slice(el::Value target, const Expression& range);
  el::Value call_getter(const Expression& expression);
  el::Value builtin(const Expression& expression);
  el::Value fallback(const Expression& expression);
  el::Value forgiving(const Expression& expression);
  el::Value joined(const Expression& expression);
  el::Value add(el::Value a, el::Value b, Place place);
  el::Value arithmetic(const Expression& expression);
  el::Value comparison(const Expression& expression);
  el::Value range(const Expression& expression);
  el::Value list_literal(const Expression& expression);
  el::Value hash_literal(const Expression& expression);
  el::Value merged(el::Value a, el::Value b, Place place);
  std::optional<el::Value> number_format_of(const Expression& expression, std::string_view format);
  void set(std::string_view name, el::Value value);

  const el::Object& model_;
  Arena& arena_;
  const Limits& limits_;
  std::string out_;
  std::optional<Error> error_;
  bool missing_ = false;  // the error is that something is missing
  std::size_t steps_ = 0, turns_ = 0, built_bytes_ = 0;
  std::vector<std::pair<std::string_view, el::Value>> variables_;
  std::vector<Local> locals_;
  std::vector<const Listed*> lists_;
  std::vector<const Loop*> loops_;
  std::string number_format_;
  std::string true_text_, false_text_;
  std::deque<JsonDocument> documents_;
};

// Null is missing, too.
inline el::Value present(el::Value value) { return value.is_null() ? el::Value::absent() : value; }
// What `x!` gives when x is missing: an empty string, sequence and hash in one.
el::Value nothing();
bool is_nothing(el::Value value);
// "a string", "a sequence", ..: for messages.
std::string_view kind_of(el::Value value);

// "request.headers" of the expression that reads it, for messages.
std::string described(const Expression& expression);

}  // namespace perigee::freemarker
