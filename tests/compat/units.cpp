#include "tests/compat/units.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

#include "counters/bucket.hpp"
#include "http/headers.hpp"
#include "net/pipe.hpp"
#include "policies/calendar.hpp"
#include "policies/counting.hpp"
#include "policies/spike_slice.hpp"
#include "redis_counts/scripts.hpp"
#include "tests/compat/definition.hpp"
#include "tests/compat/probe.hpp"

namespace perigee::compat {
namespace {

Request request_of(Json input) {
  Request request;
  request.method = input.text_or("method", request.method).value_or(request.method);
  for (const JsonMember& member : input["headers"].members())
    request.headers.emplace_back(member.name, Json(member.value).text());
  return request;
}

// Asks as such a client does: what the backend sees of it tells what the gateway took it for.
Result<SeenUnit> is_websocket(const Vector& vector, World& world) {
  TRY(world.start({.keys = {{"http.websocket.enabled", "true"}}}));
  Vector open;
  open.policy = "connector-http";
  std::string definition = definition_of(open, world.stub_port());
  TRY(world.deploy(definition));
  TRY(world.ask(request_of(vector.input), {}));
  const std::optional<Received>& upstream = world.stub().backend_request();
  if (!upstream) return fail(ErrorCode::other, "the backend was not asked");
  bool upgrades = std::ranges::any_of(upstream->headers, [](const auto& header) {
    return http::equals_ignoring_case(header.first, "Upgrade");
  });
  return SeenUnit{.json = upgrades ? R"({"output":true})" : R"({"output":false})"};
}

// An exchange of which nothing is known but its attributes.
struct Bare {
  explicit Bare(net::Reactor& reactor)
      : pipe(net::make_pipe(reactor)),
        worker{.reactor = reactor},
        states(slots, worker),
        exchange({.arena = arena,
                  .worker = worker,
                  .clock = reactor.clock(),
                  .request = request,
                  .response = response,
                  .stream = *pipe.first,
                  .api = api,
                  .node = node,
                  .states = states,
                  .limits = limits}) {}
  Arena arena;
  net::Pipe pipe;
  policy::Worker worker;
  http::RequestHead request{arena};
  http::ResponseHead response{arena};
  policy::Limits limits;
  policy::ApiInfo api;
  policy::NodeInfo node;
  policy::WorkerSlots slots;
  policy::WorkerStates states;
  policy::Exchange exchange;
};

struct KeyForm {
  std::string_view policy, block, type;
};
constexpr KeyForm kKeyForms[] = {{"rate-limit", "rate", "rl"},
                                 {"quota", "quota", "q"},
                                 {"spike-arrest", "spike", "sa"},
                                 {"token-bucket-rate-limit", "", "tb"}};

Result<SeenUnit> ratelimit_key(const Vector& vector, World& world) {
  auto form = std::ranges::find(kKeyForms, vector.policy, &KeyForm::policy);
  if (form == std::end(kKeyForms)) return fail(ErrorCode::invalid, vector.policy + " has no key");
  Bare bare(world.reactor());
  Probe::here().begin({.attributes = {vector.input["attributes"]}});
  Probe::here().set_attributes(bare.exchange);
  Problems problems;
  Json configuration = vector.input["configuration"];
  policy::ConfigObject from(form->block.empty() ? configuration : configuration[form->block],
                            problems);
  const policy::Services services{.clock = world.clock(), .api = bare.api, .slots = bare.slots};
  auto key = policies::CounterKey::parse(from, form->type, services);
  TRY(std::string_view text, key.of(bare.exchange));
  return SeenUnit{.json = R"({"output":)" + json_quoted(text) + "}"};
}

std::int64_t number(Json from, std::string_view member) { return from[member].integer(); }

Result<policies::Period> period_of(Json input, const policies::PeriodUnits& units,
                                   std::string_view time, std::string_view unit) {
  Problems problems;
  policy::ConfigObject from(input, problems);
  policies::Period period = policies::parse_period(from, time, unit, units);
  if (problems.has_errors()) return fail(ErrorCode::invalid, to_string(problems.listed().front()));
  return period;
}

Result<SeenUnit> quota_end_of_period(const Vector& vector, World&) {
  std::string zone = vector.input.text_or("timezone", "UTC").value_or("UTC");
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
  TRY(policies::Period period, period_of(vector.input, policies::kCalendarUnits, "period", "unit"));
  std::int64_t end = policies::end_of_period(number(vector.input, "startMs"), period);
  return SeenUnit{.json = R"({"output":)" + std::to_string(end) + "}"};
}

Result<SeenUnit> spike_slice(const Vector& vector, World&) {
  TRY(policies::Period period,
      period_of(vector.input, policies::kExactUnits, "periodTime", "periodTimeUnit"));
  auto slice = policies::SpikeSlice::of(number(vector.input, "limit"), period.ms());
  return SeenUnit{.json = R"({"output":{"period":)" + std::to_string(slice.period_ms) +
                          R"(,"limit":)" + std::to_string(slice.limit) + "}}"};
}

Result<SeenUnit> token_bucket_consume(const Vector& vector, World&) {
  Json input = vector.input, bucket = input["bucket"];
  std::optional<counters::BucketState> before;
  if (bucket.present())
    before = counters::BucketState{number(bucket, "tokens"), number(bucket, "lastRefill")};
  const counters::BucketRules rules{.rate = number(input, "rate"),
                                    .period_ms = number(input, "periodMs"),
                                    .capacity = number(input, "capacity")};
  const std::int64_t now_ms = number(input, "nowMs");
  auto taken = counters::take(before, rules, number(input, "requested"), now_ms);
  std::int64_t next = counters::next_token_ms(taken.after.tokens, rules, now_ms);
  return SeenUnit{.json = std::string(R"({"output":{"allowed":)") +
                          (taken.allowed ? "true" : "false") + R"(,"tokens":)" +
                          std::to_string(taken.after.tokens) + R"(,"lastRefill":)" +
                          std::to_string(taken.after.refilled_ms) + R"(,"nextAvailableAtMs":)" +
                          std::to_string(next) + "}}"};
}

// As the reference's script is called; ours takes a floor besides.
Result<SeenUnit> redis_increment(const Vector& vector, World& world) {
  const std::string key =
      std::string(redis_counts::kWindowPrefix) + vector.input.text_or("key", "").value_or("");
  std::string replies;
  for (const JsonNode& node : vector.input["calls"].items()) {
    Json call(node);
    const std::string subscription = call.text_or("subscription", "").value_or("");
    const redis::Command command = {
        redis_counts::window_script(),
        key,
        {number(call, "weight"), 0, number(call, "limit"), number(call, "reset"), subscription}};
    TRY(redis::Reply reply, world.redis()->call(command));
    replies += (replies.empty() ? "[" : ",[") + std::to_string(reply.at(0).number().value_or(-1)) +
               "," + std::to_string(reply.at(1).number().value_or(-1)) + "," +
               std::to_string(reply.at(2).number().value_or(-1)) + "," +
               json_quoted(reply.at(3).text()) + "]";
  }
  TRY(redis::Reply ends, world.redis()->call({"PEXPIRETIME", key}));
  return SeenUnit{.json = R"({"redisKey":)" + json_quoted(key) + R"(,"output":[)" + replies +
                          "],\"pexpireat\":" + std::to_string(ends.value().number().value_or(-1)) +
                          "}"};
}

struct Entry {
  std::string_view name;
  Unit unit;
};
constexpr std::array kUnits = {Entry{"connector.isWebSocket", &is_websocket},
                               Entry{"quota.endOfPeriod", &quota_end_of_period},
                               Entry{"ratelimit.key", &ratelimit_key},
                               Entry{kRedisUnit, &redis_increment},
                               Entry{"spike.slice", &spike_slice},
                               Entry{"tokenBucket.consume", &token_bucket_consume}};

}  // namespace

Unit find_unit(std::string_view name) {
  auto found = std::ranges::find(kUnits, name, &Entry::name);
  return found == kUnits.end() ? nullptr : found->unit;
}

}  // namespace perigee::compat
