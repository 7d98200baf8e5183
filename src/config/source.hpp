// Where configuration comes from, handed in: nothing in this room reads a global.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/diagnostic.hpp"

namespace perigee::config {

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

// A regular file's bytes, refused above the limit of YamlLimits.
Result<std::string> read_file(const std::string& path);

struct YamlFlat;

struct Sources {
  std::vector<std::string>
      files;  // empty: -Dgravitee.conf, else system_file, else under gravitee.home
  std::vector<std::string>
      definitions;  // "-Dname=value" as given on the command line; the last wins
  EnvironmentMap environment;
  std::string
      executable;  // path; the folder above its folder is gravitee.home when nothing names it
  std::string system_file = "/etc/gravitee-gateway/gravitee.yml";
  std::function<Result<std::string>(const std::string& path)> read = &read_file;
  std::function<bool(const std::string& path)> exists;  // empty: asks the file system

  // May rewrite a file's flat keys before they count: how `check` reads a chart's values.
  std::function<void(YamlFlat&)> translate;

  // Of this process: its environment and the path of its executable.
  static Sources of_process(std::vector<std::string> definitions);
};

// A value as one source gives it, before references are resolved.
struct Definition {
  std::string name;
  std::string value;
  std::string origin;  // "-Dhttp.port", "JAVA_OPTS -Dhttp.port"
  bool from_java_opts = false;
};

// Sources.definitions over those in JAVA_OPTS. What else stands in JAVA_OPTS is told in one INFO.
std::map<std::string, Definition, std::less<>> definitions_of(const Sources& sources,
                                                              Diagnostics& diagnostics);

}  // namespace perigee::config
