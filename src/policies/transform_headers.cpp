// transform-headers: sets, appends, then removes headers on either side of an exchange.
// Spec: policies/transform-headers.md. Docs: docs/policies/transform-headers.md
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

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
  std::vector<http::OwnedHeaderName> keep_only;  // empty = keep all
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Result<http::OwnedHeaderName> header_name(std::string_view text, const Json& where) {
  if (http::is_valid_header_name(text)) return http::OwnedHeaderName(std::string(text));
  return fail(ErrorCode::invalid,
              where.pointer() + ": '" + std::string(text) + "' is not a header name");
}

// Entries without a name or a value do nothing.
Result<std::vector<Assignment>> assignments(const Json& list) {
  std::vector<Assignment> parsed;
  if (!list.present()) return parsed;
  if (!list.is_array())
    return fail(ErrorCode::invalid, list.pointer() + ": expected a list of {name, value}");
  for (const JsonNode& node : list.items()) {
    Json item(node);
    TRY(std::optional<std::string> name, item.optional_text("name"));
    TRY(std::optional<std::string> value, item.optional_text("value"));
    if (!name || is_blank(*name) || !value) continue;
    TRY(http::OwnedHeaderName header, header_name(*name, item["name"]));
    Result<el::Template> compiled = el::Template::compile(*value, policy::template_options());
    if (!compiled) return std::unexpected(std::move(compiled.error()).in(item["value"].pointer()));
    parsed.push_back({std::move(header), *std::move(compiled)});
  }
  return parsed;
}

Result<std::vector<http::OwnedHeaderName>> names(const Json& configuration,
                                                 std::string_view member) {
  std::vector<http::OwnedHeaderName> parsed;
  TRY(std::vector<std::string> texts, configuration.texts(member));
  for (const std::string& text : texts) {
    if (is_blank(text)) continue;
    TRY(http::OwnedHeaderName name, header_name(text, configuration[member]));
    parsed.push_back(std::move(name));
  }
  return parsed;
}

Result<Config> parse(const Json& configuration) {
  if (configuration.present() && !configuration.is_object()) {
    return fail(ErrorCode::invalid, configuration.pointer() + ": expected an object");
  }
  Config config;
  TRY(config.set, assignments(configuration["addHeaders"]));
  TRY(config.append, assignments(configuration["appendHeaders"]));
  TRY(config.remove, names(configuration, "removeHeaders"));
  TRY(config.keep_only, names(configuration, "whitelistHeaders"));
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
    for (const Assignment& assignment : config_.set) {
      if (!assign(exchange, headers, assignment, true)) return failure();
    }
    for (const Assignment& assignment : config_.append) {
      if (!assign(exchange, headers, assignment, false)) return failure();
    }
    for (const http::OwnedHeaderName& name : config_.remove) headers.remove(name);
    if (!config_.keep_only.empty()) remove_others(headers);
    return Verdict::next();
  }

  // False when the value could not be evaluated. Values see what earlier ones changed.
  static bool assign(Exchange& exchange, http::Headers& headers, const Assignment& assignment,
                     bool replace) {
    std::optional<std::string_view> value;
    if (assignment.value.is_constant()) {
      value = assignment.value.constant_text();
    } else {
      Result<std::optional<std::string_view>> evaluated =
          assignment.value.text(exchange, exchange.arena);
      if (!evaluated) return false;
      value = *evaluated;
    }
    if (!value) return true;
    replace ? headers.set_view(assignment.name, *value) : headers.add_view(assignment.name, *value);
    return true;
  }

  // Framing is the codec's, so a list without Content-Length cannot break it.
  void remove_others(http::Headers& headers) const {
    for (http::Header& header : headers.entries()) {
      bool kept = false;
      for (const http::OwnedHeaderName& name : config_.keep_only) kept = kept || header.is(name);
      if (!kept) header.removed = true;
    }
  }

  static Verdict failure() {
    return Verdict::fail(500, "TRANSFORM_HEADERS_FAILURE",
                         "Unable to apply headers transformation");
  }

  Config config_;
  el::Needs needs_;
};

Result<std::unique_ptr<const policy::Policy>> make(const Json& configuration,
                                                   const policy::Services&) {
  TRY(Config config, parse(configuration));
  return std::make_unique<const TransformHeaders>(std::move(config));
}

}  // namespace

policy::Registration transform_headers() { return {"transform-headers", &make}; }

}  // namespace perigee::policies
