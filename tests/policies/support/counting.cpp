#include "tests/policies/support/counting.hpp"

namespace perigee::policies::testing {

Counting::Counting(policy::CounterOptions options) : counters(options) {
  x.clock.set_wall(WallTime(std::chrono::milliseconds(kNowMs)));
  x.reactor.refresh_time();
  x.api.id = "api-1";
}

void Counting::make(std::string_view id, std::string_view configuration) {
  policy::Services services = services_of(x);
  if (has_counters) services.counters = &counters;
  made = testing::make(id, configuration, services);
  EXPECT_TRUE(made.policy) << configuration << (made.errors.empty() ? "" : made.errors.front());
}

policy::Verdict Counting::ask() {
  x.response.headers.clear();
  x.made.reset();
  policy::Exchange& exchange = x.exchange();
  exchange.arrived_wall = x.clock.wall();
  exchange.plan_id = "plan-1";
  exchange.subscription_id = "sub-1";
  for (const auto& [name, value] : attributes) {
    if (name == "plan")
      exchange.plan_id = value;
    else if (name == "subscription")
      exchange.subscription_id = value;
    else
      exchange.attributes.set(name, value);
  }
  return x.finished(made.policy->on_request(exchange));
}

std::string Counting::header(std::string_view name) const {
  std::string values;
  for (const http::Header& header : x.response.headers.entries()) {
    if (!header.removed && http::equals_ignoring_case(header.name(), name))
      values.append(values.empty() ? "" : " | ").append(header.value());
  }
  return values.empty() ? "-" : values;
}

std::string Counting::warnings() const {
  std::string keys;
  for (const policy::Warning& warning : x.made->warnings())
    keys.append(keys.empty() ? "" : " ").append(warning.key);
  return keys;
}

std::string Counting::attribute(std::string_view name) const {
  const el::Value* value = x.made->attributes.get(name);
  if (!value) return "-";
  return value->is_text() ? std::string(value->as_text()) : std::to_string(value->as_integer());
}

void Counting::advance(Duration by) {
  x.clock.advance(by);
  x.reactor.refresh_time();
}

std::string told(const policy::Verdict& verdict) {
  if (verdict.continues()) return "next";
  const policy::Failure& failure = verdict.failure();
  std::string text =
      std::to_string(failure.status) + " " + failure.key + ": " + failure.message + " {";
  for (const auto& [name, value] : failure.parameters)
    text.append(text.back() == '{' ? "" : ",").append(name).append("=").append(value);
  return text + "}";
}

}  // namespace perigee::policies::testing
