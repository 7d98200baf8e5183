#include "el/decimal_methods.hpp"

#include "el/convert.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

using enum Method;

constexpr std::int64_t kExponentMax = 999;

// An argument that Java would convert to a BigDecimal.
std::optional<Decimal> decimal_argument(const Call& call, std::size_t index) {
  Value argument = call.arguments[index];
  std::optional<Decimal> number;
  if (argument.is_number()) number = decimal_of(argument);
  if (argument.is_text()) number = parse_decimal(argument.as_text());
  if (!number) call.run.fail("a number is needed, not " + std::string(kind_name(argument)));
  return number;
}

// A mode as Java's number or as the name of its RoundingMode.
std::optional<Rounding> rounding_argument(const Call& call, std::size_t index) {
  Value argument = call.arguments[index];
  if (argument.is_text())
    if (auto rounding = find_rounding(argument.as_text())) return rounding;
  if (argument.is_integral() && argument.as_integer() >= 0 && argument.as_integer() <= 7)
    return static_cast<Rounding>(argument.as_integer());
  call.run.fail("a rounding is needed: UP, DOWN, CEILING, FLOOR, HALF_UP, HALF_DOWN or HALF_EVEN");
  return std::nullopt;
}

// setScale(scale), setScale(scale, rounding)
Value scaled(const Call& call) {
  std::int64_t scale = 0;
  std::optional rounding(Rounding::unnecessary);
  if (!int_argument(call, 0, scale)) return Value::failed();
  if (call.arguments.size() == 2) rounding = rounding_argument(call, 1);
  if (!rounding) return Value::failed();
  auto result = with_scale(call.target.as_decimal(), scale, *rounding);
  if (!result && *rounding == Rounding::unnecessary)
    return call.run.fail("it cannot be written with " + std::to_string(scale) +
                         " decimal places; name a rounding, such as 'HALF_UP'");
  return made(result, call.run);
}

// divide(x), divide(x, rounding), divide(x, scale, rounding)
Value divided_by(const Call& call, const Decimal& divisor) {
  const Decimal& number = call.target.as_decimal();
  if (sign_of(divisor) == 0) return call.run.fail("division by zero");
  if (call.arguments.size() == 1) {
    auto result = exact_quotient(number, divisor);
    return result ? made(result, call.run)
                  : call.run.fail(
                        "the digits of the quotient do not end; name a rounding, such as "
                        "divide(x, 2, 'HALF_UP')");
  }
  std::int64_t scale = number.scale;
  if (call.arguments.size() == 3 && !int_argument(call, 1, scale)) return Value::failed();
  auto rounding = rounding_argument(call, call.arguments.size() - 1);
  return rounding ? made(quotient(number, divisor, scale, *rounding), call.run) : Value::failed();
}

Value with_number(const Call& call) {
  const Decimal& number = call.target.as_decimal();
  auto other = decimal_argument(call, 0);
  if (!other) return Value::failed();
  switch (call.method) {
    case Method::add:
      return made(sum(number, *other), call.run);
    case subtract:
      return made(sum(number, negated(*other)), call.run);
    case multiply:
      return made(product(number, *other), call.run);
    case divide:
      return divided_by(call, *other);
    case Method::remainder:
      if (sign_of(*other) == 0) return call.run.fail("division by zero");
      return made(el::remainder(number, *other), call.run);
    case compare_to:
      return Value::integer(compare(number, *other));
    default: {  // min, max
      bool is_other = compare(number, *other) * (call.method == max ? 1 : -1) < 0;
      return made(is_other ? *other : number, call.run);
    }
  }
}

Value with_integer(const Call& call) {
  std::int64_t given = 0;
  if (!int_argument(call, 0, given)) return Value::failed();
  Decimal result = call.target.as_decimal();
  if (call.method == pow) {
    if (given < 0 || given > kExponentMax)
      return call.run.fail("the exponent has to be 0 to " + std::to_string(kExponentMax));
    return made(power(result, given), call.run);
  }
  std::int64_t scale = result.scale + (call.method == move_point_left ? given : -given);
  if (scale > kDecimalScaleMax || scale < -kDecimalScaleMax) return made(std::nullopt, call.run);
  result.scale = static_cast<std::int32_t>(scale);
  return made(scale < 0 ? with_scale(result, 0, Rounding::unnecessary) : result, call.run);
}

}  // namespace

