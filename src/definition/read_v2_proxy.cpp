// The `proxy` of a v2 definition: api-definition.md 2.2.
#include <array>

#include "definition/path.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// compat: context_path counts only without virtual hosts.
std::vector<ListenerPath> read_virtual_hosts(Object& proxy) {
  bool hosts = proxy.value("virtual_hosts").present();
  bool path = proxy.value("context_path").present();
  if (hosts) return read_paths(proxy, "virtual_hosts", "override_entrypoint");
  if (!path) {
    proxy.error("virtual_hosts", "at least one is required, or a 'context_path'");
    return {};
  }
  ListenerPath only;
  only.path = read_context_path(proxy, "context_path");
  only.pointer = proxy.pointer("context_path");
  return {std::move(only)};
}

HttpListener read_listener(Object& proxy) {
  HttpListener listener;
  listener.pointer = proxy.pointer();
  listener.paths = read_virtual_hosts(proxy);
  listener.servers = proxy.texts("servers");
  listener.cors = read_cors(proxy.object("cors"));
  listener.reject_null_byte = read_reject_null_byte(proxy.object("request_validation"));
  // v2 has none, and takes every request.
  listener.entrypoints.push_back({.type = "http-proxy", .pointer = proxy.pointer()});
  return listener;
}

// It retries, and has no circuit breaker.
std::optional<Failover> read_v2_failover(Object from) {
  if (!from.present()) return std::nullopt;
  Failover failover;
  failover.pointer = from.pointer();
  failover.enabled = true;
  failover.retries_max = from.integer("maxAttempts", 1, {.low = 0});
  failover.slow_call_duration = from.duration("retryTimeout", milliseconds(10'000));
  failover.circuit_breaker = false;
  from.ignore({"cases"});  // TIMEOUT is the only one, any failure is retried
  from.finish();
  return failover;
}

// Each is a choice of none, of one or the other, or of both.
using Choices = std::array<std::string_view, 4>;
constexpr Choices kModes{"NONE", "CLIENT", "PROXY", "CLIENT_PROXY"};
constexpr Choices kScopes{"NONE", "REQUEST", "RESPONSE", "REQUEST_RESPONSE"};
constexpr Choices kContents{"NONE", "HEADERS", "PAYLOADS", "HEADERS_PAYLOADS"};
constexpr std::size_t kFirst = 1, kSecond = 2;

void read_mode(Object& from, std::string_view member, Logging& logging) {
  std::size_t mode = from.choice<std::size_t>(member, kModes, 0);
  logging.entrypoint = (mode & kFirst) != 0;
  logging.endpoint = (mode & kSecond) != 0;
}

Logging read_v2_logging(Object from) {
  Logging logging;
  logging.pointer = from.pointer();
  read_mode(from, "mode", logging);
  std::size_t scope = from.choice<std::size_t>("scope", kScopes, 0);
  logging.request = (scope & kFirst) != 0;
  logging.response = (scope & kSecond) != 0;
  std::size_t content = from.choice<std::size_t>("content", kContents, 0);
  logging.headers = (content & kFirst) != 0;
  logging.payload = (content & kSecond) != 0;
  logging.condition = from.text("condition");
  if (is_blank(logging.condition) || logging.condition == "null") logging.condition.clear();
  from.finish();
  return logging;
}

std::optional<Analytics> read_v2_analytics(Object& proxy) {
  bool told = proxy.value("logging").present();
  bool legacy = proxy.value("loggingMode").present();
  if (!told && !legacy) return std::nullopt;
  Analytics analytics;
  analytics.pointer = proxy.pointer(told ? "logging" : "loggingMode");
  analytics.logging.pointer = analytics.pointer;
  if (told) {
    analytics.logging = read_v2_logging(proxy.object("logging"));
  } else {
    read_mode(proxy, "loggingMode", analytics.logging);
  }
  return analytics;
}

}  // namespace

void read_v2_proxy(Object& proxy, const std::optional<HealthCheck>& check_of_api, Api& api) {
  api.listeners.push_back(read_listener(proxy));
  api.endpoint_groups = read_v2_groups(proxy, check_of_api);
  api.failover = read_v2_failover(proxy.object("failover"));
  api.analytics = read_v2_analytics(proxy);
  // compat: the context path is never a part of what the backend gets, and the Host is always the
  // backend's. dumpRequest is of v1.
  proxy.ignore({"strip_context_path", "preserve_host", "dumpRequest"});
  proxy.finish();
}

}  // namespace perigee::definition
