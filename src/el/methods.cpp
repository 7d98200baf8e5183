#include "el/methods.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "el/convert.hpp"
#include "el/decimal_methods.hpp"
#include "el/operators.hpp"
#include "el/randomness.hpp"
#include "el/run.hpp"
#include "el/temporal_methods.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

using enum Method;

// Anything when the run is exhausted.
std::int32_t hash_of(Value value, Run& run) {
  Inside inside(run);
  if (!inside.ok() || !run.step()) return 0;
  switch (value.kind()) {
    case Kind::text:
      return run.look_through(value.as_text()) ? java_hash(value.as_text()) : 0;
    case Kind::boolean:
      return value.as_boolean() ? 1231 : 1237;
    case Kind::integer:
      return static_cast<std::int32_t>(value.as_integer());
    case Kind::long_integer: {
      auto bits = static_cast<std::uint64_t>(value.as_integer());
      return static_cast<std::int32_t>(bits ^ (bits >> 32));
    }
    case Kind::list:
    case Kind::json_list: {
      std::uint32_t hash = 1;
      for (std::size_t i = 0; i < value.list_size(); ++i)
        hash = hash * 31 + static_cast<std::uint32_t>(hash_of(value.item(i), run));
      return static_cast<std::int32_t>(hash);
    }
    default: {
      std::string text;
      return append_java_text(text, value, run) ? java_hash(text) : 0;
    }
  }
}

Value to_string_of(const Call& call) {
  if (call.target.is_text()) return call.target;
  std::string text;
  if (!append_java_text(text, call.target, call.run)) return Value::failed();
  return Value::text(call.run.arena.copy(text));
}

std::int64_t truncated(Value value) {
  if (value.is_integral()) return value.as_integer();
  double real = value.as_real();  // compat: Java's cast saturates and makes NaN zero
  if (std::isnan(real)) return 0;
  if (real >= 9.2233720368547758e18) return std::numeric_limits<std::int64_t>::max();
  if (real <= -9.2233720368547758e18) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(real);
}

std::int32_t int_of(Value value) {
  std::int64_t wide = truncated(value);
  if (value.is_integral()) return static_cast<std::int32_t>(wide);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(wide, INT32_MIN, INT32_MAX));
}

}  // namespace

bool text_argument(const Call& call, std::size_t index, std::string_view& to) {
  Value argument = call.arguments[index];
  if (argument.is_text()) {
    to = argument.as_text();
    return call.run.look_through(to);
  }
  Text text = to_text(argument, call.run);
  if (text.ok && text.is_null)
    call.run.problem = "argument " + std::to_string(index + 1) + " is null";
  if (!text.ok || text.is_null) return false;
  to = text.text;
  return true;
}

bool int_argument(const Call& call, std::size_t index, std::int64_t& to) {
  Number number = to_int(call.arguments[index], call.run.problem);
  if (number.ok && number.is_null)
    call.run.problem = "argument " + std::to_string(index + 1) + " is null";
  if (!number.ok || number.is_null) return false;
  to = number.value;
  return true;
}

Value call_method(const Call& call) {
  switch (call.method) {
    case equals:
      return equality(call.target, call.arguments[0], true, call.run);
    case hash_code: {
      std::int32_t hash = hash_of(call.target, call.run);
      return call.run.exhausted ? Value::failed() : Value::integer(hash);
    }
    case to_string:
      if (call.target.kind() != Kind::bean && call.target.kind() != Kind::type)
        return to_string_of(call);
      return not_allowed(call);
    default:
      break;
  }
  switch (call.target.kind()) {
    case Kind::text:
      return call_text(call);
    case Kind::decimal:
      if (call.method < int_value || call.method > double_value) return call_decimal(call);
      [[fallthrough]];
    case Kind::integer:
    case Kind::long_integer:
    case Kind::real:
      return call_number(call);
    case Kind::temporal:
      return call_temporal(call);
    case Kind::format:
      return call_format(call);
    case Kind::list:
    case Kind::json_list:
    case Kind::map:
    case Kind::json_map:
    case Kind::object:
    case Kind::entry:
      return call_collection(call);
    case Kind::codec:
      return call_codec(call);
    case Kind::random:
      return call_random(call);
    default:
      return not_allowed(call);
  }
}

Value call_number(const Call& call) {
  switch (call.method) {
    case int_value:
      return Value::integer(int_of(call.target));
    case long_value:
      return Value::long_integer(truncated(call.target));
    case short_value:
      return Value::integer(static_cast<std::int16_t>(int_of(call.target)));
    case byte_value:
      return Value::integer(static_cast<std::int8_t>(int_of(call.target)));
    case float_value:
    case double_value:
      return Value::real(call.target.as_real());
    case is_nan:
      return Value::boolean(std::isnan(call.target.as_real()));
    case is_infinite:
      return Value::boolean(std::isinf(call.target.as_real()));
    case compare_to: {
      if (!call.arguments[0].is_number()) return call.run.fail("compareTo needs a number");
      auto order = compare(call.target, call.arguments[0], call.run);
      return order ? Value::integer(*order) : Value::failed();
    }
    default:
      return not_allowed(call);
  }
}

Value call_random(const Call& call) {
  std::int64_t low = 0, high = 0;
  switch (call.method) {
    case next_int: {
      std::size_t count = call.arguments.size();
      if (count == 0) return Value::integer(static_cast<std::int32_t>(random_bits()));
      if (count == 2 && !int_argument(call, 0, low)) return Value::failed();
      if (!int_argument(call, count - 1, high)) return Value::failed();
      if (high <= low) return call.run.fail("nextInt needs a bound above " + std::to_string(low));
      auto width = static_cast<std::uint64_t>(high - low);
      return Value::integer(
          static_cast<std::int32_t>(low + static_cast<std::int64_t>(random_bits() % width)));
    }
    case next_long:
      return Value::long_integer(static_cast<std::int64_t>(random_bits()));
    case next_double:
    case next_float:
      return Value::real(random_fraction());
    case next_boolean:
      return Value::boolean((random_bits() & 1) != 0);
    default:
      return not_allowed(call);
  }
}

}  // namespace perigee::el
