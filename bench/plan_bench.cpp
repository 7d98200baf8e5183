// room: plan policies
//
// 5,000 definitions, from bytes to a published plan; one of them deployed again; what one holds in
// memory. Of a definition as a console writes it, and of the median file of the compatibility data.
// `bench/start --only definitions` judges the latter: 5,000 <= 2 s, one again <= 10 ms.
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
  void apply_all(const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) apply(std::to_string(i), texts[i]);
    deployments.publish();
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

constexpr std::size_t kMany = 5000;

std::vector<std::string> typical_definitions() {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < kMany; ++i) texts.push_back(typical_definition(static_cast<int>(i)));
  return texts;
}

void BM_PublishFiveThousand(benchmark::State& state) {
  Build build;
  build.apply_all(typical_definitions());
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions = build.plan->revisions();
  for (auto _ : state) benchmark::DoNotOptimize(plan::Plan(revisions, {}, false));
}
BENCHMARK(BM_PublishFiveThousand)->Unit(benchmark::kMillisecond);

void BM_RouteAmongFiveThousand(benchmark::State& state) {
  Build build;
  build.apply_all(typical_definitions());
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

// The one of the median size; empty without the data.
std::string median_definition() {
  std::error_code missing;
  std::vector<std::string> texts;
  for (const auto& file : fs::directory_iterator(compat_dir() / "apis" / "v4", missing))
    texts.push_back(content_of(file.path()));
  if (texts.empty()) return {};
  std::ranges::sort(texts, {}, &std::string::size);
  return texts[texts.size() / 2];
}

// The text of the first member `name` behind the first `after` becomes `value`.
void replace_text(std::string& json, std::string_view after, std::string_view name,
                  const std::string& value) {
  std::size_t at = json.find("\"" + std::string(name) + "\"", json.find(after));
  at = json.find('"', json.find(':', at)) + 1;
  json.replace(at, json.find('"', at) - at, value);
}

// Copies of the median definition with ids and paths of their own; none without the data.
std::vector<std::string> median_definitions(std::size_t count) {
  std::string text = median_definition();
  if (text.empty()) return {};
  std::vector<std::string> copies(count, text);
  for (std::size_t i = 0; i < count; ++i) {
    std::string number = std::to_string(10000 + i);
    replace_text(copies[i], "{", "id", "copy-" + number);
    replace_text(copies[i], "\"paths\"", "path", "/team-" + number + "/service");
  }
  return copies;
}

constexpr const char* kNoData = "no compatibility data: set PERIGEE_COMPAT_DIR";

void deploy(benchmark::State& state, const std::vector<std::string>& texts) {
  if (texts.empty()) return state.SkipWithError(kNoData);
  for (auto _ : state) {
    Build build;
    build.apply_all(texts);
    if (build.plan->revisions().size() != texts.size()) state.SkipWithError("some were refused");
  }
}

void BM_DeployFiveThousand(benchmark::State& state) { deploy(state, typical_definitions()); }
BENCHMARK(BM_DeployFiveThousand)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_DeployFiveThousandMedian(benchmark::State& state) {
  deploy(state, median_definitions(kMany));
}
BENCHMARK(BM_DeployFiveThousandMedian)->Unit(benchmark::kMillisecond)->Iterations(1);

// Among so many; the plan before it dies later, as in the gateway.
void BM_RedeployOne(benchmark::State& state) {
  std::vector<std::string> texts = median_definitions(static_cast<std::size_t>(state.range(0)));
  if (texts.empty()) return state.SkipWithError(kNoData);
  Build build;
  build.apply_all(texts);
  std::string source = std::to_string(texts.size() / 2);
  std::string versions[] = {texts[texts.size() / 2], texts[texts.size() / 2]};
  replace_text(versions[1], "\"name\"", "name", "another name");
  std::size_t number = 0;
  for (auto _ : state) {
    std::shared_ptr<const plan::Plan> before = build.plan;
    build.apply(source, versions[++number % 2]);
    build.deployments.publish();
    if (build.plan == before) state.SkipWithError("there is no new plan");
    state.PauseTiming();
    before.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_RedeployOne)->Arg(1)->Arg(kMany)->Unit(benchmark::kMillisecond);

void BM_MemoryOfTheMedianDefinition(benchmark::State& state) {
  std::vector<std::string> texts = median_definitions(200);
  if (texts.empty()) return state.SkipWithError(kNoData);
  std::size_t held = 0;
  for (auto _ : state) {
    auto build = std::make_unique<Build>();
    std::size_t before = mallinfo2().uordblks;
    build->apply_all(texts);
    held = mallinfo2().uordblks - before;
    if (build->deployments.deployed() != texts.size()) state.SkipWithError("not served");
  }
  state.counters["file_bytes"] = static_cast<double>(texts[0].size());
  state.counters["held_bytes"] = static_cast<double>(held / texts.size());
}
BENCHMARK(BM_MemoryOfTheMedianDefinition)->Iterations(1);

}  // namespace
