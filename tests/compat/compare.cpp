#include "tests/compat/compare.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "el/codec.hpp"
#include "http/headers.hpp"

namespace perigee::compat {
namespace {

// In quotes and on one line; bytes that are no text as \x1f.
std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytes = 200;
  std::string quote = "'";
  while (!text.empty() && quote.size() < kShownBytes) {
    std::size_t size = utf8_character(text);
    unsigned char first = static_cast<unsigned char>(text.front());
    bool printable = size > 0 && first >= 0x20 && first != 0x7f;
    if (printable) {
      quote += text.substr(0, size);
    } else {
      quote += fmt::format("\\x{:02x}", first);
    }
    text.remove_prefix(printable ? size : 1);
  }
  return quote + (text.empty() ? "'" : "...'");
}

std::string fault(const std::string& what, const std::string& expected, const std::string& found) {
  return what + ": expected " + expected + ", found " + found;
}

std::vector<std::string> values_of(const NameValues& headers, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [each, value] : headers) {
    if (http::equals_ignoring_case(each, name)) values.push_back(value);
  }
  return values;
}

std::string listed(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + shown(value);
  return values.empty() ? "none" : text;
}

// What is expected of a header, when its values are not that; "" when they are.
std::string wanted_instead(Json expected, const std::vector<std::string>& values) {
  bool any = !values.empty();
  if (expected.is_text())
    return any && values.front() == expected.text() ? "" : shown(expected.text());
  if (!expected["absent"].absent()) return any ? "none" : "";
  if (!expected["present"].absent()) return any ? "" : "any";
  if (Json list = expected["values"]; !list.absent()) {
    std::vector<std::string> wanted = expected.texts("values").value_or(std::vector<std::string>());
    return values == wanted ? "" : listed(wanted);
  }
  if (Json regex = expected["regex"]; regex.is_text()) {
    bool fits = any && re2::RE2::PartialMatch(values.front(), std::string(regex.text()));
    return fits ? "" : "a match of " + shown(regex.text());
  }
  Json other = expected["not"];
  bool has = other.is_text() && std::ranges::find(values, other.text()) != values.end();
  return has ? "anything but " + shown(other.text()) : "";
}

// Null is the empty text.
void compare_text(Json expected, std::string_view found, const std::string& what, Faults& faults) {
  if (expected.absent()) return;
  std::string wanted = expected.is_text()   ? std::string(expected.text())
                       : expected.present() ? expected.dump()
                                            : "";
  if (wanted != found) faults.push_back(fault(what, shown(wanted), shown(found)));
}

void compare_parameters(Json expected, const NameValues& found, Faults& faults) {
  for (const JsonMember& member : expected.members()) {
    std::string wanted = expected.text_or(member.name, "").value_or(Json(member.value).dump());
    std::vector<std::string> values = values_of(found, member.name);
    if (values.empty() || values.front() != wanted) {
      faults.push_back(
          fault("parameter " + std::string(member.name), shown(wanted), listed(values)));
    }
  }
}

void compare_error(Json expected, const std::optional<Failure>& found, Faults& faults) {
  if (!expected.present()) return;
  if (!found) {
    faults.push_back(fault("error", expected.dump(), "none"));
    return;
  }
  compare_text(expected["key"], found->key, "error key", faults);
  compare_text(expected["message"], found->message, "error message", faults);
  Json part = expected["messageContains"];
  if (part.is_text() && found->message.find(part.text()) == std::string::npos)
    faults.push_back(
        fault("error message", "one with " + shown(part.text()), shown(found->message)));
  compare_parameters(expected["parameters"], found->parameters, faults);
}

// Documents are as deep as JsonDocument::Limits lets them be.
bool equal(Json a, Json b) {
  if (a.is_number() && b.is_number()) {
    bool whole = a.type() == JsonType::integer && b.type() == JsonType::integer;
    return whole ? a.integer() == b.integer() : a.real() == b.real();
  }
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_text()) return a.text() == b.text();
  if (a.is_boolean()) return a.boolean() == b.boolean();
  for (std::size_t i = 0; i < a.items().size(); ++i) {
    if (!equal(a.at(i), b.at(i))) return false;
  }
  return std::ranges::all_of(a.members(), [&](const JsonMember& member) {
    Json other = b[member.name];
    return !other.absent() && equal(Json(member.value), other);
  });
}

// Every member of `part` stands in `whole`, at any depth.
bool is_subset(Json part, Json whole) {
  if (!part.is_object() || !whole.is_object()) return equal(part, whole);
  return std::ranges::all_of(part.members(), [&](const JsonMember& member) {
    return is_subset(Json(member.value), whole[member.name]);
  });
}

