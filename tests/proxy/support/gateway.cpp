#include "tests/proxy/support/gateway.hpp"

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "report/families.hpp"

namespace perigee::proxy::testing {
namespace {

std::string member(const std::string& name, const std::string& json) {
  return json_quoted(name) + ":" + json;
}

std::string default_plan(const ApiText& text) {
  return R"([{"id":"plan","name":"plan","status":"published","mode":"standard",)"
         R"("security":{"type":"key-less"},"flows":)" +
         text.plan_flows + "}]";
}

}  // namespace

std::string definition_of(const ApiText& text) {
  std::string endpoints = text.endpoints;
  if (endpoints.empty()) {
    endpoints = R"({"name":"e","type":"http-proxy","inheritConfiguration":true,"configuration":)"
                R"({"target":)" +
                json_quoted(text.target) + "}}";
  }
  std::string groups = text.groups;
  if (groups.empty()) {
    groups = R"({"name":"g","type":"http-proxy","sharedConfiguration":{"http":)" + text.http +
             R"(,"headers":)" + text.headers + R"(},"endpoints":[)" + endpoints + "]}";
  }
  std::string paths =
      text.paths.empty() ? "{" + member("path", json_quoted(text.path)) + "}" : text.paths;
  return "{" + member("id", json_quoted(text.id)) + "," + member("name", json_quoted(text.id)) +
         R"(,"apiVersion":"1","definitionVersion":"4.0.0","type":"proxy","listeners":[{"type":)"
         R"("http","paths":[)" +
         paths + R"(],"entrypoints":)" + text.entrypoints + text.listener +
         R"(}],"endpointGroups":[)" + groups + "]," +
         member("plans", text.plans.empty() ? default_plan(text) : text.plans) + "," +
         member("flowExecution", text.execution) + "," + member("flows", text.flows) + text.top +
         "}";
}

std::string step(const std::string& policy, const std::string& configuration,
                 const std::string& condition) {
  std::string made = "{" + member("policy", json_quoted(policy)) + R"(,"enabled":true,)" +
                     member("configuration", configuration);
  if (!condition.empty()) made += "," + member("condition", json_quoted(condition));
  return made + "}";
}

std::string list(const std::vector<std::string>& items) {
  std::string made = "[";
  for (const std::string& item : items) made += (made.size() > 1 ? "," : "") + item;
  return made + "]";
}

std::string flow(const FlowText& text) {
  std::string selectors = R"([{"type":"http","pathOperator":"STARTS_WITH","path":)" +
                          json_quoted(text.path) + R"(,"methods":)" + text.methods + "}";
  if (!text.condition.empty())
    selectors += R"(,{"type":"condition","condition":)" + json_quoted(text.condition) + "}";
  return R"({"name":"flow","enabled":true,"selectors":)" + selectors + "]," +
         member("request", list(text.request)) + "," + member("response", list(text.response)) +
         "}";
}

std::string Answer::header(std::string_view name) const {
  std::string values;
  for (const auto& [key, value] : headers) {
    if (http::equals_ignoring_case(key, name)) values += (values.empty() ? "" : ", ") + value;
  }
  return values.empty() ? "-" : values;
}

namespace {

// The body of a chunked message; sets `whole` when its last chunk is there.
std::string unchunked(std::string_view rest, Answer& answer) {
  std::string body;
  for (;;) {
    std::size_t line = rest.find("\r\n");
    std::size_t size = 0;
    if (line == std::string_view::npos) return body;
    std::from_chars(rest.data(), rest.data() + line, size, 16);
    answer.bytes += line + 2 + size + 2;
    if (size == 0) {
      std::size_t end = rest.find("\r\n\r\n", line);
      answer.whole = end != std::string_view::npos;
      return body;
    }
    body += rest.substr(line + 2, size);
    if (rest.size() < line + 2 + size + 2) return body;
    rest.remove_prefix(line + 2 + size + 2);
  }
}

}  // namespace

Answer parse_answer(std::string_view bytes, bool head_only, bool ended) {
  Answer answer;
  std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return answer;
  std::string_view head = bytes.substr(0, end + 2);
  std::string_view rest = bytes.substr(end + 4);
  answer.bytes = end + 4;
  std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    std::size_t line = head.find("\r\n");
    std::size_t colon = head.find(": ");
    answer.headers.emplace_back(head.substr(0, colon), head.substr(colon + 2, line - colon - 2));
    head.remove_prefix(line + 2);
  }
  std::string length = answer.header("content-length");
  bool no_body = head_only || answer.status < 200 || answer.status == 204 || answer.status == 304;
  if (no_body) {
    answer.whole = true;
  } else if (answer.header("transfer-encoding") == "chunked") {
    answer.body = unchunked(rest, answer);
  } else if (length != "-") {
    std::size_t size = std::stoul(length);
    answer.body = rest.substr(0, size);
    answer.whole = rest.size() >= size;
    answer.bytes += answer.body.size();
  } else {
    answer.body = rest;
    answer.whole = ended;
    answer.bytes += rest.size();
  }
  return answer;
}

