#include "config/check.hpp"

#include <algorithm>
#include <utility>

#include "config/load.hpp"
#include "config/logback.hpp"

namespace perigee::config {
namespace {

// A folder that `${gravitee.home}` may stand for while nothing is installed: that of the image.
constexpr std::string_view kImageExecutable = "/opt/graviteeio-gateway/bin/perigee";

Diagnostics loaded(Sources sources, const CheckOptions& options) {
  sources.executable = kImageExecutable;
  Loaded found = load(sources);
  Diagnostics diagnostics = found.diagnostics;  // which the reviews look at too
  for (const auto& review : {options.review, options.review_files}) {
    if (!review) continue;
    for (Diagnostic& diagnostic : review(found)) diagnostics.push_back(std::move(diagnostic));
  }
  return diagnostics;
}

// Manifests often lie beside the files that are checked.
bool is_kubernetes_object(const YamlFlat& flat) {
  const auto has = [&](std::string_view key) {
    return std::ranges::find(flat.entries, key, &YamlEntry::key) != flat.entries.end();
  };
  return has("apiVersion") && has("kind");
}

// The top level of a v4 or v2 definition.
bool is_api_definition(const YamlFlat& flat) {
  return std::ranges::any_of(flat.entries, [](const YamlEntry& entry) {
    return entry.key == "definitionVersion" || entry.key.starts_with("endpointGroups[") ||
           entry.key.starts_with("proxy.virtual_hosts[");
  });
}

Diagnostics check_values(const std::string& path, const YamlFlat& flat, Sources sources,
                         CheckOptions options) {
  options.review_files = {};
  sources.environment = chart_environment(flat);
  sources.translate = &chart_to_gravitee;
  Diagnostics diagnostics;
  chart_traps(path, flat, diagnostics);
  for (Diagnostic& diagnostic : loaded(std::move(sources), options)) {
    // What is absent here has its default in the chart.
    if (!diagnostic.origin.empty()) diagnostics.push_back(std::move(diagnostic));
  }
  return diagnostics;
}

Diagnostics check_logback(const std::string& path, const std::string& xml, const Sources& sources) {
  Diagnostics diagnostics;
  Log log;
  const auto definitions = definitions_of(sources, diagnostics);
  const LogbackNames names = [&](const std::string& name) -> std::optional<std::string> {
    if (const auto at = definitions.find(name); at != definitions.end()) return at->second.value;
    const auto at = sources.environment.find(name);
    return at == sources.environment.end() ? std::nullopt : std::optional(at->second);
  };
  parse_logback(path, xml, names, log, diagnostics);
  return diagnostics;
}

}  // namespace

Diagnostics check_file(const std::string& path, const CheckOptions& options) {
  Result<std::string> text = options.read(path);
  Sources sources;
  sources.files = {path};
  sources.environment = options.environment;
  sources.definitions = options.definitions;
  if (text && path.ends_with(".xml")) return check_logback(path, *text, sources);
  sources.read = [&](const std::string& asked) -> Result<std::string> {
    if (asked == path) return text;
    return fail(ErrorCode::not_found, asked + ": only " + path + " is checked");
  };
  if (text) {
    const Result<YamlFlat> flat = flatten_yaml(*text);
    if (flat && is_kubernetes_object(*flat)) {
      return {{Severity::info, "", path, "a Kubernetes object, no configuration; not checked"}};
    }
    if (flat && is_api_definition(*flat)) {
      return {{Severity::error, "", path,
               "an API definition, but in YAML: the gateway reads them from *.json only"}};
    }
    if (flat && is_chart_values(*flat))
      return check_values(path, *flat, std::move(sources), options);
  }
  return loaded(std::move(sources), options);
}

}  // namespace perigee::config
