#include "pair/keys.hpp"

#include <cstdio>
#include <cstring>
#include <string_view>

namespace perigee::bench {
namespace {

constexpr std::string_view kHeader = "\r\nX-Key: ";
constexpr std::size_t kDigits = 8;

}  // namespace

Keys::Keys(std::size_t count, const std::vector<double>& shares)
    : count_(shares.empty() ? count : shares.size()),
      is_drawn_(!shares.empty()),
      draw_(shares.begin(), shares.end()) {}

std::uint32_t Keys::next() {
  if (is_drawn_) return draw_(random_);
  const std::uint32_t key = in_turn_;
  in_turn_ = (in_turn_ + 1) % static_cast<std::uint32_t>(count_);
  return key;
}

void add_key(std::string& request) {
  const std::size_t line_end = request.find("\r\n");
  request.insert(line_end, std::string(kHeader) + std::string(kDigits, '0'));
}

void set_key(std::string& request, std::uint32_t key) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%08u", key % 100'000'000);
  std::memcpy(request.data() + request.find(kHeader) + kHeader.size(), digits, kDigits);
}

}  // namespace perigee::bench
