#include "jolt/tree.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "el/convert.hpp"

namespace perigee::jolt {
namespace {

constexpr std::size_t kIndexedFrom = 16;  // members; fewer are looked through

// Doubles the room of a growing array in the arena.
template <class T, class List>
void grow(List& list, T* moved) {
  if (list.size > 0) std::memcpy(moved, list.data, list.size * sizeof(T));
  list.data = moved;
}

}  // namespace

bool Run::step(std::size_t count) {
  steps_ += count;
  if (steps_ <= limits_.steps_max) [[likely]]
    return !failed();
  fail("it needs more than " + std::to_string(limits_.steps_max) +
       " steps (perigee.limits.joltSteps)");
  return false;
}

bool Run::build(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= limits_.built_bytes_max) [[likely]]
    return true;
  fail("it makes more than " + std::to_string(limits_.built_bytes_max) +
       " bytes (perigee.limits.joltBytes)");
  return false;
}

// Beyond the limit the run has failed and ends at its next step; what was asked for is small.
void* Run::take(std::size_t bytes) {
  build(bytes);
  return arena_.take(bytes, alignof(std::max_align_t));
}

Node* Run::node(JsonType type) {
  Node* made = new (take(sizeof(Node))) Node();
  made->type = type;
  return made;
}
Node* Run::null() { return node(JsonType::null); }
Node* Run::boolean(bool value) {
  Node* made = node(JsonType::boolean);
  made->boolean = value;
  return made;
}
Node* Run::integer(std::int64_t value) {
  Node* made = node(JsonType::integer);
  made->integer = value;
  return made;
}
Node* Run::real(double value) {
  Node* made = node(JsonType::real);
  made->real = value;
  return made;
}
Node* Run::text(std::string_view text) {
  Node* made = node(JsonType::text);
  std::string_view kept = keep(text);
  made->text = {kept.data(), kept.size()};
  return made;
}
Node* Run::array() {
  Node* made = node(JsonType::array);
  made->items = {nullptr, 0, 0};
  return made;
}
Node* Run::object() {
  Node* made = node(JsonType::object);
  made->members = {nullptr, 0, 0};
  return made;
}

std::string_view Run::keep(std::string_view text) {
  return build(text.size()) ? arena_.copy(text) : std::string_view();
}

// As deep as its document, which has a limit.
Node* Run::copy(Json json) {
  if (!step()) return null();
  switch (json.type()) {
    case JsonType::null:
      return null();
    case JsonType::boolean:
      return boolean(json.boolean());
    case JsonType::integer:
      return integer(json.integer());
    case JsonType::real:
      return real(json.real());
    case JsonType::text:
      return text(json.text());
    case JsonType::array: {
      Node* made = array();
      for (const JsonNode& item : json.items()) append(made, copy(Json(item)));
      return made;
    }
    case JsonType::object: {
      Node* made = object();
      for (const JsonMember& each : json.members()) set(made, each.name, copy(Json(each.value)));
      return made;
    }
  }
  return null();
}

void Run::append(Node* array, Node* item) {
  Items& items = array->items;
  if (items.size == items.capacity) {
    if (items.size >= kListItemsMax * 4) return fail("a list has too many items");
    items.capacity = std::max<std::uint32_t>(4, items.capacity * 2);
    grow<Node*>(items, static_cast<Node**>(take(items.capacity * sizeof(Node*))));
  }
  items.data[items.size++] = item;
}

bool Run::reach(Node* array, std::size_t size) {
  if (size > kListItemsMax) {
    fail("a position in a list is beyond " + std::to_string(kListItemsMax));
    return false;
  }
  while (array->items.size < size && step()) append(array, null());
  return !failed();
}

Member* Run::member(Node* object, std::string_view name) {
  if (!object->index) {
    step(object->members.size);
    for (Member& each : object->as_members()) {
      if (each.name == name) return &each;
    }
    return nullptr;
  }
  std::size_t mask = object->index_size - 1;
  for (std::size_t at = std::hash<std::string_view>()(name);; ++at) {
    if (!step()) return nullptr;
    std::uint32_t position = object->index[at & mask];
    if (position == 0) return nullptr;
    Member& each = object->members.data[position - 1];
    if (each.name == name) return &each;
  }
}

void Run::index_members(Node* object) {
  object->index_size = object->members.capacity * 2;
  std::size_t bytes = object->index_size * sizeof(std::uint32_t);
  object->index = static_cast<std::uint32_t*>(take(bytes));
  std::memset(object->index, 0, bytes);
  std::size_t mask = object->index_size - 1;
  for (std::uint32_t i = 0; i < object->members.size; ++i) {
    std::size_t at = std::hash<std::string_view>()(object->members.data[i].name);
    while (object->index[at & mask] != 0 && step()) ++at;
    object->index[at & mask] = i + 1;
  }
}

Node* Run::find(Node* object, std::string_view name) {
  Member* found = member(object, name);
  return found ? found->value : nullptr;
}

void Run::set(Node* object, std::string_view name, Node* value) {
  if (Member* found = member(object, name)) {
    found->value = value;
    return;
  }
  Members& members = object->members;
  if (members.size == members.capacity) {
    members.capacity = std::max<std::uint32_t>(4, members.capacity * 2);
    grow<Member>(members, static_cast<Member*>(take(members.capacity * sizeof(Member))));
    members.data[members.size++] = {keep(name), value};
    if (members.capacity > kIndexedFrom) index_members(object);
    return;
  }
  members.data[members.size++] = {keep(name), value};
  if (!object->index) return;
  std::size_t mask = object->index_size - 1;
  std::size_t at = std::hash<std::string_view>()(name);
  while (object->index[at & mask] != 0 && step()) ++at;
  object->index[at & mask] = members.size;
}

