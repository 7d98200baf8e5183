// The JSON that operations change. Internal to jolt.
//
// Nodes live in the arena of one transformation and are shared by reference, as the objects of the
// reference are: what an operation puts in two places and then changes, changes in both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/json.hpp"
#include "jolt/chain.hpp"

namespace perigee::jolt {

inline constexpr std::size_t kDepthMax = 512;            // of a result
inline constexpr std::size_t kListItemsMax = 1'000'000;  // positions an operation may name

struct Node;
struct Member {
  std::string_view name;
  Node* value;  // null: removed
};

struct Items {
  Node** data;
  std::uint32_t size, capacity;
};
struct Members {
  Member* data;
  std::uint32_t size, capacity;  // removed ones count
};
struct Text {
  const char* data;
  std::size_t size;
};

struct Node {
  JsonType type = JsonType::null;
  std::uint32_t index_size = 0;  // of `index`, a power of two
  union {
    bool boolean;
    std::int64_t integer = 0;
    double real;
    Text text;
    Items items;
    Members members;
  };
  std::uint32_t* index = nullptr;  // of a large object: positions of members + 1, by hash

  bool is_null() const { return type == JsonType::null; }
  bool is_text() const { return type == JsonType::text; }
  bool is_array() const { return type == JsonType::array; }
  bool is_object() const { return type == JsonType::object; }
  bool is_number() const { return type == JsonType::integer || type == JsonType::real; }
  bool is_scalar() const { return !is_null() && !is_array() && !is_object(); }
  std::string_view as_text() const { return {text.data, text.size}; }
  std::span<Node*> as_items() const { return {items.data, items.size}; }
  std::span<Member> as_members() const { return {members.data, members.size}; }
};

// A key of the input that a key of the specification matched, with what its stars stood for.
struct Matched {
  std::string_view key;
  std::vector<std::string_view> groups;  // from 1 on; 0 is the key
  std::size_t count = 0;                 // of matches below it, for [#n]
};
struct Step {
  Node* node;
  Matched* matched;
};

// One transformation on its way: its arena, what it may spend and why it failed. Once failed,
// nothing that is done counts any more.
class Run {
 public:
  Run(Arena& arena, const Limits& limits) : arena_(arena), limits_(limits) {}

  bool failed() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }
  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  // Counts what is about to be done.
  bool step(std::size_t count = 1);
  // Of a text that is being made.
  std::size_t bytes_max() const { return limits_.built_bytes_max; }

  Node* null();
  Node* boolean(bool value);
  Node* integer(std::int64_t value);
  Node* real(double value);
  Node* text(std::string_view text);  // copied
  Node* array();
  Node* object();
  Node* copy(Json json);
  std::string_view keep(std::string_view text);

  void append(Node* array, Node* item);
  // Makes the array long enough, with nulls. False: the position is beyond the limit.
  bool reach(Node* array, std::size_t size);
  // Null when there is none.
  Node* find(Node* object, std::string_view name);
  void set(Node* object, std::string_view name, Node* value);
  void remove(Node* object, std::string_view name);

  std::vector<Step> path;  // from the root to where an operation is

 private:
  Node* node(JsonType type);
  bool build(std::size_t bytes);
  void* take(std::size_t bytes);
  Member* member(Node* object, std::string_view name);
  void index_members(Node* object);
  Arena& arena_;
  const Limits& limits_;
  std::string problem_;
  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
};

std::size_t live_size(const Node& object);

// The text of a tree; the run fails when it is deeper than kDepthMax (a part of itself) or longer.
std::string written(const Node& node, std::size_t bytes_max, Run& run);
// As Java's toString: `{a=1, b=[x, y]}`.
std::string java_text(const Node& node, Run& run);
bool equal(const Node& a, const Node& b, Run& run);

}  // namespace perigee::jolt
