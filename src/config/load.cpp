#include "config/load.hpp"

#include <algorithm>
#include <utility>

#include "config/logback.hpp"
#include "config/read_redis.hpp"
#include "config/reader.hpp"
#include "config/review.hpp"

namespace perigee::config {
namespace {

// The home, what any source of configuration sets, and variables of the environment.
LogbackNames names_of(const Tree& tree) {
  return [&tree](const std::string& name) -> std::optional<std::string> {
    if (name == "gravitee.home") return tree.home();
    if (const auto at = tree.values().find(name); at != tree.values().end()) return at->second.text;
    const std::string* variable = tree.environment().exact(name);
    return variable ? std::optional(*variable) : std::nullopt;
  };
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return equals_ignoring_case(text, word); });
}

// In cloud mode definitions come from the cloud whatever the file says (runtime.md 2.11).
bool is_cloud_mode(const Reader& reader) {
  const auto token = reader.tree().values().find("cloud.token");
  bool enabled = token != reader.tree().values().end() && !trimmed(token->second.text).empty();
  if (enabled) reader.read("cloud.enabled", enabled);
  return enabled;
}

// Says more of a key than that it is not acted on.
void say_instead(Diagnostics& diagnostics, Diagnostic diagnostic) {
  std::erase_if(diagnostics, [&](const Diagnostic& other) {
    return other.key == diagnostic.key && other.message == kNotActedOn;
  });
  diagnostics.push_back(std::move(diagnostic));
}

// Stores that this gateway has no driver for (runtime.md 2.2, 2.3). The spelling under
// `repositories.` is the stronger one.
void check_stores(const Reader& reader, Diagnostics& diagnostics) {
  for (const std::string prefix : {"repositories.", ""}) {
    const std::string key = prefix + "management.type";
    const Value* type = reader.find(key);
    if (type == nullptr) continue;
    if (!is_one_of(trimmed(type->text), {"mongodb", "jdbc"})) break;
    if (is_cloud_mode(reader)) {
      say_instead(diagnostics,
                  {Severity::info, key, type->origin,
                   "'" + type->text + "' is without effect in cloud mode (cloud.token)"});
    } else {
      say_instead(diagnostics, {Severity::error, key, type->origin,
                                "this gateway has no driver for '" + type->text +
                                    "'; expected http (hybrid), none, or cloud.token",
                                true});
    }
    break;
  }
  for (const std::string prefix : {"repositories.", ""}) {
    const std::string key = prefix + "ratelimit.type";
    const Value* type = reader.find(key);
    if (type == nullptr) continue;
    if (is_one_of(trimmed(type->text), {"mongodb", "jdbc", "hazelcast"})) {
      say_instead(diagnostics, {Severity::error, key, type->origin,
                                "this gateway has no driver for '" + type->text +
                                    "': rate limits behave as if the store failed; expected "
                                    "redis, local or none"});
    }
    break;
  }
}

struct Listener {
  std::string prefix;  // of its keys
  std::string host;
  std::uint16_t port;
};

// Whether listening on `any` takes the port of `host` too. Who has a name is not asked for it.
bool takes(std::string_view any, std::string_view host) {
  if (any == "::") return true;  // dual stack
  const bool is_ipv4 = host.find_first_not_of("0123456789.") == host.npos;
  return any == "0.0.0.0" && (is_ipv4 || host == "::");
}

// Its name may stand for ::1 too, and then who asks for it would find one or the other by chance.
std::string address_of(const std::string& host) {
  return is_one_of(host, {"localhost"}) ? "127.0.0.1" : host;
}

bool share_an_address(const Listener& a, const Listener& b) {
  if (a.port != b.port || a.port == 0) return false;  // 0: each gets a free one
  return takes(a.host, b.host) || takes(b.host, a.host) || equals_ignoring_case(a.host, b.host);
}

// Only one of them would get the connections, or the start would blame another program.
void check_ports(const Tree& tree, const Settings& settings, Diagnostics& diagnostics) {
  std::vector<Listener> listeners;
  for (const HttpServer& server : settings.servers)
    listeners.push_back({server.key + ".", address_of(server.host), server.port});
  if (settings.node_api.enabled)
    listeners.push_back(
        {"services.core.http.", address_of(settings.node_api.host), settings.node_api.port});
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const auto end = listeners.begin() + static_cast<std::ptrdiff_t>(i);
    const auto first = std::find_if(listeners.begin(), end, [&](const Listener& other) {
      return share_an_address(other, listeners[i]);
    });
    if (first == end) continue;
    const Reader reader(tree, listeners[i].prefix);
    const Value* written = reader.find("port");
    if (!written) written = tree.find(first->prefix + "port");
    diagnostics.push_back({Severity::error, reader.key("port"), written ? written->origin : "",
                           std::to_string(listeners[i].port) + " is that of " + first->prefix +
                               "port too; give each listener a port of its own",
                           true});
  }
}

// Switches whose effect is missing altogether deserve more than an INFO.
void tell_not_served(const Tree& tree, Diagnostics& diagnostics) {
  const Reader reader(tree, "");
  check_stores(reader, diagnostics);
  bool kafka = false;
  reader.read("kafka.enabled", kafka);
  if (kafka) {
    diagnostics.push_back({Severity::error, "kafka.enabled", reader.find("kafka.enabled")->origin,
                           "native Kafka is not served by this gateway; everything else is"});
  }
}

}  // namespace

Loaded load(const Sources& sources) {
  Diagnostics diagnostics;
  Tree tree(sources, diagnostics);
  Settings settings;
  settings.home = tree.home();
  read_servers(tree, settings, diagnostics);
  read_logback(sources, settings.home, names_of(tree), settings.log, diagnostics);
  read_node(tree, settings, diagnostics);
  read_requests(tree, settings, diagnostics);
  read_rate_limits(tree, settings.rate_limits);
  read_redis(tree, settings.rate_limits.store == RateLimitStore::redis, settings.redis,
             diagnostics);
  tell_not_served(tree, diagnostics);
  check_ports(tree, settings, diagnostics);
  return {std::move(settings), std::move(tree), std::move(diagnostics)};
}

}  // namespace perigee::config
