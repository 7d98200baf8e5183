#include "el/wide_integer.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace perigee::el {
namespace {

constexpr std::uint64_t kBase = 1'000'000'000;

}  // namespace

WideInteger::WideInteger(std::int64_t number) : is_negative_(number < 0) {
  auto rest = static_cast<std::uint64_t>(number);
  if (is_negative_) rest = 0 - rest;
  for (std::size_t i = 0; rest > 0; ++i, rest /= kBase)
    limbs_[i] = static_cast<std::uint32_t>(rest % kBase);
}

std::size_t WideInteger::size() const {
  std::size_t size = kLimbs;
  while (size > 0 && limbs_[size - 1] == 0) --size;
  return size;
}

void WideInteger::normalize() {
  if (size() == 0) is_negative_ = false;
}

std::string WideInteger::digits() const {
  std::string text;
  for (std::size_t i = std::max<std::size_t>(size(), 1); i-- > 0;) {
    std::string limb = std::to_string(limbs_[i]);
    if (!text.empty()) text.append(9 - limb.size(), '0');
    text += limb;
  }
  return text;
}

std::strong_ordering WideInteger::compare_magnitudes(const Limbs& a, const Limbs& b) {
  for (std::size_t i = kLimbs; i-- > 0;)
    if (a[i] != b[i]) return a[i] <=> b[i];
  return std::strong_ordering::equal;
}

WideInteger WideInteger::operator-() const {
  WideInteger result = *this;
  result.is_negative_ = !is_negative_;
  result.normalize();
  return result;
}

std::strong_ordering operator<=>(const WideInteger& a, const WideInteger& b) {
  if (a.is_negative_ != b.is_negative_)
    return a.is_negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.is_negative_ ? WideInteger::compare_magnitudes(b.limbs_, a.limbs_)
                        : WideInteger::compare_magnitudes(a.limbs_, b.limbs_);
}

WideInteger operator+(const WideInteger& a, const WideInteger& b) {
  bool adds = a.is_negative_ == b.is_negative_;
  bool a_is_larger = WideInteger::compare_magnitudes(a.limbs_, b.limbs_) >= 0;
  const WideInteger& large = a_is_larger ? a : b;
  const WideInteger& small = a_is_larger ? b : a;
  WideInteger result;
  result.is_negative_ = large.is_negative_;
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < WideInteger::kLimbs; ++i) {
    std::int64_t limb = std::int64_t{large.limbs_[i]} + carry;
    limb += adds ? std::int64_t{small.limbs_[i]} : -std::int64_t{small.limbs_[i]};
    auto base = static_cast<std::int64_t>(kBase);
    carry = limb < 0 ? -1 : limb / base;
    result.limbs_[i] = static_cast<std::uint32_t>(limb - carry * base);
  }
  PERIGEE_ASSERT(carry == 0);
  result.normalize();
  return result;
}

WideInteger operator*(const WideInteger& a, const WideInteger& b) {
  WideInteger result;
  std::size_t a_size = a.size(), b_size = b.size();
  for (std::size_t i = 0; i < a_size; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b_size || carry > 0; ++j) {
      PERIGEE_ASSERT(i + j < WideInteger::kLimbs);
      std::uint64_t factor = j < b_size ? b.limbs_[j] : 0;
      carry += result.limbs_[i + j] + a.limbs_[i] * factor;
      result.limbs_[i + j] = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
  }
  result.is_negative_ = a.is_negative_ != b.is_negative_;
  result.normalize();
  return result;
}

WideInteger::Limbs WideInteger::times(const Limbs& a, std::uint32_t factor, bool& fits) {
  Limbs result{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < kLimbs; ++i) {
    carry += std::uint64_t{a[i]} * factor;
    result[i] = static_cast<std::uint32_t>(carry % kBase);
    carry /= kBase;
  }
  fits = carry == 0;
  return result;
}

// Limb by limb; each is the largest factor of the divisor that the rest still holds.
void WideInteger::divide(const WideInteger& a, const WideInteger& b, Limbs& quotient, Limbs& rest) {
  PERIGEE_ASSERT(!b.is_zero());
  quotient = {};
  rest = {};
  std::size_t n = b.size();
  for (std::size_t i = a.size(); i-- > 0;) {
    PERIGEE_ASSERT(rest[kLimbs - 1] == 0);
    for (std::size_t j = kLimbs - 1; j > 0; --j) rest[j] = rest[j - 1];
    rest[0] = a.limbs_[i];
    // The leading limbs bound it.
    std::uint64_t leading = (n < kLimbs ? rest[n] : 0) * kBase + rest[n - 1];
    auto low = static_cast<std::uint32_t>(leading / (std::uint64_t{b.limbs_[n - 1]} + 1));
    auto high = static_cast<std::uint32_t>(std::min(leading / b.limbs_[n - 1], kBase - 1));
    while (low < high) {
      std::uint32_t middle = low + (high - low + 1) / 2;
      bool fits = true;
      Limbs product = times(b.limbs_, middle, fits);
      if (fits && compare_magnitudes(product, rest) <= 0)
        low = middle;
      else
        high = middle - 1;
    }
    bool fits = true;
    WideInteger held, taken;
    held.limbs_ = rest;
    taken.limbs_ = times(b.limbs_, low, fits);
    rest = (held - taken).limbs_;
    quotient[i] = low;
  }
}

WideInteger operator/(const WideInteger& a, const WideInteger& b) {
  WideInteger result;
  WideInteger::Limbs rest;
  WideInteger::divide(a, b, result.limbs_, rest);
  result.is_negative_ = a.is_negative_ != b.is_negative_;
  result.normalize();
  return result;
}

WideInteger operator%(const WideInteger& a, const WideInteger& b) {
  WideInteger result;
  WideInteger::Limbs quotient;
  WideInteger::divide(a, b, quotient, result.limbs_);
  result.is_negative_ = a.is_negative_;
  result.normalize();
  return result;
}

}  // namespace perigee::el
