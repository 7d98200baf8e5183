// Listeners and their entrypoints: api-definition.md 1.2 and 1.4.
#include <algorithm>
#include <array>

#include "definition/path.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

constexpr std::array<std::string_view, 4> kListenerTypes{"http", "tcp", "subscription", "kafka"};

constexpr std::array<std::string_view, 4> kQosNames{"none", "auto", "at-most-once",
                                                    "at-least-once"};
constexpr std::size_t kQosAuto = 1;

ListenerPath read_path(Object from, std::string_view override_member) {
  ListenerPath path;
  path.pointer = from.pointer();
  path.host = normalised_host(from.text("host"));
  path.path = read_context_path(from, "path");
  path.override_access = from.boolean(override_member, false);
  from.finish();
  return path;
}

Entrypoint read_entrypoint(Object from) {
  Entrypoint entrypoint;
  entrypoint.pointer = from.pointer();
  entrypoint.type = normalised(from.required_text("type"));
  if (!entrypoint.type.empty() && entrypoint.type != "http-proxy") {
    from.error("type", "entrypoint '" + entrypoint.type +
                           "' is not supported by this version; supported: 'http-proxy'");
  }
  entrypoint.configuration = from.configuration("configuration");
  from.choice("qos", kQosNames, kQosAuto);  // this and dlq matter to message APIs only
  from.ignore({"dlq"});
  from.finish();
  return entrypoint;
}

std::vector<Entrypoint> read_entrypoints(Object& listener) {
  std::vector<Entrypoint> entrypoints;
  for (const JsonNode& node :
       listener.items("entrypoints", listener.reading().limits.list_items_max)) {
    entrypoints.push_back(read_entrypoint(listener.open(Json(node))));
  }
  return entrypoints;
}

HttpListener read_http_listener(Object from) {
  HttpListener listener;
  listener.pointer = from.pointer();
  from.value("type");
  listener.paths = read_paths(from, "paths", "overrideAccess");
  listener.servers = from.texts("servers");
  listener.path_mappings = from.texts("pathMappings");
  listener.path_mappings_pointer = from.pointer("pathMappings");
  listener.cors = read_cors(from.object("cors"));
  listener.reject_null_byte = read_reject_null_byte(from.object("requestValidation"));
  listener.entrypoints = read_entrypoints(from);
  from.finish();
  return listener;
}

// Entrypoints are those of the API: any of them takes the requests of every listener.
void warn_of_no_entrypoint(Object& api, const std::vector<HttpListener>& listeners) {
  auto none = [](const HttpListener& listener) { return listener.entrypoints.empty(); };
  if (listeners.empty() || !std::ranges::all_of(listeners, none)) return;
  api.reading().problems.warning(
      listeners.front().pointer + "/entrypoints",
      "no listener of the API has an entrypoint, so every request is answered with 404; add "
      "{\"type\": \"http-proxy\"}");
}

// An error unless the listener is one that we serve.
bool is_http(Object& listener) {
  std::string type = normalised(listener.required_text("type"));
  if (type == "http") return true;
  if (type.empty()) return false;
  if (index_of(type, kListenerTypes) == kNoName) {
    listener.error("type", "unknown listener type '" + type + "'" +
                               did_you_mean(type, kListenerTypes) + "; supported: 'http'");
  } else {
    listener.error(
        "type", "listener type '" + type + "' is not supported by this version; supported: 'http'");
  }
  return false;
}

}  // namespace

std::string read_context_path(Object& from, std::string_view member) {
  std::string written = from.text(member);
  if (!from.present()) return normalised_path(written);  // already a fault
  bool is_pattern = written.find_first_of("*?#{") != written.npos || written.contains("/:");
  if (is_pattern) {
    from.warning(member, quoted(written) +
                             " is compared letter by letter: '*', '?', '#', '{' and ':name' are no "
                             "patterns here; a context path takes everything below it");
  }
  if (written.empty()) {
    from.warning(member, "no path is given; '/' is used, which takes every request of its host");
  } else if (written.front() != '/') {
    from.warning(member, "does not begin with '/'; '/" + written + "' is used");
  }
  return normalised_path(written);
}

std::vector<ListenerPath> read_paths(Object& listener, std::string_view member,
                                     std::string_view override_member) {
  std::vector<ListenerPath> paths;
  for (const JsonNode& node :
       listener.items_at_least_one(member, listener.reading().limits.listener_paths_max)) {
    paths.push_back(read_path(listener.open(Json(node)), override_member));
  }
  return paths;
}

std::optional<Cors> read_cors(Object from) {
  if (!from.present()) return std::nullopt;
  Cors cors;
  cors.pointer = from.pointer();
  cors.enabled = from.boolean("enabled", false);
  cors.allow_origin = from.texts("allowOrigin");
  cors.allow_methods = from.texts("allowMethods");
  cors.allow_headers = from.texts("allowHeaders");
  cors.expose_headers = from.texts("exposeHeaders");
  cors.max_age_seconds = from.integer("maxAge", cors.max_age_seconds);
  cors.allow_credentials = from.boolean("allowCredentials", false);
  cors.run_policies = from.boolean("runPolicies", false);
  cors.allow_private_network = from.boolean("allowPrivateNetwork", false);
  from.finish();
  return cors;
}

bool read_reject_null_byte(Object validation) {
  bool reject = validation.boolean("rejectNullByte", false);
  validation.finish();
  return reject;
}

std::vector<HttpListener> read_listeners(Object& api) {
  const Limits& limits = api.reading().limits;
  std::vector<HttpListener> listeners;
  std::size_t paths = 0;
  for (const JsonNode& node : api.items_at_least_one("listeners", limits.listener_paths_max)) {
    Object from = api.open(Json(node));
    if (!is_http(from)) continue;
    listeners.push_back(read_http_listener(std::move(from)));
    paths += listeners.back().paths.size();
  }
  if (paths > limits.listener_paths_max) {
    api.error("listeners", std::to_string(paths) + " paths in all, the limit is " +
                               std::to_string(limits.listener_paths_max));
  }
  warn_of_no_entrypoint(api, listeners);
  return listeners;
}

}  // namespace perigee::definition