void Run::remove(Node* object, std::string_view name) {
  if (Member* found = member(object, name)) found->value = nullptr;
}

std::size_t live_size(const Node& object) {
  return static_cast<std::size_t>(
      std::ranges::count_if(object.as_members(), [](const Member& m) { return m.value; }));
}

namespace {

class Writer {
 public:
  Writer(std::size_t bytes_max, Run& run) : bytes_max_(bytes_max), run_(run) {}
  std::string take() { return std::move(to_); }

  void write(const Node& node, std::size_t depth) {
    if (!run_.step()) return;
    if (depth > kDepthMax)
      return run_.fail("the result is deeper than " + std::to_string(kDepthMax) +
                       " levels, or contains itself");
    if (to_.size() > bytes_max_)
      return run_.fail("the result is longer than " + std::to_string(bytes_max_) + " bytes");
    switch (node.type) {
      case JsonType::null:
        to_ += "null";
        break;
      case JsonType::boolean:
        to_ += node.boolean ? "true" : "false";
        break;
      case JsonType::integer:
        to_ += std::to_string(node.integer);
        break;
      case JsonType::real:
        std::isfinite(node.real) ? to_ += el::java_double(node.real)
                                 : to_ += json_quoted(el::java_double(node.real));
        break;
      case JsonType::text:
        append_json_quoted(to_, node.as_text());
        break;
      case JsonType::array:
        write_items(node, depth);
        break;
      case JsonType::object:
        write_members(node, depth);
        break;
    }
  }

 private:
  void write_items(const Node& node, std::size_t depth) {
    to_ += '[';
    for (std::size_t i = 0; i < node.items.size && !run_.failed(); ++i) {
      if (i > 0) to_ += ',';
      write(*node.items.data[i], depth + 1);
    }
    to_ += ']';
  }
  void write_members(const Node& node, std::size_t depth) {
    to_ += '{';
    bool first = true;
    for (const Member& each : node.as_members()) {
      if (!each.value) continue;
      if (run_.failed()) return;
      if (!first) to_ += ',';
      first = false;
      append_json_quoted(to_, each.name);
      to_ += ':';
      write(*each.value, depth + 1);
    }
    to_ += '}';
  }
  std::string to_;
  std::size_t bytes_max_;
  Run& run_;
};

void append_java(std::string& to, const Node& node, Run& run, std::size_t depth) {
  if (!run.step()) return;
  if (depth > kDepthMax || to.size() > run.bytes_max())
    return run.fail("a text of a tree is too long");
  if (node.is_array()) {
    to += '[';
    for (std::size_t i = 0; i < node.items.size; ++i) {
      if (i > 0) to += ", ";
      append_java(to, *node.items.data[i], run, depth + 1);
    }
    to += ']';
  } else if (node.is_object()) {
    to += '{';
    bool first = true;
    for (const Member& each : node.as_members()) {
      if (!each.value) continue;
      if (!first) to += ", ";
      first = false;
      to.append(each.name) += '=';
      append_java(to, *each.value, run, depth + 1);
    }
    to += '}';
  } else if (node.is_text()) {
    to += node.as_text();
  } else if (node.type == JsonType::real) {
    to += el::java_double(node.real);
  } else if (node.type == JsonType::integer) {
    to += std::to_string(node.integer);
  } else {
    to += node.is_null() ? "null" : node.boolean ? "true" : "false";
  }
}

bool equal_at(const Node& a, const Node& b, Run& run, std::size_t depth) {
  if (!run.step() || depth > kDepthMax || a.type != b.type) return false;
  switch (a.type) {
    case JsonType::null:
      return true;
    case JsonType::boolean:
      return a.boolean == b.boolean;
    case JsonType::integer:
      return a.integer == b.integer;
    case JsonType::real:
      return a.real == b.real;
    case JsonType::text:
      return a.as_text() == b.as_text();
    case JsonType::array:
      return std::ranges::equal(a.as_items(), b.as_items(), [&](const Node* x, const Node* y) {
        return equal_at(*x, *y, run, depth + 1);
      });
    case JsonType::object:
      break;
  }
  if (live_size(a) != live_size(b)) return false;
  return std::ranges::all_of(a.as_members(), [&](const Member& each) {
    if (!each.value) return true;
    Node* other = run.find(const_cast<Node*>(&b), each.name);
    return other && equal_at(*each.value, *other, run, depth + 1);
  });
}

}  // namespace

std::string written(const Node& node, std::size_t bytes_max, Run& run) {
  Writer writer(bytes_max, run);
  writer.write(node, 0);
  std::string text = writer.take();
  if (text.size() > bytes_max)
    run.fail("the result is longer than " + std::to_string(bytes_max) + " bytes");
  return text;
}

std::string java_text(const Node& node, Run& run) {
  std::string text;
  append_java(text, node, run, 0);
  return text;
}

bool equal(const Node& a, const Node& b, Run& run) { return equal_at(a, b, run, 0); }

}  // namespace perigee::jolt
