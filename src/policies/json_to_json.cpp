// json-to-json: transforms a JSON body by a JOLT specification.
// Spec: policies/others.md row 11. Docs: docs/policies/json-to-json.md
#include "base/ascii.hpp"
#include "jolt/chain.hpp"
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kFailureKey = "JSON_INVALID_SPECIFICATION";

struct Config {
  bool override_content_type = true;
  std::optional<el::Template> specification;
  std::optional<jolt::Chain> chain;  // of a constant specification
};

Config parse(ConfigObject& from) {
  Config config;
  config.override_content_type = from.boolean("overrideContentType", true);
  config.specification = from.required_expression("specification");
  from.finish();
  if (!config.specification || !config.specification->is_constant()) return config;
  Result<jolt::Chain> chain = jolt::Chain::compile(config.specification->constant_text());
  if (chain) {
    config.chain = *std::move(chain);
  } else {
    from.error("specification", chain.error().message);
  }
  return config;
}

class JsonToJson final : public policy::Policy {
 public:
  JsonToJson(Config config, bool old_engine)
      : config_(std::move(config)), old_engine_(old_engine) {}

  el::Needs needs(Phase phase) const override {
    el::Needs needs = config_.specification->needs();
    needs.add(phase == Phase::request ? el::Needs::request_body : el::Needs::response_body);
    return needs;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    return apply(exchange, exchange.request_body, exchange.request.headers);
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    return apply(exchange, exchange.response_body, exchange.response.headers);
  }

 private:
  Verdict apply(Exchange& exchange, policy::MessageBody& body, http::Headers& headers) const {
    if (body.bytes().empty() || !(old_engine_ || is_json(headers))) return Verdict::next();
    Result<std::string> made = transformed(exchange, body.bytes());
    if (!made) return failure(made.error());
    body.replace(exchange.arena.copy(*made));
    headers.set(http::HeaderId::content_length, std::to_string(made->size()));
    if (config_.override_content_type)
      headers.set_made(http::HeaderName("Content-Type"), "application/json");
    return Verdict::next();
  }

  Result<std::string> transformed(Exchange& exchange, std::string_view body) const {
    const policy::Limits& of = exchange.limits();
    const jolt::Limits limits{.result_bytes_max = of.buffered_body_bytes_max,
                              .steps_max = of.jolt_steps_max,
                              .built_bytes_max = of.jolt_bytes_max};
    if (config_.chain) return config_.chain->transform(body, limits);
    TRY(std::optional<std::string_view> specification,
        config_.specification->text(exchange, exchange.arena));
    TRY(jolt::Chain chain, jolt::Chain::compile(specification.value_or("")));
    return chain.transform(body, limits);
  }

  // The old engine transforms whatever comes.
  static bool is_json(const http::Headers& headers) {
    std::string type = ascii_lower(headers.get(http::HeaderId::content_type).value_or(""));
    return type.find("json") != type.npos;
  }

  static Verdict failure(const Error& error) {
    return Verdict::fail({.key = std::string(kFailureKey),
                          .message = "Unable to apply JOLT transformation to payload",
                          .cause = error.code,
                          .reason = error.message});
  }

  Config config_;
  bool old_engine_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  Config config = parse(from);
  if (!config.specification) return nullptr;
  return std::make_unique<const JsonToJson>(std::move(config), services.api.old_engine);
}

}  // namespace

policy::Registration json_to_json() {
  return {"json-to-json", &make, policy::ScopeRule::old_engine};
}

}  // namespace perigee::policies
