#include "tests/compat/units.hpp"

#include <algorithm>
#include <array>

#include "http/headers.hpp"
#include "tests/compat/definition.hpp"

namespace perigee::compat {
namespace {

Request request_of(Json input) {
  Request request;
  request.method = input.text_or("method", request.method).value_or(request.method);
  for (const JsonMember& member : input["headers"].members())
    request.headers.emplace_back(member.name, Json(member.value).text());
  return request;
}

// Asks as such a client does: what the backend sees of it tells what the gateway took it for.
Result<SeenUnit> is_websocket(const Vector& vector, World& world) {
  TRY(world.start({{"http.websocket.enabled", "true"}}));
  Vector open;
  open.policy = "connector-http";
  std::string definition = definition_of(open, world.stub_port());
  TRY(world.deploy(definition));
  TRY(world.ask(request_of(vector.input), {}));
  const std::optional<Received>& upstream = world.stub().backend_request();
  if (!upstream) return fail(ErrorCode::other, "the backend was not asked");
  bool upgrades = std::ranges::any_of(upstream->headers, [](const auto& header) {
    return http::equals_ignoring_case(header.first, "Upgrade");
  });
  return SeenUnit{.json = upgrades ? R"({"output":true})" : R"({"output":false})"};
}

struct Entry {
  std::string_view name;
  Unit unit;
};
constexpr std::array kUnits = {Entry{"connector.isWebSocket", &is_websocket}};

}  // namespace

Unit find_unit(std::string_view name) {
  auto found = std::ranges::find(kUnits, name, &Entry::name);
  return found == kUnits.end() ? nullptr : found->unit;
}

}  // namespace perigee::compat
