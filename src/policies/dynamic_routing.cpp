// dynamic-routing: sends the request to the endpoint of the first rule whose pattern matches its
// path. Spec: policies/others.md row 6, lifecycle.md section 8.1. Docs:
// docs/policies/dynamic-routing.md
#include "el/codec.hpp"
#include "policies/captures.hpp"
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kEndpoint = "gravitee.attribute.request.endpoint";

struct Rule {
  el::Template pattern;
  std::optional<CapturingPattern> compiled;  // of a constant pattern
  el::Template url;
};

std::optional<Rule> parse_rule(ConfigObject& item) {
  std::optional<el::Template> pattern = item.required_expression("pattern");
  std::optional<el::Template> url = item.required_expression("url");
  item.finish();
  if (!pattern || !url) return std::nullopt;
  Rule rule{*std::move(pattern), std::nullopt, *std::move(url)};
  if (!rule.pattern.is_constant()) return rule;
  Result<CapturingPattern> compiled = CapturingPattern::compile(rule.pattern.constant_text());
  if (compiled) {
    rule.compiled = *std::move(compiled);
  } else {
    item.error("pattern", compiled.error().message);
  }
  return rule;
}

std::vector<Rule> parse(ConfigObject& from) {
  std::vector<Rule> rules;
  for (ConfigObject& item : from.objects("rules")) {
    if (std::optional<Rule> rule = parse_rule(item)) rules.push_back(*std::move(rule));
  }
  from.finish();
  return rules;
}

class DynamicRouting final : public policy::Policy {
 public:
  explicit DynamicRouting(std::vector<Rule> rules) : rules_(std::move(rules)) {
    for (const Rule& rule : rules_)
      needs_.bits |= rule.pattern.needs().bits | rule.url.needs().bits;
  }
  bool reroutes() const override { return true; }
  el::Needs needs(Phase phase) const override {
    return phase == Phase::request ? needs_ : el::Needs();
  }

  Async<Verdict> on_request(Exchange& exchange) const override {
    if (rules_.empty()) return Verdict::next();
    // Both must live as long as #group.
    std::string_view raw = exchange.arena.copy(exchange.path_info);
    std::optional<std::string> decoded = el::form_decoded(raw);
    if (!decoded) return Verdict::fail(500, "", "Invalid path");
    el::PatternAllowance patterns;  // of expressions
    std::string_view path = exchange.arena.copy(*decoded);
    for (const Rule& rule : rules_) {
      if (rule.compiled) {
        if (captures(*rule.compiled, path, raw, exchange)) return route(rule, exchange);
        continue;
      }
      Result<std::optional<std::string_view>> text = rule.pattern.text(exchange, exchange.arena);
      if (!text) return Verdict::broken(text.error());
      Result<CapturingPattern> compiled = CapturingPattern::compile(text->value_or(""));
      if (!compiled) return invalid_pattern(compiled.error());
      if (captures(*compiled, path, raw, exchange)) return route(rule, exchange);
    }
    return Verdict::fail(400, "", "No routing rule is matching path");
  }

 private:
  // A path that matches as it came gives its groups as they came, so that a URL made of them is
  // encoded as the client's was.
  static bool captures(const CapturingPattern& pattern, std::string_view decoded,
                       std::string_view raw, Exchange& exchange) {
    el::Regex::Match match;
    if (!pattern.matches_all(raw, match) && !pattern.matches_all(decoded, match)) return false;
    pattern.set_variables(match, exchange);
    return true;
  }

  static Verdict route(const Rule& rule, Exchange& exchange) {
    Result<std::optional<std::string_view>> url = rule.url.text(exchange, exchange.arena);
    if (!url) return Verdict::broken(url.error());
    if (*url) {
      exchange.attributes.set(kEndpoint, **url);
    } else {
      exchange.attributes.remove(kEndpoint);
    }
    return Verdict::next();
  }

  static Verdict invalid_pattern(const Error& error) {
    return Verdict::fail({.message = "Invalid pattern syntax",
                          .cause = ErrorCode::evaluation,
                          .reason = error.message});
  }

  std::vector<Rule> rules_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const DynamicRouting>(parse(from));
}

}  // namespace

policy::Registration dynamic_routing() {
  return {.id = "dynamic-routing", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