void Gateway::SetUp() {
  descriptors_before = net::testing::open_descriptors();
  frames_before = FrameRecycler::alive();
  reactor = std::make_unique<net::Reactor>(clock);
  resolver = std::make_unique<net::Resolver>(*reactor, net::Resolver::Options{});
  names = std::make_unique<net::Names>(*reactor, *resolver);
  endpoints = std::make_unique<upstream::EndpointRegistry>(1);
  trust_stores = std::make_unique<net::TrustStores>();
  metrics = std::make_unique<report::Registry>();
  shard = &metrics->make_shard();
  worker = std::make_unique<policy::Worker>(policy::Worker{.reactor = *reactor});
  backend = std::make_unique<RawBackend>(*reactor);
  fetcher = std::make_unique<upstream::Fetcher>(*reactor, *names, *trust_stores,
                                                upstream::Fetcher::Options{});
  http_calls.add(*fetcher);
  name_lookups.add(*names);
  start({});
  endpoints->on_retired([this](std::uint32_t slot, std::uint64_t generation) {
    if (proxy) proxy->client().drop(slot, generation);
  });
}

void Gateway::start(Options options, http::ServerOptions server_options) {
  stop_proxy();
  proxy =
      std::make_unique<Proxy>(Proxy::Init{.worker = *worker,
                                          .names = *names,
                                          .node = node,
                                          .shard = *shard,
                                          .options = std::move(options),
                                          .give_back = [this](std::shared_ptr<const void> object) {
                                            given_back.push_back(std::move(object));
                                          }});
  server_metrics = std::make_unique<report::ServerMetrics>(*shard, "server");
  server = std::make_unique<http::Server>(*reactor, std::move(server_options), *proxy,
                                          server_metrics.get(), nullptr);
  Result<void> listening = server->listen(net::Address::loopback(0));
  ASSERT_TRUE(listening) << listening.error().message;
}

void Gateway::stop_proxy() {
  if (server) server->close_all();
  if (reactor) settle();
  server.reset();
  if (proxy) proxy->swap(std::make_shared<const plan::Plan>());
  if (reactor) settle();
  given_back.clear();
  deployed.clear();
  proxy.reset();
}

// Whatever a test did: nothing is left of it.
void Gateway::TearDown() {
  clients.clear();
  stop_proxy();
  platform = {};
  EXPECT_EQ(endpoints->alive(), 0u);
  EXPECT_EQ(states_alive(), 0);
  gates().gates.clear();
  backend.reset();
  fetcher.reset();
  names.reset();
  resolver.reset();
  settle();
  EXPECT_EQ(reactor->buffers().bytes_leased(), 0u);
  EXPECT_EQ(reactor->timers().armed(), 0u);
  EXPECT_EQ(reactor->sources(), 0u);
  reactor.reset();
  EXPECT_EQ(FrameRecycler::alive(), frames_before);
  EXPECT_EQ(net::testing::open_descriptors(), descriptors_before);
}

