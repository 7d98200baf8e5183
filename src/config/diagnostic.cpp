#include "config/diagnostic.hpp"

#include <algorithm>

namespace perigee::config {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return "DEBUG";
    case Severity::info:
      return "INFO";
    case Severity::warning:
      return "WARNING";
    case Severity::error:
      return "ERROR";
  }
  return "ERROR";
}

std::string to_string(const Diagnostic& diagnostic) {
  std::string text;
  const bool origin_names_key =
      !diagnostic.key.empty() && diagnostic.origin.ends_with("-D" + diagnostic.key);
  if (!diagnostic.origin.empty()) text.append(diagnostic.origin).append(": ");
  if (!diagnostic.key.empty() && !origin_names_key) text.append(diagnostic.key).append(": ");
  return text.append(diagnostic.message);
}

bool any_fatal(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, &Diagnostic::fatal);
}

}  // namespace perigee::config
