// Functions of numbers.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "el/convert.hpp"
#include "jolt/functions.hpp"

namespace perigee::jolt {
namespace {

std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::optional<double> divided(Arguments values) {
  if (values.size() != 2) return std::nullopt;
  std::optional<Number> above = number_of(*values[0]), below = number_of(*values[1]);
  if (!above || !below || below->real == 0) return std::nullopt;
  return above->real / below->real;
}

}  // namespace

bool is_int(const Node& node) {
  return node.type == JsonType::integer && node.integer == static_cast<std::int32_t>(node.integer);
}

std::optional<Number> number_of(const Node& node) {
  if (node.type == JsonType::integer)
    return Number{true, node.integer, static_cast<double>(node.integer)};
  if (node.type == JsonType::real) return Number{false, 0, node.real};
  if (!node.is_text()) return std::nullopt;
  std::string_view text = node.as_text();
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t integer = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  if (problem == std::errc() && end == digits.data() + digits.size())
    return Number{true, integer, static_cast<double>(integer)};
  std::optional<double> real = el::parse_real(text);
  if (!real) return std::nullopt;
  return Number{false, 0, *real};
}

std::int64_t to_int64(const Number& number) {
  if (number.whole) return number.integer;
  if (std::isnan(number.real)) return 0;
  if (number.real >= 9.2233720368547758e18) return std::numeric_limits<std::int64_t>::max();
  if (number.real <= -9.2233720368547758e18) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number.real);
}
std::int32_t to_int32(const Number& number) {
  if (number.whole) return static_cast<std::int32_t>(number.integer);
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(to_int64(number), std::numeric_limits<std::int32_t>::min(),
                               std::numeric_limits<std::int32_t>::max()));
}
Node* number_node(const Number& number, Run& run) {
  return number.whole ? run.integer(number.integer) : run.real(number.real);
}

Node* extreme(Arguments values, bool largest, Run& run) {
  std::optional<std::int64_t> whole;
  std::optional<double> real;
  auto take = [largest](auto& best, auto value) {
    if (!best || (largest ? value > *best : value < *best)) best = value;
  };
  for (Node* each : values) {
    std::optional<Number> number = number_of(*each);
    if (!number) continue;
    number->whole ? take(whole, number->integer) : take(real, number->real);
  }
  if (!whole && !real) return nullptr;
  if (!real) return run.integer(*whole);
  if (!whole) return run.real(*real);
  // compat: a whole number and a real are compared without the real's fraction.
  std::int64_t cut = to_int64({.whole = false, .real = *real});
  bool take_whole = largest ? *whole >= cut : *whole <= cut;
  return take_whole ? run.integer(*whole) : run.real(*real);
}

Node* sum(Function function, Arguments values, Run& run) {
  std::int64_t whole = 0;
  double real = 0;
  for (Node* each : values) {
    std::optional<Number> number = number_of(*each);
    if (!number) continue;
    whole =
        wrapping_add(whole, function == Function::int_sum ? to_int32(*number) : to_int64(*number));
    real += number->real;
  }
  if (function == Function::double_sum) return run.real(real);
  return run.integer(function == Function::int_sum ? static_cast<std::int32_t>(whole) : whole);
}

Node* average(Arguments values, Run& run) {
  double total = 0;
  std::size_t count = 0;
  for (Node* each : values) {
    std::optional<Number> number = number_of(*each);
    if (!number) continue;
    total += number->real;
    ++count;
  }
  return count == 0 ? nullptr : run.real(total / static_cast<double>(count));
}

Node* subtract(Function function, Arguments values, Run& run) {
  if (values.size() != 2) return nullptr;
  const Node &a = *values[0], &b = *values[1];
  if (function == Function::double_subtract) {
    bool both = a.type == JsonType::real && b.type == JsonType::real;
    return both ? run.real(a.real - b.real) : nullptr;
  }
  if (a.type != JsonType::integer || b.type != JsonType::integer) return nullptr;
  std::int64_t difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(a.integer) -
                                                      static_cast<std::uint64_t>(b.integer));
  if (function == Function::long_subtract) return run.integer(difference);
  return is_int(a) && is_int(b) ? run.integer(static_cast<std::int32_t>(difference)) : nullptr;
}

Node* rounded_quotient(Node& digits, Arguments values, Run& run) {
  std::optional<double> value = divided(values);
  if (!value || !is_int(digits) || std::abs(digits.integer) > 15) return nullptr;
  double scale = std::pow(10, static_cast<double>(digits.integer));
  return run.real(std::round(*value * scale) / scale);  // half away from zero
}

Node* quotient(Arguments values, Run& run) {
  std::optional<double> value = divided(values);
  return value ? run.real(*value) : nullptr;
}

}  // namespace perigee::jolt
