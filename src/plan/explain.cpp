#include "plan/explain.hpp"

#include <array>
#include <utility>

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

class Drawing {
 public:
  explicit Drawing(const ApiRevision& revision) : api_(revision) {}

  std::string draw() && {
    line(0, "API " + api_.info.id + quoted_name(api_.info.name) +
                (api_.info.version.empty() ? "" : ", version " + api_.info.version));
    listeners();
    plans();
    phase("request", &FlowChain::request, &Flow::request_begin, &Flow::request_end, false);
    backends();
    phase("response", &FlowChain::response, &Flow::response_begin, &Flow::response_end,
          api_.info.old_engine);
    rest();
    return std::move(text_);
  }

 private:
  using Steps = std::vector<Step> FlowChain::*;
  using Place = std::uint32_t Flow::*;

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

  // The flows of each plan run when it was chosen; those of the API always.
  void phase(std::string_view name, Steps steps, Place begin, Place end, bool api_first) {
    line(1, name);
    if (api_first) chain(api_.flows, "", steps, begin, end);
    for (const SecuredPlan& plan : api_.plans)
      chain(plan.flows, " of plan " + plan.id, steps, begin, end);
    if (!api_first) chain(api_.flows, "", steps, begin, end);
    if (name == "request" && api_.match_required) line(2, "answered with 404 when no flow matched");
  }

  void chain(const FlowChain& chain, const std::string& of, Steps steps, Place begin, Place end) {
    for (const Flow& flow : chain.flows) {
      std::uint32_t first = flow.*begin, last = flow.*end;
      if (first == last) continue;
      line(2, (chain.best_match ? "best-match flow" : "flow") + quoted_name(flow.name) + of + ": " +
                  flow.path_text + methods_of(flow.methods) + when(flow.condition));
      for (std::uint32_t i = first; i < last; ++i) step(i - first + 1, (chain.*steps)[i]);
    }
  }

  void step(std::size_t number, const Step& step) {
    std::string what =
        step.shared_group.empty() ? step.policy_id : "shared policy group " + step.shared_group;
    std::string waits;
    if (step.needs.has(el::Needs::request_body)) waits += ", gathers the request body";
    if (step.needs.has(el::Needs::response_body)) waits += ", gathers the response body";
    line(3, std::to_string(number) + ". " + what + quoted_name(step.name) + waits +
                when(step.condition));
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
                    (member.secondary ? ", when no primary is left" : ""));
      }
      if (group.backends.empty()) line(3, "no endpoint: 503 NO_ENDPOINT_FOUND");
    }
    if (api_.failover) {
      line(2, "failover: " + std::to_string(api_.failover->retries_max) + " more attempts" +
                  when(api_.failover->failure_condition));
    }
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
  std::string text_;
};

}  // namespace

std::string explain(const ApiRevision& revision) { return Drawing(revision).draw(); }

}  // namespace perigee::plan
