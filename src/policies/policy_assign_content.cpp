// policy-assign-content: the body becomes what a FreeMarker template gives.
// Spec: policies/others.md row 10. Docs: docs/policies/policy-assign-content.md
#include <algorithm>
#include <array>

#include "freemarker/template.hpp"
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using el::Access;
using el::Value;
using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kFailureKey = "ASSIGN_CONTENT_ERROR";

struct Property {
  std::string_view name;
  Access access;
};

// What the beans of the reference have: the names that expressions know, too.
constexpr auto kRequest = std::to_array<Property>({
    {"id", Access::request_id},
    {"transactionId", Access::request_transaction_id},
    {"uri", Access::request_uri},
    {"path", Access::request_path},
    {"paths", Access::request_paths},
    {"contextPath", Access::request_context_path},
    {"pathInfo", Access::request_path_info},
    {"pathInfos", Access::request_path_infos},
    {"method", Access::request_method},
    {"scheme", Access::request_scheme},
    {"host", Access::request_host},
    {"version", Access::request_version},
    {"timestamp", Access::request_timestamp},
    {"remoteAddress", Access::request_remote_address},
    {"localAddress", Access::request_local_address},
    {"headers", Access::request_headers},
    {"params", Access::request_params},
    {"pathParams", Access::request_path_params},
    {"content", Access::request_content},
    {"jsonContent", Access::request_json},
});
constexpr auto kResponse = std::to_array<Property>({
    {"status", Access::response_status},
    {"headers", Access::response_headers},
    {"content", Access::response_content},
    {"jsonContent", Access::response_json},
});
constexpr auto kContext = std::to_array<Property>({
    {"attributes", Access::context_attributes},
    {"properties", Access::properties},
    {"dictionaries", Access::dictionaries},
});

// "/a/b" as ["", "a", "b"]; empty parts at the end are left out.
Value parts_of(std::string_view path, Arena& arena) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return Value::array({});
  auto count = static_cast<std::size_t>(std::ranges::count(path, '/')) + 1;
  std::span<Value> parts = el::take_values(arena, count);
  for (Value& part : parts) {
    std::size_t end = path.find('/');
    part = Value::text(path.substr(0, end));
    path.remove_prefix(end == path.npos ? path.size() : end + 1);
  }
  return Value::array(parts);
}

class Bean final : public el::Object {
 public:
  // `content`: whether the body may be read; else it is missing.
  Bean(const Exchange& exchange, std::span<const Property> properties, bool content)
      : exchange_(exchange), properties_(properties), content_(content) {}
  Shape shape() const override { return Shape::bean; }
  Value get(std::string_view key, Arena& arena) const override {
    auto found = std::ranges::find(properties_, key, &Property::name);
    return found == properties_.end() ? Value::absent() : read(found->access, arena);
  }
  std::span<const std::string_view> keys(Arena&) const override { return {}; }

 private:
  Value read(Access access, Arena& arena) const {
    bool of_body = access == Access::request_content || access == Access::request_json;
    if (of_body && !content_) return Value::absent();
    if (access == Access::request_paths) return parts_of(exchange_.request.path, arena);
    if (access == Access::request_path_infos) return parts_of(exchange_.path_info, arena);
    Value value = exchange_.read({.access = access, .id = 0, .name = {}}, arena);
    return value.is_failed() ? Value::absent() : value;
  }
  const Exchange& exchange_;
  std::span<const Property> properties_;
  bool content_;
};

// The request's content is gone in the response phase, as in the reference.
class Model final : public el::Object {
 public:
  Model(const Exchange& exchange, Phase phase)
      : of_response_(phase == Phase::response),
        request_(exchange, kRequest, phase == Phase::request),
        response_(exchange, kResponse, true),
        context_(exchange, kContext, true) {}
  Shape shape() const override { return Shape::map; }
  Value get(std::string_view key, Arena&) const override {
    if (key == "request") return Value::object(request_);
    if (key == "context") return Value::object(context_);
    if (key == "response" && of_response_) return Value::object(response_);
    return Value::absent();
  }
  std::span<const std::string_view> keys(Arena&) const override { return {}; }

 private:
  bool of_response_;
  Bean request_, response_, context_;
};

class AssignContent final : public policy::Policy {
 public:
  explicit AssignContent(freemarker::Template body) : body_(std::move(body)) {}

  el::Needs needs(Phase phase) const override {
    el::Needs needs;
    needs.add(phase == Phase::request ? el::Needs::request_body : el::Needs::response_body);
    return needs;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    return apply(exchange, Phase::request, exchange.request_body, exchange.request.headers);
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    // Not gathered: the answer streams (lifecycle.md 8.7), and passes as it comes.
    policy::MessageBody& body = exchange.response_body;
    if (body.stream() && !body.buffered()) return Verdict::next();
    return apply(exchange, Phase::response, body, exchange.response.headers);
  }

 private:
  Verdict apply(Exchange& exchange, Phase phase, policy::MessageBody& body,
                http::Headers& headers) const {
    Model model(exchange, phase);
    const policy::Limits& limits = exchange.limits();
    Result<std::string_view> made =
        body_.render(model, exchange.arena,
                     {.output_bytes_max = limits.buffered_body_bytes_max,
                      .steps_max = limits.template_steps_max,
                      .loop_turns_max = limits.template_loop_turns_max,
                      .built_bytes_max = limits.template_bytes_max});
    if (!made) return failure(made.error());
    body.replace(*made);
    headers.set(http::HeaderId::content_length, std::to_string(made->size()));
    return Verdict::next();
  }

  static Verdict failure(const Error& error) {
    return Verdict::fail({.key = std::string(kFailureKey),
                          .message = "Unable to assign body content",
                          .cause = error.code,
                          .reason = error.message});
  }

  freemarker::Template body_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  std::optional<std::string> body = from.optional_text("body");
  from.finish();
  if (!body) {
    from.error("body", "required, but it is missing");
    return nullptr;
  }
  Result<freemarker::Template> compiled = freemarker::Template::compile(*body);
  if (compiled) return std::make_unique<const AssignContent>(*std::move(compiled));
  from.error("body", compiled.error().message);
  return nullptr;
}

}  // namespace

policy::Registration policy_assign_content() {
  return {"policy-assign-content", &make, policy::ScopeRule::old_engine};
}

}  // namespace perigee::policies
