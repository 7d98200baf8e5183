#include "apps/perigee/redis_options.hpp"

#include "apps/perigee/stores.hpp"
#include "base/uuid.hpp"

namespace perigee::apps {
namespace {

constexpr const char* kKey = "ratelimit.redis";

Result<net::TrustStores::Ptr> trust_of(const config::Redis& settings,
                                       net::TrustStores& trust_stores) {
  if (settings.trust_all) return nullptr;
  if (settings.truststore.path.empty()) return trust_stores.system();
  TRY(const std::string pem,
      read_truststore(settings.truststore, std::string(kKey) + ".truststore"));
  return trust_stores.pem(pem);
}

}  // namespace

Result<std::shared_ptr<const net::TlsClientContext>> redis_tls(const config::Redis& settings,
                                                               net::TrustStores& trust_stores) {
  if (!settings.secured) return nullptr;
  net::TlsClientContext::Options options{.trust_all = settings.trust_all,
                                         .verify_host = settings.verify_host,
                                         .protocols = settings.protocols,
                                         .ciphers = settings.ciphers};
  TRY(options.trust, trust_of(settings, trust_stores));
  if (settings.keystore) {
    TRY(std::vector<net::PemPair> pairs,
        read_keystore(*settings.keystore, std::string(kKey) + ".keystore"));
    options.client = std::move(pairs.front());
  }
  Result<std::shared_ptr<const net::TlsClientContext>> context =
      net::TlsClientContext::make(std::move(options));
  if (!context) return std::unexpected(std::move(context.error()).in(kKey));
  return context;
}

Result<redis::Options> redis_options(const config::Settings& settings, unsigned workers,
                                     const std::string& node_id, net::TrustStores& trust_stores) {
  const config::Redis& redis = settings.redis;
  redis::Options options{
      .master = redis.sentinel_master,
      .standalone = {redis.node.host, redis.node.port},
      .data = {redis.username, redis.password},
      .sentinel = {redis.sentinel_username, redis.sentinel_password},
      .client_name = "perigee-" + node_id,
      .resolver = {.entries_max = settings.limits.dns_cache_entries_max},
      .links = workers,
      .seed = random_bits(),
      .operation_timeout = redis.operation_timeout,
      .connect_timeout = redis.connect_timeout,
  };
  options.reply_age_max = std::max(options.reply_age_max, options.operation_timeout);
  for (const config::RedisNode& node : redis.sentinels)
    options.sentinels.push_back({node.host, node.port});
  TRY(options.tls, redis_tls(redis, trust_stores));
  return options;
}

}  // namespace perigee::apps
