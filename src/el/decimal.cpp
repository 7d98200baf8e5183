#include "el/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/assert.hpp"

namespace perigee::el {
namespace {

constexpr int kPowersMax = 2 * kDecimalDigitsMax + 20;
// The product of two fits, and a power of ten beside one, and one digit more.
static_assert(kPowersMax + 3 < static_cast<int>(kWideDigits));

constexpr std::pair<std::string_view, Rounding> kRoundings[] = {
    {"UP", Rounding::up},
    {"DOWN", Rounding::down},
    {"CEILING", Rounding::ceiling},
    {"FLOOR", Rounding::floor},
    {"HALF_UP", Rounding::half_up},
    {"HALF_DOWN", Rounding::half_down},
    {"HALF_EVEN", Rounding::half_even},
    {"UNNECESSARY", Rounding::unnecessary},
};

const WideInteger& power_of_ten(std::int64_t exponent) {
  static const auto powers = [] {
    std::array<WideInteger, kPowersMax + 1> all;
    all[0] = 1;
    for (std::size_t i = 1; i < all.size(); ++i) all[i] = all[i - 1] * 10;
    return all;
  }();
  PERIGEE_ASSERT(exponent >= 0 && exponent <= kPowersMax);
  return powers[static_cast<std::size_t>(exponent)];
}

WideInteger magnitude(const WideInteger& number) { return number.is_negative() ? -number : number; }

int digits_of(const WideInteger& number) {
  WideInteger size = magnitude(number);
  int digits = 1;
  while (digits <= kPowersMax && size >= power_of_ten(digits)) ++digits;
  return digits;
}

std::optional<Decimal> within_limits(const WideInteger& unscaled, std::int64_t scale) {
  bool fits = scale >= -kDecimalScaleMax && scale <= kDecimalScaleMax &&
              magnitude(unscaled) < power_of_ten(kDecimalDigitsMax);
  if (!fits) return std::nullopt;
  return Decimal{unscaled, static_cast<std::int32_t>(scale)};
}

// number * 10^places, if that can be held.
std::optional<WideInteger> shifted(const WideInteger& number, std::int64_t places) {
  if (number == 0) return number;
  if (places > kPowersMax - digits_of(number)) return std::nullopt;
  return number * power_of_ten(places);
}

// Whether a quotient, cut towards zero, goes one away from zero.
bool goes_up(const WideInteger& quotient, const WideInteger& rest, const WideInteger& divisor,
             bool is_negative, Rounding rounding) {
  WideInteger twice = magnitude(rest) * 2, whole = magnitude(divisor);
  switch (rounding) {
    case Rounding::up:
      return true;
    case Rounding::ceiling:
      return !is_negative;
    case Rounding::floor:
      return is_negative;
    case Rounding::half_up:
      return twice >= whole;
    case Rounding::half_down:
      return twice > whole;
    case Rounding::half_even:
      return twice > whole || (twice == whole && quotient.last_digit() % 2 != 0);
    default:
      return false;
  }
}

std::optional<WideInteger> divided(const WideInteger& a, const WideInteger& b, Rounding rounding) {
  WideInteger quotient = a / b, rest = a % b;
  if (rest == 0) return quotient;
  if (rounding == Rounding::unnecessary) return std::nullopt;
  bool is_negative = (a < 0) != (b < 0);
  if (goes_up(quotient, rest, b, is_negative, rounding))
    quotient = quotient + (is_negative ? -1 : 1);
  return quotient;
}

// Both with the larger scale of the two.
std::optional<std::pair<WideInteger, WideInteger>> aligned(const Decimal& a, const Decimal& b) {
  std::int64_t scale = std::max(a.scale, b.scale);
  auto left = shifted(a.unscaled, scale - a.scale), right = shifted(b.unscaled, scale - b.scale);
  if (!left || !right) return std::nullopt;
  return std::pair(*left, *right);
}

}  // namespace

std::optional<Rounding> find_rounding(std::string_view name) {
  for (auto [known, rounding] : kRoundings)
    if (known == name) return rounding;
  return std::nullopt;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  std::string_view exponent_text = text.substr(std::min(mark + 1, text.size()));
  if (exponent_text.starts_with('+') && !exponent_text.starts_with("+-"))
    exponent_text.remove_prefix(1);
  int exponent = 0;
  if (mark < text.size()) {
    auto [end, problem] = std::from_chars(exponent_text.data(),
                                          exponent_text.data() + exponent_text.size(), exponent);
    if (problem != std::errc() || end != exponent_text.data() + exponent_text.size())
      return std::nullopt;
  }
  WideInteger unscaled = 0;
  std::int64_t scale = 0;
  bool has_point = false, has_digit = false;
  for (char c : text.substr(0, mark)) {
    if (c == '.' && !has_point) {
      has_point = true;
      continue;
    }
    if (c < '0' || c > '9' || unscaled >= power_of_ten(kDecimalDigitsMax)) return std::nullopt;
    unscaled = unscaled * 10 + (c - '0');
    has_digit = true;
    scale += has_point;
  }
  if (!has_digit) return std::nullopt;
  return within_limits(is_negative ? -unscaled : unscaled, scale - exponent);
}

Decimal decimal_of(std::int64_t number) { return {number, 0}; }

std::optional<Decimal> exact_decimal_of(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  int exponent = 0;
  auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(number, &exponent), 53));
  exponent -= 53;
  while (mantissa != 0 && mantissa % 2 == 0) mantissa /= 2, ++exponent;
  if (mantissa == 0) return Decimal{};
  // m * 2^-n is m * 5^n / 10^n. Beyond this many places it has too many digits.
  if (exponent < -kDecimalDigitsMax * 2 || exponent > kDecimalDigitsMax * 3) return std::nullopt;
  WideInteger unscaled = mantissa;
  for (int i = 0; i < std::abs(exponent); ++i) {
    unscaled = unscaled * (exponent < 0 ? 5 : 2);
    if (magnitude(unscaled) >= power_of_ten(kDecimalDigitsMax)) return std::nullopt;
  }
  return within_limits(unscaled, exponent < 0 ? -exponent : 0);
}

