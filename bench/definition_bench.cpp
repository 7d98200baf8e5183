// room: definition
//
// Reading 5,000 typical definitions on one core should take about a second: 200 us each.
#include <benchmark/benchmark.h>

#include <string>

#include "definition/envelope.hpp"

namespace {

using namespace perigee::definition;

std::string flow(int number) {
  std::string n = std::to_string(number);
  return R"({"name": "flow )" + n + R"(", "enabled": true, "selectors": [{"type": "http", "path":
      "/products/:id/)" +
         n + R"(", "pathOperator": "STARTS_WITH", "methods": ["GET", "POST"]}],
    "request": [{"name": "Transform headers", "description": "", "enabled": true,
      "policy": "transform-headers", "condition": "{#request.headers['X-A'][0] == 'a'}",
      "configuration": {"scope": "REQUEST", "addHeaders": [{"name": "X-Flow", "value": "a"}]}}],
    "response": [{"name": "Transform headers", "enabled": true, "policy": "transform-headers",
      "configuration": {"scope": "RESPONSE", "removeHeaders": ["Server", "X-Powered-By"]}}]})";
}

// Five flows, two endpoints, two plans: about 4 KiB, as a console writes them.
std::string typical_definition() {
  std::string flows;
  for (int i = 0; i < 5; ++i) flows += (i ? "," : "") + flow(i);
  return R"({"id": "44179115-0e8e-477c-9791-150e8e677c1b", "name": "orders", "type": "proxy",
    "apiVersion": "1.0", "definitionVersion": "4.0.0", "tags": [],
    "listeners": [{"type": "http", "paths": [{"path": "/orders"}, {"path": "/v2/orders"}],
      "entrypoints": [{"type": "http-proxy", "qos": "auto"}], "servers": [], "pathMappings": []}],
    "endpointGroups": [{"name": "main", "type": "http-proxy",
      "loadBalancer": {"type": "round-robin"},
      "sharedConfiguration": {"http": {"connectTimeout": 3000, "readTimeout": 60000,
        "keepAlive": true, "maxConcurrentConnections": 20}, "ssl": {"trustAll": false}},
      "endpoints": [
        {"name": "one", "type": "http-proxy", "weight": 1, "inheritConfiguration": true,
         "configuration": {"target": "http://10.0.0.5:8080/base"}},
        {"name": "two", "type": "http-proxy", "weight": 1, "inheritConfiguration": false,
         "configuration": {"target": "https://10.0.0.6/base"},
         "sharedConfigurationOverride": {"http": {"connectTimeout": 1000}}}]}],
    "plans": [
      {"id": "p1", "name": "open", "mode": "standard", "status": "published",
       "security": {"type": "key-less", "configuration": {}}, "flows": []},
      {"id": "p2", "name": "keys", "mode": "standard", "status": "published",
       "security": {"type": "api-key", "configuration": {"propagateApiKey": false}}}],
    "flowExecution": {"mode": "default", "matchRequired": false},
    "analytics": {"enabled": true}, "properties": [{"key": "k", "value": "v"}],
    "flows": [)" +
         flows + "]}";
}

void read(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    Envelope envelope = read_envelope(text, {});
    if (!envelope.api || !envelope.problems.empty()) state.SkipWithError("not read cleanly");
    benchmark::DoNotOptimize(envelope);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void BM_BareDefinition(benchmark::State& state) { read(state, typical_definition()); }
BENCHMARK(BM_BareDefinition);

void BM_EventWithTwiceEncodedDefinition(benchmark::State& state) {
  std::string api = R"({"id": "a", "definitionVersion": "V4", "lifecycleState": "STARTED",
                        "definition": )" +
                    perigee::json_quoted(typical_definition()) + "}";
  read(state, R"({"type": "PUBLISH_API", "properties": {"deployment_number": "1"}, "payload": )" +
                  perigee::json_quoted(api) + "}");
}
BENCHMARK(BM_EventWithTwiceEncodedDefinition);

}  // namespace
