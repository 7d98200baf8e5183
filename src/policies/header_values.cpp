#include "policies/header_values.hpp"

namespace perigee::policies {

using policy::ConfigObject;

namespace {

std::optional<el::Template> value_of(ConfigObject& item) {
  std::optional<el::Template> value = item.expression("value");
  bool wrong =
      value && value->is_constant() && !http::is_valid_header_value(value->constant_text());
  if (wrong) item.wrong_type("value", "a text without control characters");
  return value;
}

}  // namespace

std::vector<HeaderAssignment> header_assignments(ConfigObject& from, std::string_view member) {
  std::vector<HeaderAssignment> parsed;
  for (ConfigObject& item : from.objects(member)) {
    std::string name = item.text("name");
    std::optional<el::Template> value = value_of(item);
    item.finish();
    if (is_blank(name) || !value) continue;
    if (!http::is_valid_header_name(name)) item.wrong_type("name", "a header name");
    parsed.push_back({http::OwnedHeaderName(std::move(name)), *std::move(value)});
  }
  return parsed;
}

Result<std::optional<std::string_view>> header_value(const HeaderAssignment& assignment,
                                                     policy::Exchange& exchange) {
  if (assignment.value.is_constant())
    return assignment.value.constant_text();  // looked at when it was read
  TRY(std::optional<std::string_view> value, assignment.value.text(exchange, exchange.arena));
  if (value && !http::is_valid_header_value(*value))
    return fail(ErrorCode::evaluation, "the value of header '" + assignment.name.text() +
                                           "' holds bytes that HTTP does not allow");
  return value;
}

}  // namespace perigee::policies
