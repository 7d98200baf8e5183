// default: puts in what is missing.
#include <algorithm>

#include "jolt/operation.hpp"

namespace perigee::jolt {
namespace {

struct Default {
  enum class Match : std::uint8_t { literal, some, all };  // in this order
  Match match = Match::literal;
  std::vector<std::string> keys;
  std::vector<std::optional<std::size_t>> positions;  // of keys, under a list
  bool makes_array = false;
  Json value;  // of a leaf
  bool is_leaf = true;
  std::vector<Default> children;
  std::size_t array_size = 0;  // that its literal positions need

  bool positions_are_known() const {
    return std::ranges::all_of(positions, [](const auto& each) { return each.has_value(); });
  }
};

// As deep as its document, which has a limit.
Result<void> read_defaults(Json spec, Default& to, bool may_be_array) {
  to.is_leaf = false;
  for (const JsonMember& member : spec.members()) {
    Default child;
    std::string_view key = member.name;
    child.makes_array = key.ends_with("[]");
    if (child.makes_array) key.remove_suffix(2);
    if (key == "*") {
      child.match = Default::Match::all;
    } else {
      for (std::string_view each : alternatives(key)) child.keys.emplace_back(each);
      if (child.keys.size() > 1) child.match = Default::Match::some;
    }
    for (const std::string& each : child.keys) child.positions.push_back(position(each));
    if (to.makes_array && !child.positions_are_known())
      return refuse_at(Json(member.value), "under a key with [] stand positions");
    if ((to.makes_array || may_be_array) && child.match == Default::Match::literal &&
        child.positions[0]) {
      if (*child.positions[0] >= kListItemsMax)
        return refuse_at(Json(member.value), "the position is too large");
      to.array_size = std::max(to.array_size, *child.positions[0] + 1);
    }
    child.value = Json(member.value);
    if (child.value.is_object()) {
      TRY(read_defaults(child.value, child, false));
    }
    to.children.push_back(std::move(child));
  }
  // The most special first: names, then lists of names (short ones before), then *.
  std::ranges::sort(to.children, [](const Default& a, const Default& b) {
    if (a.match != b.match) return a.match < b.match;
    if (a.keys.size() != b.keys.size()) return a.keys.size() < b.keys.size();
    return a.keys < b.keys;
  });
  return {};
}

class DefaultOperation final : public Operation {
 public:
  explicit DefaultOperation(Default root) : root_(std::move(root)) {}

  Node* apply(Node* input, Run& run) const override {
    if (input->is_null()) input = run.object();
    if (input->is_array() && !std::ranges::all_of(root_.children, [](const Default& child) {
          return child.positions_are_known();
        })) {
      run.fail("a default whose keys are names was given a list");
      return input;
    }
    apply_children(root_, *input, run);
    return input;
  }

 private:
  static void apply_children(const Default& spec, Node& node, Run& run) {
    if (node.is_array() &&
        !run.reach(&node, std::max<std::size_t>(node.items.size, spec.array_size)))
      return;
    for (const Default& child : spec.children) {
      if (node.is_object()) {
        apply_to_members(child, node, run);
      } else if (node.is_array()) {
        apply_to_items(child, node, run);
      }
    }
  }

  static void apply_to_members(const Default& child, Node& node, Run& run) {
    if (child.match != Default::Match::all) {
      for (const std::string& key : child.keys) {
        Node* there = run.find(&node, key);
        if (!there && child.match == Default::Match::some) continue;
        if (Node* made = fill(child, there, run)) run.set(&node, key, made);
      }
      return;
    }
    for (Member& each : node.as_members()) {
      if (!each.value || !run.step()) continue;
      if (Node* made = fill(child, each.value, run)) each.value = made;
    }
  }

  static void apply_to_items(const Default& child, Node& node, Run& run) {
    auto fill_at = [&](std::size_t at) {
      if (at >= node.items.size || !run.step()) return;
      if (Node* made = fill(child, node.items.data[at], run)) node.items.data[at] = made;
    };
    if (child.match == Default::Match::all) {
      for (std::size_t at = 0; at < node.items.size; ++at) fill_at(at);
    }
    for (const auto& at : child.positions) {
      if (at) fill_at(*at);
    }
  }

  // What has to be put there; null when what is there stays.
  static Node* fill(const Default& child, Node* there, Run& run) {
    bool empty = !there || there->is_null();
    if (child.is_leaf) return empty ? run.copy(child.value) : nullptr;
    Node* container = empty ? (child.makes_array ? run.array() : run.object()) : there;
    bool fits = container->is_object() || child.makes_array;
    if (fits) apply_children(child, *container, run);
    return empty ? container : nullptr;
  }

  Default root_;
};

}  // namespace

MadeOperation make_default(Json spec) {
  if (!spec.is_object()) return refuse_at(spec, "a default needs an object");
  Default root;
  TRY(read_defaults(spec, root, true));
  return std::make_unique<const DefaultOperation>(std::move(root));
}

}  // namespace perigee::jolt
