// A gateway of one worker, a stub server and a client, on one reactor whose clock stands still
// until the case moves it.
//
// The path is the gateway's own: definitions are read and compiled, requests go through
// http::Server and proxy::Proxy, the backend is called over the loopback. Only the client's
// connection is a pipe. One World for each case: nothing is left for the next one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "config/load.hpp"
#include "http/server.hpp"
#include "net/names.hpp"
#include "plan/compile.hpp"
#include "proxy/http_calls.hpp"
#include "proxy/proxy.hpp"
#include "report/metrics.hpp"
#include "tests/compat/client.hpp"
#include "tests/compat/stub_server.hpp"
#include "upstream/fetcher.hpp"

namespace perigee::compat {

// A configuration of these keys and nothing else: no file, no environment.
config::Loaded load(const NameValues& keys);

class World {
 public:
  // `dns_server` answers for every name that is no address.
  explicit World(const std::string& dns_server);
  ~World();

  std::uint16_t stub_port() const { return stub_.port(); }
  std::uint16_t closed_port() const { return closed_.port(); }

  // The gateway with these configuration keys. Error: the configuration is refused.
  Result<void> start(const NameValues& keys);
  // Serves this API definition and no other. Error: why it is refused.
  Result<void> deploy(const std::string& definition);

  struct ClientSide {
    std::string certificate_pem;  // empty: no TLS
  };
  // Error: no answer came, or none that can be read.
  Result<ClientAnswer> ask(const Request& request, const ClientSide& client);

  FakeClock& clock() { return clock_; }
  StubServer& stub() { return stub_; }
  void settle();

 private:
  template <class Done>
  bool until(Done done);
  void stop();

  FakeClock clock_;
  net::Reactor reactor_{clock_};
  ClosedPort closed_;
  StubServer stub_{reactor_};
  net::Resolver resolver_;
  net::Names names_{reactor_, resolver_};
  upstream::EndpointRegistry endpoints_{1};
  net::TrustStores trust_stores_;
  report::Registry metrics_;
  policy::NodeInfo node_{.id = "conformance", .version = "4.9.0"};
  policy::Worker worker_{.reactor = reactor_};
  config::Settings settings_;
  std::vector<std::shared_ptr<const void>> given_back_;  // by the worker, to the build thread
  upstream::Fetcher fetcher_{reactor_, names_, trust_stores_, {}};
  proxy::HttpCalls http_calls_;
  std::unique_ptr<proxy::Proxy> proxy_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace perigee::compat
