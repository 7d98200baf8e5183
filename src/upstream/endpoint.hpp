// Endpoint: one backend of an API, and what outlives the revisions of that API: its identity on
// every worker.
//
// Immutable and shared. A redeploy that does not change an endpoint's options gets the same
// Endpoint from the registry, and so keeps its pooled connections, health and metric series on
// every worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "http/headers.hpp"
#include "http/url.hpp"
#include "net/tls.hpp"
#include "upstream/forward_proxy.hpp"

namespace perigee::upstream {

// api-definition.md 1.3, "http-proxy shared configuration".
struct EndpointOptions {
  http::Url target;
  Duration connect_timeout = 5s;      // TCP and TLS
  Duration read_timeout = 10s;        // for a connection and then for the answer's head; 0 = none
  Duration idle_timeout = 60s;        // no byte in either direction while in use; 0 = none
  Duration keep_alive_timeout = 30s;  // an idle pooled connection
  bool keep_alive = true;
  std::size_t connections_max = 100;  // per gateway, split over the workers
  std::size_t waiting_max = 10000;    // requests waiting for a connection, per worker
  Duration lifetime_max = 0s;         // of a pooled connection; 0 = none
  net::TlsClientContext const* tls_context() const { return tls.get(); }
  std::shared_ptr<const net::TlsClientContext> tls;  // null for plain targets
  // For secured targets elsewhere (Endpoint::at); null unless a policy of the API, or a redirect,
  // may name one.
  std::shared_ptr<const net::TlsClientContext> tls_elsewhere;
  std::shared_ptr<const ForwardProxy> proxy;  // null: none
  // Everything above (and what the TLS context was made of) as text: equal text, equal behaviour.
  std::string fingerprint;
};

class EndpointRegistry;

class Endpoint {
 public:
  ~Endpoint();
  const EndpointOptions& options() const { return options_; }
  const std::string& remote() const { return remote_; }     // "host:port", for metrics and logs
  std::uint32_t slot() const { return slot_; }              // index of the pool on every worker
  std::uint64_t generation() const { return generation_; }  // tells users of one slot apart
  // An endpoint with the same options at another origin. Any thread.
  Result<std::shared_ptr<const Endpoint>> at(http::Url origin) const;
  // Whether health checks let it be called. Any thread.
  bool usable() const { return usable_.load(std::memory_order_relaxed); }
  void set_usable(bool usable) const;

 private:
  friend class EndpointRegistry;
  Endpoint(EndpointRegistry& registry, EndpointOptions options, std::uint32_t slot,
           std::uint64_t generation);
  EndpointRegistry& registry_;
  EndpointOptions options_;
  std::string remote_;
  std::uint32_t slot_;
  std::uint64_t generation_;
  mutable std::atomic<bool> usable_ = true;
};

class Group;
struct Member;
enum class Balance : std::uint8_t;

// Gives out endpoints and groups by identity. From any thread, though mostly the build thread's.
class EndpointRegistry {
 public:
  // `retired(slot, generation)` is called when an endpoint died, so that workers drop their pools.
  using Retired = std::function<void(std::uint32_t slot, std::uint64_t generation)>;
  explicit EndpointRegistry(unsigned workers) : workers_(workers) {}
  void on_retired(Retired retired) { retired_ = std::move(retired); }

  // The living endpoint of this identity with the same options, else a new one.
  std::shared_ptr<const Endpoint> endpoint(const std::string& api_id, const std::string& name,
                                           EndpointOptions options);
  std::shared_ptr<const Group> group(const std::string& api_id, const std::string& name,
                                     std::vector<Member> members, Balance balance);
  std::size_t alive() const;

 private:
  friend class Endpoint;
  void retire(const Endpoint& endpoint);
  void forget_dead();

  unsigned workers_;
  Retired retired_;
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const Endpoint>> endpoints_;
  std::map<std::string, std::weak_ptr<const Group>> groups_;
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t slots_ = 0;
  std::uint64_t generations_ = 0;
  std::atomic<std::uint64_t> health_changes_ = 1;  // of any endpoint
  std::size_t alive_ = 0;
  std::size_t made_since_sweep_ = 0;
};

}  // namespace perigee::upstream
