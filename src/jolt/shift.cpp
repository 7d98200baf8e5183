// shift: puts parts of the input where the specification says.
#include <algorithm>
#include <map>

#include "jolt/operation.hpp"

namespace perigee::jolt {
namespace {

using Kind = Element::Kind;

constexpr std::string_view kRoot = "root";  // results stand under it until the end

struct Spec {
  Element key;
  std::vector<Path> writes;  // of a leaf
  std::vector<Spec> children;
  std::vector<std::size_t> specials;  // not asked for by a key of the input
  std::vector<std::size_t> literals;  // in the order of the specification
  std::vector<std::size_t> computed;  // the most special first
  std::map<std::string, std::size_t, std::less<>> literal_by_key;
  // A key may be meant by a literal and by a computed child: then each key of the input is looked
  // at once, else all literals come first.
  bool conflicts = false;
};

bool is_special(const Element& key) {
  return key.kind == Kind::at || key.kind == Kind::transpose || key.kind == Kind::dollar ||
         key.kind == Kind::constant;
}

Result<Path> write_path(Json value) {
  if (!value.is_text()) return refuse_at(value, "a path must be a text");
  Result<Path> path = parse_path(value.text());
  if (!path) return refuse_at(value, path.error().message);
  for (const Element& step : *path) {
    if (step.kind == Kind::transpose && step.path.empty() && step.level == 0)
      return refuse_at(value, "an @ in a path needs a level or a path");
  }
  Element root;
  root.text = kRoot;
  path->insert(path->begin(), std::move(root));
  return path;
}

Result<void> read_writes(Json value, Spec& to) {
  if (value.is_null()) return {};  // matched and dropped
  if (!value.is_array()) {
    TRY(Path path, write_path(value));
    to.writes.push_back(std::move(path));
    return {};
  }
  for (const JsonNode& item : value.items()) {
    TRY(Path path, write_path(Json(item)));
    to.writes.push_back(std::move(path));
  }
  return {};
}

Result<void> read_children(Json value, Spec& to);

Result<Spec> read_child(std::string_view key, Json value) {
  Spec child;
  Result<Element> element = parse_key(key);
  if (!element) return refuse_at(value, element.error().message);
  child.key = *std::move(element);
  if (value.is_object()) {
    if (is_special(child.key) && child.key.kind != Kind::transpose)
      return refuse_at(value, "a key with @, $ or # cannot have an object");
    TRY(read_children(value, child));
  } else {
    TRY(read_writes(value, child));
  }
  return child;
}

void sort_children(Spec& spec) {
  for (std::size_t i = 0; i < spec.children.size(); ++i) {
    const Element& key = spec.children[i].key;
    if (is_special(key)) {
      spec.specials.push_back(i);
    } else if (key.kind == Kind::literal) {
      spec.literals.push_back(i);
      spec.literal_by_key[key.text] = i;
    } else {
      spec.computed.push_back(i);
    }
  }
  std::ranges::sort(spec.computed, [&](std::size_t a, std::size_t b) {
    return comes_before(spec.children[a].key, spec.children[b].key);
  });
  for (std::size_t computed : spec.computed) {
    const Element& key = spec.children[computed].key;
    spec.conflicts |=
        key.kind != Kind::star || std::ranges::any_of(spec.literals, [&](std::size_t literal) {
          return key.star_matches(spec.children[literal].key.text);
        });
  }
}

// As deep as its document, which has a limit.
Result<void> read_children(Json value, Spec& to) {
  if (value.size() == 0) return refuse_at(value, "an empty object means nothing in a shift");
  for (const JsonMember& member : value.members()) {
    for (std::string_view key : alternatives(member.name)) {
      TRY(Spec child, read_child(key, Json(member.value)));
      for (const Spec& other : to.children) {
        if (other.key.kind == child.key.kind && other.key.canonical == child.key.canonical)
          return refuse_at(Json(member.value),
                           "the key '" + std::string(key.substr(0, 100)) + "' stands here twice");
      }
      to.children.push_back(std::move(child));
    }
  }
  sort_children(to);
  return {};
}

// Puts data at the end of a path: beside what is there already, in a list.
void put(Node* container, std::string_view key, bool is_append, Node* data, Run& run) {
  if (container->is_object()) {
    Node* there = run.find(container, key);
    if (!there || there->is_null()) return run.set(container, key, data);
    if (there->is_array()) return run.append(there, data);
    Node* both = run.array();
    run.append(both, there);
    run.append(both, data);
    return run.set(container, key, both);
  }
  if (is_append) return run.append(container, data);
  std::size_t at = *position(key);
  if (!run.reach(container, at + 1)) return;
  Node*& there = container->items.data[at];
  if (there->is_null()) {
    there = data;
  } else if (there->is_array()) {
    run.append(there, data);
  } else {
    Node* both = run.array();
    run.append(both, there);
    run.append(both, data);
    there = both;
  }
}

// The container at a step of a path, made when there is nothing.
Node* descend(Node* container, std::string_view key, bool is_append, bool to_array, Run& run) {
  Node* there = nullptr;
  std::size_t at = 0;
  if (container->is_object()) {
    there = run.find(container, key);
  } else if (!is_append) {
    at = *position(key);
    if (!run.reach(container, at + 1)) return nullptr;
    there = container->items.data[at];
  }
  if (there && !there->is_null()) return there;
  there = to_array ? run.array() : run.object();
  if (container->is_object()) {
    run.set(container, key, there);
  } else if (is_append) {
    run.append(container, there);
  } else {
    container->items.data[at] = there;
  }
  return there;
}

// A path that cannot be computed, or meets something of another kind, writes nothing.
void write(const Path& path, Node* data, Node* output, Run& run) {
  std::vector<std::string> keys;
  for (const Element& element : path) {
    std::optional<std::string> key = evaluated(element, run);
    if (!key || run.failed()) return;
    keys.push_back(*std::move(key));
  }
  Node* container = output;
  for (std::size_t i = 0; i < path.size() && container && run.step(); ++i) {
    if (path[i].is_array() ? !container->is_array() : !container->is_object()) return;
    bool is_append = path[i].is_array() && path[i].index == Element::Index::append;
    if (i + 1 == path.size()) return put(container, keys[i], is_append, data, run);
    container = descend(container, keys[i], is_append, path[i + 1].is_array(), run);
  }
}

class Shift final : public Operation {
 public:
  explicit Shift(Spec root) : root_(std::move(root)) {}

