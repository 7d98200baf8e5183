// A JSON schema (draft-07), as far as it says what a configuration looks like: properties, types,
// enums, constants, defaults, examples, `required`, `items`, `$ref`, `allOf`, `oneOf` and `anyOf`.
// Writes configurations that have everything the schema names, and says where each value stands.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace perigee::policies::testing {

// All that is said about one value: later parts (a chosen alternative) over earlier ones.
class Shape {
 public:
  explicit Shape(std::vector<Json> parts) : parts_(std::move(parts)) {}
  Json find(std::string_view keyword) const;
  std::vector<std::string> types() const;
  bool is(std::string_view type) const;  // the only type, or beside null
  bool requires_property(std::string_view name) const;
  std::map<std::string, std::vector<Json>, std::less<>> properties() const;

 private:
  std::vector<Json> parts_;
};

// One value of a configuration that a schema describes.
struct Place {
  std::string pointer;  // in the configuration that is written: "/headers/0/name"
  Shape shape;
  bool is_property = false;  // and not an item of a list
  bool required = false;
};

class Schema {
 public:
  explicit Schema(Json root) : root_(root), alternatives_(count_alternatives(root, 0)) {}

  // Values that a schema alone does not give: what a text must look like.
  using ValueOf = std::function<std::string(const std::string& pointer)>;  // JSON; empty: none

  struct Writing {
    std::size_t alternative = 0;  // of every oneOf and anyOf
    bool everything = true;       // else what is required, or has a default or an example
    const ValueOf* value_of = nullptr;
    std::string change_at = {};  // a pointer ..
    std::string change_to = {};  // .. and the JSON that stands there instead
  };
  std::string write(const Writing& writing) const;
  std::vector<Place> places(const Writing& writing) const;
  // How many configurations show every alternative.
  std::size_t alternatives() const { return alternatives_; }

 private:
  static constexpr int kDepthMax = 16;
  std::vector<Json> parts_of(Json schema, std::size_t alternative, int depth) const;
  Shape shape_of(const std::vector<Json>& schemas, std::size_t alternative) const;
  Json resolve(std::string_view reference) const;
  std::size_t count_alternatives(Json schema, int depth) const;
  std::string text_of(const Shape& shape, const std::string& pointer, const Writing& writing,
                      std::vector<Place>* places, int depth) const;
  std::string object_of(const Shape& shape, const std::string& pointer, const Writing& writing,
                        std::vector<Place>* places, int depth) const;

  Json root_;
  std::size_t alternatives_;
};

}  // namespace perigee::policies::testing
