// JsonObject: one JSON object while it is read. A getter gives the member's value or its default,
// and notes every fault; finish() warns of the members that nobody asked for, with the hint that is
// given for one or the nearest known name.
//
// Borrows the problems, the document and `inside`. Readers of definitions and of policies'
// configurations add what is theirs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/problem.hpp"

namespace perigee {

struct Range {
  std::int64_t low = std::numeric_limits<std::int32_t>::min();
  std::int64_t high = std::numeric_limits<std::int32_t>::max();
};

// What to say of a member that has another name or place here.
struct Hint {
  std::string_view member;
  std::string_view advice;
};

class JsonObject {
 public:
  // `inside` is put before every pointer: where the document stands in a larger one. Anything but
  // an object is a fault, and then reads as an empty one; an absent or null value reads as an empty
  // one without a fault.
  JsonObject(Json json, Problems& problems, std::string_view inside = {});

  bool present() const { return json_.is_object(); }
  Json json() const { return json_; }
  std::string_view inside() const { return inside_; }
  Problems& problems() const { return problems_; }
  std::string pointer() const;
  std::string pointer(std::string_view member) const;

  // Scalars. Text may be given as a number or boolean, and the other way round.
  std::string text(std::string_view member, std::string_view fallback = {});
  std::optional<std::string> optional_text(std::string_view member);
  std::string required_text(std::string_view member);  // absent, null or blank is an error
  bool boolean(std::string_view member, bool fallback);
  std::int64_t number(std::string_view member, std::int64_t fallback, Range range = {});

  // Children. An absent or null child is empty.
  Json value(std::string_view member);
  std::span<const JsonNode> items(std::string_view member, std::size_t limit);
  std::span<const JsonNode> items_at_least_one(std::string_view member, std::size_t limit);
  std::vector<std::string> texts(std::string_view member, std::size_t limit);

  // Members that are known and have no meaning here.
  void ignore(std::initializer_list<std::string_view> members) {
    known_.insert(known_.end(), members);
  }
  void finish(std::span<const Hint> hints = {});

  // `member` empty: of the object itself.
  void error(std::string_view member, std::string message);
  void warning(std::string_view member, std::string message);
  void wrong_type(std::string_view member, std::string_view expected);
  void wrong_type(Json at, std::string_view expected);  // `at` stands below this object

 private:
  void wrong(std::string_view member, const Error& error);

  Json json_;
  Problems& problems_;
  std::string_view inside_;
  std::vector<std::string_view> known_;
};

// "the text 'abc'", "the number 12", "an object": what stands where something else was expected.
std::string described(Json json);
// The beginning of a text of a stranger in quotes.
std::string quoted(std::string_view text);
bool is_blank(std::string_view text);

}  // namespace perigee
