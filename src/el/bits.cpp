// What java.lang.Integer and Long do with the bits of a number, and with one that has no sign.
#include <bit>
#include <concepts>

#include "el/convert.hpp"
#include "el/run.hpp"
#include "el/statics.hpp"

namespace perigee::el {
namespace {

using enum StaticMethod;

Value whole(std::uint32_t bits) { return Value::integer(static_cast<std::int32_t>(bits)); }
Value whole(std::uint64_t bits) { return Value::long_integer(static_cast<std::int64_t>(bits)); }

std::uint32_t reversed(std::uint32_t bits) { return __builtin_bitreverse32(bits); }
std::uint64_t reversed(std::uint64_t bits) { return __builtin_bitreverse64(bits); }

template <std::unsigned_integral Bits>
Value of_one(StaticMethod method, Bits bits, Run& run) {
  switch (method) {
    case bit_count:
      return Value::integer(std::popcount(bits));
    case leading_zeros:
      return Value::integer(std::countl_zero(bits));
    case trailing_zeros:
      return Value::integer(std::countr_zero(bits));
    case highest_one_bit:
      return whole(std::bit_floor(bits));
    case lowest_one_bit:
      return whole(bits & (Bits{0} - bits));
    case reverse_bits:
      return whole(reversed(bits));
    case reverse_bytes:
      return whole(std::byteswap(bits));
    default:
      return run.fail("the call is not allowed");
  }
}

template <std::unsigned_integral Bits>
Value of_two(StaticMethod method, Bits a, Bits b, Run& run) {
  switch (method) {
    case rotate_left:  // compat: only the lowest bits of the distance count, of any sign
      return whole(std::rotl(a, static_cast<int>(b % (8 * sizeof(a)))));
    case rotate_right:
      return whole(std::rotr(a, static_cast<int>(b % (8 * sizeof(a)))));
    case compare_unsigned:
      return Value::integer((a > b) - (a < b));
    default:
      break;
  }
  if (b == 0) return run.fail("division by zero");
  return whole(method == divide_unsigned ? a / b : a % b);
}

template <std::unsigned_integral Bits>
Value called(StaticMethod method, std::span<const Value> arguments, Run& run) {
  Bits numbers[2] = {};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Number number = sizeof(Bits) == sizeof(std::int32_t) ? to_int(arguments[i], run.problem)
                                                         : to_long(arguments[i], run.problem);
    if (number.ok && number.is_null) return run.fail("null is not a number");
    if (!number.ok) return Value::failed();
    numbers[i] = static_cast<Bits>(number.value);
  }
  return arguments.size() == 1 ? of_one(method, numbers[0], run)
                               : of_two(method, numbers[0], numbers[1], run);
}

}  // namespace

Value call_bits(StaticMethod method, Type type, std::span<const Value> arguments, Run& run) {
  return type == Type::integer ? called<std::uint32_t>(method, arguments, run)
                               : called<std::uint64_t>(method, arguments, run);
}

}  // namespace perigee::el
