// The store of shared counts: from what the configuration names to what the client is told.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/names.hpp"
#include "redis/options.hpp"

namespace perigee::apps {

// Null without ratelimit.redis.ssl. Errors name the key and the file.
Result<std::shared_ptr<const net::TlsClientContext>> redis_tls(const config::Redis& settings,
                                                               net::TrustStores& trust_stores);

Result<redis::Options> redis_options(const config::Settings& settings, unsigned workers,
                                     const std::string& node_id, net::TrustStores& trust_stores);

}  // namespace perigee::apps
