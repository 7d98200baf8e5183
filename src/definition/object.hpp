// Object: one JSON object while it is read. A getter gives the member's value or its default, and
// notes every fault; finish() warns of the members that nobody asked for.
//
// Only the readers of this room include it. An Object borrows the Reading and the document.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "definition/model.hpp"
#include "definition/names.hpp"
#include "definition/problem.hpp"
#include "definition/read.hpp"

namespace perigee::definition {

// What the readers of one definition share.
struct Reading {
  const Limits& limits;
  Problems problems;
  std::vector<std::shared_ptr<const JsonDocument>> documents;
};

struct Range {
  std::int64_t low = std::numeric_limits<std::int32_t>::min();
  std::int64_t high = std::numeric_limits<std::int32_t>::max();
};

class Object {
 public:
  // `inside`: see Configuration. Anything but an object is a fault, and then reads as an empty one;
  // an absent or null value reads as an empty one without a fault.
  Object(Json json, Reading& reading, std::string_view inside = {});

  bool present() const { return json_.is_object(); }
  Json json() const { return json_; }
  Reading& reading() const { return reading_; }
  std::string pointer() const;
  std::string pointer(std::string_view member) const;

  // Scalars. Text may be given as a number or boolean, and the other way round.
  std::string text(std::string_view member);
  std::optional<std::string> optional_text(std::string_view member);
  std::string required_text(std::string_view member);  // absent, null or blank is an error
  bool boolean(std::string_view member, bool fallback);
  std::int32_t integer(std::string_view member, std::int32_t fallback, Range range = {});
  std::chrono::milliseconds duration(std::string_view member, std::chrono::milliseconds fallback);

  // The index of the member's value in `names`; an unknown value is a warning and the fallback.
  template <class E>
  E choice(std::string_view member, Names names, E fallback) {
    return static_cast<E>(chosen(member, names, static_cast<std::size_t>(fallback)));
  }

  // Children. An absent or null child is empty.
  Json value(std::string_view member);
  Object object(std::string_view member);
  std::span<const JsonNode> items(std::string_view member, std::size_t limit);
  std::span<const JsonNode> items_at_least_one(std::string_view member, std::size_t limit);
  std::vector<std::string> texts(std::string_view member);
  Configuration configuration(std::string_view member);
  // Opens one item of items(), or any other value below this object.
  Object open(Json json) const { return Object(json, reading_, inside_); }

  // Members that are known and have no meaning for a gateway.
  void ignore(std::initializer_list<std::string_view> members) {
    known_.insert(known_.end(), members);
  }
  void finish();

  void error(std::string_view member, std::string message);
  void warning(std::string_view member, std::string message);

 private:
  std::size_t chosen(std::string_view member, Names names, std::size_t fallback);
  void wrong(std::string_view member, const Error& error);
  void wrong_type(std::string_view member, std::string_view expected);

  Json json_;
  Reading& reading_;
  std::string_view inside_;
  std::vector<std::string_view> known_;
};

// "the text 'abc'", "the number 12", "an object": what stands where something else was expected.
std::string described(Json json);

// What is wrong with a text that should contain JSON.
std::string not_inner_json(const JsonFault& fault);

}  // namespace perigee::definition
