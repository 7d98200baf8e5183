// Reads typed values of the tree into fields. An absent key leaves the field as it is; values of a
// wrong type never arrive here (review.hpp made them absent and said so).
#pragma once

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/tree.hpp"
#include "config/values.hpp"

namespace perigee::config {

class Reader {
 public:
  // Keys are read below `prefix` ("http.", "servers[0]."; empty for whole keys).
  Reader(const Tree& tree, std::string prefix) : tree_(tree), prefix_(std::move(prefix)) {}

  const Tree& tree() const { return tree_; }
  std::string key(std::string_view name) const { return prefix_ + std::string(name); }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const Value* find(std::string_view name) const { return tree_.find(key(name)); }

  void read(std::string_view name, bool& into) const {
    if (const Value* value = find(name)) into = to_boolean(value->text).value_or(into);
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void read(std::string_view name, T& into) const {
    if (const auto number = integer(name)) {
      into = std::in_range<T>(*number) ? static_cast<T>(*number)
             : *number < 0             ? std::numeric_limits<T>::min()
                                       : std::numeric_limits<T>::max();
    }
  }
  void read(std::string_view name, double& into) const {
    if (const Value* value = find(name)) into = to_decimal(value->text).value_or(into);
  }
  void read(std::string_view name, std::string& into) const {
    if (const Value* value = find(name)) into = value->text;
  }
  void read(std::string_view name, std::optional<std::string>& into) const {
    if (const Value* value = find(name)) into = value->text;
  }
  void read(std::string_view name, std::vector<std::string>& into) const {
    if (auto list = tree_.list(key(name)); !list.empty()) into = std::move(list);
  }

  // A plain number of the reference's keys, in the unit that the key has.
  template <class Rep, class Period>
  void read_count(std::string_view name, std::chrono::duration<Rep, Period>& into) const {
    const auto number = integer(name);
    if (!number) return;
    constexpr std::int64_t kMax = 100LL * 366 * 24 * 3600;  // seconds; no sum of two can overflow
    into = std::chrono::duration<Rep, Period>(std::min(*number, kMax));
  }
  // "delay" with its "unit".
  void read_delay(std::string_view name, std::string_view unit,
                  std::chrono::milliseconds& into) const {
    const auto number = integer(name);
    const Value* unit_value = find(unit);
    if (!number && !unit_value) return;
    into = in_unit(number.value_or(into.count()), unit_value ? unit_value->text : "MILLISECONDS")
               .value_or(into);
  }
  // Our own keys: "30s".
  void read_duration(std::string_view name, std::chrono::milliseconds& into) const {
    if (const Value* value = find(name)) into = to_duration(value->text).value_or(into);
  }

  template <class T>
  void read_choice(std::string_view name, T& into,
                   std::initializer_list<std::pair<std::string_view, T>> choices) const {
    const Value* value = find(name);
    if (value == nullptr) return;
    const auto boolean = to_boolean(value->text);
    for (const auto& [word, meaning] : choices) {
      const bool as_boolean = boolean && word == (*boolean ? "true" : "false");
      if (as_boolean || equals_ignoring_case(word, trimmed(value->text))) into = meaning;
    }
  }

 private:
  std::optional<std::int64_t> integer(std::string_view name) const {
    const Value* value = find(name);
    return value ? to_integer(value->text) : std::nullopt;
  }

  const Tree& tree_;
  std::string prefix_;
};

// The parts of Settings, one function per area (read_server.cpp, read_node.cpp, read_requests.cpp,
// read_rate_limits.cpp).
struct Settings;
struct RateLimits;
void read_servers(const Tree& tree, Settings& settings, Diagnostics& diagnostics);
void read_node(const Tree& tree, Settings& settings, Diagnostics& diagnostics);
void read_requests(const Tree& tree, Settings& settings, Diagnostics& diagnostics);
void read_rate_limits(const Tree& tree, RateLimits& limits);

}  // namespace perigee::config
