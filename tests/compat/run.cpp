#include "tests/compat/run.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "tests/compat/compare.hpp"
#include "tests/compat/definition.hpp"
#include "tests/compat/missing.hpp"
#include "tests/compat/probe.hpp"
#include "tests/compat/units.hpp"
#include "tests/compat/world.hpp"

namespace perigee::compat {
namespace {

Verdict failed(std::string why) { return {Verdict::Kind::failed, std::move(why)}; }

std::string joined(const std::vector<std::string>& faults) {
  std::string text;
  for (const std::string& fault : faults) text += (text.empty() ? "" : "; ") + fault;
  return text;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

std::string with_ports(Json vector, const World& world) {
  std::string text = vector.dump();
  replace_all(text, "{port}", std::to_string(world.stub_port()));
  replace_all(text, "{closedPort}", std::to_string(world.closed_port()));
  return text;
}

void set_timezone(const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
}

void add_names(Json expect, std::vector<std::string>& names) {
  for (const JsonMember& member : expect["attributes"].members()) names.emplace_back(member.name);
}

std::string store_of(const Vector& vector) {
  return vector.context.store.text_or("type", "").value_or("");
}

unsigned nodes_of(const Vector& vector) {
  unsigned nodes = vector.context.nodes;
  for (const Step& step : vector.steps) nodes = std::max(nodes, step.node + 1);
  return nodes;
}

bool flushes(const Vector& vector) {
  return std::ranges::any_of(vector.steps, [](const Step& step) { return step.flush; });
}

// What one gateway counts alone must be what it counts with a store.
bool is_the_same_in_here(const Vector& vector) {
  return store_of(vector) == "memory" && nodes_of(vector) == 1 && !flushes(vector);
}

// A store whose every operation fails tries the policy's error strategy, not what a gateway decides
// alone.
World::Setup setup_of(const Vector& vector, Counting counting, const Servers& servers) {
  World::Setup setup{.keys = vector.gateway, .counting = counting, .nodes = nodes_of(vector)};
  if (servers.redis) setup.redis = *servers.redis;
  if (counting == Counting::failing)
    setup.keys.emplace_back("perigee.ratelimit.local.enabled", "false");
  return setup;
}

Counting counting_of(const Vector& vector, const Servers& servers) {
  if (servers.redis) return Counting::redis;
  std::string store = store_of(vector);
  if (store == "failing") return Counting::failing;
  return store == "absent" ? Counting::nobody : Counting::shared;
}

class Case {
 public:
  Case(const Vector& vector, World& world, World::Setup setup)
      : vector_(vector), world_(world), setup_(std::move(setup)) {}

  // The first fault; "" when there is none.
  std::string run() {
    if (Result<void> ready = prepare(); !ready) return ready.error().message;
    for (std::size_t i = 0; i < vector_.steps.size(); ++i) {
      std::string why = run_step(vector_.steps[i]);
      if (!why.empty())
        return vector_.steps.size() > 1 ? "step " + std::to_string(i + 1) + ": " + why : why;
    }
    return joined(faults_of(vector_.expect, last_));
  }

 private:
  Result<void> prepare() {
    world_.stub().set_routes(vector_.context.http);
    TRY(world_.start(setup_));
    for (const JsonMember& member : vector_.context.store["counters"].members()) {
      Json window(member.value);
      world_.put_counter(std::string(member.name),
                         {.counter = static_cast<std::uint64_t>(window["counter"].integer()),
                          .limit = static_cast<std::uint64_t>(window["limit"].integer()),
                          .reset_ms = window["reset"].integer()});
    }
    std::string definition = definition_of(vector_, world_.stub_port());
    return world_.deploy(definition);
  }

  std::string run_step(const Step& step) {
    world_.advance(step.advance);
    if (step.flush) {
      world_.settle();  // the clock of the reactor
      world_.flush();
      return {};
    }
    if (step.backend) world_.stub().set_backend(*step.backend);
    for (unsigned turn = 0; turn < step.repeat; ++turn) {
      Result<Seen> seen = ask(step);
      if (!seen) return seen.error().message;
      last_ = *std::move(seen);
      std::vector<std::string> faults = faults_of(step.expect, last_);
      if (!faults.empty()) return joined(faults);
    }
    return {};
  }

  Result<Seen> ask(const Step& step) {
    Probe::Plan plan{.attributes = {vector_.context.attributes, step.attributes}};
    add_names(step.expect, plan.wanted);
    add_names(vector_.expect, plan.wanted);
    Probe::here().begin(std::move(plan));
    world_.stub().forget_backend_requests();
    TRY(ClientAnswer answer,
        world_.ask(step.request,
                   {.certificate_pem = vector_.context.client_certificate_pem, .node = step.node}));
    Seen seen = Probe::here().take();
    seen.status = answer.status;
    seen.headers = std::move(answer.headers);
    seen.body = std::move(answer.body);
    seen.upstream = world_.stub().backend_request();
    seen.http_calls = world_.stub().route_calls();
    bool is_counted =
        !step.expect["storeCounter"].absent() || !vector_.expect["storeCounter"].absent();
    if (is_counted) seen.store_counter = world_.store_counter();
    return seen;
  }

  const Vector& vector_;
  World& world_;
  World::Setup setup_;
  Seen last_;
};

std::string run_unit(const Vector& vector, World& world, const Servers& servers) {
  if (servers.redis) {
    Result<void> started = world.start({.counting = Counting::redis, .redis = *servers.redis});
    if (!started) return started.error().message;
  }
  Result<SeenUnit> seen = find_unit(vector.function)(vector, world);
  return seen ? joined(faults_of_unit(vector, *seen)) : seen.error().message;
}

void set_clock(const Vector& vector, World& world) {
  if (vector.context.now_ms)
    world.clock().set_wall(WallTime(std::chrono::milliseconds(*vector.context.now_ms)));
}

Result<JsonDocument> document_of(Json json, const World& world) {
  return JsonDocument::parse(with_ports(json, world));
}

// In a world of its own, as its ports are in the document.
std::string run_in_here(Json json, const Servers& servers) {
  World world(servers.dns);
  Result<JsonDocument> document = document_of(json, world);
  if (!document) return document.error().message;
  Problems problems;
  const Vector vector = read_vector(document->root(), problems);
  set_clock(vector, world);
  std::string why = Case(vector, world, setup_of(vector, Counting::in_here, servers)).run();
  return why.empty() ? why : "counted without a store: " + why;
}

}  // namespace

std::vector<Engine> engines_of(Json vector) {
  if (vector.text_or("level", "").value_or("") == "unit") return {Engine::v4};
  std::string engine = vector.text_or("engine", "").value_or("");
  if (engine == "both") return {Engine::v4, Engine::legacy};
  return {engine == "legacy" ? Engine::legacy : Engine::v4};
}

bool counts_in_store(Json vector) {
  return vector["context"]["store"].text_or("type", "").value_or("") == "memory" ||
         vector.text_or("function", "").value_or("") == kRedisUnit;
}

Verdict run_case(Json json, Engine engine, const Servers& servers) {
  World world(servers.dns);
  Result<JsonDocument> document = document_of(json, world);
  if (!document) return failed(document.error().message);
  Problems problems;
  Vector vector = read_vector(document->root(), problems);
  if (!problems.listed().empty())
    return failed("the case: " + to_string(problems.listed().front()));
  vector.engine = engine;
  std::string missing = what_is_missing(vector, catalog());
  if (vector.function == kRedisUnit && !servers.redis) missing = "it asks a real Redis (--redis)";
  if (!missing.empty()) return {Verdict::Kind::skipped, missing};
  set_timezone(vector.timezone);
  set_clock(vector, world);
  bool is_unit = vector.level == Level::unit;
  const Counting counting = counting_of(vector, servers);
  std::string why = is_unit ? run_unit(vector, world, servers)
                            : Case(vector, world, setup_of(vector, counting, servers)).run();
  if (why.empty() && !is_unit && !servers.redis && is_the_same_in_here(vector))
    why = run_in_here(json, servers);
  return why.empty() ? Verdict{} : failed(why);
}

}  // namespace perigee::compat
