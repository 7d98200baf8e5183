// room: el
//
// Expressions on the hot path. Goal: a comparison on a header <= 80 ns, nothing from the heap.
#include <benchmark/benchmark.h>

#include <span>

#include "el/expression.hpp"

namespace perigee::el {
namespace {

struct Header {
  std::string_view name, value;
};
constexpr Header kHeaders[] = {{"host", "api.acme.test"}, {"accept", "*/*"},
                               {"user-agent", "bench"},   {"x-a", "v"},
                               {"content-type", "a"},     {"x-tier", "gold"}};

// Finds headers by name, as an exchange without header numbers would.
class Exchange final : public Variables {
 public:
  Value read(const Reference& reference, Arena&) const override {
    switch (reference.access) {
      case Access::request_method:
        return Value::text("GET");
      case Access::request_path:
        return Value::text("/stores/123/items");
      case Access::response_status:
        return Value::integer(200);
      case Access::context_attribute:
        return Value::text("app-1");
      case Access::request_header_first:
        for (const Header& header : kHeaders)
          if (header.name == reference.name) return Value::text(header.value);
        return Value::absent();
      default:
        return Value::absent();
    }
  }
  const Clock& clock() const override { return clock_; }

 private:
  SystemClock clock_;
};

void condition(benchmark::State& state, std::string_view text) {
  auto compiled = Template::compile(text);
  if (!compiled) return state.SkipWithError(compiled.error().message.c_str());
  Exchange exchange;
  Arena arena;
  for (auto _ : state) {
    benchmark::DoNotOptimize(compiled->condition(exchange, arena));
    arena.clear();
  }
}

void text(benchmark::State& state, std::string_view written) {
  auto compiled = Template::compile(written);
  if (!compiled) return state.SkipWithError(compiled.error().message.c_str());
  Exchange exchange;
  Arena arena;
  for (auto _ : state) {
    benchmark::DoNotOptimize(compiled->text(exchange, arena));
    arena.clear();
  }
}

void compile(benchmark::State& state, std::string_view written) {
  for (auto _ : state) benchmark::DoNotOptimize(Template::compile(written));
}

BENCHMARK_CAPTURE(condition, header_equals, "{#request.headers['X-A'][0] == 'v'}");
BENCHMARK_CAPTURE(condition, header_is_there, "{#request.headers['X-A'] != null}");
BENCHMARK_CAPTURE(condition, method_or, "{#request.method == 'POST' || #request.method == 'GET'}");
BENCHMARK_CAPTURE(condition, status_at_least, "{#response.status >= 500}");
BENCHMARK_CAPTURE(condition, starts_with, "{#request.path.startsWith('/stores')}");
BENCHMARK_CAPTURE(condition, matches, "{#request.path matches '/stores/[0-9]+/.*'}");
BENCHMARK_CAPTURE(text, constant, "plain text");
BENCHMARK_CAPTURE(text, header, "{#request.headers['X-Tier'][0]}");
BENCHMARK_CAPTURE(text, concatenation,
                  "app-{#context.attributes['application']}-{#request.method}");
BENCHMARK_CAPTURE(text, path_segment, "{#request.paths[2]}");
BENCHMARK_CAPTURE(compile, header_equals, "{#request.headers['X-A'][0] == 'v'}");

}  // namespace
}  // namespace perigee::el
