// Gateways of one worker each, a stub server and a client, on one reactor whose clock stands still
// until the case moves it.
//
// The path is the gateway's own: definitions are read and compiled, requests go through
// http::Server and proxy::Proxy, the backend is called over the loopback. Only the client's
// connection is a pipe. One World for each case: nothing is left for the next one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "net/names.hpp"
#include "net/tls.hpp"
#include "tests/compat/client.hpp"
#include "tests/compat/real_redis.hpp"
#include "tests/compat/stub_server.hpp"
#include "tests/counters/support/fake_store.hpp"

namespace perigee::compat {

// A configuration of these keys and nothing else: no file, no environment.
config::Loaded load(const NameValues& keys);

class Node;

// Who counts for the policies that limit.
enum class Counting : std::uint8_t {
  shared,   // the store in memory, as a gateway counts with Redis
  in_here,  // ratelimit.type local
  failing,  // a store whose every operation fails
  nobody,   // no service at all
  redis,    // a real Redis
};

class World {
 public:
  // `dns_server` answers for every name that is no address.
  explicit World(const std::string& dns_server);
  ~World();

  std::uint16_t stub_port() const { return stub_.port(); }
  std::uint16_t closed_port() const { return closed_.port(); }

  // Gateways with these configuration keys. Error: the configuration is refused.
  struct Setup {
    NameValues keys;
    Counting counting = Counting::shared;
    unsigned nodes = 1;
    redis::Endpoint redis = {};  // when they count there
  };
  Result<void> start(const Setup& setup);
  // Serves this API definition and no other. Error: why it is refused.
  Result<void> deploy(const std::string& definition);

  struct ClientSide {
    std::string certificate_pem;  // empty: no TLS
    unsigned node = 0;
  };
  // Error: no answer came, or none that can be read.
  Result<ClientAnswer> ask(const Request& request, const ClientSide& client);

  // A window that began before: its key as the policies write it.
  void put_counter(const std::string& key, const counters::testing::MemoryStore::Window& window);
  // What is counted and not told yet goes to the store.
  void flush();
  // Of the only key; nothing when there are none or several.
  std::optional<std::int64_t> store_counter();

  FakeClock& clock() { return clock_; }
  StubServer& stub() { return stub_; }
  net::Reactor& reactor() { return reactor_; }
  void settle();
  // Null: they count otherwise.
  RealRedis* redis() { return redis_.get(); }
  // Time passes.
  void advance(Duration by);

 private:
  template <class Done>
  bool until(Done done);
  Result<void> start_nodes(const Setup& setup);
  void stop();

  FakeClock clock_;
  net::Reactor reactor_{clock_};
  ClosedPort closed_;
  StubServer stub_{reactor_};
  net::Resolver resolver_;
  net::TrustStores trust_stores_;
  config::Settings settings_;
  Counting counting_ = Counting::shared;
  counters::testing::MemoryStore memory_{clock_};
  std::unique_ptr<RealRedis> redis_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace perigee::compat
