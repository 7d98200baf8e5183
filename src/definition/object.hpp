// Object: a JsonObject of a definition: adds what only definitions have, and their limits.
//
// Only the readers of this room include it. An Object borrows the Reading and the document.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_object.hpp"
#include "definition/model.hpp"
#include "definition/names.hpp"
#include "definition/read.hpp"

namespace perigee::definition {

// What the readers of one definition share.
struct Reading {
  const Limits& limits;
  Problems problems;
  std::vector<std::shared_ptr<const JsonDocument>> documents;
  std::size_t flows = 0;  // read so far, of the API and its plans
  std::size_t steps = 0;
};

class Object : public JsonObject {
 public:
  Object(Json json, Reading& reading, std::string_view inside = {})
      : JsonObject(json, reading.problems, inside), reading_(reading) {}

  Reading& reading() const { return reading_; }
  std::int32_t integer(std::string_view member, std::int32_t fallback, Range range = {}) {
    return static_cast<std::int32_t>(number(member, fallback, range));
  }
  std::chrono::milliseconds duration(std::string_view member, std::chrono::milliseconds fallback);

  // The index of the member's value in `names`; an unknown value is a warning and the fallback.
  template <class E>
  E choice(std::string_view member, Names names, E fallback) {
    return static_cast<E>(chosen(member, names, static_cast<std::size_t>(fallback)));
  }

  Object object(std::string_view member) { return open(value(member)); }
  std::vector<std::string> texts(std::string_view member) {
    return JsonObject::texts(member, reading_.limits.list_items_max);
  }
  Configuration configuration(std::string_view member);
  // The text of a scalar below this object, as text() takes it; "" when it is null.
  std::string text_at(Json at);
  // Opens one item of items(), or any other value below this object.
  Object open(Json json) const { return Object(json, reading_, inside()); }

 private:
  std::size_t chosen(std::string_view member, Names names, std::size_t fallback);

  Reading& reading_;
};

void warn_of_duplicates(const JsonDocument& document, const std::string& inside,
                        Problems& problems);

// What is wrong with a text that should contain JSON.
std::string not_inner_json(const JsonFault& fault);

}  // namespace perigee::definition
