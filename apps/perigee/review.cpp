#include "apps/perigee/review.hpp"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "apps/perigee/build_thread.hpp"
#include "apps/perigee/compile_settings.hpp"
#include "apps/perigee/listeners.hpp"
#include "apps/perigee/redis_options.hpp"
#include "apps/perigee/whitelist.hpp"

namespace perigee::apps {
namespace {

std::string origin_of(const config::Loaded& loaded, const std::string& key) {
  const config::Value* value = loaded.tree.find(key);
  return value ? value->origin : "";
}

// Where the key stands that an error begins with, or else the first one below it.
std::string origin_of_error(const config::Loaded& loaded, std::string_view message) {
  std::string_view key = message.substr(0, message.find_first_of(": ("));
  auto first = loaded.tree.values().lower_bound(key);
  bool is_there = first != loaded.tree.values().end() && first->first.starts_with(key);
  return is_there ? first->second.origin : "";
}

void check_users(const config::NodeApi& api, config::Diagnostics& found) {
  if (!api.enabled || !api.basic_authentication || !api.users.empty()) return;
  if (!api.anonymous_paths.empty()) return;  // those are answered
  found.push_back({config::Severity::warning, "services.core.http.authentication.users", "",
                   "no user: every route of the node API answers 401, health too; set "
                   "services.core.http.authentication.users.admin to a password, or "
                   "services.core.http.authentication.type: none"});
}

void check_system_proxy(const config::Loaded& loaded, config::Diagnostics& found) {
  Result<SystemProxy> proxy = system_proxy_of(loaded.settings);
  if (proxy) return;
  const char* key =
      loaded.settings.system_proxy.host.empty() ? "system.proxy.port" : "system.proxy.host";
  found.push_back({config::Severity::warning, key, origin_of(loaded, key),
                   "the system proxy is left out: " + proxy.error().message});
}

bool is_elsewhere(const std::string& path, const std::string& home) {
  std::error_code ignored;  // what cannot be looked at is not there
  return path.starts_with(home + "/") && !std::filesystem::exists(home, ignored);
}

bool is_elsewhere(const config::Keystore& keystore, const config::Truststore& truststore,
                  const std::string& home) {
  std::vector<std::string> files = keystore.paths;
  for (const config::CertificateFiles& pair : keystore.certificates) {
    files.push_back(pair.certificate);
    files.push_back(pair.key);
  }
  files.push_back(truststore.path);
  return std::ranges::any_of(files, [&](const auto& file) { return is_elsewhere(file, home); });
}

// The error names the key.
void check_redis(const config::Loaded& loaded, config::Diagnostics& found) {
  const config::Redis& redis = loaded.settings.redis;
  const bool elsewhere = is_elsewhere(redis.keystore.value_or(config::Keystore()), redis.truststore,
                                      loaded.settings.home);
  const bool used = loaded.settings.rate_limits.store == config::RateLimitStore::redis;
  if (!used || !redis.secured || elsewhere) return;
  net::TrustStores trust_stores;
  auto tls = redis_tls(redis, trust_stores);
  if (!tls)
    return found.push_back({config::Severity::error, "",
                            origin_of_error(loaded, tls.error().message), tls.error().message,
                            true});
  for (const std::string& warning : (*tls)->warnings())
    found.push_back({config::Severity::warning, "ratelimit.redis",
                     origin_of(loaded, "ratelimit.redis.ssl"), warning});
}

void check_folder(const config::Loaded& loaded, config::Diagnostics& found) {
  const config::Sync& sync = loaded.settings.sync;
  if (!no_definition_source(sync).empty() || is_elsewhere(sync.local_path, loaded.settings.home))
    return;
  if (DIR* folder = opendir(sync.local_path.c_str())) {
    closedir(folder);
    return;
  }
  const int error = errno;
  found.push_back({config::Severity::error, "", origin_of(loaded, "services.sync.local.path"),
                   sync::LocalFolder::unreadable(folder_options(sync), error)});
}

}  // namespace

std::string no_definition_source(const config::Sync& sync) {
  if (sync.enabled && sync.local_enabled) return {};
  return "no source of API definitions is switched on; set services.sync.local.enabled and "
         "services.sync.local.path";
}

config::Diagnostics start_diagnostics(const config::Loaded& loaded) {
  config::Diagnostics found = whitelist_diagnostics(loaded);
  if (loaded.fatal()) return found;
  check_users(loaded.settings.node_api, found);
  check_system_proxy(loaded, found);
  return found;
}

config::Diagnostics review(const config::Loaded& loaded) {
  config::Diagnostics found = start_diagnostics(loaded);
  if (std::string none = no_definition_source(loaded.settings.sync);
      !none.empty() && !loaded.fatal())
    found.push_back({config::Severity::warning, "", "", std::move(none)});
  return found;
}

config::Diagnostics review_files(const config::Loaded& loaded) {
  config::Diagnostics found;
  if (loaded.fatal()) return found;  // the start would not come this far
  const config::Settings& settings = loaded.settings;
  // The error names the key.
  auto check_tls = [&](const config::ServerTls& stores, const std::string& prefix, auto&& read) {
    if (is_elsewhere(stores.keystore, stores.truststore, settings.home)) return;
    auto tls = read();
    if (!tls)
      return found.push_back({config::Severity::error, "",
                              origin_of_error(loaded, tls.error().message), tls.error().message,
                              true});
    for (const std::string& warning : (*tls)->warnings())
      found.push_back({config::Severity::warning, prefix + ".ssl",
                       origin_of(loaded, prefix + ".secured"), warning});
  };
  for (const config::HttpServer& server : settings.servers) {
    if (!server.secured) continue;
    check_tls(server.tls, server.key,
              [&] { return server_tls(server.tls, server.alpn, server.key + ".ssl"); });
  }
  if (settings.node_api.enabled && settings.node_api.secured)
    check_tls(node_stores(settings.node_api), "services.core.http",
              [&] { return node_tls(settings.node_api); });
  check_redis(loaded, found);
  check_folder(loaded, found);
  return found;
}

}  // namespace perigee::apps
