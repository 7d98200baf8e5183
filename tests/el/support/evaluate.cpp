#include "tests/el/support/evaluate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace perigee::el::test {
namespace {

const JsonDocument& expressions() {
  static const JsonDocument document = [] {
    auto parsed = JsonDocument::parse(read_file(compat_file("el/expressions.json")));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return *std::move(parsed);
  }();
  return document;
}

std::string eval_in(std::string_view text, Json context) {
  auto compiled = Template::compile(text);
  if (!compiled) return "error: " + compiled.error().message;
  FakeClock clock;
  JsonVariables variables(context, clock);
  Arena arena;
  auto result = compiled->text(variables, arena);
  if (!result) return "error: " + result.error().message;
  return *result ? std::string(**result) : "<null>";
}

std::string holds_in(std::string_view text, Json context) {
  auto compiled = Template::compile(text);
  if (!compiled) return "error: " + compiled.error().message;
  FakeClock clock;
  JsonVariables variables(context, clock);
  Arena arena;
  auto result = compiled->condition(variables, arena);
  if (!result) return "error: " + result.error().message;
  return *result ? "true" : "false";
}

JsonDocument parsed(std::string_view context_json) {
  auto document = JsonDocument::parse(context_json);
  EXPECT_TRUE(document) << document.error().message;
  return *std::move(document);
}

}  // namespace

Json sample_context() { return expressions().root()["contexts"]["c1"]; }

std::string eval(std::string_view text) { return eval_in(text, sample_context()); }

std::string eval(std::string_view text, std::string_view context_json) {
  JsonDocument document = parsed(context_json);
  return eval_in(text, document.root());
}

std::string holds(std::string_view text) { return holds_in(text, sample_context()); }

std::string holds(std::string_view text, std::string_view context_json) {
  JsonDocument document = parsed(context_json);
  return holds_in(text, document.root());
}

std::string compile_error(std::string_view text) {
  auto compiled = Template::compile(text);
  return compiled ? "" : compiled.error().message;
}

Needs needs(std::string_view text) {
  auto compiled = Template::compile(text);
  EXPECT_TRUE(compiled) << text << ": " << compiled.error().message;
  return compiled ? compiled->needs() : Needs{};
}

std::string compat_file(std::string_view name) {
  auto tests = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  return (tests / "compat" / name).string();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace perigee::el::test