// Objects are compared without order; {subset: {..}} wants only the members it names. Null is
// absent.
void compare_json(Json expected, Json found, const std::string& what, Faults& faults) {
  if (expected.absent()) return;
  Json subset = expected["subset"];
  bool partly = subset.is_object() && expected.size() == 1;
  bool fits = partly ? is_subset(subset, found) : equal(expected, found);
  if (!fits)
    faults.push_back(fault(what, expected.dump(), found.absent() ? "nothing" : found.dump()));
}

void compare_headers(Json expected, const NameValues& found, const std::string& what,
                     Faults& faults) {
  for (const JsonMember& member : expected.members()) {
    std::vector<std::string> values = values_of(found, member.name);
    std::string wanted = wanted_instead(Json(member.value), values);
    if (!wanted.empty())
      faults.push_back(fault(what + " " + std::string(member.name), wanted, listed(values)));
  }
}

void compare_received(Json expected, const std::optional<Received>& found, const std::string& what,
                      Faults& faults) {
  if (!expected.present()) return;
  bool called = expected.boolean_or("called", true).value_or(true);
  if (called != found.has_value())
    faults.push_back(fault(what, called ? "a call" : "no call", found ? "a call" : "none"));
  if (!found || !called) return;
  compare_text(expected["method"], found->method, what + " method", faults);
  compare_text(expected["path"], found->path, what + " path", faults);
  compare_text(expected["body"], found->body, what + " body", faults);
  compare_headers(expected["headers"], found->headers, what + " header", faults);
}

void compare_attributes(Json expected, const Seen& seen, Faults& faults) {
  for (const JsonMember& member : expected.members()) {
    auto found = seen.attributes.find(std::string(member.name));
    std::string text = found == seen.attributes.end() ? "null" : found->second;
    std::string what = "attribute " + std::string(member.name);
    Result<JsonDocument> value = JsonDocument::parse(text);
    if (value) {
      compare_json(Json(member.value), value->root(), what, faults);
    } else {
      faults.push_back(what + ": found " + shown(text));
    }
  }
}

void compare_warnings(Json expected, const Seen& seen, Faults& faults) {
  if (!expected.is_array()) return;
  std::string found = "[";
  for (const std::string& key : seen.warnings)
    found += (found.size() > 1 ? "," : "") + json_quoted(key);
  found += "]";
  if (found != expected.dump()) faults.push_back(fault("warnings", expected.dump(), found));
}

void compare_count(Json expected, std::optional<std::int64_t> found, const std::string& what,
                   Faults& faults) {
  if (expected.absent() || (found && expected.is_number() && *found == expected.integer())) return;
  faults.push_back(
      fault(what, expected.dump(), found ? std::to_string(*found) : "no such service"));
}

void compare_bytes(Json expected, const std::string& found, Faults& faults) {
  std::string encoded =
      el::base64_encoded(found, {.kind = el::CodecKind::basic, .decodes = false, .pads = true});
  compare_text(expected, encoded, "body in Base64", faults);
}

}  // namespace

Faults faults_of(Json expect, const Seen& seen) {
  Faults faults;
  compare_text(expect["outcome"], seen.continues ? "continue" : "interrupt", "outcome", faults);
  compare_count(expect["status"], seen.status, "status", faults);
  compare_error(expect["error"], seen.failure, faults);
  compare_headers(expect["responseHeaders"], seen.headers, "response header", faults);
  compare_received(expect["upstream"], seen.upstream, "upstream", faults);
  compare_received(expect["awsReceived"], seen.aws_received, "awsReceived", faults);
  compare_text(expect["body"], seen.body, "body", faults);
  compare_bytes(expect["bodyBase64"], seen.body, faults);
  compare_attributes(expect["attributes"], seen, faults);
  compare_warnings(expect["warnings"], seen, faults);
  for (const JsonMember& member : expect["httpCalls"].members()) {
    auto calls = seen.http_calls.find(std::string(member.name));
    std::int64_t count = calls == seen.http_calls.end() ? 0 : calls->second;
    compare_count(Json(member.value), count, "calls of " + std::string(member.name), faults);
  }
  compare_count(expect["introspections"], seen.introspections, "introspections", faults);
  compare_count(expect["storeCounter"], seen.store_counter, "storeCounter", faults);
  return faults;
}

Faults faults_of_unit(const Vector& vector, const SeenUnit& seen) {
  Faults faults;
  Result<JsonDocument> found = JsonDocument::parse(seen.json);
  if (!found) return {found.error().message};
  for (const JsonMember& member : vector.expect.members()) {
    std::string name(member.name);
    Json expected(member.value), value = found->root()[member.name];
    bool partly = name == "result" || vector.function == "cacheredis.options";
    if (name == "received") {
      compare_received(expected, seen.received, name, faults);
    } else if (!partly || !is_subset(expected, value)) {
      compare_json(expected, value, name, faults);
    }
  }
  return faults;
}

}  // namespace perigee::compat
