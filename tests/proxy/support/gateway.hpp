// A gateway of one worker on one reactor with a fake clock: traffic server, proxy, backends and
// clients whose every byte the test decides.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "definition/envelope.hpp"
#include "plan/compile.hpp"
#include "plan/plan.hpp"
#include "plan/platform_deployments.hpp"
#include "proxy/http_calls.hpp"
#include "proxy/name_lookups.hpp"
#include "proxy/proxy.hpp"
#include "report/server_metrics.hpp"
#include "tests/proxy/support/fake_policies.hpp"
#include "tests/upstream/support/peers.hpp"

namespace perigee::proxy::testing {

using upstream::testing::Peer;
using upstream::testing::RawBackend;

// The parts of a v4 definition that tests vary, as JSON text.
struct ApiText {
  std::string id = "api";
  std::string path = "/a/";
  std::string paths;           // instead of `path`: whole objects
  std::string target;          // "http://127.0.0.1:8080/path?query"
  std::string endpoints;       // instead of one to `target`: whole objects
  std::string http = "{}";     // sharedConfiguration.http of the group
  std::string headers = "[]";  // sharedConfiguration.headers
  std::string flows = "[]";
  std::string plans;              // instead of one key-less plan
  std::string plan_flows = "[]";  // of that plan
  std::string execution = "{}";   // flowExecution
  std::string entrypoints = R"([{"type":"http-proxy"}])";
  std::string groups;    // instead of the one group: whole objects
  std::string listener;  // more members of the listener, each with a comma before it
  std::string top;       // more members of the definition, the same way
};
std::string definition_of(const ApiText& text);

// "{policy, configuration, condition}" of a flow.
std::string step(const std::string& policy, const std::string& configuration = "{}",
                 const std::string& condition = "");
struct FlowText {
  std::vector<std::string> request, response;
  std::string path = "/";
  std::string condition;
  std::string methods = "[]";
};
std::string flow(const FlowText& text);
std::string list(const std::vector<std::string>& items);

// An answer as a client reads it.
struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool whole = false;  // head and body are there to the end that the framing tells
  std::size_t bytes = 0;
  // All values joined by ", "; "-" when absent.
  std::string header(std::string_view name) const;
};
Answer parse_answer(std::string_view bytes, bool head_only = false, bool ended = false);

class Gateway : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Builds proxy and server with these options (SetUp builds them with the defaults).
  void start(Options options, http::ServerOptions server = {});
  // Deploys these APIs and no other, and what of the platform is there.
  void deploy(const std::vector<ApiText>& apis);
  // An event that carries something of the platform; deployed with the next deploy().
  void add_to_platform(const std::string& source, const std::string& event);
  std::string backend_url(const std::string& rest = "") const {
    return "http://127.0.0.1:" + std::to_string(backend->port()) + rest;
  }
  ApiText api() const { return {.target = backend_url()}; }

  Peer& connect();
  // A new client that has sent this.
  Peer& ask(std::string request);
  Peer& get(const std::string& path = "/a/x", const std::string& headers = "");
  // Waits for the whole next answer of this client and takes it off what it has received.
  Answer answer(Peer& client, bool to_head = false);
  // Waits until the backend has got a head on its nth connection.
  Peer& asked(std::size_t n = 0);
  // Asks, answers 200 "ok", and gives what the client got.
  Answer exchange(const std::string& path = "/a/x", const std::string& headers = "");

  template <class Done>
  bool until(Done done) {
    return net::testing::turn_until(*reactor, done);
  }
  void settle() { net::testing::settle(*reactor); }
  void pass(Duration time) {
    clock.advance(time);
    settle();
  }
  // Exchanges that ended, by status class label, as metrics tell.
  std::uint64_t reported(const std::string& status_class);
  // Of a family with one series.
  report::Sample sample(const report::Family& family);

  std::size_t descriptors_before = 0;
  std::size_t frames_before = 0;
  FakeClock clock;
  std::unique_ptr<net::Reactor> reactor;
  std::unique_ptr<net::Resolver> resolver;
  std::unique_ptr<net::Names> names;
  std::unique_ptr<upstream::EndpointRegistry> endpoints;
  std::unique_ptr<net::TrustStores> trust_stores;
  std::unique_ptr<report::Registry> metrics;
  report::Shard* shard = nullptr;
  std::unique_ptr<policy::Worker> worker;
  policy::NodeInfo node{.id = "node", .version = "4.9.0"};
  std::unique_ptr<upstream::Fetcher> fetcher;
  HttpCalls http_calls;
  NameLookups name_lookups;
  const policy::Catalog* catalog = &fake_policies();  // of what is deployed from then on
  std::unique_ptr<Proxy> proxy;
  std::unique_ptr<report::ServerMetrics> server_metrics;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<RawBackend> backend;
  std::vector<std::unique_ptr<Peer>> clients;
  std::vector<std::shared_ptr<const void>> given_back;  // to the build thread
  std::vector<std::shared_ptr<const plan::ApiRevision>> deployed;
  plan::PlatformDeployments platform;  // deployed with the APIs

  plan::CompileContext context();

 private:
  void stop_proxy();
};

inline constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace perigee::proxy::testing
