#include "plan/compile.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "el/regex.hpp"
#include "plan/compile_parts.hpp"

namespace perigee::plan {
namespace {

// A step or the security of a plan, as the definition says it.
struct PolicyUse {
  const std::string& id;
  const definition::Configuration& configuration;
  std::string id_pointer;
  std::string holder_pointer;  // of the object that has the member `configuration`
  std::string configuration_pointer() const {
    return configuration.value.absent() ? holder_pointer + "/configuration"
                                        : configuration.pointer();
  }
  // `inside` is put before its pointers.
  std::string inside() const {
    return configuration.value.absent() ? holder_pointer + "/configuration" : configuration.inside;
  }
};

policy::Services services_of(Compilation& compilation) {
  CompileContext& context = compilation.context;
  return {.clock = context.clock,
          .api = compilation.revision.info,
          .slots = compilation.revision.slots,
          .counters = context.counters,
          .http = context.http,
          .resources = nullptr,
          .secrets = context.secrets,
          .resolver = context.resolver};
}

const policy::Registration* find_policy(Compilation& compilation, const std::string& id,
                                        const std::string& pointer) {
  const policy::Registration* found = compilation.context.catalog.find(id);
  if (found) return found;
  compilation.problems.error(pointer, "policy '" + id + "' is not supported by this version" +
                                          did_you_mean(id, compilation.context.catalog.ids()));
  return nullptr;
}

std::unique_ptr<const policy::Policy> make_policy(Compilation& compilation,
                                                  const policy::Registration& registration,
                                                  policy::ConfigObject configuration) {
  Problems& problems = compilation.problems;
  Problems::Mark mark = problems.mark();
  auto made = registration.make(std::move(configuration), services_of(compilation));
  problems.prefix_since(mark, "policy '" + std::string(registration.id) + "': ");
  return problems.has_errors_since(mark) ? nullptr : std::move(made);
}

MethodSet method_set(const std::optional<definition::MethodSet>& methods) {
  if (!methods) return kAllMethods;
  using From = definition::Method;
  constexpr std::pair<From, http::Method> kPairs[] = {
      {From::connect, http::Method::connect}, {From::delete_, http::Method::del},
      {From::get, http::Method::get},         {From::head, http::Method::head},
      {From::options, http::Method::options}, {From::patch, http::Method::patch},
      {From::post, http::Method::post},       {From::put, http::Method::put},
      {From::trace, http::Method::trace},     {From::other, http::Method::other}};
  MethodSet set = 0;
  for (auto [from, to] : kPairs) {
    if (methods->test(static_cast<std::size_t>(from))) set |= method_bit(to);
  }
  return set;
}

// Null when it cannot be made, and when its scope names the other phase.
std::unique_ptr<const policy::Policy> make_step_policy(Compilation& compilation,
                                                       const PolicyUse& use, policy::Phase phase) {
  const policy::Registration* registration = find_policy(compilation, use.id, use.id_pointer);
  if (!registration) return nullptr;
  std::string inside = use.inside();
  policy::ConfigObject configuration(use.configuration.value, compilation.problems, inside);
  std::optional<policy::Phase> scope =
      policy::scope_of(configuration, *registration, compilation.revision.info.old_engine);
  auto made = make_policy(compilation, *registration, std::move(configuration));
  bool is_request = phase == policy::Phase::request;
  if (made && scope && *scope != phase) {
    compilation.problems.warning(
        use.configuration_pointer() + "/scope",
        is_request ? "the step never runs: its scope is the response, and it stands in the request "
                     "phase; write REQUEST"
                   : "the step never runs: its scope is the request, which is the default, and it "
                     "stands in the response phase; write RESPONSE");
    return nullptr;
  }
  if (registration->only && *registration->only != phase) {
    compilation.problems.warning(
        use.id_pointer, "policy '" + use.id + "' does nothing here: it acts in the " +
                            (is_request ? "response phase, and this is that of the request"
                                        : "request phase, and this is that of the response"));
  }
  return made;
}

constexpr std::string_view kSharedGroupPolicy = "shared-policy-group-policy";

// The id of the group whose steps stand here.
std::string shared_group_of(Compilation& compilation, const PolicyUse& use) {
  std::string inside = use.inside();
  policy::ConfigObject configuration(use.configuration.value, compilation.problems, inside);
  configuration.ignore({"hrid"});
  std::string id = configuration.required_text("sharedPolicyGroupId");
  configuration.finish();
  if (!compilation.in_shared_group) return id;
  compilation.problems.error(use.id_pointer,
                             "a shared policy group cannot have another one as a step");
  return {};
}

void compile_step(Compilation& compilation, const definition::Step& step, policy::Phase phase,
                  std::vector<Step>& into) {
  Step made;
  PolicyUse use{step.policy, step.configuration, step.pointer + "/policy", step.pointer};
  if (step.policy == kSharedGroupPolicy) {
    made.shared_group = shared_group_of(compilation, use);
  } else {
    made.policy = make_step_policy(compilation, use, phase);
  }
  made.condition = compile_condition(compilation, step.condition, step.pointer + "/condition");
  if (!made.policy && made.shared_group.empty()) return;
  if (made.condition) made.condition_needs = made.condition->needs();
  if (made.policy) {
    made.needs = made.policy->needs(phase);
    compilation.reroutes |= made.policy->reroutes();
  }
  made.policy_id = step.policy;
  made.name = step.name;
  made.pointer = step.pointer;
  refuse_needs(compilation, made.needs, use.configuration_pointer());
  into.push_back(std::move(made));
}

void compile_steps(Compilation& compilation, const std::vector<definition::Step>& steps,
                   policy::Phase phase, std::vector<Step>& into) {
  for (const definition::Step& step : steps) {
    if (step.enabled) compile_step(compilation, step, phase, into);
  }
}

void note_parameters(Compilation& compilation, const definition::HttpSelector& selector,
                     MethodSet methods) {
  Result<void> added =
      compilation.revision.path_parameters.add(selector.path, selector.path_operator, methods);
  if (!added) compilation.problems.error(selector.pointer + "/path", added.error().message);
}

std::string described_path(const std::optional<definition::HttpSelector>& http) {
  if (!http) return "every path";
  if (http->path_operator == definition::PathOperator::equals) return "exactly " + http->path;
  return http->path == "/" ? "every path" : "begins with " + http->path;
}

Flow compile_flow(Compilation& compilation, const definition::Flow& flow, FlowChain& chain) {
  Flow made;
  made.name = flow.name;
  if (flow.http) {
    made.methods = method_set(flow.http->methods);
    Result<PathPattern> pattern = PathPattern::compile(flow.http->path, flow.http->path_operator);
    if (!pattern) {
      compilation.problems.error(flow.http->pointer + "/path", pattern.error().message);
    } else {
      note_parameters(compilation, *flow.http, made.methods);
      if (!pattern->matches_all()) made.path = *std::move(pattern);
    }
  }
  made.path_text = described_path(flow.http);
  if (chain.best_match) made.parts = split_path(flow.http ? flow.http->path : "/");
  made.condition = compile_condition(compilation, flow.condition, flow.condition_pointer);
  made.condition_pointer = flow.condition_pointer;
  made.consumer_tags = flow.consumer_tags;
  if (made.condition) made.condition_needs = made.condition->needs();
  made.request_begin = static_cast<std::uint32_t>(chain.request.size());
  compile_steps(compilation, flow.request, policy::Phase::request, chain.request);
  made.request_end = static_cast<std::uint32_t>(chain.request.size());
  made.response_begin = static_cast<std::uint32_t>(chain.response.size());
  compile_steps(compilation, flow.response, policy::Phase::response, chain.response);
  made.response_end = static_cast<std::uint32_t>(chain.response.size());
  return made;
}

SecuredPlan compile_plan(Compilation& compilation, const definition::ApiPlan& plan) {
  SecuredPlan made;
  made.id = plan.id;
  made.name = plan.name;
  made.selection_rule =
      compile_condition(compilation, plan.selection_rule, plan.selection_rule_pointer);
  if (made.selection_rule) made.rule_needs = made.selection_rule->needs();
  PolicyUse use{plan.security, plan.security_configuration, plan.security_pointer,
                plan.pointer + "/security"};
  if (const policy::Registration* found = find_policy(compilation, use.id, use.id_pointer)) {
    std::string inside = use.inside();
    policy::ConfigObject configuration(use.configuration.value, compilation.problems, inside);
    made.policy = make_policy(compilation, *found, std::move(configuration));
  }
  if (made.policy) {
    made.needs = made.policy->needs(policy::Phase::request);
    refuse_needs(compilation, made.needs, use.configuration_pointer());
    const policy::Security* security = made.policy->security();
    if (!security) {
      compilation.problems.error(use.id_pointer,
                                 "policy '" + plan.security + "' cannot secure a plan");
    } else if (security->needs_subscription()) {
      compilation.problems.error(use.id_pointer,
                                 "plans with subscriptions are not supported by this version");
    }
  }
  made.flows = compile_flows(compilation, plan.flows);
  return made;
}

void fill_info(Compilation& compilation, const definition::Envelope& envelope) {
  const definition::Api& api = compilation.api;
  policy::ApiInfo& info = compilation.revision.info;
  info.id = api.id;
  info.name = api.name;
  info.version = api.version;
  info.environment_id = envelope.environment_id;
  info.organization_id = envelope.organization_id;
  info.old_engine = api.engine == definition::Engine::v3;
  info.deployed_at_ms = envelope.deployed_at.count();
  info.tags = api.tags;
  info.has_properties = !api.properties.empty();
  auto by_name = [](const policy::NameValue& a, const policy::NameValue& b) {
    return a.name < b.name;
  };
  for (const definition::Property& property : api.properties)
    info.properties.push_back({property.key, property_value(compilation, property)});
  std::sort(info.properties.begin(), info.properties.end(), by_name);
  // compat: the reference fails when an expression reads properties, not when it deploys the API.
  auto twice = std::ranges::adjacent_find(info.properties, {}, &policy::NameValue::name);
  if (twice != info.properties.end())
    info.properties_fault = "no property can be read: the key '" + twice->name + "' stands twice";
  for (const definition::EndpointGroup& group : api.endpoint_groups) {
    info.endpoint_references.push_back({group.name, group.name + ":"});
    for (const definition::Endpoint& endpoint : group.endpoints)
      info.endpoint_references.push_back({endpoint.name, endpoint.name + ":"});
  }
  std::sort(info.endpoint_references.begin(), info.endpoint_references.end(), by_name);
}

// Such a listener is reached through the others it names, or not at all: the API is deployed.
void warn_of_unknown_servers(Compilation& compilation, const definition::HttpListener& listener) {
  const std::vector<std::string>& known = compilation.context.servers;
  if (known.empty()) return;
  std::vector<std::string_view> candidates(known.begin(), known.end());
  for (std::size_t i = 0; i < listener.servers.size(); ++i) {
    const std::string& id = listener.servers[i];
    if (std::ranges::find(known, id) != known.end()) continue;
    compilation.problems.warning(listener.pointer + "/servers/" + std::to_string(i),
                                 "no server of the configuration has the id '" + id +
                                     "': no request reaches the listener through it" +
                                     did_you_mean(id, candidates) +
                                     "; known: " + listed(candidates));
  }
}

void warn_of_pattern(Compilation& compilation, const definition::ListenerPath& path) {
  if (!path.host.starts_with('*') || compilation.context.overlapping) return;
  compilation.problems.warning(
      path.pointer + "/host",
      "'" + path.host + "' fits no host: it is a pattern only with api.allowOverlappingContext: " +
          "true in gravitee.yml; set that, or write a path for each host");
}

void fill_listeners(Compilation& compilation) {
  ListenerPaths paths;
  for (const definition::HttpListener& listener : compilation.api.listeners) {
    warn_of_unknown_servers(compilation, listener);
    if (!listener.entrypoints.empty()) compilation.revision.has_entrypoint = true;
    for (const definition::ListenerPath& path : listener.paths) {
      warn_of_pattern(compilation, path);
      paths.push_back({path.host, path.path, listener.servers});
    }
  }
  compilation.revision.listeners = std::make_shared<const ListenerPaths>(std::move(paths));
}

void tell_condition_warnings(Compilation& compilation, const el::Template& condition,
                             const std::string& pointer) {
  for (const std::string& warning : condition.warnings())
    compilation.problems.warning(pointer, warning);
  if (!condition.is_constant()) return;
  compilation.problems.warning(pointer,
                               "the condition holds no expression, so it is always the same text; "
                               "an expression stands in braces: {#request.method == 'GET'}");
}

std::string definition_text(const definition::Api& api) {
  if (api.documents.empty()) return "{}";
  std::string text = api.documents.front()->root().dump();
  text.shrink_to_fit();  // it is kept
  return text;
}

}  // namespace

void refuse_needs(Compilation& compilation, el::Needs needs, const std::string& pointer) {
  auto refuse = [&](std::string_view what) {
    compilation.problems.error(
        pointer, "expressions over " + std::string(what) + " are not supported by this version");
  };
  if (needs.has(el::Needs::secrets)) refuse("#secrets");
}

std::optional<el::Template> compile_condition(Compilation& compilation, std::string_view text,
                                              const std::string& pointer) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::nullopt;
  Result<el::Template> compiled = el::Template::compile(text, policy::template_options());
  if (compiled) {
    refuse_needs(compilation, compiled->needs(), pointer);
    tell_condition_warnings(compilation, *compiled, pointer);
    return *std::move(compiled);
  }
  if (compiled.error().code == ErrorCode::unsupported) {
    compilation.problems.error(pointer, compiled.error().message);
  } else {
    compilation.problems.warning(
        pointer, "the condition will fail whenever it is evaluated: " + compiled.error().message);
  }
  return el::Template::refused(text, std::move(compiled.error()));
}

