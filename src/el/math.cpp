// java.lang.Math, and what number types share with it.
#include <cmath>
#include <numbers>

#include "el/convert.hpp"
#include "el/operators.hpp"
#include "el/statics.hpp"

namespace perigee::el {
namespace {

using enum StaticMethod;

// Text is converted, as Java's method resolution does for SpEL; null is not a number.
bool number_of(Value value, Value& to, Run& run) {
  if (value.is_list() && value.list_size() == 1) value = value.item(0);
  to = value;
  if (value.is_number()) return true;
  if (value.is_text()) {
    if (auto whole = parse_integer(value.as_text()))
      to = Value::long_integer(*whole);
    else if (auto real = parse_real(value.as_text()))
      to = Value::real(*real);
  }
  if (!to.is_number()) run.problem = std::string(kind_name(value)) + " is not a number";
  return to.is_number();
}

bool is_wide(Value a, Value b) {
  return a.kind() == Kind::long_integer || b.kind() == Kind::long_integer;
}

Value whole(std::int64_t number, bool wide) {
  return wide ? Value::long_integer(number) : Value::integer(static_cast<std::int32_t>(number));
}

Value absolute(Value a) {
  if (!a.is_integral()) return Value::real(std::abs(a.as_real()));
  auto bits = static_cast<std::uint64_t>(a.as_integer());
  std::int64_t magnitude =
      a.as_integer() < 0 ? static_cast<std::int64_t>(0 - bits) : a.as_integer();
  return whole(magnitude, a.kind() == Kind::long_integer);
}

Value rounded(double d) {
  double nearest = std::floor(d + 0.5);
  if (std::isnan(d)) return Value::long_integer(0);
  if (nearest >= 9.2233720368547758e18) return Value::long_integer(INT64_MAX);
  if (nearest <= -9.2233720368547758e18) return Value::long_integer(INT64_MIN);
  return Value::long_integer(static_cast<std::int64_t>(nearest));
}

Value of_one(StaticMethod method, Value a, Run& run) {
  double d = a.as_real();
  switch (method) {
    case abs:
      return absolute(a);
    case round:
      return rounded(d);
    case signum:
      return a.is_integral() ? Value::integer((d > 0) - (d < 0))
                             : Value::real(d > 0   ? 1
                                           : d < 0 ? -1
                                                   : d);
    case to_int_exact:
      if (!a.is_integral() || a.as_integer() != static_cast<std::int32_t>(a.as_integer()))
        return run.fail("integer overflow");
      return Value::integer(static_cast<std::int32_t>(a.as_integer()));
    case StaticMethod::is_nan:
      return Value::boolean(std::isnan(d));
    case StaticMethod::is_infinite:
      return Value::boolean(std::isinf(d));
    case is_finite:
      return Value::boolean(std::isfinite(d));
    case floor:
      return Value::real(std::floor(d));
    case ceil:
      return Value::real(std::ceil(d));
    case rint:
      return Value::real(std::nearbyint(d));
    case sqrt:
      return Value::real(std::sqrt(d));
    case cbrt:
      return Value::real(std::cbrt(d));
    case exp:
      return Value::real(std::exp(d));
    case log:
      return Value::real(std::log(d));
    case log10:
      return Value::real(std::log10(d));
    case log1p:
      return Value::real(std::log1p(d));
    case expm1:
      return Value::real(std::expm1(d));
    case sinh:
      return Value::real(std::sinh(d));
    case cosh:
      return Value::real(std::cosh(d));
    case tanh:
      return Value::real(std::tanh(d));
    case sin:
      return Value::real(std::sin(d));
    case cos:
      return Value::real(std::cos(d));
    case tan:
      return Value::real(std::tan(d));
    case asin:
      return Value::real(std::asin(d));
    case acos:
      return Value::real(std::acos(d));
    case atan:
      return Value::real(std::atan(d));
    case to_radians:
      return Value::real(d / 180 * std::numbers::pi);
    case to_degrees:
      return Value::real(d * 180 / std::numbers::pi);
    default:
      return run.fail("the call is not allowed");
  }
}

Value floor_division(StaticMethod method, Value a, Value b, Run& run) {
  if (!a.is_integral() || !b.is_integral()) return run.fail("integers are needed");
  if (b.as_integer() == 0) return run.fail("division by zero");
  Value quotient = arithmetic(Op::divide, a, b, run), rest = arithmetic(Op::modulo, a, b, run);
  bool below = rest.as_integer() != 0 && (rest.as_integer() < 0) != (b.as_integer() < 0);
  if (method == floor_div)
    return below ? arithmetic(Op::subtract, quotient, Value::integer(1), run) : quotient;
  return below ? arithmetic(Op::add, rest, b, run) : rest;
}

Value exact(StaticMethod method, Value a, Value b, Run& run) {
  if (!a.is_integral() || !b.is_integral()) return run.fail("integers are needed");
  std::int64_t result = 0, x = a.as_integer(), y = b.as_integer();
  bool overflows = method == add_exact        ? __builtin_add_overflow(x, y, &result)
                   : method == subtract_exact ? __builtin_sub_overflow(x, y, &result)
                                              : __builtin_mul_overflow(x, y, &result);
  bool wide = is_wide(a, b);
  if (overflows || (!wide && result != static_cast<std::int32_t>(result)))
    return run.fail("integer overflow");
  return whole(result, wide);
}

Value larger(StaticMethod method, Value a, Value b, Run& run) {
  auto order = el::compare(a, b, run);
  if (!order) return Value::failed();
  Value chosen = (method == max) == (*order >= 0) ? a : b;
  if (!a.is_integral() || !b.is_integral()) return Value::real(chosen.as_real());
  return whole(chosen.as_integer(), is_wide(a, b));
}

}  // namespace

Value call_math(StaticMethod method, std::span<const Value> arguments, Run& run) {
  Value a, b;
  if (!number_of(arguments[0], a, run)) return Value::failed();
  if (method == negate_exact) return exact(subtract_exact, Value::integer(0), a, run);
  if (method == increment_exact) return exact(add_exact, a, Value::integer(1), run);
  if (method == decrement_exact) return exact(subtract_exact, a, Value::integer(1), run);
  if (arguments.size() == 1) return of_one(method, a, run);
  if (!number_of(arguments[1], b, run)) return Value::failed();
  switch (method) {
    case max:
    case min:
      return larger(method, a, b, run);
    case sum:
      return arithmetic(Op::add, a, b, run);
    case StaticMethod::compare: {
      auto order = el::compare(a, b, run);
      return order ? Value::integer(*order) : Value::failed();
    }
    case pow:
      return Value::real(std::pow(a.as_real(), b.as_real()));
    case atan2:
      return Value::real(std::atan2(a.as_real(), b.as_real()));
    case hypot:
      return Value::real(std::hypot(a.as_real(), b.as_real()));
    case floor_div:
    case floor_mod:
      return floor_division(method, a, b, run);
    case add_exact:
    case subtract_exact:
    case multiply_exact:
      return exact(method, a, b, run);
    default:
      return run.fail("the call is not allowed");
  }
}

}  // namespace perigee::el
