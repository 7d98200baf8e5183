#include "config/review.hpp"

#include <algorithm>
#include <array>

#include "config/mask.hpp"
#include "config/values.hpp"

namespace perigee::config {
namespace {

// Rendered empty by the reference's chart whether the operator said something or not.
bool chart_renders_empty(std::string_view key) {
  constexpr std::array<std::string_view, 7> kEmpty = {"ratelimit.redis.host",
                                                      "ratelimit.redis.port",
                                                      "tags",
                                                      "tenant",
                                                      "api",
                                                      "repositories.ratelimit.redis.host",
                                                      "repositories.ratelimit.redis.port"};
  return std::ranges::find(kEmpty, key) != kEmpty.end();
}

// Properties of the Java machine that people carry over in JAVA_OPTS.
bool is_java_property(std::string_view key) {
  constexpr std::array<std::string_view, 12> kPrefixes = {
      "java.",     "javax.",     "sun.",  "jdk.",  "com.sun.",        "vertx.",
      "io.netty.", "hazelcast.", "file.", "user.", "networkaddress.", "logback."};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return key.starts_with(prefix); }) ||
         key.starts_with("http.proxy") || key.starts_with("https.") ||
         key == "http.nonProxyHosts" || key == "gravitee.home" || key == "gravitee.conf";
}

// The documented upper-case spelling of a key.
std::string variable_of(std::string_view key) {
  std::string name;
  for (const char c : key) {
    if (c == '.' || c == '[') {
      name.push_back('_');
    } else if (c != '-' && c != ']') {
      name.push_back(c);
    }
  }
  name = ascii_upper(name);
  return name.starts_with("PERIGEE_") ? name : "GRAVITEE_" + name;
}

std::string meant(std::string_view key) {
  const std::string nearest = nearest_key(key);
  return nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?";
}

}  // namespace

Reviewer::~Reviewer() {
  if (unknown_ <= kUnknownMax) return;
  diagnostics_.push_back(
      {Severity::warning, "", "", std::to_string(unknown_ - kUnknownMax) + " more unknown keys"});
}

void Reviewer::value(std::string_view key, Value& value) {
  if (value.spec == nullptr) return unknown(key, value);
  if (!value.usable) return;  // its references could not be resolved, which has been said
  if (value.text.contains("#{")) {
    say(Severity::warning, key, value,
        "holds an expression '#{...}', which is kept as literal text: a configuration file does "
        "not run code");
  }
  if (is_secret_reference(key, value) || is_empty(key, value)) return;
  if (value.spec->use == Use::ignored) return;
  if (!fits(*value.spec, value.text)) return wrong_type(key, value);
  if (value.spec->use == Use::later) {
    // What is switched off asks for nothing.
    const bool is_off = key.ends_with(".enabled") && to_boolean(value.text) == false;
    say(is_off ? Severity::debug : Severity::info, key, value, std::string(kNotActedOn));
  }
}

void Reviewer::unknown(std::string_view key, Value& value) {
  value.usable = false;
  if (value.source == Source::definition && is_java_property(key)) {
    return say(Severity::debug, key, value, "a property of the Java machine, without effect here");
  }
  if (++unknown_ > kUnknownMax) return;
  if (is_block(key)) {
    if (value.kind == YamlKind::empty_block) return;
    if (value.text.empty()) {
      return say(chart_renders_empty(key) ? Severity::debug : Severity::warning, key, value,
                 "empty; counts as absent");
    }
    return say(Severity::warning, key, value,
               "expected a block of keys below this name, not a value");
  }
  say(Severity::warning, key, value, "unknown key" + meant(key));
}

void Reviewer::unknown_variable(const Variable& variable) {
  if (++unknown_ > kUnknownMax) return;
  std::string dotted = ascii_lower(variable.key);
  std::ranges::replace(dotted, '_', '.');
  const std::string nearest = nearest_key(dotted);
  std::string message = "sets no known key";
  if (!nearest.empty()) {
    message += "; the variable of '" + nearest + "' is " + variable_of(nearest);
  }
  diagnostics_.push_back({Severity::warning, "", std::string(variable.name), std::move(message)});
}

bool Reviewer::is_secret_reference(std::string_view key, Value& value) {
  if (!value.text.starts_with("secret://") && !value.text.starts_with("kubernetes://"))
    return false;
  value.secret = true;
  value.usable = false;
  // The reference itself names a place in a secret store, so it is not repeated.
  say(Severity::error, key, value,
      "refers to a secret provider, which this version does not resolve yet; the key counts as "
      "absent");
  return true;
}

bool Reviewer::is_empty(std::string_view key, Value& value) {
  if (!trimmed(value.text).empty() || value.spec->type == Type::text) return false;
  value.usable = false;
  // `[]` and `{}` say "nothing" on purpose.
  if (value.kind == YamlKind::empty_block || value.spec->use == Use::ignored) return true;
  const bool expected_empty = chart_renders_empty(key) || value.spec->type == Type::any;
  say(expected_empty ? Severity::debug : Severity::warning, key, value,
      "empty; counts as absent (" + expected(*value.spec) + ")");
  return true;
}

void Reviewer::wrong_type(std::string_view key, Value& value) {
  value.usable = false;
  const std::string got = value.secret ? std::string(kMask) : shown(key, value.text.substr(0, 200));
  // Keys of our own stand in no foreign chart: a wrong value is always a mistake made here.
  const bool acted_on = value.spec->use == Use::honoured || key.starts_with("perigee.");
  const bool is_whole = value.spec->type == Type::integer || value.spec->type == Type::count ||
                        value.spec->type == Type::size;
  const bool has_unit = is_whole && to_duration(value.text) && !to_decimal(value.text);
  say(acted_on ? Severity::error : Severity::warning, key, value,
      "expected " + expected(*value.spec) + (has_unit ? " without a unit" : "") + ", got '" + got +
          "'",
      acted_on);
}

void Reviewer::say(Severity severity, std::string_view key, const Value& value, std::string message,
                   bool fatal) {
  diagnostics_.push_back({severity, std::string(key), value.origin, std::move(message), fatal});
}

}  // namespace perigee::config
