// The one table of configuration keys: every key of runtime.md section 2 and of what the charts
// render, each row once.
//
// A pattern is a dotted key with: [i] an index; <name> one free part, at the end any rest; (a|b)
// alternatives, (a)? an optional part; * at the end everything below.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::config {

enum class Use : std::uint8_t {
  honoured,
  later,    // known, but not acted on by this version: one INFO each
  ignored,  // dead or without meaning for us, and rendered by the charts: silence
};

enum class Type : std::uint8_t {
  text,     // may be empty
  name,     // empty counts as absent
  integer,  // any whole number
  count,    // 0 or more
  size,     // 1 or more
  port,     // 0 to 65535
  decimal,
  boolean,
  choice,    // KeySpec::choices, any case
  duration,  // ours: "30s", "500ms", or milliseconds
  list,      // elements [i], or one scalar split on commas
  any,
};

struct KeySpec {
  std::string_view pattern;
  Use use;
  Type type;
  std::string_view fallback;  // the default as text; empty: none
  std::string_view section;   // of runtime.md
  std::string_view choices = {};
};

std::span<const KeySpec> key_table();
// Every spelling without alternatives: "http.port" and "servers[i].port".
std::vector<std::string> expanded(const KeySpec& spec);

struct KnownKey {
  const KeySpec* spec = nullptr;
  std::string key;  // in the table's spelling
};

const KeySpec* find_key(std::string_view key);
// The key a variable stands for; `name` without its prefix. Whether that spelling is allowed is
// Environment::find's business.
std::vector<KnownKey> keys_of_variable(std::string_view name);
// The same for an un-prefixed variable; only rows without free parts.
std::vector<KnownKey> keys_of_bare_variable(std::string_view name);

// True for "services.core" (there are keys below).
bool is_block(std::string_view key);
// The known key most like an unknown one, with its indexes; empty when nothing is near.
std::string nearest_key(std::string_view unknown);
// What a value of this row must look like: "a whole number, 1 or more".
std::string expected(const KeySpec& spec);
// Whether `value` (not empty) fits.
bool fits(const KeySpec& spec, std::string_view value);

}  // namespace perigee::config
