// room: proxy policies
//
// What steps and conditions cost in the chain that every request passes: n of them beside none, so
// that whatever a step costs is in the difference. `bench/start --only chain` judges it. Goals: a
// no-op step <= 15 ns, a transform-headers step that sets one header <= 60 ns, a condition that
// compares a header <= 80 ns.
#include <benchmark/benchmark.h>

#include <string>

#include "base/log.hpp"
#include "definition/envelope.hpp"
#include "http/h1_parser.hpp"
#include "net/pipe.hpp"
#include "plan/compile.hpp"
#include "policies/catalog.hpp"
#include "proxy/chain.hpp"

namespace {

using namespace perigee;

constexpr std::string_view kRequest =
    "GET /orders/v2/customers/8812/orders?limit=20 HTTP/1.1\r\n"
    "Host: api.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench/1.0\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "X-Api-Key: 6f1c1f0e-5b52-4f1b-9f0e-2b6d2f7a4c11\r\n"
    "X-Request-Id: 0b7f2f1e-4a34-4c3b-8df2-7f1b5b7a9a10\r\n"
    "X-A: b\r\n"
    "Cookie: session=f3b1c2d4e5f60718293a4b5c6d7e8f90; theme=dark\r\n\r\n";

// Both phases are the contract's own: go on.
class NoOp final : public policy::Policy {};

std::unique_ptr<const policy::Policy> make_no_op(policy::ConfigObject, const policy::Services&) {
  return std::make_unique<const NoOp>();
}

policy::Catalog catalog() {
  policy::Catalog catalog = policies::catalog();
  catalog.add({"no-op", &make_no_op});
  return catalog;
}

// The text of the `number`th step, of so many conditions that come first.
std::string step(std::string_view policy, std::int64_t number, std::int64_t conditions) {
  std::string text = R"({"policy": ")" + std::string(policy) + "\"";
  if (policy == "transform-headers") {
    text += R"(, "configuration": {"addHeaders": [{"name": "X-Step-)" + std::to_string(number) +
            R"(", "value": "done"}]})";
  }
  if (number < conditions) text += R"(, "condition": "{#request.headers['X-A'][0] == 'b'}")";
  return text + "}";
}

std::string definition(std::string_view policy, std::int64_t steps, std::int64_t conditions) {
  std::string list;
  for (std::int64_t i = 0; i < steps; ++i) list += (i ? "," : "") + step(policy, i, conditions);
  return R"({"id": "orders", "name": "orders", "type": "proxy", "definitionVersion": "4.0.0",
    "listeners": [{"type": "http", "paths": [{"path": "/orders/v2"}],
      "entrypoints": [{"type": "http-proxy"}]}],
    "endpointGroups": [{"name": "main", "type": "http-proxy", "endpoints": [
      {"name": "one", "type": "http-proxy", "configuration": {"target": "http://10.0.0.5"}}]}],
    "flows": [{"selectors": [{"type": "http", "path": "/customers"}], "request": [)" +
         list + "]}]}";
}

class NoGroups final : public proxy::SharedGroups {
 public:
  Async<policy::Verdict> run(const plan::Step&, policy::Phase, policy::Exchange&,
                             proxy::LineRates&) override {
    return policy::Verdict::next();
  }
  el::Needs response_needs(const plan::Step&, const policy::Exchange&) override { return {}; }
};

// One worker with one API and one request, which passes the API's flows again and again.
class Chain {
 public:
  explicit Chain(const std::string& text) {
    log::reconfigure({{"ROOT", log::Level::off}});
    plan::CompileContext context{.clock = clock_,
                                 .catalog = catalog_,
                                 .endpoints = endpoints_,
                                 .trust_stores = trust_stores_};
    plan::Compiled compiled =
        plan::compile(definition::read_envelope(text, {.read = {.open_plan = true}}), "", context);
    revision_ = std::move(compiled.revision);
    http::H1Head info;
    http::parse_request(kRequest, {}, received_, info);
    reactor_.refresh_time();
  }

  Async<void> pass(benchmark::State& state) {
    if (!revision_) co_return state.SkipWithError("the definition is refused");
    policy::WorkerStates states(revision_->slots, worker_);
    for (auto _ : state) {
      reactor_.refresh_time();  // each request has a turn of its own
      if (!co_await pass_once(states)) state.SkipWithError("the chain ended early");
      arena_.clear();
    }
  }

 private:
  // The exchange is made anew, as its headers change.
  Async<bool> pass_once(const policy::WorkerStates& states) {
    http::RequestHead request(arena_);
    request.headers.append_all(received_.headers);
    http::ResponseHead response(arena_);
    policy::Exchange exchange({.arena = arena_,
                               .worker = worker_,
                               .clock = clock_,
                               .request = request,
                               .response = response,
                               .stream = *pipe_.first,
                               .api = revision_->info,
                               .node = node_,
                               .states = states,
                               .limits = limits_});
    exchange.path_info = "/customers/8812/orders";
    proxy::FlowRun run{line_rates_, groups_};
    policy::Verdict verdict = co_await proxy::run_request_flows(revision_->flows, exchange, run);
    benchmark::DoNotOptimize(request.headers.entries().data());
    co_return verdict.continues() && run.any;
  }

  SystemClock clock_;
  net::Reactor reactor_{clock_};
  net::Pipe pipe_ = net::make_pipe(reactor_, {});
  policy::Worker worker_{.reactor = reactor_};
  policy::Catalog catalog_ = catalog();
  upstream::EndpointRegistry endpoints_{1};
  net::TrustStores trust_stores_;
  policy::NodeInfo node_;
  policy::Limits limits_;
  NoGroups groups_;
  proxy::LineRates line_rates_;
  std::shared_ptr<const plan::ApiRevision> revision_;
  Arena received_arena_{8192}, arena_{16384};
  http::RequestHead received_{received_arena_};
};

void pass(benchmark::State& state, const std::string& text) {
  Chain chain(text);
  Task task;
  task.start(chain.pass(state));
}

void no_op_steps(benchmark::State& state) { pass(state, definition("no-op", state.range(0), 0)); }
BENCHMARK(no_op_steps)->Arg(0)->Arg(1)->Arg(10);

void header_steps(benchmark::State& state) {
  pass(state, definition("transform-headers", state.range(0), 0));
}
BENCHMARK(header_steps)->Arg(0)->Arg(1)->Arg(10);

// Of ten steps; the conditions hold, so that all of them run.
void conditions(benchmark::State& state) { pass(state, definition("no-op", 10, state.range(0))); }
BENCHMARK(conditions)->Arg(0)->Arg(1)->Arg(10);

}  // namespace
