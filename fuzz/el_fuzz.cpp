// room: el
//
// Whatever a template says: it is refused with a reason, or it evaluates (within its budget) to a
// value or a reason, in every form it can be asked for.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "el/expression.hpp"
#include "el/json_variables.hpp"
#include "el/regex.hpp"

using namespace perigee;
using namespace perigee::el;

namespace {

constexpr std::string_view kContext = R"({
  "request": {"id": "r", "method": "GET", "path": "/a/b/c", "pathInfo": "/b/c", "timestamp": 1700000000000,
    "headers": {"X-A": ["v"], "X-M": ["one", "two"]}, "params": {"p": ["1"], "flag": [null]},
    "content": "{\"a\": {\"b\": [1, 2.5, \"x\", null, {\"c\": true}]}, \"t\": \"é\"}",
    "ssl": {"client": {"cn": "x", "attributes": {"ou": ["o"]}}}},
  "response": {"status": 200, "headers": {}, "content": ""},
  "context": {"attributes": {"gravitee.attribute.api": "A", "n": 5, "claims": {"iss": "i"}}},
  "api": {"id": "i", "name": "n", "properties": {"k": "v"}}, "properties": {"k": "v"},
  "list": [1, "a", null, [2], {"k": 1}], "map": {"a": 1, "b": {"c": []}}
})";

const JsonDocument& context() {
  static const JsonDocument document = *JsonDocument::parse(kContext);
  return document;
}

void evaluate(const Template& compiled) {
  static const FakeClock clock;
  Arena arena;
  JsonVariables variables(context().root(), clock);
  auto text = compiled.text(variables, arena);
  PERIGEE_ASSERT(text || !text.error().message.empty());
  if (compiled.is_constant()) PERIGEE_ASSERT(text && *text == compiled.constant_text());
  auto condition = compiled.condition(variables, arena);
  PERIGEE_ASSERT(condition || !condition.error().message.empty());
  auto integer = compiled.integer(variables, arena);
  PERIGEE_ASSERT(integer || !integer.error().message.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auto compiled = Template::compile(text);
  PERIGEE_ASSERT(compiled || !compiled.error().message.empty());
  if (compiled) evaluate(*compiled);
  auto regex = Regex::compile(text);
  if (regex) static_cast<void>((*regex)->matches_all("a-b_C9"));
  return 0;
}