// Those of an API that is served: there are no errors. Each once.
void note_warnings(ApiRevision& revision, const std::vector<Problem>& problems,
                   const std::string& source) {
  for (const Problem& problem : problems) {
    std::string text = to_string(problem, source);
    if (std::ranges::find(revision.warnings, text) == revision.warnings.end())
      revision.warnings.push_back(std::move(text));
  }
}

FlowChain compile_flows(Compilation& compilation, const std::vector<definition::Flow>& flows) {
  FlowChain chain;
  chain.best_match = compilation.api.flow_execution.mode == definition::FlowMode::best_match;
  for (const definition::Flow& flow : flows) {
    if (flow.enabled) chain.flows.push_back(compile_flow(compilation, flow, chain));
  }
  chain.flows.shrink_to_fit();
  chain.request.shrink_to_fit();
  chain.response.shrink_to_fit();
  return chain;
}

// By the order of their security, ties in the order of the document.
void compile_plans(Compilation& compilation) {
  std::vector<SecuredPlan>& plans = compilation.revision.plans;
  auto order = [](const SecuredPlan& plan) { return plan.policy->security()->order(); };
  for (const definition::ApiPlan* plan :
       definition::deployable_plans(compilation.api, compilation.context.tags)) {
    SecuredPlan made = compile_plan(compilation, *plan);
    if (!made.policy || !made.policy->security()) continue;  // told already
    auto place = std::find_if(plans.begin(), plans.end(),
                              [&](const SecuredPlan& other) { return order(other) > order(made); });
    plans.insert(place, std::move(made));
  }
}

