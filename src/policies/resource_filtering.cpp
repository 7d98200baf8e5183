// resource-filtering: lets requests through by path and method.
// Spec: policies/others.md row 14. Docs: docs/policies/resource-filtering.md
#include <algorithm>
#include <array>

#include "el/codec.hpp"
#include "policies/ant_pattern.hpp"
#include "policies/catalog.hpp"
#include "policies/url_path.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

constexpr std::array<std::string_view, 9> kMethods{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
                                                   "PATCH",   "POST",   "PUT", "TRACE"};

struct Rule {
  std::optional<AntPattern> whole;    // of the whole path; nullopt: every path
  std::optional<AntPattern> rest;     // of what comes behind the context path
  std::vector<http::Method> methods;  // none: all
};

struct Config {
  std::vector<Rule> whitelist;
  std::vector<Rule> blacklist;
  bool normalize = false;
  bool decode_slash = false;
};

std::vector<http::Method> methods(ConfigObject& from) {
  std::vector<http::Method> parsed;
  for (const JsonNode& node : from.items("methods", ConfigObject::kItemsMax)) {
    Json item(node);
    bool known = item.is_text() && std::ranges::find(kMethods, item.text()) != kMethods.end();
    if (known) {
      parsed.push_back(http::method_of(item.text()));
    } else {
      from.wrong_type(item,
                      "a method: CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE");
    }
  }
  return parsed;
}

std::optional<AntPattern> pattern(ConfigObject& from, std::string_view text) {
  Result<AntPattern> compiled = AntPattern::compile(text);
  if (compiled) return *std::move(compiled);
  from.error("pattern", compiled.error().message);
  return std::nullopt;
}

std::vector<Rule> rules(ConfigObject& from, std::string_view member) {
  std::vector<Rule> parsed;
  for (ConfigObject& item : from.objects(member)) {
    Rule rule;
    if (std::optional<std::string> text = item.optional_text("pattern")) {
      rule.whole = pattern(item, *text);
      rule.rest = pattern(item, "/" + *text);
    }
    rule.methods = methods(item);
    item.finish();
    parsed.push_back(std::move(rule));
  }
  return parsed;
}

Config parse(ConfigObject& from) {
  Config config;
  config.whitelist = rules(from, "whitelist");
  config.blacklist = rules(from, "blacklist");
  config.normalize = from.boolean("normalizeRequestPath", false);
  config.decode_slash = from.boolean("decodeEncodedSlash", false);
  from.finish();
  return config;
}

// `%2F` stays itself through the decoding that follows.
std::string with_protected_slashes(std::string_view path) {
  std::string result;
  for (std::size_t i = 0; i < path.size(); ++i) {
    std::string_view three = path.substr(i, 3);
    result += path[i];
    if (three == "%2F" || three == "%2f") result += "25";
  }
  return result;
}

class ResourceFiltering final : public policy::Policy {
 public:
  explicit ResourceFiltering(Config config) : config_(std::move(config)) {}

  Async<Verdict> on_request(Exchange& exchange) const override {
    if (!config_.normalize) return decide(exchange, exchange.request.path);
    std::optional<std::string> decoded =
        el::form_decoded(config_.decode_slash ? std::string(exchange.request.path)
                                              : with_protected_slashes(exchange.request.path));
    if (!decoded) return Verdict::fail(400, "", "The path has a '%' that encodes nothing");
    return decide(exchange, normalized_path(*decoded));
  }

 private:
  struct Paths {
    AntPattern::Path whole;
    std::optional<AntPattern::Path> rest;  // nullopt: not below the context path
  };

  static Paths paths_of(std::string_view path, std::string_view context_path) {
    Paths paths{AntPattern::Path(path), std::nullopt};
    AntPattern::Path context(context_path);
    const auto &all = paths.whole.segments, &first = context.segments;
    bool below = all.size() >= first.size() && std::equal(first.begin(), first.end(), all.begin());
    if (!below) return paths;
    paths.rest = paths.whole;
    auto begin = paths.rest->segments.begin();
    paths.rest->segments.erase(begin, begin + std::ssize(context.segments));
    return paths;
  }

  Verdict decide(Exchange& exchange, std::string_view path) const {
    Paths paths = paths_of(path, exchange.context_path);
    http::Method method = exchange.request.method;
    if (!config_.whitelist.empty()) {
      Found found = find(config_.whitelist, paths, method);
      if (found == Found::other_method) return method_not_allowed(exchange);
      if (found == Found::nothing) return forbidden(exchange);
    }
    if (find(config_.blacklist, paths, method) != Found::rule) return Verdict::next();
    return names(config_.blacklist, paths, method) ? method_not_allowed(exchange)
                                                   : forbidden(exchange);
  }

  static bool fits(const Rule& rule, const Paths& paths) {
    return !rule.whole || rule.whole->matches(paths.whole) ||
           (paths.rest && rule.rest->matches(*paths.rest));
  }

  enum class Found : std::uint8_t { nothing, other_method, rule };
  static Found find(const std::vector<Rule>& rules, const Paths& paths, http::Method method) {
    Found found = Found::nothing;
    for (const Rule& rule : rules) {
      if (!fits(rule, paths)) continue;
      if (rule.methods.empty() || contains(rule, method)) return Found::rule;
      found = Found::other_method;
    }
    return found;
  }
  // Whether a rule for this path names the method.
  static bool names(const std::vector<Rule>& rules, const Paths& paths, http::Method method) {
    return std::ranges::any_of(
        rules, [&](const Rule& rule) { return contains(rule, method) && fits(rule, paths); });
  }
  static bool contains(const Rule& rule, http::Method method) {
    return std::ranges::find(rule.methods, method) != rule.methods.end();
  }

  static Verdict refusal(const Exchange& exchange, int status, std::string key,
                         std::string message) {
    policy::Failure failure;
    failure.status = status;
    failure.key = std::move(key);
    failure.message = std::move(message);
    failure.parameters = {{"path", std::string(exchange.request.path)},
                          {"method", std::string(exchange.request.method_text)}};
    return Verdict::fail(std::move(failure));
  }
  static Verdict method_not_allowed(const Exchange& exchange) {
    return refusal(exchange, 405, "RESOURCE_FILTERING_METHOD_NOT_ALLOWED",
                   "Method not allowed while accessing this resource");
  }
  static Verdict forbidden(const Exchange& exchange) {
    return refusal(exchange, 403, "RESOURCE_FILTERING_FORBIDDEN",
                   "You're not allowed to access this resource");
  }

  Config config_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const ResourceFiltering>(parse(from));
}

}  // namespace

policy::Registration resource_filtering() {
  return {.id = "resource-filtering", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
