#include "policy/config_object.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "policy/exchange.hpp"

namespace perigee::policy {

std::vector<ConfigObject> ConfigObject::objects(std::string_view member) {
  std::vector<ConfigObject> opened;
  std::span<const JsonNode> listed = items(member, kItemsMax);
  opened.reserve(listed.size());
  for (const JsonNode& node : listed) opened.push_back(open(Json(node)));
  return opened;
}

std::size_t ConfigObject::chosen(std::string_view member, std::span<const std::string_view> names,
                                 std::size_t fallback) {
  std::optional<std::string> text = optional_text(member);
  if (!text) return fallback;
  auto found = std::ranges::find(names, *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  error(member, "unknown value " + quoted(*text) + did_you_mean(*text, names) +
                    "; valid: " + listed(names));
  return fallback;
}

std::optional<el::Template> ConfigObject::compile(std::string_view member, std::string_view text) {
  Result<el::Template> compiled = el::Template::compile(text, template_options());
  if (compiled) {
    for (const std::string& each : compiled->warnings()) warning(member, each);
    return *std::move(compiled);
  }
  Error fault = std::move(compiled).error();
  if (fault.code != ErrorCode::evaluation) {
    error(member, fault.message);
    return std::nullopt;
  }
  warning(member, "the expression will fail whenever it is evaluated: " + fault.message);
  return el::Template::refused(text, std::move(fault));
}

std::optional<el::Template> ConfigObject::expression(std::string_view member) {
  std::optional<std::string> text = optional_text(member);
  return text ? compile(member, *text) : std::nullopt;
}

std::optional<el::Template> ConfigObject::required_expression(std::string_view member) {
  if (!value(member).present()) error(member, "required, but it is missing");
  return expression(member);
}

}  // namespace perigee::policy
