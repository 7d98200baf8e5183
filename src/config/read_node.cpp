// What concerns the node: technical API, metrics, synchronisation, health, logs (runtime.md 2.4
// to 2.6).
#include <algorithm>

#include "config/read_store.hpp"
#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {
namespace {

void check_authentication(const Reader& reader, NodeApi& api, Diagnostics& diagnostics) {
  std::string type = "basic";
  reader.read("authentication.type", type);
  api.basic_authentication = !equals_ignoring_case(trimmed(type), "none");
  if (api.basic_authentication && !equals_ignoring_case(trimmed(type), "basic")) {
    api.enabled = false;
    diagnostics.push_back({Severity::error, reader.key("authentication.type"),
                           reader.find("authentication.type")->origin,
                           "expected one of basic|none, got '" + type +
                               "'; the technical API stays off, traffic is served"});
  }
  for (const auto& [name, value] : reader.tree().below(reader.key("authentication.users"))) {
    api.users[name] = value->text;
  }
  const auto admin = api.users.find("admin");
  const bool loopback =
      api.host == "localhost" || api.host.starts_with("127.") || api.host == "::1";
  if (api.enabled && api.basic_authentication && !loopback && admin != api.users.end() &&
      admin->second == "adminadmin") {
    diagnostics.push_back({Severity::warning, reader.key("authentication.users.admin"),
                           reader.find("authentication.users.admin")->origin,
                           "the technical API listens on " + api.host +
                               " with the well-known default password; set another one"});
  }
}

void read_node_api(const Tree& tree, NodeApi& api, Diagnostics& diagnostics) {
  const Reader reader(tree, "services.core.http.");
  reader.read("enabled", api.enabled);
  reader.read("host", api.host);
  reader.read("port", api.port);
  reader.read_count("idleTimeout", api.idle_timeout);
  reader.read("secured", api.secured);
  reader.read("alpn", api.alpn);
  read_keystore(reader, "ssl.keystore.", api.keystore);
  read_truststore(reader, "ssl.truststore.", api.truststore);
  if (const Value* auth = reader.find("ssl.clientAuth")) {
    // compat: unlike on the traffic servers, every word but true means none.
    const bool required = to_boolean(auth->text).value_or(false);
    api.client_auth = required ? ClientAuth::required : ClientAuth::none;
  }
  check_authentication(reader, api, diagnostics);

  const Reader others(tree, "");
  others.read("services.core.endpoints.heapdump.enabled", api.heapdump);
  others.read("services.core.endpoints.threaddump.enabled", api.threaddump);
  others.read("perigee.node.anonymousPaths", api.anonymous_paths);
}

// The reference's words. Some are labels of families that the gateway does not have.
constexpr std::string_view kMetricLabels[] = {
    "local",     "remote",    "http_path", "http_route", "http_method", "http_code", "class_name",
    "namespace", "pool_type", "pool_name", "eb_address", "eb_side",     "eb_failure"};

void check_labels(const Tree& tree, const std::string& list, Diagnostics& diagnostics) {
  const std::vector<std::string> labels = tree.list(list);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto is_it = [&](std::string_view word) { return equals_ignoring_case(word, labels[i]); };
    if (std::ranges::any_of(kMetricLabels, is_it)) continue;
    const std::string element = list + "[" + std::to_string(i) + "]";
    const std::string& key = tree.find(element) ? element : list;
    diagnostics.push_back({Severity::warning, key, tree.find(key)->origin,
                           "no metric has a label '" + labels[i] +
                               "'; known are local, remote, http_path, http_route, http_method, "
                               "http_code, class_name, namespace"});
  }
}

void read_metrics(const Tree& tree, Metrics& metrics, Diagnostics& diagnostics) {
  const Reader reader(tree, "services.metrics.");
  reader.read("enabled", metrics.enabled);
  reader.read("prometheus.enabled", metrics.prometheus);
  reader.read("prometheus.concurrencyLimit", metrics.scrapes_max);
  reader.read("prometheus.naming.version", metrics.naming_version);
  reader.read("labels", metrics.labels);
  check_labels(tree, reader.key("labels"), diagnostics);
  for (const std::string_view category : {"http.server", "http.client"}) {
    const std::string name(category);
    if (auto labels = tree.list(reader.key("include." + name)); !labels.empty()) {
      metrics.include[name] = std::move(labels);
    }
    if (auto labels = tree.list(reader.key("exclude." + name)); !labels.empty()) {
      metrics.exclude[name] = std::move(labels);
    }
    check_labels(tree, reader.key("include." + name), diagnostics);
    check_labels(tree, reader.key("exclude." + name), diagnostics);
  }
  const Reader ours(tree, "perigee.metrics.");
  ours.read("maxSeries", metrics.series_max);
  ours.read("rawPath", metrics.raw_path);
}