double real_of(const Decimal& number) { return std::strtod(decimal_text(number).c_str(), nullptr); }

int sign_of(const Decimal& number) { return (number.unscaled > 0) - (number.unscaled < 0); }

int precision_of(const Decimal& number) { return digits_of(number.unscaled); }

int compare(const Decimal& a, const Decimal& b) {
  if (sign_of(a) != sign_of(b)) return sign_of(a) < sign_of(b) ? -1 : 1;
  if (auto both = aligned(a, b)) return (both->first > both->second) - (both->first < both->second);
  // So far apart that the places before the point decide.
  bool is_larger = precision_of(a) - a.scale > precision_of(b) - b.scale;
  return is_larger == (sign_of(a) > 0) ? 1 : -1;
}

Decimal negated(const Decimal& number) { return {-number.unscaled, number.scale}; }

std::optional<Decimal> sum(const Decimal& a, const Decimal& b) {
  auto both = aligned(a, b);
  if (!both) return std::nullopt;
  return within_limits(both->first + both->second, std::max(a.scale, b.scale));
}

std::optional<Decimal> product(const Decimal& a, const Decimal& b) {
  return within_limits(a.unscaled * b.unscaled, std::int64_t{a.scale} + b.scale);
}

std::optional<Decimal> with_scale(const Decimal& number, std::int64_t scale, Rounding rounding) {
  return quotient(number, Decimal{1, 0}, scale, rounding);
}

std::optional<Decimal> quotient(const Decimal& a, const Decimal& b, std::int64_t scale,
                                Rounding rounding) {
  if (scale < -kDecimalScaleMax || scale > kDecimalScaleMax) return std::nullopt;
  std::int64_t places = scale + b.scale - a.scale;
  auto above = shifted(a.unscaled, std::max<std::int64_t>(places, 0));
  auto below = shifted(b.unscaled, std::max<std::int64_t>(-places, 0));
  if (!above || !below) return std::nullopt;
  auto result = divided(*above, *below, rounding);
  return result ? within_limits(*result, scale) : std::nullopt;
}

std::optional<Decimal> exact_quotient(const Decimal& a, const Decimal& b) {
  std::int64_t scale = std::int64_t{a.scale} - b.scale;
  WideInteger result = a.unscaled / b.unscaled, rest = a.unscaled % b.unscaled;
  while (rest != 0) {
    if (magnitude(result) >= power_of_ten(kDecimalDigitsMax - 1)) return std::nullopt;
    rest = rest * 10;
    result = result * 10 + rest / b.unscaled;
    rest = rest % b.unscaled;
    if (++scale > kDecimalScaleMax) return std::nullopt;
  }
  return within_limits(result, scale);
}

std::optional<Decimal> remainder(const Decimal& a, const Decimal& b) {
  auto both = aligned(a, b);
  if (!both) return std::nullopt;
  return within_limits(both->first % both->second, std::max(a.scale, b.scale));
}

std::optional<Decimal> power(const Decimal& number, std::int64_t exponent) {
  std::optional<Decimal> result = Decimal{1, 0};
  bool is_trivial = magnitude(number.unscaled) < 2 && number.scale == 0;
  if (is_trivial && exponent > 2) exponent = 2 - exponent % 2;
  for (; exponent > 0 && result; --exponent) result = product(*result, number);
  return result;
}

Decimal stripped(const Decimal& number) {
  Decimal result = number;
  if (result.unscaled == 0) return {};
  while (result.unscaled.last_digit() == 0 && result.scale > -kDecimalScaleMax) {
    result.unscaled = result.unscaled / 10;
    --result.scale;
  }
  return result;
}

std::string decimal_text(const Decimal& number) {
  int exponent = precision_of(number) - 1 - number.scale;
  if (number.scale >= 0 && exponent >= -6) return plain_text(number);
  std::string text = number.unscaled.digits();
  if (text.size() > 1) text.insert(1, ".");
  if (exponent != 0) text += (exponent > 0 ? "E+" : "E") + std::to_string(exponent);
  return (number.unscaled < 0 ? "-" : "") + text;
}

std::string plain_text(const Decimal& number) {
  std::string text = number.unscaled.digits();
  if (number.scale < 0 && number.unscaled != 0)
    text.append(static_cast<std::size_t>(-number.scale), '0');
  if (number.scale > 0) {
    auto places = static_cast<std::size_t>(number.scale);
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, ".");
  }
  return (number.unscaled < 0 ? "-" : "") + text;
}

}  // namespace perigee::el
