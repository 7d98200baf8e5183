// ConfigObject: the configuration of a policy, or an object in it, while it is read.
//
// Notes every fault with its pointer; a policy whose configuration has an error is not made. What
// the reference reads from a policy's configuration is case-sensitive (policies/README.md section
// 1).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_object.hpp"
#include "el/expression.hpp"

namespace perigee::policy {

class ConfigObject : public JsonObject {
 public:
  static constexpr std::size_t kItemsMax = 1'000;  // of one list
  using JsonObject::JsonObject;

  ConfigObject object(std::string_view member) { return open(value(member)); }
  std::vector<ConfigObject> objects(std::string_view member);  // a null item reads as an empty one
  std::vector<std::string> texts(std::string_view member) {
    return JsonObject::texts(member, kItemsMax);
  }
  // The index of the member's value in `names`; an unknown value is an error.
  template <class E>
  E choice(std::string_view member, std::span<const std::string_view> names, E fallback) {
    return static_cast<E>(chosen(member, names, static_cast<std::size_t>(fallback)));
  }
  // Text with expressions in it; nothing when it is absent or null. One that cannot be parsed is a
  // warning, and fails whenever it is evaluated (expression-language.md 1.3); one that asks for
  // more than this version has is an error.
  std::optional<el::Template> expression(std::string_view member);
  // The same; absent or null is an error.
  std::optional<el::Template> required_expression(std::string_view member);
  std::optional<el::Template> compile(std::string_view member, std::string_view text);

  ConfigObject open(Json json) const { return ConfigObject(json, problems(), inside()); }

 private:
  std::size_t chosen(std::string_view member, std::span<const std::string_view> names,
                     std::size_t fallback);
};

}  // namespace perigee::policy