  Node* apply(Node* input, Run& run) const override {
    Node* output = run.object();
    Matched matched{.key = kRoot};
    run.path.push_back({input, &matched});
    apply_children(root_, kRoot, input, output, run);
    run.path.pop_back();
    Node* result = run.find(output, kRoot);
    return result ? result : run.null();
  }

 private:
  // Whether `spec` took the key, so that no other spec sees it. As deep as the specification.
  static bool apply_spec(const Spec& spec, std::string_view key, Node* input, Node* output,
                         Run& run) {
    Matched matched;
    if (!run.step() || !matches(spec.key, key, matched, run) || run.failed()) return false;
    bool takes_key = !is_special(spec.key);
    Node* data = input;
    if (spec.key.kind == Kind::transpose) {
      data = pointed_at(spec.key, run);
      if (!data) return false;
    }
    Matched* at_level = spec.key.kind == Kind::transpose ? run.path.back().matched : &matched;
    run.path.push_back({spec.children.empty() ? input : data, at_level});
    if (spec.children.empty()) {
      write_all(spec, matched, data, output, run);
    } else {
      apply_children(spec, key, data, output, run);
    }
    run.path.pop_back();
    if (takes_key) ++run.path.back().matched->count;
    return takes_key;
  }

  static void write_all(const Spec& spec, const Matched& matched, Node* data, Node* output,
                        Run& run) {
    if (spec.key.kind == Kind::dollar || spec.key.kind == Kind::constant)
      data = run.text(matched.key);
    for (const Path& path : spec.writes) write(path, data ? data : run.null(), output, run);
  }

  static void apply_children(const Spec& spec, std::string_view key, Node* input, Node* output,
                             Run& run) {
    for (std::size_t child : spec.specials)
      apply_spec(spec.children[child], key, input, output, run);
    if (!input || input->is_null()) return;
    if (spec.conflicts) {
      each_key(*input, run, [&](std::string_view name, Node* value) {
        auto literal = spec.literal_by_key.find(name);
        if (literal != spec.literal_by_key.end()) {
          apply_spec(spec.children[literal->second], name, value, output, run);
        } else {
          apply_computed(spec, name, value, output, run);
        }
      });
      return;
    }
    apply_literals(spec, *input, output, run);
    if (spec.computed.empty()) return;
    each_key(*input, run, [&](std::string_view name, Node* value) {
      apply_computed(spec, name, value, output, run);
    });
  }

  static void apply_computed(const Spec& spec, std::string_view name, Node* value, Node* output,
                             Run& run) {
    for (std::size_t child : spec.computed) {
      if (apply_spec(spec.children[child], name, value, output, run)) return;
    }
  }

  static void apply_literals(const Spec& spec, Node& input, Node* output, Run& run) {
    for (std::size_t child : spec.literals) {
      const Spec& literal = spec.children[child];
      Node* value = nullptr;
      if (input.is_object()) {
        value = run.find(&input, literal.key.text);
        if (!value) continue;
      } else if (input.is_array()) {
        std::optional<std::size_t> at = position(literal.key.text);
        if (!at || *at >= input.items.size) continue;
        value = input.items.data[*at];
      } else if (key_text(input, run) != literal.key.text) {
        continue;
      }
      apply_spec(literal, literal.key.text, value, output, run);
    }
  }

  // Keys with their values: positions of a list are keys, and a scalar is a key without a value.
  template <class F>
  static void each_key(Node& input, Run& run, const F& visit) {
    if (input.is_object()) {
      for (std::size_t i = 0; i < input.members.size && run.step(); ++i) {
        Member each = input.members.data[i];
        if (each.value) visit(each.name, each.value);
      }
    } else if (input.is_array()) {
      for (std::size_t i = 0; i < input.items.size && run.step(); ++i)
        visit(run.keep(std::to_string(i)), input.items.data[i]);
    } else {
      visit(run.keep(key_text(input, run)), nullptr);
    }
  }

  Spec root_;
};

}  // namespace

MadeOperation make_shift(Json spec) {
  if (!spec.is_object()) return refuse_at(spec, "a shift needs an object");
  Spec root;
  TRY(read_children(spec, root));
  return std::make_unique<const Shift>(std::move(root));
}

}  // namespace perigee::jolt