Compiled compile(const definition::Envelope& envelope, const std::string& source,
                 CompileContext& context) {
  el::PatternAllowance patterns;
  Compiled result;
  const definition::Api& api = *envelope.api;
  auto revision = std::make_shared<ApiRevision>();
  Compilation compilation{api, context, *revision, {}};
  if (!context.tags.accepts(api.tags)) {
    result.left_out = true;
    return result;
  }
  revision->revision = envelope.revision;
  revision->source = source;
  fill_info(compilation, envelope);
  fill_listeners(compilation);
  refuse_unsupported(compilation);
  compile_rest(compilation);
  compile_plans(compilation);
  revision->flows = compile_flows(compilation, api.flows);
  compile_backends(compilation);  // knows then what the policies need of them
  if (definition::deployable_plans(api, context.tags).empty()) {
    result.no_plan = true;
    compilation.problems.error(api.pointer + "/plans",
                               definition::no_deployable_plan(api, context.tags));
  }
  bool refused = compilation.problems.has_errors();
  result.problems = std::move(compilation.problems).take();
  if (refused) return result;
  revision->definition = definition_text(api);
  note_warnings(*revision, envelope.problems, source);
  note_warnings(*revision, result.problems, source);
  result.revision = std::move(revision);
  return result;
}

namespace {

// A revision of nothing but these flows. `api` is a name for it and how its flows are chosen.
Compiled compile_only_flows(const definition::Api& api, const std::string& source,
                            CompileContext& context, bool in_shared_group) {
  el::PatternAllowance patterns;
  auto revision = std::make_shared<ApiRevision>();
  Compilation compilation{.api = api,
                          .context = context,
                          .revision = *revision,
                          .problems = {},
                          .in_shared_group = in_shared_group};
  revision->source = source;
  revision->info.id = api.id;
  revision->info.name = api.name;
  revision->flows = compile_flows(compilation, api.flows);
  bool refused = compilation.problems.has_errors();
  Compiled result;
  result.problems = std::move(compilation.problems).take();
  if (!refused) result.revision = std::move(revision);
  return result;
}

}  // namespace

Compiled compile_organization(const definition::Organization& from, const std::string& source,
                              CompileContext& context) {
  definition::Api api;
  api.id = "organization " + from.id;
  api.name = from.name;
  api.flows = from.flows;
  api.flow_execution.mode = from.flow_mode;
  api.documents = from.documents;
  return compile_only_flows(api, source, context, false);
}

Compiled compile_shared_group(const definition::SharedPolicyGroup& from, const std::string& source,
                              CompileContext& context) {
  definition::Api api;
  api.id = "shared policy group " + from.id;
  api.name = from.name;
  api.documents = from.documents;
  definition::Flow& flow = api.flows.emplace_back();
  flow.name = from.name;
  flow.pointer = from.pointer;
  bool of_response = from.phase == definition::SharedPolicyGroupPhase::response;
  (of_response ? flow.response : flow.request) = from.steps;
  return compile_only_flows(api, source, context, true);
}

}  // namespace perigee::plan
