// http-redirect: answers with the location of the first rule whose pattern matches the path.
// Spec: policies/others.md row 31. Docs: docs/policies/http-redirect.md
#include "policies/captures.hpp"
#include "policies/catalog.hpp"
#include "policies/url_path.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

struct Rule {
  el::Template path;
  std::optional<CapturingPattern> compiled;  // of a constant path
  el::Template location;
  int status = 301;
};

std::optional<el::Template> required(ConfigObject& item, std::string_view member) {
  if (item.required_text(member).empty()) return std::nullopt;
  return item.expression(member);
}

std::optional<Rule> parse_rule(ConfigObject& item) {
  constexpr Range kRedirections{300, 308};
  std::optional<el::Template> path = required(item, "path");
  std::optional<el::Template> location = required(item, "location");
  int status = static_cast<int>(item.number("status", 301, kRedirections));
  item.finish();
  if (!path || !location) return std::nullopt;
  Rule rule{*std::move(path), std::nullopt, *std::move(location), status};
  if (!rule.path.is_constant()) return rule;
  Result<CapturingPattern> compiled = CapturingPattern::compile(rule.path.constant_text());
  if (compiled) {
    rule.compiled = *std::move(compiled);
  } else {
    item.error("path", compiled.error().message);
  }
  return rule;
}

// Patterns without expressions are compiled here, others for each request: there is no cache.
void check_cache(ConfigObject from) {
  constexpr Range kCounts{0, std::numeric_limits<std::int32_t>::max()};
  from.number("maxItems", 0, kCounts);
  from.number("timeToLive", 0, kCounts);
  from.finish();
}

std::vector<Rule> parse(ConfigObject& from) {
  std::vector<Rule> rules;
  for (ConfigObject& item : from.objects("rules")) {
    if (std::optional<Rule> rule = parse_rule(item)) rules.push_back(*std::move(rule));
  }
  check_cache(from.object("cache"));
  from.finish();
  return rules;
}

class HttpRedirect final : public policy::Policy {
 public:
  HttpRedirect(std::vector<Rule> rules, bool fails) : rules_(std::move(rules)), fails_(fails) {
    for (const Rule& rule : rules_)
      needs_.bits |= rule.path.needs().bits | rule.location.needs().bits;
  }

  Async<Verdict> on_request(Exchange& exchange) const override {
    el::PatternAllowance patterns;  // of expressions
    for (const Rule& rule : rules_) {
      Result<bool> matched = matches(rule, exchange);
      if (!matched) return Verdict::broken(matched.error());
      if (*matched) return redirect(rule, exchange);
    }
    return Verdict::next();
  }
  el::Needs needs(Phase phase) const override {
    return phase == Phase::request ? needs_ : el::Needs{};
  }

 private:
  // Leaves what it captured to the location's expressions.
  static Result<bool> matches(const Rule& rule, Exchange& exchange) {
    if (rule.compiled) return captures(*rule.compiled, exchange);
    TRY(std::optional<std::string_view> pattern, rule.path.text(exchange, exchange.arena));
    if (!pattern) return false;
    TRY(CapturingPattern compiled, CapturingPattern::compile(*pattern));
    return captures(compiled, exchange);
  }

  static bool captures(const CapturingPattern& pattern, Exchange& exchange) {
    el::Regex::Match match;
    if (!pattern.matches_all(exchange.path_info, match)) return false;
    pattern.set_variables(match, exchange);
    return true;
  }

  // A location that comes to nothing is no redirection.
  Verdict redirect(const Rule& rule, Exchange& exchange) const {
    Result<std::optional<std::string_view>> location = rule.location.text(exchange, exchange.arena);
    if (!location) return Verdict::broken(location.error());
    if (!*location) return Verdict::next();
    if (!http::is_valid_header_value(**location))
      return Verdict::broken(
          {ErrorCode::evaluation, "the location holds bytes that HTTP does not allow"});
    exchange.response.headers.set(http::HeaderName("Location"), normalized_url(**location));
    if (fails_)
      return Verdict::fail({.status = rule.status, .key = "REQUEST_REDIRECTED", .message = ""});
    exchange.response.status = rule.status;
    return Verdict::end();
  }

  std::vector<Rule> rules_;
  bool fails_;  // compat: in the old engine a redirection is a failure, which has a key
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const HttpRedirect>(parse(from), services.api.old_engine);
}

}  // namespace

policy::Registration http_redirect() {
  return {.id = "http-redirect", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
