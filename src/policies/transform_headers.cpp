// transform-headers: sets, appends, then removes headers on either side of an exchange.
// Spec: policies/transform-headers.md. Docs: docs/policies/transform-headers.md
#include <algorithm>
#include <array>

#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigWarnings;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

struct Assignment {
  http::OwnedHeaderName name;
  el::Template value;
};

struct Config {
  std::vector<Assignment> set;
  std::vector<Assignment> append;
  std::vector<http::OwnedHeaderName> remove;
  std::optional<std::vector<http::OwnedHeaderName>> keep_only;  // nullopt = keep all
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::unexpected<Error> wrong(const Json& where, std::string_view expected) {
  return fail(ErrorCode::invalid,
              where.pointer() + ": found " + where.dump() + ", expected " + std::string(expected));
}

Result<http::OwnedHeaderName> header_name(std::string_view text, const Json& where) {
  if (http::is_valid_header_name(text)) return http::OwnedHeaderName(std::string(text));
  return wrong(where, "a header name");
}

Result<el::Template> value_template(std::string_view text, const Json& where) {
  Result<el::Template> compiled = el::Template::compile(text, policy::template_options());
  if (!compiled) return std::unexpected(std::move(compiled.error()).in(where.pointer()));
  if (compiled->is_constant() && !http::is_valid_header_value(compiled->constant_text()))
    return wrong(where, "a text without control characters");
  return compiled;
}

// Nothing for an entry without a name or a value: it does nothing.
Result<std::optional<Assignment>> assignment(const Json& item, ConfigWarnings& warnings) {
  if (item.present() && !item.is_object()) return wrong(item, "an object {name, value}");
  warnings.unknown_members(item, {"name", "value"});
  TRY(std::optional<std::string> name, item.optional_text("name"));
  TRY(std::optional<std::string> value, item.optional_text("value"));
  if (!name || is_blank(*name) || !value) return std::nullopt;
  TRY(http::OwnedHeaderName header, header_name(*name, item["name"]));
  TRY(el::Template compiled, value_template(*value, item["value"]));
  warnings.expressions(item["value"], compiled);
  return Assignment{std::move(header), std::move(compiled)};
}

Result<std::vector<Assignment>> assignments(const Json& list, ConfigWarnings& warnings) {
  std::vector<Assignment> parsed;
  if (list.present() && !list.is_array()) return wrong(list, "a list of {name, value}");
  for (const JsonNode& node : list.items()) {
    TRY(std::optional<Assignment> made, assignment(Json(node), warnings));
    if (made) parsed.push_back(*std::move(made));
  }
  return parsed;
}

// Null and blank names stand for nothing.
Result<std::vector<http::OwnedHeaderName>> names(const Json& list) {
  std::vector<http::OwnedHeaderName> parsed;
  if (list.present() && !list.is_array()) return wrong(list, "a list of header names");
  for (const JsonNode& node : list.items()) {
    Json item(node);
    if (item.is_object() || item.is_array()) return wrong(item, "a header name");
    std::string text = item.is_text() ? std::string(item.text()) : item.dump();
    if (item.is_null() || is_blank(text)) continue;
    TRY(http::OwnedHeaderName name, header_name(text, item));
    parsed.push_back(std::move(name));
  }
  return parsed;
}

// The scope had a meaning in the reference's old engine only; here the phase of the step decides.
Result<void> check_scope(const Json& scope) {
  constexpr std::array<std::string_view, 4> kScopes = {"REQUEST", "RESPONSE", "REQUEST_CONTENT",
                                                       "RESPONSE_CONTENT"};
  if (!scope.present()) return {};
  if (scope.is_text() && std::ranges::find(kScopes, scope.text()) != kScopes.end()) return {};
  return wrong(scope, "REQUEST, RESPONSE, REQUEST_CONTENT or RESPONSE_CONTENT");
}

Result<Config> parse(const Json& configuration, ConfigWarnings& warnings) {
  if (configuration.present() && !configuration.is_object())
    return wrong(configuration, "an object");
  warnings.unknown_members(
      configuration, {"scope", "addHeaders", "appendHeaders", "removeHeaders", "whitelistHeaders"});
  Config config;
  TRY(check_scope(configuration["scope"]));
  TRY(config.set, assignments(configuration["addHeaders"], warnings));
  TRY(config.append, assignments(configuration["appendHeaders"], warnings));
  TRY(config.remove, names(configuration["removeHeaders"]));
  TRY(std::vector<http::OwnedHeaderName> kept, names(configuration["whitelistHeaders"]));
  if (configuration["whitelistHeaders"].size() > 0) config.keep_only = std::move(kept);
  return config;
}

class TransformHeaders final : public policy::Policy {
 public:
  explicit TransformHeaders(Config config) : config_(std::move(config)) {
    for (const std::vector<Assignment>* list : {&config_.set, &config_.append}) {
      for (const Assignment& assignment : *list) needs_.bits |= assignment.value.needs().bits;
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
      for (const Assignment& assignment : config_.*list) {
        Result<void> assigned = assign(exchange, headers, assignment, list == &Config::set);
        if (!assigned) return failure(assigned.error());
      }
    }
    for (const http::OwnedHeaderName& name : config_.remove) headers.remove(name);
    if (config_.keep_only) remove_others(headers);
    return Verdict::next();
  }

  // Values see what earlier ones changed. Both ways the value has been looked at.
  static Result<void> assign(Exchange& exchange, http::Headers& headers,
                             const Assignment& assignment, bool replace) {
    std::string_view value;
    if (assignment.value.is_constant()) {
      value = assignment.value.constant_text();
    } else {
      TRY(std::optional<std::string_view> evaluated,
          assignment.value.text(exchange, exchange.arena));
      if (!evaluated) return {};
      value = *evaluated;
      if (!http::is_valid_header_value(value))
        return fail(ErrorCode::evaluation, "the value of header '" + assignment.name.text() +
                                               "' holds bytes that HTTP does not allow");
    }
    replace ? headers.set_made(assignment.name, value) : headers.add_made(assignment.name, value);
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
    return Verdict::fail({.key = "TRANSFORM_HEADERS_FAILURE",
                          .message = "Unable to apply headers transformation",
                          .cause = error.code,
                          .reason = error.message});
  }

  Config config_;
  el::Needs needs_;
};

Result<std::unique_ptr<const policy::Policy>> make(const Json& configuration,
                                                   const policy::Services& services) {
  TRY(Config config, parse(configuration, services.warnings));
  return std::make_unique<const TransformHeaders>(std::move(config));
}

}  // namespace

policy::Registration transform_headers() { return {"transform-headers", &make}; }

}  // namespace perigee::policies
