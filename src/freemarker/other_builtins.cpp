// Built-ins of numbers and booleans, of kinds, of what may be missing, and of loops.
#include <array>
#include <cmath>

#include "freemarker/builtins.hpp"
#include "freemarker/numbers.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {
namespace {

using el::Value;

Value fail(const Use& use, const std::string& why) {
  return use.renderer.fail(use.place(), "?" + use.expression.name + ": " + why);
}

Value c(const Use& use) {
  if (use.target.is_boolean()) return Value::text(use.target.as_boolean() ? "true" : "false");
  if (use.target.is_number()) return use.renderer.text(use.place(), computer_text(use.target));
  return fail(use, "expected a number or a boolean, found " + std::string(kind_of(use.target)));
}

// Of a boolean with its two texts, of a number with a format, of a string.
Value string(const Use& use) {
  if (use.target.is_boolean()) {
    if (use.arguments.empty()) return Value::text(use.target.as_boolean() ? "true" : "false");
    if (use.arguments.size() != 2) return fail(use, "a boolean needs two texts");
    return use.arguments[use.target.as_boolean() ? 0 : 1];
  }
  if (use.target.is_number() && use.arguments.size() == 1) {
    auto format = use.renderer.text_of(use.arguments[0], use.place());
    if (!format) return Value::failed();
    std::optional<std::string> made = formatted(use.target, *format);
    if (made) return use.renderer.text(use.place(), *made);
    return fail(use, "the format '" + std::string(format->substr(0, 100)) + "' is not supported");
  }
  if (!use.arguments.empty()) return fail(use, "this takes no arguments");
  auto text = use.renderer.text_of(use.target, use.place());
  return text ? Value::text(*text) : Value::failed();
}

template <double (*function)(double)>
Value rounded(const Use& use) {
  if (use.target.is_integral()) return use.target;
  if (!use.target.is_number()) return fail(use, "expected a number");
  return number_value(function(use.target.as_real()));
}
double half_up(double number) { return std::floor(number + 0.5); }
double floor(double number) { return std::floor(number); }
double ceiling(double number) { return std::ceil(number); }
double cut(double number) { return std::trunc(number); }
Value absolute(const Use& use) {
  if (!use.target.is_number()) return fail(use, "expected a number");
  bool negative = use.target.as_real() < 0;
  return negative ? *compute(Op::subtract, Value::integer(0), use.target) : use.target;
}
Value real(const Use& use) {
  return use.target.is_number() ? use.target : fail(use, "expected a number");
}

// Only the one that is wanted is evaluated.
Value then(const Use& use) {
  if (!use.target.is_boolean()) return fail(use, "expected a boolean");
  return use.renderer.required(use.expression.children[use.target.as_boolean() ? 1 : 2]);
}
Value choose(const Use& use) {
  const std::vector<Expression>& children = use.expression.children;
  std::size_t at = 1;
  for (; at + 1 < children.size(); at += 2) {
    std::optional<bool> same =
        use.renderer.equal(use.target, use.renderer.required(children[at]), children[at].place);
    if (!same) return Value::failed();
    if (*same) return use.renderer.required(children[at + 1]);
  }
  if (at < children.size()) return use.renderer.required(children[at]);
  return fail(use, "no case fits, and there is no default");
}

bool has_content_value(const Use& use) {
  Value value = use.target;
  if (value.is_absent()) return false;
  if (value.is_text()) return !value.as_text().empty();
  if (value.is_list()) return value.list_size() > 0;
  if (value.is_map()) return value.map_size(use.renderer.arena()) > 0;
  return true;
}
Value has_content(const Use& use) { return Value::boolean(has_content_value(use)); }
Value exists(const Use& use) { return Value::boolean(!use.target.is_absent()); }
Value if_exists(const Use& use) { return use.target.is_absent() ? nothing() : use.target; }
// The first of its arguments that is there.
Value fallback(const Use& use) {
  if (!use.target.is_absent()) return use.target;
  Value value = Value::absent();
  for (std::size_t i = 1; i < use.expression.children.size() && value.is_absent(); ++i)
    value = use.renderer.evaluate(use.expression.children[i]);
  return value;
}

bool is_hash(Value value) { return value.is_map() || value.kind() == el::Kind::object; }
bool is_text(Value value) { return value.is_text(); }
bool is_number(Value value) { return value.is_number(); }
bool is_boolean(Value value) { return value.is_boolean(); }
bool is_list(Value value) { return value.is_list(); }
bool is_never(Value) { return false; }
template <bool (*test)(Value)>
Value is(const Use& use) {
  return Value::boolean(test(use.target));
}

// Of loop variables the renderer knows the state.
Value of_loop(const Use& use) { return use.renderer.loop_state(use.expression); }
constexpr Builtin loop(std::string_view name) { return {name, &of_loop, 0, 0, true, false, true}; }

constexpr std::array kTable = std::to_array<Builtin>({
    {"abs", &absolute},
    {"c", &c},
    {"ceiling", &rounded<&ceiling>},
    loop("counter"),
    {"default", &fallback, 1, 20, true, true},
    {"double", &real},
    {"exists", &exists, 0, 0, true},
    {"float", &real},
    {"floor", &rounded<&floor>},
    {"has_content", &has_content, 0, 0, true},
    loop("has_next"),
    {"if_exists", &if_exists, 0, 0, true},
    loop("index"),
    {"int", &rounded<&cut>},
    {"is_boolean", &is<&is_boolean>},
    {"is_collection", &is<&is_list>},
    {"is_date", &is<&is_never>},
    {"is_date_like", &is<&is_never>},
    {"is_directive", &is<&is_never>},
    {"is_enumerable", &is<&is_list>},
    loop("is_even_item"),
    loop("is_first"),
    {"is_hash", &is<&is_hash>},
    {"is_hash_ex", &is<&is_hash>},
    {"is_indexable", &is<&is_list>},
    loop("is_last"),
    {"is_macro", &is<&is_never>},
    {"is_method", &is<&is_never>},
    {"is_number", &is<&is_number>},
    loop("is_odd_item"),
    {"is_sequence", &is<&is_list>},
    {"is_string", &is<&is_text>},
    loop("item_parity"),
    loop("item_parity_cap"),
    {"long", &rounded<&cut>},
    {"round", &rounded<&half_up>},
    {"string", &string, 0, 2},
    {"switch", &choose, 2, 100, false, true},
    {"then", &then, 2, 2, false, true},
});

}  // namespace

std::span<const Builtin> other_builtins() { return kTable; }

}  // namespace perigee::freemarker
