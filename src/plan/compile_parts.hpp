// The parts of compile(). Internal to plan.
#pragma once

#include <string>
#include <string_view>

#include "base/problem.hpp"
#include "definition/model.hpp"
#include "plan/compile.hpp"

namespace perigee::plan {

struct Compilation {
  const definition::Api& api;
  CompileContext& context;
  ApiRevision& revision;
  Problems problems;
  bool in_shared_group = false;  // whose steps may not be groups again
  bool reroutes = false;         // a step may name another target than the endpoints'
};

// What the definition says and this version does not do yet: an error for each, so that nothing is
// silently left out.
void refuse_unsupported(Compilation& compilation);
// An error when expressions need what this version does not provide.
void refuse_needs(Compilation& compilation, el::Needs needs, const std::string& pointer);
// Tenants: api-definition.md 1.3.
bool is_for_tenant(const definition::Endpoint& endpoint, const std::string& tenant);
class Evaluator;
Result<upstream::EndpointOptions> endpoint_options(Compilation& compilation,
                                                   const definition::Endpoint& endpoint,
                                                   const std::string& target, Evaluator& evaluator);
// Null: none, or one that is broken, which is told.
std::shared_ptr<const upstream::HealthCheck> compile_health_check(
    Compilation& compilation, const definition::Endpoint& endpoint,
    const upstream::EndpointOptions& options, Evaluator& evaluator);
void compile_backends(Compilation& compilation);
void compile_plans(Compilation& compilation);
// CORS, path mappings, response templates, failover.
void compile_rest(Compilation& compilation);
// Decrypted when it has to be; one that cannot be stays as it is, with a warning.
std::string property_value(Compilation& compilation, const definition::Property& property);
FlowChain compile_flows(Compilation& compilation, const std::vector<definition::Flow>& flows);
// A condition of the definition. One that cannot be parsed is deployed as the reference does (it
// fails when it is evaluated), with a warning; one that this version does not support is an error.
std::optional<el::Template> compile_condition(Compilation& compilation, std::string_view text,
                                              const std::string& pointer);

}  // namespace perigee::plan
