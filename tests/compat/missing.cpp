#include "tests/compat/missing.hpp"

#include "config/keys.hpp"
#include "definition/read.hpp"
#include "tests/compat/units.hpp"

namespace perigee::compat {
namespace {

std::string not_in_build(const std::string& what) { return what + " in this build"; }

std::string absent(std::string_view what, std::string_view name) {
  return not_in_build(std::string(what) + " '" + std::string(name) + "' is not");
}

// Asks the reader, so that the cases run from the day on which it reads them.
bool reads_v2() {
  constexpr std::string_view kSmallest =
      R"({"id":"a","name":"a","version":"1","gravitee":"2.0.0","proxy":{"virtual_hosts":)"
      R"([{"path":"/a"}],"groups":[{"name":"g","endpoints":[{"name":"e","type":"http","target":)"
      R"("http://localhost/"}]}]},"plans":[{"id":"p","name":"p","security":"key_less","status":)"
      R"("published"}]})";
  return definition::read_api(kSmallest).api.has_value();
}

std::string missing_plan(const Vector& vector, const policy::Catalog& catalog) {
  for (const JsonNode& plan : vector.context.plans.items()) {
    std::string type = Json(plan)["security"].text_or("type", "").value_or("");
    if (!catalog.find(type)) return absent("policy", type);
  }
  return {};
}

std::string missing_key(const Vector& vector) {
  for (const auto& [key, value] : vector.gateway) {
    const config::KeySpec* spec = config::find_key(key);
    if (!spec || spec->use != config::Use::honoured)
      return not_in_build("the configuration key '" + key + "' has no effect");
  }
  return {};
}

}  // namespace

std::string what_is_missing(const Vector& vector, const policy::Catalog& catalog) {
  if (vector.level == Level::unit) {
    bool known = find_unit(vector.function) != nullptr;
    return known ? "" : absent("unit function", vector.function);
  }
  bool is_connector = vector.policy == "connector-http";
  if (vector.level == Level::policy && !is_connector && !catalog.find(vector.policy))
    return absent("policy", vector.policy);
  if (std::string missing = missing_plan(vector, catalog); !missing.empty()) return missing;
  if (vector.engine == Engine::legacy && !reads_v2()) return "v2 definitions are not in this build";
  const Context& context = vector.context;
  if (context.api_keys.size() > 0 || context.subscriptions.size() > 0)
    return "subscriptions are not in this build";
  if (!context.resources.items().empty())
    return absent("resource type", context.resources.at(0).text_or("type", "").value_or(""));
  if (!context.warm_up.empty()) return absent("background load", context.warm_up.front());
  if (context.aws_lambda.present()) return "the AWS client is not in this build";
  return missing_key(vector);
}

}  // namespace perigee::compat
