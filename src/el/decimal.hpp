// Decimal: java.math.BigDecimal, up to kDecimalDigitsMax digits. Internal to el.
//
// nullopt stands for what has more digits than that, or is no number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "el/wide_integer.hpp"

namespace perigee::el {

inline constexpr int kDecimalDigitsMax = 150;
inline constexpr int kDecimalScaleMax = 10'000;

struct Decimal {
  WideInteger unscaled;
  std::int32_t scale = 0;  // the value is unscaled / 10^scale
};

enum class Rounding : std::uint8_t {  // with Java's numbers
  up,
  down,
  ceiling,
  floor,
  half_up,
  half_down,
  half_even,
  unnecessary,
};
std::optional<Rounding> find_rounding(std::string_view name);

std::optional<Decimal> parse_decimal(std::string_view text);
Decimal decimal_of(std::int64_t number);
// Every digit of its binary form: 0.1 has 55.
std::optional<Decimal> exact_decimal_of(double number);
double real_of(const Decimal& number);

int sign_of(const Decimal& number);
int precision_of(const Decimal& number);  // digits of the unscaled value
int compare(const Decimal& a, const Decimal& b);
Decimal negated(const Decimal& number);
std::optional<Decimal> sum(const Decimal& a, const Decimal& b);
std::optional<Decimal> product(const Decimal& a, const Decimal& b);
// nullopt also when rounding is needed and `unnecessary`.
std::optional<Decimal> with_scale(const Decimal& number, std::int64_t scale, Rounding rounding);
// The divisor is not zero.
std::optional<Decimal> quotient(const Decimal& a, const Decimal& b, std::int64_t scale,
                                Rounding rounding);
// Without rounding; nullopt when its digits do not end.
std::optional<Decimal> exact_quotient(const Decimal& a, const Decimal& b);
std::optional<Decimal> remainder(const Decimal& a, const Decimal& b);
std::optional<Decimal> power(const Decimal& number, std::int64_t exponent);
Decimal stripped(const Decimal& number);  // of zeros at the end

std::string decimal_text(const Decimal& number);  // BigDecimal.toString
std::string plain_text(const Decimal& number);    // toPlainString

}  // namespace perigee::el
