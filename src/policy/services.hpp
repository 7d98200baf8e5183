// Services: all that a policy may reach, given to its factory. What is null is not available in
// this gateway; a policy that cannot do without it refuses to be made, with the reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/names.hpp"
#include "net/tls.hpp"
#include "policy/api_info.hpp"
#include "policy/worker.hpp"

namespace perigee::policy {

// How often something happened in a window, shared by all gateways that share the store.
struct Count {
  std::uint64_t value = 0;
  std::uint64_t limit = 0;
  std::int64_t reset_ms = 0;  // end of the window, epoch
};
struct CountRequest {
  std::string_view key;  // the policy key, runtime.md 6.1
  std::uint32_t weight = 1;
  std::uint64_t limit = 0;
  std::int64_t reset_ms = 0;  // end of a window that starts now
  std::string_view subscription;
  bool strict = true;  // false: counted here, reconciled later
};
class Counters {
 public:
  virtual ~Counters() = default;
  virtual Async<Result<Count>> add(CountRequest request) = 0;
};

// Calls to other servers by the gateway's one client. Bodies are whole, up to `answer_bytes_max`.
struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout = 10s;  // from the call to the last byte of the answer
  std::size_t answer_bytes_max = 1 << 20;
  std::shared_ptr<const net::TlsClientContext> tls;  // null: the system's authorities are trusted
  bool system_proxy = false;  // through the one of the configuration, if there is one
};
struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Async<Result<HttpAnswer>> call(Worker& worker, HttpCall call) = 0;
};

// A resource of the API (api-definition.md 1.10); policies know the kinds they use.
class Resource {
 public:
  virtual ~Resource() = default;
  virtual std::string_view type() const = 0;
};
class Resources {
 public:
  virtual ~Resources() = default;
  virtual Resource* find(std::string_view name) const = 0;
};

// Names to addresses, by the gateway's one resolver and its cache. Never empty; ports are 0.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual Async<Result<net::Addresses>> resolve(Worker& worker, std::string name) = 0;
};

class Secrets {
 public:
  virtual ~Secrets() = default;
  virtual Result<std::string> resolve(std::string_view uri) const = 0;
};

struct Services {
  const Clock& clock;
  const ApiInfo& api;
  WorkerSlots& slots;
  Counters* counters = nullptr;
  HttpClient* http = nullptr;
  const Resources* resources = nullptr;
  const Secrets* secrets = nullptr;
  Resolver* resolver = nullptr;
};

}  // namespace perigee::policy
