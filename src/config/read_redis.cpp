#include "config/read_redis.hpp"

#include "config/read_store.hpp"

namespace perigee::config {
namespace {

constexpr std::uint16_t kSentinelPort = 26379;

void read_sentinels(const Reader& reader, Redis& redis) {
  std::vector<RedisNode> nodes;
  for (std::size_t i = 0;; ++i) {
    const std::string element = "sentinel.nodes[" + std::to_string(i) + "].";
    if (!reader.has(element + "host")) break;
    RedisNode& node = nodes.emplace_back(RedisNode{.port = kSentinelPort});
    reader.read(element + "host", node.host);
    reader.read(element + "port", node.port);
  }
  if (!nodes.empty()) redis.sentinels = std::move(nodes);
  reader.read("sentinel.master", redis.sentinel_master);
  reader.read("sentinel.username", redis.sentinel_username);
  reader.read("sentinel.password", redis.sentinel_password);
}

void read_tls(const Reader& reader, Redis& redis) {
  reader.read("ssl", redis.secured);
  reader.read("trustAll", redis.trust_all);
  reader.read_choice<bool>("hostnameVerificationAlgorithm", redis.verify_host,
                           {{"NONE", false}, {"HTTPS", true}, {"LDAPS", true}});
  reader.read("tlsProtocols", redis.protocols);
  reader.read("tlsCiphers", redis.ciphers);
  if (reader.has("keystore.type") || reader.has("keystore.path")) {
    read_keystore(reader, "keystore.", redis.keystore.emplace());
    reader.read("keystore.keyPassword", redis.keystore->key_password);
  }
  read_truststore(reader, "truststore.", redis.truststore);
}

void read_one(const Reader& reader, Redis& redis) {
  reader.read("host", redis.node.host);
  reader.read("port", redis.node.port);
  reader.read("username", redis.username);
  reader.read("password", redis.password);
  read_sentinels(reader, redis);
  read_tls(reader, redis);
  reader.read_count("operation.timeout", redis.operation_timeout);
  reader.read_count("tcp.connectTimeout", redis.connect_timeout);
}

// What is said of the store when it is used.
class Checks {
 public:
  Checks(const Tree& tree, const Redis& redis, Diagnostics& diagnostics)
      : tree_(tree), redis_(redis), diagnostics_(diagnostics) {}

  void run() {
    if (!redis_.sentinels.empty() && redis_.sentinel_master.empty()) {
      say(Severity::error, "sentinel.nodes[0].host",
          "with sentinels, " + name("sentinel.master") + " must say which primary is asked for");
    }
    const std::string next = "sentinel.nodes[" + std::to_string(redis_.sentinels.size()) + "].";
    if (find(next + "port")) {
      say(Severity::warning, next + "port",
          "a sentinel needs a host: the list ends before the first without");
    }
    if (redis_.secured) check_tls();
  }

 private:
  void check_tls() {
    if (redis_.trust_all) {
      const bool unused = !redis_.truststore.path.empty();
      say(Severity::warning, find("trustAll") ? "trustAll" : "ssl",
          "any certificate of Redis is trusted" +
              std::string(unused ? ", and the truststore is not used" : "") + "; set " +
              name("trustAll") + " to false" + (unused ? "" : " and give a truststore"));
    }
    if (!redis_.keystore) return;
    const bool pem = redis_.keystore->type == StoreType::pem;
    if (pem ? redis_.keystore->certificates.empty() : redis_.keystore->paths.empty()) {
      say(Severity::error, "keystore.type",
          "the certificate of a client needs " +
              name(pem ? "keystore.certificates[0].cert and .key" : "keystore.path"));
    }
  }

  // The key as it is written; that under `repositories.` is the stronger one.
  const Value* find(const std::string& key, std::string* written = nullptr) const {
    for (const std::string prefix : {"repositories.", ""}) {
      const std::string whole = prefix + name(key);
      const Value* value = tree_.find(whole);
      if (value && written) *written = whole;
      if (value) return value;
    }
    return nullptr;
  }
  static std::string name(const std::string& key) { return "ratelimit.redis." + key; }
  void say(Severity severity, const std::string& key, std::string message) {
    std::string written = name(key);
    const Value* value = find(key, &written);
    diagnostics_.push_back({severity, written, value ? value->origin : "", std::move(message),
                            severity == Severity::error});
  }

  const Tree& tree_;
  const Redis& redis_;
  Diagnostics& diagnostics_;
};

}  // namespace

void read_redis(const Tree& tree, bool is_used, Redis& redis, Diagnostics& diagnostics) {
  read_one(Reader(tree, "ratelimit.redis."), redis);
  read_one(Reader(tree, "repositories.ratelimit.redis."), redis);
  if (is_used) Checks(tree, redis, diagnostics).run();
}

}  // namespace perigee::config
