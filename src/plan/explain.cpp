#include "plan/explain.hpp"

#include <array>
#include <utility>

#include "upstream/health.hpp"

namespace perigee::plan {
namespace {

std::string quoted_name(const std::string& name) { return name.empty() ? "" : " '" + name + "'"; }

std::string when(const std::optional<el::Template>& condition) {
  if (!condition) return "";
  return ", when " + std::string(condition->source());
}

// "GET, POST"; nothing for all.
std::string methods_of(MethodSet methods) {
  constexpr std::array kAll{http::Method::get,   http::Method::head,    http::Method::post,
                            http::Method::put,   http::Method::del,     http::Method::patch,
                            http::Method::trace, http::Method::options, http::Method::connect,
                            http::Method::other};
  std::string listed;
  bool every = true;
  for (http::Method method : kAll) {
    if ((methods & method_bit(method)) == 0) {
      every = false;
      continue;
    }
    listed.append(listed.empty() ? "" : ", ").append(http::to_string(method));
  }
  return every ? "" : ", " + listed;
}

std::string checked(const upstream::HealthCheck* check) {
  if (!check) return "";
  return ", checked by " + check->request.method + " " + check->request.url + ": down after " +
         std::to_string(check->failure_threshold) + " failures, up after " +
         std::to_string(check->success_threshold) + " successes";
}

std::string milliseconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) +
         " ms";
}

std::string described(const Failover& failover) {
  std::string text = "failover: " + std::to_string(failover.retries_max) + " more attempts" +
                     (failover.next_on_failure ? ", each at the next endpoint" : "") +
                     when(failover.failure_condition);
  if (failover.failures_max == 0) return text;
  return text + "; breaker of " + (failover.per_subscription ? "each subscription" : "the API") +
         ": open for " + milliseconds(failover.open_for) + " after " +
         std::to_string(failover.failures_max) + " calls that failed or took more than " +
         milliseconds(failover.attempt_limit);
}

class Drawing {
 public:
  Drawing(const ApiRevision& revision, const Platform& platform)
      : api_(revision),
        platform_(platform),
        organization_(platform.organization(revision.info.organization_id)) {}

  std::string draw() && {
    line(0, "API " + api_.info.id + quoted_name(api_.info.name) +
                (api_.info.version.empty() ? "" : ", version " + api_.info.version));
    listeners();
    if (organization_) of_organization("request", policy::Phase::request);
    plans();
    phase("request", policy::Phase::request, false);
    backends();
    phase("response", policy::Phase::response, api_.info.old_engine);
    if (organization_) of_organization("response", policy::Phase::response);
    rest();
    return std::move(text_);
  }

 private:
  // What of a chain belongs to a phase.
  struct Parts {
    policy::Phase phase;
    std::vector<Step> FlowChain::* steps;
    std::uint32_t Flow::*begin, Flow::*end;
  };
  static Parts parts_of(policy::Phase phase) {
    if (phase == policy::Phase::request)
      return {phase, &FlowChain::request, &Flow::request_begin, &Flow::request_end};
    return {phase, &FlowChain::response, &Flow::response_begin, &Flow::response_end};
  }

  void line(std::size_t depth, std::string_view words) {
    text_.append(2 * depth, ' ').append(words).append("\n");
  }

  void listeners() {
    line(1, "reached at");
    for (const ListenerPath& path : *api_.listeners) {
      std::string servers;
      for (const std::string& id : path.servers) servers += (servers.empty() ? "" : ", ") + id;
      line(2, (path.host.empty() ? "any host" : path.host) + ", " + path.path +
                  (servers.empty() ? "" : ", only through server " + servers));
    }
    if (!api_.has_entrypoint) line(2, "no entrypoint: every request is answered with 404");
    if (api_.cors) line(2, "CORS: preflight requests are answered by the gateway");
  }

  void plans() {
    line(1, "secured by the first plan that applies of");
    for (const SecuredPlan& plan : api_.plans) {
      int order = plan.policy->security()->order();
      line(2, "plan " + plan.id + quoted_name(plan.name) + " (order " + std::to_string(order) +
                  ")" + when(plan.selection_rule));
    }
  }

