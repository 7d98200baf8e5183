#include "tests/compat/vector_expect.hpp"

#include "base/json_object.hpp"

namespace perigee::compat {
namespace {

constexpr std::size_t kWarningsMax = 100;

// One of {absent}, {present}, {values}, {regex}, {not}, or the text of the first value.
void check_header(JsonObject& headers, const JsonMember& member, Problems& problems) {
  Json value = headers.value(member.name);
  if (value.is_text()) return;
  JsonObject matcher(value, problems);
  matcher.boolean("absent", false);
  matcher.boolean("present", false);
  matcher.value("values");
  matcher.text("regex");
  matcher.text("not");
  matcher.finish();
  if (value.size() != 1)
    headers.error(member.name,
                  "expected a text or one of {absent}, {present}, {values}, {regex}, {not}");
}

void check_headers(Json from, Problems& problems) {
  JsonObject headers(from, problems);
  for (const JsonMember& member : from.members()) check_header(headers, member, problems);
}

void check_error(Json from, Problems& problems) {
  JsonObject error(from, problems);
  error.text("key");
  error.text("message");
  error.text("messageContains");
  error.value("parameters");
  error.finish();
}

// A request that somebody got: `upstream`, `received`, `awsReceived`.
void check_received(Json from, Problems& problems) {
  JsonObject received(from, problems);
  received.boolean("called", true);
  received.text("method");
  received.text("path");
  received.text("body");
  check_headers(received.value("headers"), problems);
  received.finish();
}

void check_outcome(JsonObject& expect) {
  Json outcome = expect.value("outcome");
  if (outcome.absent()) return;
  bool known = outcome.is_text() && (outcome.text() == "continue" || outcome.text() == "interrupt");
  if (!known) expect.error("outcome", "expected 'continue' or 'interrupt'");
}

}  // namespace

void check_expect(Json from, Problems& problems) {
  JsonObject expect(from, problems);
  check_outcome(expect);
  expect.number("status", 0, {100, 599});
  check_error(expect.value("error"), problems);
  check_headers(expect.value("responseHeaders"), problems);
  for (std::string_view name : {"upstream", "received", "awsReceived"})
    check_received(expect.value(name), problems);
  expect.text("body");
  expect.text("bodyBase64");
  expect.texts("warnings", kWarningsMax);
  for (std::string_view name : {"attributes", "httpCalls"})
    static_cast<void>(JsonObject(expect.value(name), problems));  // an object with any member
  // Compared as they are.
  expect.ignore({"introspections", "storeCounter", "output", "result", "commands", "remaining",
                 "redisKey", "pexpireat", "redisCommands"});
  expect.finish();
}

}  // namespace perigee::compat
