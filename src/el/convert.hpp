// Conversions between values (expression language, 3.1 and 3.2). For el and for who
// else has to do as Java does.
//
// Not `ok` or nullopt means that there is no such conversion; the reason stands in `problem`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "el/value.hpp"

namespace perigee::el {

struct Run;

// To text: null gives null (the caller decides), lists are joined with ",", maps have no
// conversion.
struct Text {
  bool ok = false;
  bool is_null = false;
  std::string_view text;
};
Text to_text(Value value, Run& run);

// What Java's String.valueOf gives: also maps `{k=v}` and lists `[a, b]`, null is "null". False
// when the run is exhausted.
bool append_java_text(std::string& to, Value value, Run& run);
std::string java_double(double d);
// The same without a heap: into the arena.
std::string_view java_double(double d, Arena& arena);
std::string_view integer_text(std::int64_t n, Arena& arena);

enum class Truth : std::uint8_t { no, yes, null, failed };
Truth to_boolean(Value value, std::string& problem);

// null and empty texts give Number::is_null.
struct Number {
  bool ok = false;
  bool is_null = false;
  std::int64_t value = 0;
};
Number to_long(Value value, std::string& problem);
Number to_int(Value value, std::string& problem);
// Decimal or 0x text as an integer; nullopt for anything else and for overflow.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_real(std::string_view text);

// "a text", "a list", ..: for reasons.
std::string_view kind_name(Value value);

}  // namespace perigee::el
