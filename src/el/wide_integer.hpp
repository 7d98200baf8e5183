// WideInteger: whole numbers of up to kWideDigits decimal digits, for Decimal. Internal to el.
//
// Kept as base 10^9 with a sign. Whoever uses it keeps results within the digits; what goes beyond
// is a bug (an assert).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace perigee::el {

inline constexpr std::size_t kWideDigits = 324;

class WideInteger {
 public:
  WideInteger() = default;
  WideInteger(std::int64_t number);  // NOLINT(google-explicit-constructor): mixes with integers

  bool is_negative() const { return is_negative_; }
  bool is_zero() const { return size() == 0; }
  std::uint32_t last_digit() const { return limbs_[0] % 10; }  // of the magnitude

  std::string digits() const;  // of the magnitude

  WideInteger operator-() const;
  friend WideInteger operator+(const WideInteger& a, const WideInteger& b);
  friend WideInteger operator-(const WideInteger& a, const WideInteger& b) { return a + -b; }
  friend WideInteger operator*(const WideInteger& a, const WideInteger& b);
  // As in C++: cut towards zero, the rest has the sign of `a`. The divisor is not zero.
  friend WideInteger operator/(const WideInteger& a, const WideInteger& b);
  friend WideInteger operator%(const WideInteger& a, const WideInteger& b);
  friend bool operator==(const WideInteger& a, const WideInteger& b) = default;
  friend std::strong_ordering operator<=>(const WideInteger& a, const WideInteger& b);

 private:
  static constexpr std::size_t kLimbs = kWideDigits / 9;
  using Limbs = std::array<std::uint32_t, kLimbs>;

  std::size_t size() const;  // limbs up to the last that is not zero
  static std::strong_ordering compare_magnitudes(const Limbs& a, const Limbs& b);
  static Limbs times(const Limbs& a, std::uint32_t factor, bool& fits);
  static void divide(const WideInteger& a, const WideInteger& b, Limbs& quotient, Limbs& rest);
  void normalize();

  Limbs limbs_{};
  bool is_negative_ = false;
};

}  // namespace perigee::el
