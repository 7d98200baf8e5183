#include "el/operators.hpp"

#include <cmath>
#include <cstring>

#include "el/convert.hpp"
#include "el/decimal_methods.hpp"
#include "el/temporal.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

bool has_decimal(Value left, Value right) {
  return left.kind() == Kind::decimal || right.kind() == Kind::decimal;
}

bool equal_numbers(Value left, Value right) {
  if (has_decimal(left, right)) {
    auto a = decimal_of(left), b = decimal_of(right);
    return a && b && compare(*a, *b) == 0;
  }
  if (left.is_integral() && right.is_integral()) return left.as_integer() == right.as_integer();
  return left.as_real() == right.as_real();
}

bool equal_lists(Value left, Value right, Run& run) {
  if (left.list_size() != right.list_size()) return false;
  for (std::size_t i = 0; i < left.list_size(); ++i) {
    if (!run.step() || !equal(left.item(i), right.item(i), run)) return false;
  }
  return true;
}

bool equal_maps(Value left, Value right, Run& run) {
  std::span<const MapEntry> entries;
  std::size_t count = 0;
  if (!run.list_entries(left, entries) || !run.count_members(right, count)) return false;
  if (entries.size() != count) return false;
  for (const MapEntry& entry : entries) {
    if (!entry.key.is_text()) return false;
    Value other = run.find(right, entry.key.as_text());
    if (other.is_absent() || other.is_failed() || !equal(entry.value, other, run)) return false;
  }
  return true;
}

int sign_of(double difference) { return difference < 0 ? -1 : difference > 0; }

// A text for `+`: like a template's conversion, but maps and null have a form too. False when the
// run is exhausted.
bool operand_text(Value value, std::string_view& to, Run& run) {
  to = "null";
  if (value.is_null()) return true;
  Text text = to_text(value, run);
  if (text.ok) to = text.text;
  if (text.ok || run.exhausted) return text.ok;
  run.problem.clear();
  std::string java;
  if (!append_java_text(java, value, run)) return false;
  to = run.arena.copy(java);
  return true;
}

Value concatenate(Value left, Value right, Run& run) {
  std::string_view a, b;
  if (!operand_text(left, a, run) || !operand_text(right, b, run)) return Value::failed();
  if (!run.build(a.size() + b.size())) return Value::failed();
  return Value::text(run.arena.join(a, b));
}

Value mixed(std::string_view what, Value left, Value right, Run& run) {
  return run.fail("cannot " + std::string(what) + " " + std::string(kind_name(left)) + " and " +
                  std::string(kind_name(right)));
}

std::string_view verb_of(Op op) {
  switch (op) {
    case Op::subtract:
      return "subtract";
    case Op::multiply:
      return "multiply";
    case Op::divide:
      return "divide";
    case Op::modulo:
      return "take the remainder of";
    default:
      return "raise to a power";
  }
}

double real_arithmetic(Op op, double left, double right) {
  switch (op) {
    case Op::add:
      return left + right;
    case Op::subtract:
      return left - right;
    case Op::multiply:
      return left * right;
    case Op::divide:
      return left / right;
    case Op::modulo:
      return std::fmod(left, right);
    default:
      return std::pow(left, right);
  }
}

// Wrapping, as Java's: in unsigned arithmetic, then cut to the width by the caller.
std::int64_t integer_arithmetic(Op op, std::int64_t left, std::int64_t right) {
  auto a = static_cast<std::uint64_t>(left), b = static_cast<std::uint64_t>(right);
  switch (op) {
    case Op::add:
      return static_cast<std::int64_t>(a + b);
    case Op::subtract:
      return static_cast<std::int64_t>(a - b);
    case Op::multiply:
      return static_cast<std::int64_t>(a * b);
    case Op::divide:
      return right == -1 ? static_cast<std::int64_t>(0 - a) : left / right;
    default:
      return right == -1 ? 0 : left % right;
  }
}

// compat: Spring's power gives an int unless the result or the base is larger.
Value integer_power(Value left, Value right) {
  double power = std::pow(left.as_real(), right.as_real());
  constexpr double kLongMax = 9223372036854775807.0;
  bool is_wide = power > 2147483647.0 || left.kind() == Kind::long_integer ||
                 right.kind() == Kind::long_integer;
  if (power >= kLongMax) return Value::long_integer(INT64_MAX);
  if (power <= -kLongMax)
    return is_wide ? Value::long_integer(INT64_MIN) : Value::integer(INT32_MIN);
  if (is_wide) return Value::long_integer(static_cast<std::int64_t>(power));
  return Value::integer(power < INT32_MIN ? INT32_MIN : static_cast<std::int32_t>(power));
}

}  // namespace

