// What concerns requests: time-outs, identifiers, APIs, stopping, limits
// (runtime.md 2.1, 2.7, 2.13).
#include <algorithm>

#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {
namespace {

// Whether the key is absent for a mistake that has its line already: its value was wrong, or a file
// could not be read.
bool was_said(const Tree& tree, std::string_view key, const Diagnostics& diagnostics) {
  const auto at = tree.values().find(key);
  if (at != tree.values().end() && !trimmed(at->second.text).empty()) return true;
  return std::ranges::any_of(diagnostics, [](const Diagnostic& diagnostic) {
    return diagnostic.fatal && diagnostic.key.empty();
  });
}

void read_timeout(const Reader& reader, Requests& requests, Diagnostics& diagnostics) {
  constexpr std::string_view kKey = "http.requestTimeout";
  const Value* value = reader.find(kKey);
  if (value == nullptr) {
    if (was_said(reader.tree(), kKey, diagnostics)) return;
    diagnostics.push_back({Severity::info, std::string(kKey), "", "not set; 30000 ms is used"});
    return;
  }
  milliseconds timeout{0};
  reader.read_count(kKey, timeout);
  if (timeout > 0ms) {
    requests.timeout = timeout;
    return;
  }
  requests.timeout.reset();
  diagnostics.push_back({Severity::warning, std::string(kKey), value->origin,
                         "requests have no time limit; a number above 0 sets one"});
}

void read_id_header(const Reader& reader, const std::string& block, IdHeader& header) {
  reader.read(block + ".header", header.name);
  reader.read_choice<OverrideMode>(block + ".overrideMode", header.mode,
                                   {{"override", OverrideMode::override_it},
                                    {"merge", OverrideMode::merge},
                                    {"keep", OverrideMode::keep}});
}

void read_request_handling(const Reader& reader, Requests& requests) {
  reader.read_count("http.requestTimeoutGraceDelay", requests.timeout_grace);
  reader.read("http.errors[404].message", requests.not_found_message);
  reader.read("http.errors[404].contentType", requests.not_found_content_type);
  reader.read_choice<IdFormat>("handlers.request.format", requests.id_format,
                               {{"uuid", IdFormat::uuid}, {"hex", IdFormat::hex}});
  read_id_header(reader, "handlers.request.transaction", requests.transaction);
  read_id_header(reader, "handlers.request.request", requests.request);
  reader.read("handlers.request.trace-context.enabled", requests.trace_context);
  reader.read("handlers.request.headers.x-forwarded-prefix", requests.x_forwarded_prefix);
  reader.read("handlers.request.x-forward.enabled", requests.x_forwarded_for);
  reader.read("handlers.request.client.header", requests.client_header);
  reader.read("handlers.notfound.log.enabled", requests.not_found_analytics);
  reader.read("handlers.notfound.analytics.enabled", requests.not_found_analytics);
  reader.read("policy.api-key.header", requests.api_key_header);
  reader.read("policy.api-key.param", requests.api_key_parameter);
}

void read_api(const Reader& reader, Api& api) {
  reader.read_count("api.pending_requests_timeout", api.pending_requests_timeout);
  reader.read("api.allowOverlappingContext", api.allow_overlapping_context);
  reader.read("api.properties.encryption.secret", api.properties_secret);
  reader.read("api.validateSubscription", api.validate_subscription);
  reader.read("api.security.verbose401", api.verbose_401);
}

void read_system_proxy(const Reader& reader, SystemProxy& proxy) {
  reader.read("system.proxy.enabled", proxy.enabled);
  reader.read_choice<ProxyType>(
      "system.proxy.type", proxy.type,
      {{"HTTP", ProxyType::http}, {"SOCKS4", ProxyType::socks4}, {"SOCKS5", ProxyType::socks5}});
  reader.read("system.proxy.host", proxy.host);
  reader.read("system.proxy.port", proxy.port);
  reader.read("system.proxy.username", proxy.username);
  reader.read("system.proxy.password", proxy.password);
}

void read_shutdown(const Reader& reader, Settings& settings) {
  Shutdown& shutdown = settings.shutdown;
  reader.read_delay("gracefulShutdown.delay", "gracefulShutdown.unit", shutdown.delay);
  // Without a request time-out somebody could wait for ever, so the default's default stays.
  shutdown.drain_timeout = settings.requests.timeout.value_or(shutdown.drain_timeout);
  reader.read_duration("perigee.shutdown.drainTimeout", shutdown.drain_timeout);
  if (reader.has("perigee.shutdown.gracePeriod")) {
    reader.read_duration("perigee.shutdown.gracePeriod", shutdown.grace_period.emplace());
  }
  reader.read("perigee.http.listenAfterSync", shutdown.listen_after_sync);
}

void read_limits(const Reader& reader, Limits& limits) {
  reader.read("perigee.limits.maxConnections", limits.connections_max);
  reader.read("perigee.limits.maxHandshakes", limits.handshakes_max);
  reader.read("perigee.limits.maxHeaders", limits.headers_max);
  reader.read("perigee.limits.maxRequestsPerConnection", limits.requests_per_connection_max);
  reader.read_duration("perigee.limits.headTimeout", limits.head_timeout);
  reader.read_duration("perigee.limits.bodyIdleTimeout", limits.body_idle_timeout);
  reader.read_duration("perigee.limits.writeIdleTimeout", limits.write_idle_timeout);
  reader.read("perigee.limits.bufferedBodyBytes", limits.buffered_body_bytes_max);
  reader.read("perigee.limits.upstreamHeadBytes", limits.upstream_head_bytes_max);
  reader.read("perigee.limits.upstreamHeaders", limits.upstream_headers_max);
  reader.read("perigee.limits.dynamicEndpoints", limits.dynamic_endpoints_max);
  reader.read("perigee.limits.dnsCacheEntries", limits.dns_cache_entries_max);
  reader.read("perigee.limits.logLines", limits.log_lines_max);
  reader.read("perigee.limits.arenaBytes", limits.arena_bytes_max);
  reader.read("perigee.limits.breakersPerApi", limits.breakers_per_api_max);
  reader.read("perigee.limits.calloutDestinations", limits.callout_destinations_max);
  reader.read("perigee.limits.calloutConnections", limits.callout_connections_max);
  reader.read("perigee.limits.calloutsWaiting", limits.callouts_waiting_max);
  reader.read("perigee.limits.shadowCopies", limits.shadow_copies_max);
  reader.read("perigee.limits.shadowBytes", limits.shadow_bytes_max);
  reader.read("perigee.limits.templateSteps", limits.template_steps_max);
  reader.read("perigee.limits.templateLoopTurns", limits.template_loop_turns_max);
  reader.read("perigee.limits.templateBytes", limits.template_bytes_max);
  reader.read("perigee.limits.joltSteps", limits.jolt_steps_max);
  reader.read("perigee.limits.joltBytes", limits.jolt_bytes_max);
  reader.read("perigee.limits.xmlNodes", limits.xml_nodes_max);
  reader.read("perigee.limits.xmlBytes", limits.xml_bytes_max);
  reader.read("perigee.limits.urlReplacements", limits.url_replacements_max);
  reader.read("perigee.limits.clientAddresses", limits.client_addresses_max);
  reader.read("perigee.limits.listedAddresses", limits.listed_addresses_max);
}

}  // namespace

void read_requests(const Tree& tree, Settings& settings, Diagnostics& diagnostics) {
  const Reader reader(tree, "");
  read_timeout(reader, settings.requests, diagnostics);
  read_request_handling(reader, settings.requests);
  read_api(reader, settings.api);
  read_system_proxy(reader, settings.system_proxy);
  read_shutdown(reader, settings);
  read_limits(reader, settings.limits);
  reader.read_choice<bool>("el.whitelist.mode", settings.el_whitelist.replaces,
                           {{"append", false}, {"replace", true}});
  reader.read("el.whitelist.list", settings.el_whitelist.entries);
  reader.read("perigee.compat.bareEnvironment", settings.compat.bare_environment);
  reader.read("perigee.compat.configurationSecrets", settings.compat.configuration_secrets);
  reader.read_choice<bool>("perigee.compat.errorKeys", settings.compat.refined_error_keys,
                           {{"4.9", false}, {"4.12", true}});
}

}  // namespace perigee::config
