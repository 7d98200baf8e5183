// remove, cardinality and sort: the operations that edit what is there.
#include <algorithm>
#include <map>

#include "el/text.hpp"
#include "jolt/operation.hpp"

namespace perigee::jolt {
namespace {

struct Remove {
  Element key;
  bool is_leaf = true;
  std::vector<Remove> children;
};

Result<void> read_removes(Json spec, Remove& to) {
  to.is_leaf = false;
  for (const JsonMember& member : spec.members()) {
    for (std::string_view key : alternatives(member.name)) {
      if (key.size() > kKeyBytesMax) return refuse_at(Json(member.value), "the key is too long");
      Remove child;
      child.key = parse_plain_key(key);
      if (Json value(member.value); value.is_object()) {
        TRY(read_removes(value, child));
      }
      to.children.push_back(std::move(child));
    }
  }
  return {};
}

class RemoveOperation final : public Operation {
 public:
  explicit RemoveOperation(Remove root) : root_(std::move(root)) {}
  Node* apply(Node* input, Run& run) const override {
    apply_children(root_, *input, run);
    return input;
  }

 private:
  static bool means(const Element& key, std::string_view name) {
    return key.kind == Element::Kind::star ? key.star_matches(name) : key.text == name;
  }

  static void apply_children(const Remove& spec, Node& node, Run& run) {
    if (node.is_object()) {
      for (const Remove& child : spec.children) remove_members(child, node, run);
    } else if (node.is_array()) {
      remove_items(spec, node, run);
    }
  }

  static void remove_members(const Remove& child, Node& node, Run& run) {
    if (child.key.kind == Element::Kind::literal) {
      Node* value = run.find(&node, child.key.text);
      if (!value) return;
      child.is_leaf ? run.remove(&node, child.key.text) : apply_children(child, *value, run);
      return;
    }
    for (Member& each : node.as_members()) {
      if (!each.value || !run.step() || !means(child.key, each.name)) continue;
      if (child.is_leaf) {
        each.value = nullptr;
      } else {
        apply_children(child, *each.value, run);
      }
    }
  }

  // In a list only a position or * means something.
  static void remove_items(const Remove& spec, Node& node, Run& run) {
    std::vector<bool> gone(node.items.size);
    for (const Remove& child : spec.children) {
      std::optional<std::size_t> only = position(child.key.text);
      bool all = child.key.matches_all_keys();
      if (!all && (!only || *only >= node.items.size)) continue;
      std::size_t begin = all ? 0 : *only, end = all ? node.items.size : *only + 1;
      for (std::size_t at = begin; at < end && run.step(); ++at) {
        if (child.is_leaf) {
          gone[at] = true;
        } else {
          apply_children(child, *node.items.data[at], run);
        }
      }
    }
    std::uint32_t kept = 0;
    for (std::size_t at = 0; at < gone.size(); ++at) {
      if (!gone[at]) node.items.data[kept++] = node.items.data[at];
    }
    node.items.size = kept;
  }

  Remove root_;
};

struct Cardinality {
  Element key;
  bool is_leaf = true;
  bool many = false;
  std::vector<Cardinality> children;
  std::vector<std::size_t> computed;
  std::map<std::string, std::size_t, std::less<>> literals;
  std::optional<bool> self_many;  // of its child "@"
};

Result<bool> many_of(Json value) {
  if (value.is_text() && value.text() == "MANY") return true;
  if (value.is_text() && value.text() == "ONE") return false;
  return refuse_at(value, "expected ONE or MANY");
}

Result<void> read_cardinalities(Json spec, Cardinality& to) {
  to.is_leaf = false;
  if (spec.size() == 0) return refuse_at(spec, "an empty object means nothing in a cardinality");
  for (const JsonMember& member : spec.members()) {
    Json value(member.value);
    Result<Element> key = parse_key(member.name);
    if (!key) return refuse_at(value, key.error().message);
    if (key->kind == Element::Kind::at) {
      TRY(to.self_many, many_of(value));
      continue;
    }
    Cardinality child;
    child.key = *std::move(key);
    bool known = child.key.kind == Element::Kind::literal ||
                 child.key.kind == Element::Kind::star || child.key.kind == Element::Kind::amp;
    if (!known)
      return refuse_at(value, "a key of a cardinality is a name, a name with * or &, or @");
    if (value.is_object()) {
      TRY(read_cardinalities(value, child));
    } else {
      TRY(child.many, many_of(value));
    }
    if (child.key.kind == Element::Kind::literal) {
      to.literals[child.key.text] = to.children.size();
    } else {
      to.computed.push_back(to.children.size());
    }
    to.children.push_back(std::move(child));
  }
  std::ranges::sort(to.computed, [&](std::size_t a, std::size_t b) {
    return comes_before(to.children[a].key, to.children[b].key);
  });
  return {};
}

class CardinalityOperation final : public Operation {
 public:
  explicit CardinalityOperation(Cardinality root) : root_(std::move(root)) {}

