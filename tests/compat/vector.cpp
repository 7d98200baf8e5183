#include "tests/compat/vector.hpp"

#include <array>
#include <initializer_list>

#include "base/json_object.hpp"
#include "el/codec.hpp"
#include "tests/compat/vector_expect.hpp"

namespace perigee::compat {
namespace {

constexpr std::size_t kItemsMax = 1'000;
constexpr std::int64_t kMillisecondsMax = std::int64_t{1} << 53;

template <class E, std::size_t N>
E choice(JsonObject& from, std::string_view member, const std::array<std::string_view, N>& names) {
  std::string text = from.required_text(member);
  for (std::size_t i = 0; i < N; ++i) {
    if (text == names[i]) return static_cast<E>(i);
  }
  from.error(member, "unknown value " + quoted(text));
  return {};
}

std::chrono::milliseconds milliseconds(JsonObject& from, std::string_view member) {
  return std::chrono::milliseconds(from.number(member, 0, {0, kMillisecondsMax}));
}

// Values are texts, or lists of texts: one pair for each value.
NameValues read_pairs(JsonObject& from, std::string_view member) {
  NameValues pairs;
  JsonObject object(from.value(member), from.problems());
  for (const JsonMember& each : object.json().members()) {
    if (each.value.type == JsonType::array) {
      for (std::string& value : object.texts(each.name, kItemsMax))
        pairs.emplace_back(each.name, std::move(value));
    } else {
      pairs.emplace_back(each.name, object.text(each.name));
    }
  }
  return pairs;
}

// An object, or a list of objects, with these members and no other.
void only(Json from, std::initializer_list<std::string_view> members, Problems& problems) {
  if (from.is_array()) {
    for (const JsonNode& item : from.items()) only(Json(item), members, problems);
    return;
  }
  JsonObject object(from, problems);
  object.ignore(members);
  object.finish();
}

Request read_request(JsonObject from) {
  Request request;
  request.method = from.text("method", request.method);
  request.path = from.text("path", request.path);
  request.headers = read_pairs(from, "headers");
  request.body = from.text("body");
  from.finish();
  return request;
}

std::string read_body(JsonObject& from) {
  if (!from.value("bodyGzipOf").absent()) return from.text("bodyGzipOf");
  std::string encoded = from.text("bodyBase64");
  if (encoded.empty()) return from.text("body");
  std::optional<std::string> decoded = el::base64_decoded(encoded, el::CodecKind::basic);
  if (!decoded) from.error("bodyBase64", "is not Base64");
  return std::move(decoded).value_or(std::string());
}

Answer read_answer(JsonObject& from) {
  Answer answer;
  answer.status = static_cast<int>(from.number("status", answer.status, {100, 599}));
  answer.headers = read_pairs(from, "headers");
  answer.gzip = !from.value("bodyGzipOf").absent();
  answer.body = read_body(from);
  answer.delay = milliseconds(from, "delayMs");
  answer.refuse = from.boolean("refuse", false);
  from.ignore({"body", "bodyBase64"});
  return answer;
}

// `from` may hold more members, that its reader knows.
Answers read_answers(JsonObject& from) {
  if (from.value("sequence").absent()) return {read_answer(from)};
  Answers answers;
  for (const JsonNode& item : from.items_at_least_one("sequence", kItemsMax)) {
    JsonObject each(Json(item), from.problems());
    answers.push_back(read_answer(each));
    if (answers.back().refuse)
      each.error("refuse", "the stub server can refuse all calls of a step, not one of a sequence");
    each.finish();
  }
  if (answers.empty()) answers.emplace_back();
  return answers;
}

std::optional<Answers> read_backend(JsonObject& holder) {
  Json value = holder.value("backend");
  if (!value.present()) return std::nullopt;
  JsonObject from(value, holder.problems());
  Answers answers = read_answers(from);
  from.finish();
  return answers;
}

void check_plans(Json plans, Problems& problems) {
  only(plans, {"id", "name", "security"}, problems);
  for (const JsonNode& plan : plans.items())
    only(Json(plan)["security"], {"type", "configuration"}, problems);
}

void check_resources(Json resources, Problems& problems) {
  only(resources, {"name", "type", "configuration", "stub", "userClaim", "scopeSeparator"},
       problems);
  for (const JsonNode& resource : resources.items()) {
    Json stub = Json(resource)["stub"];
    only(stub, {"introspect"}, problems);
    only(stub["introspect"], {"success", "payload", "error"}, problems);
  }
}

Context read_context(JsonObject from) {
  Context context;
  Problems& problems = from.problems();
  if (from.value("nowMs").present()) context.now_ms = milliseconds(from, "nowMs").count();
  context.attributes = from.value("attributes");
  context.properties = from.value("properties");
  context.api_keys = from.value("apiKeys");
  only(context.api_keys,
       {"api", "key", "application", "subscription", "plan", "revoked", "expireAt"}, problems);
  context.subscriptions = from.value("subscriptions");
  only(context.subscriptions,
       {"id", "api", "plan", "application", "apiKey", "clientId", "startingAt", "endingAt"},
       problems);
  context.plans = from.value("plans");
  check_plans(context.plans, problems);
  context.resources = from.value("resources");
  check_resources(context.resources, problems);
  context.http = read_routes(from.value("http"), problems);
  context.warm_up = from.texts("warmUp", kItemsMax);
  Json tls = from.value("tls");
  only(tls, {"clientCertificatePem"}, problems);
  context.client_certificate_pem = tls.text_or("clientCertificatePem", "").value_or("");
  context.store = from.value("store");
  only(context.store, {"type", "counters"}, problems);
  context.nodes = static_cast<unsigned>(from.number("nodes", 1, {1, 100}));
  context.aws_lambda = from.value("awsLambda");
  only(context.aws_lambda, {"status", "headers", "body"}, problems);
  from.finish();
  return context;
}

Step read_step(JsonObject from) {
  Step step;
  step.advance = milliseconds(from, "advanceMs");
  step.node = static_cast<unsigned>(from.number("node", 0, {0, 99}));
  step.repeat = static_cast<unsigned>(from.number("repeat", 1, {1, 100'000}));
  step.flush = from.boolean("flush", false);
  step.attributes = from.value("attributes");
  if (!step.flush && !from.value("request").is_object())
    from.error("request", "required for a step that is no flush");
  step.request = read_request(JsonObject(from.value("request"), from.problems()));
  step.backend = read_backend(from);
  step.expect = from.value("expect");
  check_expect(step.expect, from.problems());
  from.finish();
  return step;
}

void read_exchanges(JsonObject& from, Vector& vector) {
  vector.context = read_context(JsonObject(from.value("context"), from.problems()));
  vector.expect = from.value("expect");
  check_expect(vector.expect, from.problems());
  std::optional<Answers> backend = read_backend(from);
  JsonObject request(from.value("request"), from.problems());
  for (const JsonNode& item : from.items("steps", kItemsMax))
    vector.steps.push_back(read_step(JsonObject(Json(item), from.problems())));
  if (vector.level == Level::unit) return;
  if (vector.steps.empty()) {
    if (!request.present()) from.error("request", "required for a case without steps");
    vector.steps.push_back({.request = read_request(request)});
  }
  if (backend && !vector.steps.front().backend) vector.steps.front().backend = std::move(backend);
}

}  // namespace

std::vector<Route> read_routes(Json from, Problems& problems) {
  std::vector<Route> routes;
  for (const JsonNode& item : from.items()) {
    JsonObject route(Json(item), problems);
    routes.push_back({route.required_text("path"), read_answers(route)});
    route.finish();
  }
  return routes;
}

Vector read_vector(Json json, Problems& problems) {
  constexpr std::array<std::string_view, 3> kEngines = {"v4", "legacy", "both"};
  constexpr std::array<std::string_view, 3> kLevels = {"policy", "chain", "unit"};
  constexpr std::array<std::string_view, 2> kPhases = {"request", "response"};
  Vector vector;
  JsonObject from(json, problems);
  vector.id = from.required_text("id");
  vector.policy = from.required_text("policy");
  from.text("title");
  from.text("since");  // ours follows the newest
  vector.engine = choice<Engine>(from, "engine", kEngines);
  vector.level = choice<Level>(from, "level", kLevels);
  if (!from.value("phase").absent()) vector.phase = choice<policy::Phase>(from, "phase", kPhases);
  vector.gateway = read_pairs(from, "gateway");
  vector.timezone = from.text("timezone", vector.timezone);
  vector.configuration = from.value("configuration");
  vector.function = vector.level == Level::unit ? from.required_text("function") : "";
  vector.input = from.value("input");
  read_exchanges(from, vector);
  from.finish();
  return vector;
}

}  // namespace perigee::compat