plan::CompileContext Gateway::context() {
  return {.clock = clock,
          .catalog = *catalog,
          .endpoints = *endpoints,
          .trust_stores = *trust_stores,
          .http = &http_calls,
          .resolver = &name_lookups};
}

void Gateway::add_to_platform(const std::string& source, const std::string& event) {
  definition::Envelope envelope = definition::read_envelope(event, {.apis_only = false});
  std::vector<Problem> problems = envelope.problems;
  plan::CompileContext with = context();
  EXPECT_TRUE(platform.apply(source, envelope, with, problems)) << event;
  for (const Problem& problem : problems)
    EXPECT_NE(problem.severity, Severity::error) << to_string(problem);
}

void Gateway::deploy(const std::vector<ApiText>& apis) {
  plan::CompileContext with = context();
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions;
  for (const ApiText& text : apis) {
    definition::Envelope envelope = definition::read_envelope(definition_of(text), {});
    for (const Problem& problem : envelope.problems)
      EXPECT_NE(problem.severity, Severity::error) << to_string(problem);
    ASSERT_TRUE(envelope.api);
    plan::Compiled compiled = plan::compile(envelope, text.id + ".json", with);
    for (const Problem& problem : compiled.problems)
      EXPECT_NE(problem.severity, Severity::error) << to_string(problem);
    ASSERT_TRUE(compiled.revision);
    revisions.push_back(compiled.revision);
  }
  deployed = revisions;
  proxy->swap(std::make_shared<const plan::Plan>(std::move(revisions), std::vector<plan::Refusal>{},
                                                 false, platform.platform()));
}

Peer& Gateway::connect() {
  net::testing::Running<Result<std::unique_ptr<net::Socket>>> connecting(
      net::connect(*reactor, server->address(), {}));
  EXPECT_TRUE(until([&] { return connecting.done(); }));
  clients.push_back(std::make_unique<Peer>(*reactor, *std::move(connecting.value())));
  return *clients.back();
}

Peer& Gateway::ask(std::string request) {
  Peer& client = connect();
  client.send(std::move(request));
  return client;
}

Peer& Gateway::get(const std::string& path, const std::string& headers) {
  return ask("GET " + path + " HTTP/1.1\r\nHost: client.example\r\n" + headers + "\r\n");
}

Answer Gateway::answer(Peer& client, bool to_head) {
  auto there = [&] { return parse_answer(client.received, to_head, client.over()).whole; };
  until([&] { return there() || client.over(); });
  Answer got = parse_answer(client.received, to_head, client.over());
  client.received.erase(0, std::min(got.bytes, client.received.size()));
  return got;
}

Peer& Gateway::asked(std::size_t n) {
  EXPECT_TRUE(until([&] {
    return backend->connections.size() > n && !backend->connections[n]->head().empty();
  })) << "the backend was not asked";
  return *backend->connections.at(n);
}

Answer Gateway::exchange(const std::string& path, const std::string& headers) {
  Peer& client = get(path, headers);
  std::size_t last = 0;
  EXPECT_TRUE(until([&] {
    for (last = 0; last < backend->connections.size(); ++last) {
      if (!backend->connections[last]->over() && !backend->connections[last]->head().empty())
        return true;
    }
    return client.over();
  }));
  if (last < backend->connections.size()) {
    backend->connections[last]->received.clear();
    backend->connections[last]->send(kOk);
  }
  return answer(client);
}

report::Sample Gateway::sample(const report::Family& family) {
  for (const report::FamilySamples& samples : metrics->collect(reactor->now())) {
    if (samples.family == &family && samples.samples.size() == 1) return samples.samples[0];
  }
  ADD_FAILURE() << family.name << " has not one series";
  return {};
}

std::uint64_t Gateway::reported(const std::string& status_class) {
  std::uint64_t count = 0;
  for (const report::FamilySamples& family : metrics->collect(reactor->now())) {
    if (family.family != &report::kApiRequestTime) continue;
    for (const report::Sample& sample : family.samples) {
      if (sample.label_values.back() == status_class) count += sample.count;
    }
  }
  return count;
}

}  // namespace perigee::proxy::testing