  Node* apply(Node* input, Run& run) const override {
    Matched matched{.key = "root"};
    run.path.push_back({input, &matched});
    if (root_.self_many) input = adjusted(*root_.self_many, input, run);
    if (input) apply_children(root_, *input, run);
    run.path.pop_back();
    return input;
  }

 private:
  // One value of a list, or a list of one value.
  static Node* adjusted(bool many, Node* value, Run& run) {
    if (!many) {
      if (!value->is_array()) return value;
      return value->items.size > 0 ? value->items.data[0] : run.null();
    }
    if (value->is_array()) return value;
    Node* list = run.array();
    if (!value->is_null()) run.append(list, value);
    return list;
  }

  // Gives what has to stand where `value` stood, or null when `spec` means another key.
  static Node* apply_spec(const Cardinality& spec, std::string_view key, Node* value, Run& run) {
    Matched matched;
    if (!run.step() || !matches(spec.key, key, matched, run)) return nullptr;
    if (spec.is_leaf) return adjusted(spec.many, value, run);
    run.path.push_back({value, &matched});
    if (spec.self_many) value = adjusted(*spec.self_many, value, run);
    apply_children(spec, *value, run);
    run.path.pop_back();
    return value;
  }

  static Node* apply_best(const Cardinality& spec, std::string_view key, Node* value, Run& run) {
    auto literal = spec.literals.find(key);
    if (literal != spec.literals.end())
      return apply_spec(spec.children[literal->second], key, value, run);
    for (std::size_t child : spec.computed) {
      if (Node* made = apply_spec(spec.children[child], key, value, run)) return made;
    }
    return nullptr;
  }

  static void apply_children(const Cardinality& spec, Node& node, Run& run) {
    if (node.is_object()) {
      for (Member& each : node.as_members()) {
        if (!each.value || !run.step()) continue;
        if (Node* made = apply_best(spec, each.name, each.value, run)) each.value = made;
      }
    } else if (node.is_array()) {
      for (std::size_t at = 0; at < node.items.size && run.step(); ++at) {
        std::string_view key = run.keep(std::to_string(at));
        if (Node* made = apply_best(spec, key, node.items.data[at], run))
          node.items.data[at] = made;
      }
    }
  }

  Cardinality root_;
};

// By name; names that begin with ~ come first.
class SortOperation final : public Operation {
 public:
  Node* apply(Node* input, Run& run) const override { return sorted(input, run, 0); }

 private:
  static bool before(const Member& a, const Member& b) {
    bool a_first = a.name.starts_with('~'), b_first = b.name.starts_with('~');
    if (a_first != b_first) return a_first;
    return el::compare_units(a.name, b.name) < 0;
  }

  static Node* sorted(Node* node, Run& run, std::size_t depth) {
    if (!run.step()) return node;
    if (depth > kDepthMax) {
      run.fail("a tree is deeper than " + std::to_string(kDepthMax) + " levels");
      return node;
    }
    if (node->is_array()) {
      for (Node*& each : node->as_items()) each = sorted(each, run, depth + 1);
      return node;
    }
    if (!node->is_object() || !run.step(node->members.size * 20)) return node;
    std::vector<Member> members;
    for (const Member& each : node->as_members()) {
      if (each.value) members.push_back(each);
    }
    std::ranges::sort(members, before);
    Node* made = run.object();
    for (const Member& each : members) run.set(made, each.name, sorted(each.value, run, depth + 1));
    return made;
  }
};

Result<void> need_object(Json spec, std::string_view operation) {
  if (spec.is_object()) return {};
  return refuse_at(spec, "a " + std::string(operation) + " needs an object");
}

}  // namespace

MadeOperation make_remove(Json spec) {
  TRY(need_object(spec, "remove"));
  Remove root;
  TRY(read_removes(spec, root));
  return std::make_unique<const RemoveOperation>(std::move(root));
}

MadeOperation make_cardinality(Json spec) {
  TRY(need_object(spec, "cardinality"));
  Cardinality root;
  TRY(read_cardinalities(spec, root));
  return std::make_unique<const CardinalityOperation>(std::move(root));
}

MadeOperation make_sort(Json) { return std::make_unique<const SortOperation>(); }

}  // namespace perigee::jolt
