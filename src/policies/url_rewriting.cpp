// url-rewriting: replaces what a pattern matches in the headers and the body of the answer.
// Spec: policies/others.md row 19. Docs: docs/policies/url-rewriting.md
#include <algorithm>

#include "base/utf8.hpp"
#include "policies/captures.hpp"
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

struct Config {
  bool headers = true;
  bool body = true;
  std::optional<CapturingPattern> from;
  std::optional<el::Template> to;
};

Config parse(ConfigObject& from) {
  Config config;
  config.headers = from.boolean("rewriteResponseHeaders", true);
  config.body = from.boolean("rewriteResponseBody", true);
  std::string pattern = from.required_text("fromRegex");
  config.to = from.required_expression("toReplacement");
  from.finish();
  if (pattern.empty()) return config;
  Result<CapturingPattern> compiled = CapturingPattern::compile(pattern);
  if (compiled) {
    config.from = *std::move(compiled);
  } else {
    from.error("fromRegex", compiled.error().message);
  }
  return config;
}

class UrlRewriting final : public policy::Policy {
 public:
  explicit UrlRewriting(Config config) : config_(std::move(config)) {}

  el::Needs needs(Phase phase) const override {
    if (phase == Phase::request) return {};
    el::Needs needs = config_.to->needs();
    if (config_.body) needs.add(el::Needs::response_body);
    return needs;
  }

  Async<Verdict> on_response(Exchange& exchange) const override {
    std::size_t replaced = 0;
    if (config_.headers) {
      Result<void> rewritten = rewrite_headers(exchange, replaced);
      if (!rewritten) return Verdict::broken(rewritten.error());
    }
    if (config_.body && exchange.response_body.buffered()) {
      std::string_view body = exchange.response_body.bytes();
      Result<std::string_view> rewritten = rewrite(body, exchange, replaced);
      if (!rewritten) return Verdict::broken(rewritten.error());
      if (rewritten->data() != body.data()) replace_body(*rewritten, exchange);
    }
    return Verdict::next();
  }

 private:
  static void replace_body(std::string_view bytes, Exchange& exchange) {
    exchange.response_body.replace(bytes);
    // The codec writes the framing; this is what later steps see.
    if (exchange.response.headers.has(http::HeaderId::content_length))
      exchange.response.headers.set(http::HeaderId::content_length, std::to_string(bytes.size()));
  }

  Result<void> rewrite_headers(Exchange& exchange, std::size_t& replaced) const {
    // Expressions see the headers while these are rewritten, so each is changed in its place.
    http::Headers& headers = exchange.response.headers;
    for (http::Header& header : headers.entries()) {
      if (header.removed) continue;
      std::string_view value = header.value();
      TRY(std::string_view rewritten, rewrite(value, exchange, replaced));
      if (rewritten.data() == value.data()) continue;
      if (!http::is_valid_header_value(rewritten))
        return fail(ErrorCode::evaluation, "the new value of header '" +
                                               std::string(header.name()) +
                                               "' holds bytes that HTTP does not allow");
      headers.set_value_view(header, rewritten);
    }
    return {};
  }

  // The text itself when nothing matched.
  Result<std::string_view> rewrite(std::string_view text, Exchange& exchange,
                                   std::size_t& replaced) const {
    const policy::Limits& limits = exchange.limits();
    std::string to;
    std::size_t copied = 0, from = 0;
    bool matched = false;
    el::Regex::Match match;
    el::Search search(config_.from->regex(), text);
    while (from <= text.size() && !text.empty() && search.find(from, match)) {
      if (++replaced > limits.url_replacements_max)
        return fail(ErrorCode::limit, "the pattern matches more than " +
                                          std::to_string(limits.url_replacements_max) +
                                          " times (perigee.limits.urlReplacements)");
      matched = true;
      std::size_t begin = static_cast<std::size_t>(match.groups[0].data() - text.data());
      std::size_t end = begin + match.groups[0].size();
      to += text.substr(copied, begin - copied);
      TRY(std::string_view put, replacement(match, exchange));
      to += put;
      copied = end;
      // An empty match moves on by a character.
      from = end > begin ? end : end + std::max<std::size_t>(utf8_character(text.substr(end)), 1);
      if (to.size() > limits.buffered_body_bytes_max)
        return fail(ErrorCode::limit, "the rewritten text is longer than " +
                                          std::to_string(limits.buffered_body_bytes_max) +
                                          " bytes (perigee.limits.bufferedBodyBytes)");
    }
    if (!search.in_time()) return fail(ErrorCode::limit, std::string(el::kSearchTooLong));
    if (!matched) return text;
    to += text.substr(copied);
    return exchange.arena.copy(to);
  }

  Result<std::string_view> replacement(const el::Regex::Match& match, Exchange& exchange) const {
    if (config_.to->is_constant()) return config_.to->constant_text();
    config_.from->set_variables(match, exchange);
    TRY(std::optional<std::string_view> put, config_.to->text(exchange, exchange.arena));
    return put.value_or("");
  }

  Config config_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  Config config = parse(from);
  if (!config.from || !config.to) return nullptr;
  return std::make_unique<const UrlRewriting>(std::move(config));
}

}  // namespace

policy::Registration url_rewriting() {
  return {.id = "url-rewriting", .make = &make, .only = policy::Phase::response};
}

}  // namespace perigee::policies
