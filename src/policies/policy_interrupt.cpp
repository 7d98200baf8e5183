// policy-interrupt: fails on purpose, with a key that response templates choose by.
// Spec: policies/others.md row 26. Docs: docs/policies/policy-interrupt.md
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kWarningKey = "INTERRUPT_VARIABLE_FAILURE";

struct Variable {
  std::string name;
  el::Template value;
};

struct Config {
  std::string error_key;
  std::optional<el::Template> message;  // nullopt: the answer has no body
  std::vector<Variable> variables;
};

// An entry without a name or a value does nothing.
std::vector<Variable> variables(ConfigObject& from) {
  std::vector<Variable> parsed;
  for (ConfigObject& item : from.objects("variables")) {
    std::string name = item.text("name");
    std::optional<el::Template> value = item.expression("value");
    item.finish();
    if (!is_blank(name) && value) parsed.push_back({std::move(name), *std::move(value)});
  }
  return parsed;
}

Config parse(ConfigObject& from) {
  Config config;
  config.error_key = from.text("errorKey");
  config.message = from.expression("message");
  config.variables = variables(from);
  from.finish();
  return config;
}

class Interrupt final : public policy::Policy {
 public:
  explicit Interrupt(Config config) : config_(std::move(config)) {
    if (config_.message) needs_ = config_.message->needs();
    for (const Variable& variable : config_.variables) needs_.bits |= variable.value.needs().bits;
  }
  Async<Verdict> on_request(Exchange& exchange) const override { return failure(exchange); }
  Async<Verdict> on_response(Exchange& exchange) const override { return failure(exchange); }
  el::Needs needs(Phase) const override { return needs_; }

 private:
  Verdict failure(Exchange& exchange) const {
    policy::Failure failure;
    failure.key = config_.error_key;
    failure.has_message = false;
    if (config_.message) {
      std::optional<std::string_view> message = value_of(*config_.message, exchange);
      failure.has_message = message.has_value();
      failure.message = message.value_or("");
    }
    for (const Variable& variable : config_.variables) {
      if (std::optional<std::string_view> value = value_of(variable.value, exchange))
        failure.parameters.emplace_back(variable.name, *value);
    }
    return Verdict::fail(std::move(failure));
  }

  // What cannot be evaluated is left out: the exchange ends here in any case.
  static std::optional<std::string_view> value_of(const el::Template& value, Exchange& exchange) {
    Result<std::optional<std::string_view>> text = value.text(exchange, exchange.arena);
    if (text) return *text;
    exchange.warn(kWarningKey, text.error().message);
    return std::nullopt;
  }

  Config config_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const Interrupt>(parse(from));
}

}  // namespace

policy::Registration policy_interrupt() {
  return {"policy-interrupt", &make, policy::ScopeRule::always};
}

}  // namespace perigee::policies