void read_sync(const Tree& tree, Sync& sync) {
  const Reader older(tree, "services.local.");
  sync.local_path = tree.home() + "/apis";
  older.read("enabled", sync.local_enabled);
  older.read("path", sync.local_path);

  const Reader reader(tree, "services.sync.");
  reader.read("enabled", sync.enabled);
  reader.read_delay("delay", "unit", sync.delay);
  reader.read("local.enabled", sync.local_enabled);
  reader.read("local.path", sync.local_path);
  reader.read("repository.enabled", sync.repository_enabled);
  reader.read("bulk_items", sync.bulk_items);
  reader.read("retry", sync.retry);
  reader.read("fetcher", sync.fetchers);
  reader.read("deployer", sync.deployers);
  reader.read("kubernetes.enabled", sync.kubernetes_enabled);
  reader.read("kubernetes.namespaces", sync.kubernetes_namespaces);
  Reader(tree, "perigee.sync.local.").read("openPlan", sync.local_open_plan);
}

void read_identity(const Tree& tree, Identity& identity) {
  const Reader reader(tree, "");
  reader.read("tags", identity.tags);
  reader.read("gravitee.tenant", identity.tenant);
  reader.read("tenant", identity.tenant);
  reader.read("zone", identity.zone);
  reader.read("organizations", identity.organizations);
  reader.read("environments", identity.environments);
  for (const auto& [name, value] : tree.below("metadata")) identity.metadata[name] = value->text;
}

void read_endpoint_checks(const Tree& tree, EndpointChecks& checks) {
  const Reader reader(tree, "");
  reader.read_count("services.healthcheck.jitterInMs", checks.jitter);
  reader.read_count("healthcheck.jitterInMs", checks.jitter);
}

void read_health(const Tree& tree, Settings& settings) {
  const Reader health(tree, "services.health.");
  health.read("enabled", settings.health.enabled);
  health.read_delay("delay", "unit", settings.health.delay);
  health.read("threshold.cpu", settings.health.cpu_percent_max);
  health.read("threshold.memory", settings.health.memory_percent_max);
  health.read("threshold.gc-pressure", settings.health.gc_pressure_percent_max);
  const Reader monitoring(tree, "services.monitoring.");
  monitoring.read("enabled", settings.monitoring.enabled);
  monitoring.read_delay("delay", "unit", settings.monitoring.delay);
}

void read_log(const Tree& tree, Log& log) {
  using log::Level;
  const Reader reader(tree, "perigee.log.");
  reader.read_choice<log::Format>("format", log.format,
                                  {{"pattern", log::Format::pattern}, {"json", log::Format::json}});
  for (const auto& [name, value] : tree.below("perigee.log.level")) {
    std::string logger = name;
    // No logger has an underscore in its name, so one from a variable stands for a dot.
    for (char& c : logger) c = c == '_' ? '.' : c;
    if (equals_ignoring_case(logger, "root")) logger = "ROOT";
    reader.read_choice<Level>("level." + name, log.levels[logger],
                              {{"trace", Level::trace},
                               {"debug", Level::debug},
                               {"info", Level::info},
                               {"warn", Level::warn},
                               {"error", Level::error},
                               {"off", Level::off},
                               // YAML 1.1 reads a bare `off` as false.
                               {"false", Level::off}});
  }
}

}  // namespace

void read_node(const Tree& tree, Settings& settings, Diagnostics& diagnostics) {
  read_node_api(tree, settings.node_api, diagnostics);
  read_metrics(tree, settings.metrics, diagnostics);
  read_sync(tree, settings.sync);
  read_identity(tree, settings.identity);
  read_health(tree, settings);
  read_endpoint_checks(tree, settings.endpoint_checks);
  read_log(tree, settings.log);
}

}  // namespace perigee::config