  // Around all that the API does.
  void of_organization(const std::string& name, policy::Phase phase) {
    line(1, name + ", of the organization");
    chain(organization_->flows, "", parts_of(phase));
  }

  // The flows of each plan run when it was chosen; those of the API always.
  void phase(std::string_view name, policy::Phase phase, bool api_first) {
    const Parts parts = parts_of(phase);
    line(1, name);
    if (api_first) chain(api_.flows, "", parts);
    for (const SecuredPlan& plan : api_.plans) chain(plan.flows, " of plan " + plan.id, parts);
    if (!api_first) chain(api_.flows, "", parts);
    if (phase == policy::Phase::request && api_.match_required)
      line(2, "answered with 404 when no flow matched");
  }

  void chain(const FlowChain& chain, const std::string& of, const Parts& parts) {
    for (const Flow& flow : chain.flows) {
      std::uint32_t first = flow.*parts.begin, last = flow.*parts.end;
      if (first == last) continue;
      line(2, (chain.best_match ? "best-match flow" : "flow") + quoted_name(flow.name) + of + ": " +
                  flow.path_text + methods_of(flow.methods) + when(flow.condition));
      for (std::uint32_t i = first; i < last; ++i)
        numbered_step(3, i - first + 1, (chain.*parts.steps)[i], parts);
    }
  }

  // A shared policy group's own steps stand below it; none of them is a group again.
  void numbered_step(std::size_t depth, std::size_t number, const Step& step, const Parts& parts) {
    const SharedGroup* group = nullptr;
    std::string what = step.policy_id;
    if (!step.shared_group.empty()) {
      group = platform_.group(api_.info.environment_id, step.shared_group);
      what = "shared policy group " + step.shared_group;
      if (!group) what += ", not deployed: skipped";
      if (group && group->phase != parts.phase) what += ", of the other phase: skipped";
    }
    std::string waits;
    if (step.needs.has(el::Needs::request_body)) waits += ", gathers the request body";
    if (step.needs.has(el::Needs::response_body)) waits += ", gathers the response body";
    line(depth, std::to_string(number) + ". " + what + quoted_name(step.name) + waits +
                    when(step.condition));
    if (!group || group->phase != parts.phase) return;
    const std::vector<Step>& steps = group->revision->flows.*parts.steps;
    for (std::size_t i = 0; i < steps.size(); ++i) numbered_step(depth + 1, i + 1, steps[i], parts);
  }

  static std::string_view balance_name(upstream::Balance balance) {
    constexpr std::array<std::string_view, 4> kNames{"round robin", "random",
                                                     "weighted round robin", "weighted random"};
    return kNames[static_cast<std::size_t>(balance)];
  }

  void backends() {
    line(1, "backend");
    for (const BackendGroup& group : api_.groups) {
      bool is_default = &group == &api_.groups.front();
      line(2, "group '" + group.name + "', " + std::string(balance_name(group.group->balance())) +
                  (is_default ? "" : ", only for requests that name it"));
      for (std::size_t i = 0; i < group.backends.size(); ++i) {
        const upstream::Member& member = group.group->members()[i];
        line(3, "'" + group.backends[i].name + "' " + group.backends[i].target +
                    (upstream::is_weighted(group.group->balance())
                         ? ", weight " + std::to_string(member.weight)
                         : "") +
                    (member.secondary ? ", when no primary is left" : "") +
                    checked(group.backends[i].health_check.get()));
      }
      if (group.backends.empty()) line(3, "no endpoint: 503 NO_ENDPOINT_FOUND");
    }
    if (api_.failover) line(2, described(*api_.failover));
  }

  void rest() {
    if (!api_.response_templates.empty()) {
      std::string keys;
      for (std::string_view key : api_.response_templates.keys())
        keys.append(keys.empty() ? "" : ", ").append(key);
      line(1, "errors are worded by templates for " + keys);
    }
  }

  const ApiRevision& api_;
  const Platform& platform_;
  std::shared_ptr<const ApiRevision> organization_;
  std::string text_;
};

}  // namespace

std::string explain(const ApiRevision& revision, const Platform& platform) {
  return Drawing(revision, platform).draw();
}

}  // namespace perigee::plan
