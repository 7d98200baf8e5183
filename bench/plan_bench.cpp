// room: plan policies
//
// 5,000 definitions, from bytes to a published plan; one of the median size of the compatibility
// data, and the memory that it holds when it is deployed.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/log.hpp"
#include "plan/deployments.hpp"
#include "policies/catalog.hpp"

namespace {

using namespace perigee;
namespace fs = std::filesystem;

// What plans are made with; each benchmark has its own.
struct Build {
  Build() { log::reconfigure({{"ROOT", log::Level::off}}); }
  SystemClock clock;
  policy::Catalog catalog = policies::catalog();
  upstream::EndpointRegistry endpoints{1};
  net::TrustStores trust_stores;
  std::shared_ptr<const plan::Plan> plan;
  plan::Deployments deployments{
      {.clock = clock, .catalog = catalog, .endpoints = endpoints, .trust_stores = trust_stores},
      false,
      [this](std::shared_ptr<const plan::Plan> next) { plan = next; }};
  void apply(const std::string& source, const std::string& text) {
    deployments.apply(source, definition::read_envelope(text, {.read = {.open_plan = true}}));
  }
};

std::string flow(int number) {
  std::string n = std::to_string(number);
  return R"({"name": "flow )" + n + R"(", "selectors": [{"type": "http", "path": "/products/:id/)" +
         n + R"(", "methods": ["GET", "POST"]}],
    "request": [{"name": "Transform headers", "policy": "transform-headers",
      "condition": "{#request.headers['X-A'][0] == 'a'}",
      "configuration": {"scope": "REQUEST", "addHeaders": [{"name": "X-Flow", "value": "{#api.name}"}]}}],
    "response": [{"name": "Transform headers", "policy": "transform-headers",
      "configuration": {"scope": "RESPONSE", "removeHeaders": ["Server", "X-Powered-By"]}}]})";
}

// Five flows and two endpoints: about 4 KiB, as a console writes them.
std::string typical_definition(int number) {
  std::string n = std::to_string(number), flows;
  for (int i = 0; i < 5; ++i) flows += (i ? "," : "") + flow(i);
  return R"({"id": "api-)" + n + R"(", "name": "orders", "type": "proxy", "apiVersion": "1.0",
    "definitionVersion": "4.0.0",
    "listeners": [{"type": "http", "paths": [{"path": "/orders/)" +
         n + R"("}], "entrypoints": [{"type": "http-proxy"}]}],
    "endpointGroups": [{"name": "main", "type": "http-proxy",
      "sharedConfiguration": {"http": {"connectTimeout": 3000, "maxConcurrentConnections": 20}},
      "endpoints": [
        {"name": "one", "type": "http-proxy", "inheritConfiguration": true,
         "configuration": {"target": "http://10.0.0.5:8080/base"}},
        {"name": "two", "type": "http-proxy",
         "configuration": {"target": "http://10.0.0.6/base"},
         "sharedConfigurationOverride": {"http": {"connectTimeout": 1000}}}]}],
    "plans": [{"id": "p1", "name": "open", "mode": "standard", "status": "published",
      "security": {"type": "key-less", "configuration": {}}, "flows": []}],
    "flows": [)" +
         flows + "]}";
}

void BM_DeployFiveThousand(benchmark::State& state) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back(typical_definition(i));
  for (auto _ : state) {
    Build build;
    for (std::size_t i = 0; i < texts.size(); ++i) build.apply(std::to_string(i), texts[i]);
    build.deployments.publish();
    if (build.plan->revisions().size() != texts.size()) state.SkipWithError("some were refused");
  }
}
BENCHMARK(BM_DeployFiveThousand)->Unit(benchmark::kMillisecond)->Iterations(3);

void BM_PublishFiveThousand(benchmark::State& state) {
  Build build;
  for (int i = 0; i < 5000; ++i) build.apply(std::to_string(i), typical_definition(i));
  build.deployments.publish();
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions = build.plan->revisions();
  for (auto _ : state) benchmark::DoNotOptimize(plan::Plan(revisions, {}, false));
}
BENCHMARK(BM_PublishFiveThousand)->Unit(benchmark::kMillisecond);

void BM_RouteAmongFiveThousand(benchmark::State& state) {
  Build build;
  for (int i = 0; i < 5000; ++i) build.apply(std::to_string(i), typical_definition(i));
  build.deployments.publish();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        build.plan->routes().match("api.example:8082", "/orders/4711/products/5/1", "http"));
  }
}
BENCHMARK(BM_RouteAmongFiveThousand);

fs::path compat_dir() {
  const char* told = std::getenv("PERIGEE_COMPAT_DIR");
  if (told && *told) return told;
  return fs::path(__FILE__).parent_path() / "../../shared/compat";
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

bool is_served(const std::string& text) {
  Build build;
  build.apply("x", text);
  return build.deployments.deployed() == 1;
}

// Of those that are served, the one of the median size; empty without the data.
std::string median_definition() {
  std::error_code missing;
  std::vector<std::string> texts;
  for (const auto& file : fs::directory_iterator(compat_dir() / "apis" / "v4", missing)) {
    std::string text = content_of(file.path());
    if (is_served(text)) texts.push_back(std::move(text));
  }
  if (texts.empty()) return {};
  std::sort(texts.begin(), texts.end(),
            [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return texts[texts.size() / 2];
}

void BM_MemoryOfTheMedianDefinition(benchmark::State& state) {
  std::string text = median_definition();
  if (text.empty()) return state.SkipWithError("no compatibility data: set PERIGEE_COMPAT_DIR");
  constexpr std::size_t kCopies = 200;
  std::size_t held = 0;
  for (auto _ : state) {
    auto build = std::make_unique<Build>();
    std::string id = "an-id-of-its-own-";
    std::size_t before = mallinfo2().uordblks;
    for (std::size_t i = 0; i < kCopies; ++i) {
      std::string copy = text;
      std::size_t at = copy.find("\"id\"");
      at = copy.find('"', copy.find(':', at)) + 1;
      copy.replace(at, copy.find('"', at) - at, id + std::to_string(i));
      build->apply(std::to_string(i), copy);
    }
    held = mallinfo2().uordblks - before;
    if (build->deployments.deployed() != kCopies) state.SkipWithError("not served");
  }
  state.counters["file_bytes"] = static_cast<double>(text.size());
  state.counters["held_bytes"] = static_cast<double>(held / kCopies);
}
BENCHMARK(BM_MemoryOfTheMedianDefinition)->Iterations(1);

}  // namespace
