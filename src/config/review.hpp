// What is to be said about one value: unknown, empty, of the wrong type, not acted on yet.
#pragma once

#include <string>
#include <string_view>

#include "config/diagnostic.hpp"
#include "config/tree.hpp"

namespace perigee::config {

inline constexpr std::string_view kNotActedOn = "known, but this version does not act on it yet";

class Reviewer {
 public:
  explicit Reviewer(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  ~Reviewer();  // sums up what was too much to list

  // May set `usable` to false.
  void value(std::string_view key, Value& value);
  // A prefixed variable that sets no key.
  void unknown_variable(const Variable& variable);

 private:
  void unknown(std::string_view key, Value& value);
  bool is_secret_reference(std::string_view key, Value& value);
  bool is_empty(std::string_view key, Value& value);
  void wrong_type(std::string_view key, Value& value);
  void say(Severity severity, std::string_view key, const Value& value, std::string message,
           bool fatal = false);

  // A hostile or foreign file must not cost a nearest-key search per line.
  static constexpr int kUnknownMax = 100;

  Diagnostics& diagnostics_;
  int unknown_ = 0;
};

}  // namespace perigee::config
