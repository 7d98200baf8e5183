// What is to be said about one key: the gateway logs it, `perigee check` prints it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::config {

enum class Severity : std::uint8_t { debug, info, warning, error };
std::string_view to_string(Severity severity);  // "WARNING"

struct Diagnostic {
  Severity severity = Severity::info;
  std::string key;     // "http.port"; empty when it is about a whole file
  std::string origin;  // "gravitee.yml:12", "GRAVITEE_HTTP_PORT", "-Dhttp.port"; may be empty
  std::string message;
  bool fatal = false;  // the gateway must not start
  // One that starts would do with less than what is written down; one that runs keeps all it has.
  bool stops_reload = false;
};
using Diagnostics = std::vector<Diagnostic>;

// "gravitee.yml:12: http.port: expected ...", without the severity.
std::string to_string(const Diagnostic& diagnostic);
bool any_fatal(const Diagnostics& diagnostics);

}  // namespace perigee::config