std::optional<Decimal> decimal_of(Value number) {
  if (number.kind() == Kind::decimal) return number.as_decimal();
  if (number.is_integral()) return decimal_of(number.as_integer());
  return parse_decimal(java_double(number.as_real()));
}

Value made(std::optional<Decimal> decimal, Run& run) {
  if (!decimal)
    return run.fail("a decimal number would have more than " + std::to_string(kDecimalDigitsMax) +
                    " digits");
  if (!run.build(sizeof(Decimal))) return Value::failed();
  return Value::decimal(*new (run.arena.take(sizeof(Decimal), alignof(Decimal))) Decimal(*decimal));
}

Value decimal_arithmetic(Op op, Value left, Value right, Run& run) {
  auto a = decimal_of(left), b = decimal_of(right);
  if (!a || !b) return made(std::nullopt, run);
  if ((op == Op::divide || op == Op::modulo) && sign_of(*b) == 0)
    return run.fail("division by zero");
  switch (op) {
    case Op::add:
      return made(sum(*a, *b), run);
    case Op::subtract:
      return made(sum(*a, negated(*b)), run);
    case Op::multiply:
      return made(product(*a, *b), run);
    case Op::divide:  // compat: as Spring divides
      return made(quotient(*a, *b, std::max(a->scale, b->scale), Rounding::half_even), run);
    case Op::modulo:
      return made(el::remainder(*a, *b), run);
    default:
      break;
  }
  if (!right.is_integral() || right.as_integer() < 0 || right.as_integer() > kExponentMax)
    return run.fail("the exponent has to be a whole number of 0 to " +
                    std::to_string(kExponentMax));
  return made(power(*a, right.as_integer()), run);
}

Value call_decimal(const Call& call) {
  const Decimal& number = call.target.as_decimal();
  switch (call.method) {
    case Method::add:
    case subtract:
    case multiply:
    case divide:
    case Method::remainder:
    case compare_to:
    case min:
    case max:
      return with_number(call);
    case pow:
    case move_point_left:
    case move_point_right:
      return with_integer(call);
    case set_scale:
      return scaled(call);
    case Method::negate:
      return made(negated(number), call.run);
    case abs:
      return made(sign_of(number) < 0 ? negated(number) : number, call.run);
    case signum:
      return Value::integer(sign_of(number));
    case scale:
      return Value::integer(number.scale);
    case precision:
      return Value::integer(precision_of(number));
    case strip_trailing_zeros:
      return made(stripped(number), call.run);
    case to_plain_string:
      return call.run.text(plain_text(number));
    default:
      return not_allowed(call);
  }
}

Value create_decimal(Value from, Run& run) {
  std::optional<Decimal> number;
  if (from.kind() == Kind::real)
    number = exact_decimal_of(from.as_real());
  else if (from.is_number())
    number = decimal_of(from);
  else if (from.is_text())
    number = parse_decimal(from.as_text());
  if (from.is_text() && !number)
    return run.fail(described(from.as_text()) + " is not a decimal number");
  if (!from.is_text() && !from.is_number())
    return run.fail("a number is needed, not " + std::string(kind_name(from)));
  return made(number, run);
}

Value decimal_value_of(std::span<const Value> arguments, Run& run) {
  if (!arguments[0].is_number())
    return run.fail("a number is needed, not " + std::string(kind_name(arguments[0])));
  auto number = decimal_of(arguments[0]);
  if (number && arguments.size() == 2) {
    if (!arguments[1].is_integral() || std::abs(arguments[1].as_integer()) > kDecimalScaleMax)
      return run.fail("the scale has to be a whole number up to " +
                      std::to_string(kDecimalScaleMax));
    number->scale += static_cast<std::int32_t>(arguments[1].as_integer());
  }
  return made(number, run);
}

}  // namespace perigee::el
