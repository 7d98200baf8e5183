// Health checks of v2, with the forms of older documents: api-definition.md 2.3.
#include <array>

#include "base/ascii.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// compat: these count only where the newer members are missing.
void ignore_older_forms(Object& service) {
  service.ignore({"trigger", "interval", "unit", "request", "expectation"});
}

// As the reference turns "every 5 MINUTES" into a schedule: `0 */5 * * * *`.
std::string read_rate(Object& from, std::string_view member) {
  constexpr std::array<std::string_view, 4> kUnits{"SECONDS", "MINUTES", "HOURS", "DAYS"};
  constexpr std::size_t kFields = 6;
  if (!from.value(member).present()) from.error(member, "required, but it is missing");
  std::int32_t rate = from.integer(member, 1, {.low = 1});
  std::string name = from.required_text("unit");
  std::size_t unit = index_of(name, kUnits);
  if (unit == kNoName && !is_blank(name))
    from.error("unit", "unknown unit " + quoted(name) + did_you_mean(name, kUnits) +
                           "; valid: " + listed(kUnits));
  std::string schedule;
  for (std::size_t field = 0; field < kFields; ++field) {
    if (field > 0) schedule += ' ';
    schedule += field < unit ? "0" : field == unit ? "*/" + std::to_string(rate) : "*";
  }
  return schedule;
}

std::string read_schedule(Object& service) {
  if (service.value("schedule").present()) return service.required_text("schedule");
  if (service.value("trigger").present()) {
    Object trigger = service.object("trigger");
    std::string schedule = read_rate(trigger, "rate");
    trigger.finish();
    return schedule;
  }
  if (service.value("interval").present()) return read_rate(service, "interval");
  return service.required_text("schedule");
}

// compat: assertions have no braces, and none at all asks for status 200.
std::string joined(const std::vector<std::string>& assertions) {
  std::string all;
  for (const std::string& each : assertions) {
    if (is_blank(each)) continue;
    all.append(all.empty() ? "(" : " && (").append(each).append(")");
  }
  return all.empty() ? "{#response.status == 200}" : "{" + all + "}";
}

// compat: a path may be called `uri`, and a method written in any case.
void read_request(Object from, HealthCheck& check) {
  bool older = !from.value("path").present() && from.value("uri").present();
  check.target = from.required_text(older ? "uri" : "path");
  check.method = ascii_upper(from.required_text("method"));
  check.headers = read_v2_headers(from);
  check.body = from.text("body");
  check.override_endpoint_path = from.boolean("fromRoot", false);
  from.ignore({"uri"});
  from.finish();
}

// `holder` is a step, or a service that has what belongs to a step itself.
void read_step(Object& holder, std::string_view response_member, HealthCheck& check) {
  if (holder.value("request").present()) {
    read_request(holder.object("request"), check);
  } else {
    holder.error("request", "required, but it is missing");
  }
  Object response = holder.object(response_member);
  check.assertion = joined(response.texts("assertions"));
  response.finish();
}

// compat: of several steps the first one runs.
void read_steps(Object& service, HealthCheck& check) {
  auto steps = service.items_at_least_one("steps", service.reading().limits.list_items_max);
  if (steps.empty()) return;
  if (steps.size() > 1) service.warning("steps", "only the first step runs");
  Object step = service.open(Json(steps.front()));
  step.ignore({"name"});
  read_step(step, "response", check);
  step.finish();
}

HealthCheck read_check(Object& service) {
  HealthCheck check;
  check.pointer = service.pointer();
  check.schedule = read_schedule(service);
  if (service.value("steps").present() || !service.value("request").present()) {
    read_steps(service, check);
  } else {
    read_step(service, "expectation", check);
  }
  return check;
}

}  // namespace

std::optional<HealthCheck> read_v2_health_check(Object service) {
  if (!service.present() || !service.boolean("enabled", true)) return std::nullopt;
  service.ignore({"type", "inherit"});
  return checked_health_check(service.pointer(), service.reading(), [&] {
    HealthCheck check = read_check(service);
    ignore_older_forms(service);
    service.finish();
    return check;
  });
}

// compat: unlike v4, an endpoint can switch the check off.
std::optional<HealthCheck> read_v2_endpoint_check(Object own,
                                                  const std::optional<HealthCheck>& of_api) {
  if (!own.boolean("inherit", true)) return read_v2_health_check(own);
  bool enabled = own.boolean("enabled", true);
  own.ignore({"type", "schedule", "steps"});
  ignore_older_forms(own);
  own.finish();
  return enabled ? of_api : std::nullopt;
}

}  // namespace perigee::definition
