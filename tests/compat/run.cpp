#include "tests/compat/run.hpp"

#include <cstdlib>
#include <ctime>

#include "base/assert.hpp"
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

// A store whose every operation fails tries the policy's error strategy, not our local counting.
NameValues keys_of(const Vector& vector) {
  NameValues keys = vector.gateway;
  if (vector.context.store.text_or("type", "").value_or("") == "failing")
    keys.emplace_back("perigee.ratelimit.local.enabled", "false");
  return keys;
}

class Case {
 public:
  Case(const Vector& vector, World& world) : vector_(vector), world_(world) {}

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
    TRY(world_.start(keys_of(vector_)));
    std::string definition = definition_of(vector_, world_.stub_port());
    return world_.deploy(definition);
  }

  std::string run_step(const Step& step) {
    PERIGEE_ASSERT(!step.flush && step.node == 0);  // missing.cpp skips these
    world_.clock().advance(step.advance);
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
        world_.ask(step.request, {.certificate_pem = vector_.context.client_certificate_pem}));
    Seen seen = Probe::here().take();
    seen.status = answer.status;
    seen.headers = std::move(answer.headers);
    seen.body = std::move(answer.body);
    seen.upstream = world_.stub().backend_request();
    seen.http_calls = world_.stub().route_calls();
    return seen;
  }

  const Vector& vector_;
  World& world_;
  Seen last_;
};

std::string run_unit(const Vector& vector, World& world) {
  Result<SeenUnit> seen = find_unit(vector.function)(vector, world);
  return seen ? joined(faults_of_unit(vector, *seen)) : seen.error().message;
}

}  // namespace

Verdict run_case(Json json, const std::string& dns_server) {
  World world(dns_server);
  Result<JsonDocument> document = JsonDocument::parse(with_ports(json, world));
  if (!document) return failed(document.error().message);
  Problems problems;
  const Vector vector = read_vector(document->root(), problems);
  if (!problems.listed().empty())
    return failed("the case: " + to_string(problems.listed().front()));
  std::string missing = what_is_missing(vector, catalog());
  if (!missing.empty()) return {Verdict::Kind::skipped, missing};
  set_timezone(vector.timezone);
  if (vector.context.now_ms)
    world.clock().set_wall(WallTime(std::chrono::milliseconds(*vector.context.now_ms)));
  std::string why =
      vector.level == Level::unit ? run_unit(vector, world) : Case(vector, world).run();
  return why.empty() ? Verdict{} : failed(why);
}

}  // namespace perigee::compat
