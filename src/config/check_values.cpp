// What the chart makes of a values.yaml (deployment.md section 1): which values become which keys
// of gravitee.yml, and where the reference's chart does something else than it says.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "config/check.hpp"
#include "config/values.hpp"

namespace perigee::config {
namespace {

struct Rendered {
  std::string_view value;  // a whole key, or a prefix when it ends in "." or "["
  std::string_view key;    // empty: about a Kubernetes object, not gravitee.yml
};
// The first row that fits counts; values without a row do not reach gravitee.yml.
constexpr std::array<Rendered, 28> kRendered = {{
    {"gateway.services.core.service.", ""},
    {"gateway.services.core.ingress.", ""},
    {"gateway.services.core.httpRoute.", ""},
    {"gateway.services.bridge.", ""},
    {"gateway.services.", "services."},
    {"gateway.ratelimit.", "ratelimit."},
    {"ratelimit.", "ratelimit."},
    {"gateway.reporters.", "reporters."},
    {"gateway.gracefulShutdown.", "gracefulShutdown."},
    {"gateway.handlers.", "handlers."},
    {"gateway.http.", "http."},
    {"gateway.ssl.enabled", "http.secured"},
    {"gateway.ssl.", "http.ssl."},
    {"gateway.websocket", "http.websocket.enabled"},
    {"gateway.haproxy.", "http.haproxy."},
    {"gateway.servers[", "servers["},
    {"gateway.policy.", "policy."},
    {"gateway.management.", "management."},
    {"management.", "management."},
    {"gateway.secrets.", "secrets."},
    {"gateway.api.", "api."},
    {"gateway.el.", "el."},
    {"gateway.sharding_tags", "tags"},
    {"gateway.tenant", "tenant"},
    {"gateway.organizations", "organizations"},
    {"gateway.environments", "environments"},
    {"gateway.perigee.", "perigee."},
    {"perigee.", "perigee."},
}};

// Each server of the list has its own Kubernetes service.
bool is_object_of_server(std::string_view key) {
  return key.starts_with("gateway.servers[") &&
         (key.contains("].service.") || key.contains("].ingress.") || key.contains("].httpRoute."));
}

std::string gravitee_key(std::string_view value) {
  if (is_object_of_server(value)) return {};
  for (const Rendered& row : kRendered) {
    const bool is_prefix = row.value.ends_with('.') || row.value.ends_with('[');
    if (is_prefix ? !value.starts_with(row.value) : value != row.value) continue;
    if (row.key.empty()) return {};
    return std::string(row.key) + std::string(value.substr(row.value.size()));
  }
  return {};
}

const YamlEntry* find(const YamlFlat& flat, std::string_view key) {
  const auto at = std::ranges::find(flat.entries, key, &YamlEntry::key);
  return at == flat.entries.end() ? nullptr : &*at;
}

std::string text_of(const YamlFlat& flat, std::string_view key) {
  const YamlEntry* entry = find(flat, key);
  return entry ? entry->text : std::string();
}

bool any_below(const YamlFlat& flat, std::string_view prefix) {
  return std::ranges::any_of(flat.entries,
                             [&](const auto& e) { return e.key.starts_with(prefix); });
}

bool is_base64(std::string_view text) {
  std::string dense;
  for (const char c : text) {
    if (c != '\n' && c != '\r') dense.push_back(c);
  }
  while (dense.ends_with('=') && dense.size() % 4 != 1) dense.pop_back();
  const bool length_fits = dense.size() % 4 != 1;
  return length_fits && std::ranges::all_of(dense, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

class Traps {
 public:
  Traps(const std::string& path, const YamlFlat& flat, Diagnostics& diagnostics)
      : path_(path), flat_(flat), diagnostics_(diagnostics) {}

  void rate_limit_type() {
    const std::string top = text_of(flat_, "ratelimit.type");
    const std::string inner = text_of(flat_, "gateway.ratelimit.type");
    if (!inner.empty() && top.empty()) {
      say(Severity::warning, "gateway.ratelimit.type",
          "the reference's chart does not read this place and renders mongodb; Perigee's chart "
          "reads it. Set the top-level ratelimit.type as well to mean the same in both");
    } else if (!inner.empty() && inner != top) {
      say(Severity::warning, "gateway.ratelimit.type",
          "'" + inner + "' is ignored: the top-level ratelimit.type '" + top + "' wins");
    }
    const std::string effective = top.empty() ? inner : top;
    if (effective != "redis" && any_below(flat_, "gateway.ratelimit.redis.")) {
      const auto redis = std::ranges::find_if(flat_.entries, [](const auto& e) {
        return e.key.starts_with("gateway.ratelimit.redis.");
      });
      say(Severity::warning, redis->key,
          "gateway.ratelimit.redis has no effect while the type is '" +
              (effective.empty() ? std::string("none") : effective) +
              "'; set ratelimit.type: redis");
    }
  }

  void cloud_token() {
    each_variable([&](const std::string& element, const std::string& name) {
      const std::string lower = ascii_lower(name);
      if (!lower.starts_with("gravitee") || !lower.substr(8).contains("cloud")) return;
      if (!lower.ends_with("token") || text_of(flat_, element + "value").empty()) return;
      say(Severity::warning, element + "value",
          "the cloud token stands in plain text, readable by everyone who may read the Deployment; "
          "use valueFrom.secretKeyRef");
    });
  }

  void grace_period() {
    const auto delay = to_integer(text_of(flat_, "gateway.gracefulShutdown.delay"));
    const std::string unit = text_of(flat_, "gateway.gracefulShutdown.unit");
    const auto period = to_integer(text_of(flat_, "gateway.terminationGracePeriod")).value_or(30);
    if (!delay) return;
    const auto wait = in_unit(*delay, unit.empty() ? "MILLISECONDS" : unit);
    if (!wait || *wait + std::chrono::seconds(5) <= std::chrono::seconds(period)) return;
    say(Severity::error, "gateway.gracefulShutdown.delay",
        "the delay plus 5 s is longer than gateway.terminationGracePeriod (" +
            std::to_string(period) +
            " s), so the pod is killed before it has drained; lower the "
            "delay or raise the period");
  }

  void license_key() {
    const std::string key = text_of(flat_, "license.key");
    if (key.empty() || is_base64(key)) return;
    say(Severity::warning, "license.key",
        "not base64: the gateway starts, but Kubernetes refuses the Secret that the reference's "
        "chart makes of it; encode the licence file (base64 -w0), or leave it out: Perigee needs "
        "no licence");
  }

  void elasticsearch() {
    const auto on = to_boolean(text_of(flat_, "es.enabled"));
    if (!on || *on || find(flat_, "gateway.reporters.elasticsearch.enabled")) return;
    say(Severity::info, "es.enabled",
        "does not switch off the Elasticsearch reporter in the reference's chart; "
        "gateway.reporters.elasticsearch.enabled: false does in both");
  }

  void redis_password() {
    for (const std::string_view key :
         {"gateway.ratelimit.redis.password", "gateway.ratelimit.redis.sentinel.password"}) {
      const std::string password = text_of(flat_, key);
      if (password.empty() || password.contains("${") || password.contains("://")) continue;
      say(Severity::info, key,
          "stands in plain text in the values; write ${REDIS_PASSWORD} and give that variable from "
          "a "
          "Secret in gateway.env");
    }
  }

 private:
  template <class Visit>
  void each_variable(const Visit& visit) {
    for (const YamlEntry& entry : flat_.entries) {
      if (!entry.key.starts_with("gateway.env[") || !entry.key.ends_with("].name")) continue;
      visit(entry.key.substr(0, entry.key.size() - 4), entry.text);
    }
  }

  void say(Severity severity, std::string_view key, std::string message) {
    diagnostics_.push_back({severity, std::string(key),
                            path_ + ":" + std::to_string(find(flat_, key)->line),
                            std::move(message)});
  }

  const std::string& path_;
  const YamlFlat& flat_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_chart_values(const YamlFlat& flat) { return any_below(flat, "gateway."); }

void chart_to_gravitee(YamlFlat& flat) {
  std::vector<YamlEntry> kept;
  std::unordered_map<std::string, std::size_t> places;
  for (YamlEntry& entry : flat.entries) {
    std::string key = gravitee_key(entry.key);
    if (key.empty()) continue;
    // The top-level block is the one that the reference reads.
    const bool inner = entry.key.starts_with("gateway.");
    const auto [place, fresh] = places.try_emplace(key, kept.size());
    entry.key = std::move(key);
    if (fresh) {
      kept.push_back(std::move(entry));
    } else if (!inner) {
      kept[place->second] = std::move(entry);
    }
  }
  flat.entries = std::move(kept);
}

EnvironmentMap chart_environment(const YamlFlat& flat) {
  EnvironmentMap environment;
  for (const YamlEntry& entry : flat.entries) {
    if (!entry.key.starts_with("gateway.env[") || !entry.key.ends_with("].name")) continue;
    const YamlEntry* value = find(flat, entry.key.substr(0, entry.key.size() - 4) + "value");
    if (value != nullptr) environment.insert_or_assign(entry.text, value->text);
  }
  return environment;
}

void chart_traps(const std::string& path, const YamlFlat& flat, Diagnostics& diagnostics) {
  Traps traps(path, flat, diagnostics);
  traps.rate_limit_type();
  traps.cloud_token();
  traps.grace_period();
  traps.license_key();
  traps.elasticsearch();
  traps.redis_password();
}

}  // namespace perigee::config
