// `perigee check` for configuration: a gravitee.yml, or the values.yaml of a chart, without
// starting anything.
#pragma once

#include <string>

#include "config/diagnostic.hpp"
#include "config/load.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

namespace perigee::config {

struct CheckOptions {
  EnvironmentMap environment;                 // what the gateway would see; empty when unknown
  std::vector<std::string> definitions = {};  // "-Dname=value"
  std::function<Result<std::string>(const std::string& path)> read = &read_file;
  // What rooms that this one does not know say about their settings when the gateway starts.
  std::function<Diagnostics(const Loaded&)> review = {};
  // The same of the files that they name. Not asked about a chart's values, whose files are those
  // of a container.
  std::function<Diagnostics(const Loaded&)> review_files = {};
};

// A values file is known by its top-level `gateway:` mapping. Of it the parts that become
// gravitee.yml are checked with the same table, and the traps of the reference's chart are told.
Diagnostics check_file(const std::string& path, const CheckOptions& options = {});

// For a values file (check_values.cpp).
bool is_chart_values(const YamlFlat& flat);
void chart_to_gravitee(YamlFlat& flat);                  // keeps and renames what is rendered
EnvironmentMap chart_environment(const YamlFlat& flat);  // gateway.env
void chart_traps(const std::string& path, const YamlFlat& flat, Diagnostics& diagnostics);

}  // namespace perigee::config
