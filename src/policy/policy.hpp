// Policy: one step of a flow. Const, made once per revision of an API, shared by all workers.
//
// Everything that can be wrong with its configuration is found when it is made. Request state lives
// in the Exchange, worker state in a slot, the rest behind Services.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/async.hpp"
#include "el/expression.hpp"
#include "policy/config_object.hpp"
#include "policy/exchange.hpp"
#include "policy/services.hpp"
#include "policy/verdict.hpp"

namespace perigee::policy {

enum class Phase : std::uint8_t { request, response };

// What a credential looked like, lifecycle.md section 5 step 1.
struct Token {
  enum class State : std::uint8_t { none, invalid, found };
  enum class Kind : std::uint8_t { none, client_id, api_key, api_key_md5, certificate };
  State state = State::none;
  Kind kind = Kind::none;
  std::string_view value;  // lives as long as the exchange
};

// The part of a policy that secures a plan.
class Security {
 public:
  virtual ~Security() = default;
  virtual int order()
      const = 0;  // lower first: mtls -100, jwt 0, oauth2 100, api-key 500, key-less 1000
  virtual bool needs_subscription() const = 0;
  virtual Async<Result<Token>> token(Exchange& exchange) const = 0;
  // No plan applied: may add WWW-Authenticate to the answer.
  virtual void challenge(Exchange& exchange) const {}
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual Async<Verdict> on_request(Exchange& exchange) const { return Verdict::next(); }
  virtual Async<Verdict> on_response(Exchange& exchange) const { return Verdict::next(); }
  // What the chain has to provide before it calls the policy in this phase (its templates' needs).
  virtual el::Needs needs(Phase phase) const { return {}; }
  // Whether it may name another target for the backend call (the attribute request.endpoint):
  // endpoints then prepare for it.
  virtual bool reroutes() const { return false; }
  // Null unless the policy can secure a plan.
  virtual const Security* security() const { return nullptr; }
};

// Reads the whole configuration and notes what is wrong with it; then what it gives is not used.
// It may give null when it cannot go on.
using Make = std::unique_ptr<const Policy> (*)(ConfigObject configuration,
                                               const Services& services);

// Whether the member `scope` of a configuration decides in which phase a step runs
// (policies/README.md section 2). The chain obeys it, so that policies need not know.
enum class ScopeRule : std::uint8_t {
  none,        // the policy has no scope
  old_engine,  // in v2 APIs on the v3 engine only
  always,
};

struct Registration {
  std::string_view id;
  Make make = nullptr;
  ScopeRule scope = ScopeRule::none;
  std::optional<Phase> only = {};  // in the other phase it does nothing
};

// The only phase in which a step with this configuration runs; nothing when its scope does not
// count.
std::optional<Phase> scope_of(ConfigObject& configuration, const Registration& registration,
                              bool old_engine);

}  // namespace perigee::policy