bool equal(Value left, Value right, Run& run) {
  if (left.is_text() && right.is_text()) [[likely]]
    return run.look_through(left.as_text()) && left.as_text() == right.as_text();
  Inside inside(run);
  if (!inside.ok() || !run.step()) return false;
  if (left.is_number() && right.is_number()) return equal_numbers(left, right);
  if (left.is_list() && right.is_list()) return equal_lists(left, right, run);
  if (left.is_map() && right.is_map()) return equal_maps(left, right, run);
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::temporal:
      return left.as_temporal() == right.as_temporal();
    case Kind::format:
      return &left.as_format() == &right.as_format();
    case Kind::null:
      return true;
    case Kind::bytes:
      return run.look_through(left.as_text()) && left.as_text() == right.as_text();
    case Kind::object:
      return &left.as_object() == &right.as_object();
    case Kind::entry:
      return equal(left.as_entry().key, right.as_entry().key, run) &&
             equal(left.as_entry().value, right.as_entry().value, run);
    default:
      return left.as_integer() == right.as_integer();
  }
}

Value equality(Value left, Value right, bool wanted, Run& run) {
  bool same = equal(left, right, run);
  return run.exhausted ? Value::failed() : Value::boolean(same == wanted);
}

std::optional<int> compare(Value left, Value right, Run& run) {
  if (left.is_number() && right.is_number()) {
    if (left.is_integral() && right.is_integral())
      return (left.as_integer() > right.as_integer()) - (left.as_integer() < right.as_integer());
    auto a = has_decimal(left, right) ? decimal_of(left) : std::nullopt;
    auto b = a ? decimal_of(right) : std::nullopt;
    if (b) return compare(*a, *b);
    return sign_of(left.as_real() - right.as_real());
  }
  if (left.is_null() || right.is_null()) return right.is_null() - left.is_null();
  if (left.is_text() && right.is_text()) {
    if (!run.look_through(left.as_text())) return std::nullopt;
    return compare_units(left.as_text(), right.as_text());
  }
  if (left.is_boolean() && right.is_boolean()) return left.as_boolean() - right.as_boolean();
  bool are_dates = left.kind() == Kind::temporal && right.kind() == Kind::temporal;
  if (are_dates && left.as_temporal().type == right.as_temporal().type)
    return compare(left.as_temporal(), right.as_temporal());
  mixed("compare", left, right, run);
  return std::nullopt;
}

Value add(Value left, Value right, Run& run) {
  if (left.is_text() || right.is_text()) return concatenate(left, right, run);
  if (left.is_number() && right.is_number()) return arithmetic(Op::add, left, right, run);
  return mixed("add", left, right, run);
}

Value arithmetic(Op op, Value left, Value right, Run& run) {
  if (!left.is_number() || !right.is_number()) return mixed(verb_of(op), left, right, run);
  if (has_decimal(left, right)) return decimal_arithmetic(op, left, right, run);
  if (!left.is_integral() || !right.is_integral())
    return Value::real(real_arithmetic(op, left.as_real(), right.as_real()));
  if (op == Op::power) return integer_power(left, right);
  if ((op == Op::divide || op == Op::modulo) && right.as_integer() == 0)
    return run.fail("division by zero");
  std::int64_t result = integer_arithmetic(op, left.as_integer(), right.as_integer());
  bool is_wide = left.kind() == Kind::long_integer || right.kind() == Kind::long_integer;
  return is_wide ? Value::long_integer(result) : Value::integer(static_cast<std::int32_t>(result));
}

Value negate(Value operand, Run& run) {
  if (operand.kind() == Kind::real) return Value::real(-operand.as_real());
  if (operand.kind() == Kind::decimal) return made(negated(operand.as_decimal()), run);
  if (operand.is_integral()) return arithmetic(Op::subtract, Value::integer(0), operand, run);
  return run.fail("cannot negate " + std::string(kind_name(operand)));
}

}  // namespace perigee::el
