// transform-headers: sets, appends, then removes headers on either side of an exchange.
// Spec: policies/transform-headers.md. Docs: docs/policies/transform-headers.md
#include <algorithm>
#include <array>

#include "policies/catalog.hpp"
#include "policies/header_values.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kFailureKey = "TRANSFORM_HEADERS_FAILURE";

struct Config {
  std::vector<HeaderAssignment> set;
  std::vector<HeaderAssignment> append;
  std::vector<http::OwnedHeaderName> remove;
  std::optional<std::vector<http::OwnedHeaderName>> keep_only;  // nullopt = keep all
};

// Null and blank names stand for nothing.
std::vector<http::OwnedHeaderName> names(ConfigObject& from, std::string_view member) {
  std::vector<http::OwnedHeaderName> parsed;
  for (const JsonNode& node : from.items(member, ConfigObject::kItemsMax)) {
    Json item(node);
    std::string text = item.is_text() ? std::string(item.text()) : item.dump();
    if (item.is_null() || is_blank(text)) continue;
    if (!http::is_valid_header_name(text)) from.wrong_type(item, "a header name");
    parsed.emplace_back(std::move(text));
  }
  return parsed;
}

Config parse(ConfigObject& from) {
  Config config;
  config.set = header_assignments(from, "addHeaders");
  config.append = header_assignments(from, "appendHeaders");
  config.remove = names(from, "removeHeaders");
  std::vector<http::OwnedHeaderName> kept = names(from, "whitelistHeaders");
  if (from.json()["whitelistHeaders"].size() > 0) config.keep_only = std::move(kept);
  from.finish();
  return config;
}

class TransformHeaders final : public policy::Policy {
 public:
  TransformHeaders(Config config, bool lenient) : config_(std::move(config)), lenient_(lenient) {
    for (const std::vector<HeaderAssignment>* list : {&config_.set, &config_.append}) {
      for (const HeaderAssignment& assignment : *list) needs_.bits |= assignment.value.needs().bits;
    }
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    return apply(exchange, exchange.request.headers);
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    return apply(exchange, exchange.response.headers);
  }
  el::Needs needs(Phase) const override { return needs_; }

 private:
  Verdict apply(Exchange& exchange, http::Headers& headers) const {
    constexpr std::array kLists = {&Config::set, &Config::append};
    for (auto list : kLists) {
      for (const HeaderAssignment& assignment : config_.*list) {
        Result<void> assigned = assign(exchange, headers, assignment, list == &Config::set);
        if (assigned) continue;
        if (!lenient_) return failure(assigned.error());
        exchange.warn(kFailureKey, exchange.arena.copy(assigned.error().message));
      }
    }
    for (const http::OwnedHeaderName& name : config_.remove) headers.remove(name);
    if (config_.keep_only) remove_others(headers);
    return Verdict::next();
  }

  // Values see what earlier ones changed.
  static Result<void> assign(Exchange& exchange, http::Headers& headers,
                             const HeaderAssignment& assignment, bool replace) {
    TRY(std::optional<std::string_view> value, header_value(assignment, exchange));
    if (!value) return {};
    replace ? headers.set_made(assignment.name, *value) : headers.add_made(assignment.name, *value);
    return {};
  }

  // Framing is the codec's, so a list without Content-Length cannot break it.
  void remove_others(http::Headers& headers) const {
    for (http::Header& header : headers.entries()) {
      bool kept = false;
      for (const http::OwnedHeaderName& name : *config_.keep_only) kept = kept || header.is(name);
      if (!kept) header.removed = true;
    }
  }

  static Verdict failure(const Error& error) {
    return Verdict::fail({.key = std::string(kFailureKey),
                          .message = "Unable to apply headers transformation",
                          .cause = error.code,
                          .reason = error.message});
  }

  Config config_;
  bool lenient_;  // the old engine leaves out what fails
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const TransformHeaders>(parse(from), services.api.old_engine);
}

}  // namespace

policy::Registration transform_headers() {
  return {"transform-headers", &make, policy::ScopeRule::old_engine};
}

}  // namespace perigee::policies
