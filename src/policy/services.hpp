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

// What became of a request to count.
enum class Counted : std::uint8_t {
  counted,
  uncounted,  // nothing is counted here (ratelimit.type none): the request passes
  failed,     // the store failed and nothing stands in for it: the step's error strategy decides
};

// How often something happened in a window, shared by all gateways that share the store.
struct Count {
  Counted outcome = Counted::counted;
  std::uint64_t value = 0;
  std::uint64_t limit = 0;
  std::int64_t reset_ms = 0;  // end of the window, epoch
  bool allowed() const { return value <= limit; }
  std::uint64_t remaining() const { return allowed() ? limit - value : 0; }
};
struct CountRequest {
  std::string_view key;  // the policy key, runtime.md 6.1
  std::uint32_t weight = 1;
  std::uint64_t limit = 0;
  std::int64_t reset_ms = 0;  // end of a window that starts now
  std::string_view subscription;
  bool strict = true;  // false: counted here, reconciled later
};

// Tokens of a bucket, shared in the same way.
struct Tokens {
  Counted outcome = Counted::counted;
  bool allowed = false;
  std::int64_t left = 0;
  std::int64_t next_ms = 0;  // when there is one again, epoch
};
struct TokenRequest {
  std::string_view key;
  std::int64_t rate = 1;  // tokens that come back in a period; 1 or more, as the rest
  std::int64_t period_ms = 1000;
  std::int64_t capacity = 1;
  std::string_view subscription;
  bool strict = true;
};

// How the answers of steps that count look: perigee.ratelimit.*
struct CounterOptions {
  bool separate = false;     // each step has counters of its own
  bool retry_after = false;  // Retry-After on refusals
  bool ietf_fields = false;  // RateLimit and RateLimit-Policy
};

// Texts of a request live until it is answered. Errors are what ended the exchange meanwhile; that
// the store failed is none.
class Counters {
 public:
  explicit Counters(CounterOptions options = {}) : options_(options) {}
  virtual ~Counters() = default;
  virtual Async<Result<Count>> add(Worker& worker, CountRequest request) = 0;
  virtual Async<Result<Tokens>> take(Worker& worker, TokenRequest request) = 0;
  const CounterOptions& options() const { return options_; }

 private:
  CounterOptions options_;
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
