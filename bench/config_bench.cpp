// room: config
//
// What reading the configuration costs at start: the gravitee.yml that a chart renders, in a pod
// with a hundred variables.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>

#include "config/load.hpp"

namespace perigee::config {
namespace {

const std::filesystem::path kData =
    std::filesystem::path(__FILE__).parent_path() / "../tests/config/data";

void load_rendered(benchmark::State& state) {
  Sources sources;
  sources.files = {(kData / "chart_rendered.yml").string()};
  sources.environment = {{"GRAVITEE_CLOUD_TOKEN", "t"}, {"GRAVITEE_PLUGINS_PATH_0", "/a"}};
  for (int i = 0; i < 100; ++i) {
    sources.environment["SERVICE_" + std::to_string(i) + "_PORT"] = "tcp://10.0.0.1:80";
  }
  for (auto _ : state) {
    Loaded loaded = load(sources);
    if (loaded.fatal()) state.SkipWithError("the file does not load");
    benchmark::DoNotOptimize(loaded);
  }
}
BENCHMARK(load_rendered)->Unit(benchmark::kMicrosecond);

void flatten_only(benchmark::State& state) {
  const std::string text = *read_file((kData / "chart_rendered.yml").string());
  for (auto _ : state) benchmark::DoNotOptimize(flatten_yaml(text));
}
BENCHMARK(flatten_only)->Unit(benchmark::kMicrosecond);

void find_nearest(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(nearest_key("services.metric.prometheus.enable"));
}
BENCHMARK(find_nearest)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace perigee::config
