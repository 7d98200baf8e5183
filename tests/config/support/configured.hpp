// Loads configuration from what a test writes down, without touching the process or the disk.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/values.hpp"

namespace perigee::config {

struct Given {
  std::string yaml;  // of "gravitee.yml"
  EnvironmentMap environment = {};
  std::vector<std::string> definitions = {};
  std::map<std::string, std::string> files = {};  // more files by path
  std::string executable = "/opt/gravitee/bin/perigee";
};

inline Loaded load(const Given& given) {
  Sources sources;
  sources.environment = given.environment;
  sources.definitions = given.definitions;
  sources.executable = given.executable;
  sources.system_file = "gravitee.yml";
  sources.exists = [&](const std::string& path) {
    return (path == "gravitee.yml" && given.files.empty()) || given.files.contains(path);
  };
  sources.read = [&](const std::string& path) -> Result<std::string> {
    if (const auto at = given.files.find(path); at != given.files.end()) return at->second;
    if (path == "gravitee.yml") return given.yaml;
    return fail(ErrorCode::not_found, path + ": cannot be opened: No such file or directory");
  };
  return load(sources);
}

inline Loaded load(const std::string& yaml) { return load(Given{.yaml = yaml}); }

// The first diagnostic about `key` of at least `least`; null when there is none.
inline const Diagnostic* said(const Loaded& loaded, const std::string& key,
                              Severity least = Severity::debug) {
  const auto at = std::ranges::find_if(loaded.diagnostics, [&](const Diagnostic& diagnostic) {
    return diagnostic.key == key && diagnostic.severity >= least;
  });
  return at == loaded.diagnostics.end() ? nullptr : &*at;
}

// All lines of at least `least`, for messages and comparisons.
inline std::vector<std::string> lines(const Diagnostics& diagnostics, Severity least) {
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity >= least) {
      found.push_back(std::string(to_string(diagnostic.severity)) + " " + to_string(diagnostic));
    }
  }
  return found;
}

// One key and value as nested YAML: "a.b[0].c" is {"a": {"b": [{"c": value}]}}.
inline std::string nested_yaml(const std::string& key, const std::string& value) {
  if (key.empty()) return value;
  if (key.starts_with('[')) {
    const std::string rest = key.substr(key.find(']') + 1);
    // Any other index can only be written as an integer key.
    if (!key.starts_with("[0]")) {
      const auto close = key.find(']');
      return "{" + key.substr(1, close - 1) + ": " + nested_yaml(key.substr(close + 2), value) +
             "}";
    }
    return "[" + nested_yaml(rest.starts_with('.') ? rest.substr(1) : rest, value) + "]";
  }
  const auto end = std::min(key.find_first_of(".["), key.size());
  const std::string rest = key.substr(end);
  return "{" + key.substr(0, end) + ": " +
         nested_yaml(rest.starts_with('.') ? rest.substr(1) : rest, value) + "}";
}

inline std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  return result + "\"";
}

// The variable of a key: "a.b-c[0].d" is a_bc_0_d, with prefix, in either case.
inline std::string variable_of(const std::string& key, bool upper) {
  std::string name;
  for (const char c : key) {
    if (c == '.' || c == '[') {
      name.push_back('_');
    } else if (c != ']' && c != '-') {
      name.push_back(c);
    }
  }
  return upper ? "GRAVITEE_" + ascii_upper(name) : "gravitee_" + name;
}

}  // namespace perigee::config
