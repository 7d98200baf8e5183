// room: config
//
// Any bytes as a logback.xml, and as a pattern of one: read or refused with a line, and what is
// printed by the pattern is bounded and, unless the pattern itself breaks it, one line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "base/log_pattern.hpp"
#include "config/logback.hpp"

using namespace perigee;

namespace {

constexpr std::string_view kMessage = "first\nsecond \x1b[0m \xff end";

void print(std::string_view text) {
  std::vector<std::string> warnings;
  const log::Pattern pattern = log::Pattern::compile(text, warnings);
  const std::string printed = pattern.formatted({.time = WallTime(std::chrono::days(20'000)),
                                                 .level = log::Level::warn,
                                                 .thread = "worker-1",
                                                 .api_id = "api\n1",
                                                 .logger = "io.gravitee.gateway",
                                                 .message = kMessage});
  PERIGEE_ASSERT(printed.ends_with('\n'));
  // A conversion is two characters and prints at most a width; the longest width is 1000.
  PERIGEE_ASSERT(printed.size() <= 4'096 + 1'024 * text.size());
  const bool breaks = text.find_first_of("\n\r\\") != text.npos || text.contains('n');
  if (!breaks) PERIGEE_ASSERT(std::ranges::count(printed, '\n') == 1);
  for (const std::string& warning : warnings) PERIGEE_ASSERT(!warning.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const config::LogbackNames names = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "itself") return "${itself}${itself}";
    if (name == "text") return text;
    return std::nullopt;
  };
  config::Log log;
  config::Diagnostics diagnostics;
  config::parse_logback("logback.xml", text, names, log, diagnostics);
  for (const config::Diagnostic& diagnostic : diagnostics) {
    PERIGEE_ASSERT(!diagnostic.message.empty());
    PERIGEE_ASSERT(diagnostic.origin.starts_with("logback.xml"));
  }
  PERIGEE_ASSERT(log.console || log.file);
  print(log.pattern);
  print(text);
  return 0;
}
