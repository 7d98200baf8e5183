// modify-overwrite-beta, modify-default-beta, modify-define-beta: computes values in place.
#include <algorithm>

#include "base/nearest.hpp"
#include "el/text.hpp"
#include "jolt/operation.hpp"

namespace perigee::jolt {
namespace {

using Kind = Element::Kind;

// What stands on the right side: a constant, a value somewhere else, or a call with those.
struct Argument {
  Json constant;                    // absent: `text` or `pointer`
  std::optional<std::string> text;  // an argument of a call, to be read as a scalar
  std::optional<Element> pointer;
};
struct Expression {
  std::optional<Function> function;
  std::vector<Argument> arguments;  // of a call without any: the value itself
};

struct Spec {
  Element key;
  WriteMode mode = WriteMode::overwrite;
  bool only_present = false;       // the key ended with a "?"
  std::vector<Expression> values;  // of a leaf: the first that gives something is taken
  std::vector<Spec> children;
  std::vector<std::size_t> literals, computed;
  enum class Type : std::uint8_t { any, object, array } type = Type::any;
  std::size_t array_size = 0;  // that its positions need
};

Result<Argument> pointer(std::string_view text, Json at) {
  Result<Element> element = parse_key(text);
  if (!element) return refuse_at(at, element.error().message);
  if (element->kind != Kind::transpose)
    return refuse_at(at, "'" + std::string(text.substr(0, 100)) + "': expected @(level,path)");
  return Argument{.pointer = *std::move(element)};
}

Result<Argument> argument(std::string_view text, Json at) {
  if (text.starts_with('@')) return pointer(text, at);
  if (text.starts_with('^'))
    return refuse_at(at, "'^': there is no context here; use @(level,path)");
  return Argument{.text = std::string(text)};
}

// The arguments of "name(a, 'b,c', @(1,x))".
std::vector<std::string> split_arguments(std::string_view inside) {
  std::vector<std::string> arguments(1);
  int depth = 0;
  bool quoted = false;
  for (char c : inside) {
    if (c == '\'') quoted = !quoted;
    if (!quoted) depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0 && !quoted) {
      arguments.emplace_back();
    } else {
      arguments.back() += c;
    }
  }
  for (std::string& each : arguments) each = el::trim(each);
  return arguments;
}

Result<Expression> call_expression(std::string_view text, Json at) {
  std::string_view rest = text.substr(1);
  std::size_t open = rest.find('(');
  std::string_view name = rest.substr(0, open);
  Expression made;
  made.function = function_named(name);
  if (!made.function)
    return refuse_at(at, "unknown function '" + std::string(name.substr(0, 100)) + "'" +
                             did_you_mean(name, function_names()));
  if (open == rest.npos) return made;
  if (!rest.ends_with(')'))
    return refuse_at(at, "'" + std::string(text.substr(0, 100)) + "': a '(' is not closed");
  for (const std::string& each : split_arguments(rest.substr(open + 1, rest.size() - open - 2))) {
    TRY(Argument read, argument(each, at));
    made.arguments.push_back(std::move(read));
  }
  return made;
}

Result<Expression> expression(Json value) {
  Expression made;
  if (!value.is_text()) {
    made.arguments.push_back({.constant = value});
    return made;
  }
  std::string_view text = value.text();
  if (text.starts_with('=')) return call_expression(text, value);
  if (text.starts_with('@') || text.starts_with('^')) {
    TRY(Argument read, argument(text, value));
    made.arguments.push_back(std::move(read));
  } else {
    made.arguments.push_back({.constant = value});
  }
  return made;
}

Result<void> read_children(Json value, Spec& to);

// The key without what stands around it: +, ~ or _ for its mode, ? when it must be there.
std::string_view read_marks(std::string_view key, Spec& to) {
  constexpr std::string_view kModes = "+~_";
  std::size_t mode = key.empty() ? key.npos : kModes.find(key[0]);
  if (mode != key.npos) {
    to.mode = static_cast<WriteMode>(mode);
    key.remove_prefix(1);
  }
  to.only_present = key.size() > 1 && key.ends_with('?') && !key.ends_with("\\?");
  if (to.only_present) key.remove_suffix(1);
  return key;
}

Result<Spec> read_child(std::string_view key, Json value, WriteMode mode) {
  Spec child;
  child.mode = mode;
  Result<Element> element = parse_key(read_marks(key, child));
  if (!element) return refuse_at(value, element.error().message);
  child.key = *std::move(element);
  bool number = child.key.is_array() && child.key.index == Element::Index::number;
  if (child.key.kind != Kind::literal && child.key.kind != Kind::star && !number)
    return refuse_at(value,
                     "a key of a modify is a name, a name with *, or a position such as [0]");
  if (value.is_object() && value.size() > 0) {
    TRY(read_children(value, child));
  } else if (value.is_array() && value.size() > 0) {
    for (const JsonNode& item : value.items()) {
      TRY(Expression each, expression(Json(item)));
      child.values.push_back(std::move(each));
    }
  } else {
    TRY(Expression each, expression(value));
    child.values.push_back(std::move(each));
  }
  return child;
}

// As deep as its document, which has a limit.
Result<void> read_children(Json value, Spec& to) {
  for (const JsonMember& member : value.members()) {
    for (std::string_view key : alternatives(member.name)) {
      TRY(Spec child, read_child(key, Json(member.value), to.mode));
      to.children.push_back(std::move(child));
    }
  }
  bool has_names = false, has_positions = false;
  for (std::size_t i = 0; i < to.children.size(); ++i) {
    const Spec& child = to.children[i];
    has_positions |= child.key.is_array();
    has_names |= !child.key.is_array() && !child.key.matches_all_keys();
    if (child.key.is_array() && !child.only_present)
      to.array_size = std::max(to.array_size, child.key.number + 1);
    (child.key.kind == Kind::star ? to.computed : to.literals).push_back(i);
  }
  if (has_names && has_positions) return refuse_at(value, "names and positions cannot be mixed");
  to.type = has_positions ? Spec::Type::array : has_names ? Spec::Type::object : Spec::Type::any;
  std::ranges::sort(to.computed, [&](std::size_t a, std::size_t b) {
    return comes_before(to.children[a].key, to.children[b].key);
  });
  return {};
}

// A scalar as an argument of a call writes it: 'text', a number, true, or a bare word.
Node* scalar(std::string_view text, Run& run) {
  if (text.empty()) return run.null();
  if (text.size() > 1 && text.starts_with('\'') && text.ends_with('\''))
    return run.text(text.substr(1, text.size() - 2));
  if (el::equal_ignoring_case(text, "true")) return run.boolean(true);
  if (el::equal_ignoring_case(text, "false")) return run.boolean(false);
  Node* word = run.text(text);
  Node* number = call(*function_named("toNumber"), std::array{word}, run);
  return number ? number : word;
}

Node* value_of(const Argument& argument, Run& run) {
  if (argument.pointer) return pointed_at(*argument.pointer, run);
  if (argument.text) return scalar(*argument.text, run);
  return run.copy(argument.constant);
}

// Null when it gives nothing.
Node* value_of(const Expression& expression, Node* current, Run& run) {
  if (!expression.function) return value_of(expression.arguments[0], run);
  std::vector<Node*> arguments;
  if (expression.arguments.empty()) {
    if (current) arguments.push_back(current);
  } else if (expression.arguments.size() == 1) {
    if (Node* only = value_of(expression.arguments[0], run)) arguments.push_back(only);
  } else {
    for (const Argument& each : expression.arguments) {
      Node* value = value_of(each, run);
      arguments.push_back(value ? value : run.null());
    }
  }
  return call(*expression.function, arguments, run);
}

class Modify final : public Operation {
 public:
  // `document` keeps the constants of the specification.
  explicit Modify(Spec root) : root_(std::move(root)) {}

  Node* apply(Node* input, Run& run) const override {
    Matched matched{.key = "root"};
    if (!fits(root_, *input)) return input;
    // A list at the root is as long as its positions need, too.
    apply_children(root_, input, matched, run);
    return input;
  }

 private:
  // Where a value stands: a member of an object, or an item of a list that was `size` long.
  struct Place {
    Node* parent;
    std::string_view key;
    std::size_t at = 0;
    std::size_t size = 0;
  };

  static bool fits(const Spec& spec, const Node& node) {
    if (spec.type == Spec::Type::any) return node.is_object() || node.is_array();
    return spec.type == Spec::Type::object ? node.is_object() : node.is_array();
  }

  static bool may_write(WriteMode mode, const Place& place, Run& run) {
    if (mode == WriteMode::overwrite) return true;
    Node* there = place.parent->is_object() ? run.find(place.parent, place.key)
                                            : place.parent->items.data[place.at];
    if (mode == WriteMode::when_null) return !there || there->is_null();
    return place.parent->is_object() ? !there : place.at >= place.size && there->is_null();
  }
  static void set(const Place& place, Node* value, Run& run) {
    if (place.parent->is_object()) {
      run.set(place.parent, place.key, value);
    } else {
      place.parent->items.data[place.at] = value;
    }
  }

  // `value`: null when there is none. As deep as the specification.
  static bool apply_spec(const Spec& spec, const Place& place, Node* value, Run& run) {
    Matched matched;
    if (!run.step()) return false;
    if (spec.key.is_array()) {
      matched.key = place.key;
    } else if (!matches(spec.key, place.key, matched, run)) {
      return false;
    }
    if (spec.only_present && !value) return true;
    if (spec.children.empty()) {
      apply_leaf(spec, place, value, matched, run);
      return true;
    }
    if (!value || value->is_null()) {
      if (spec.type == Spec::Type::any || !may_write(spec.mode, place, run)) return true;
      value = spec.type == Spec::Type::array ? run.array() : run.object();
      set(place, value, run);
    }
    if (fits(spec, *value)) apply_children(spec, value, matched, run);
    return true;
  }

  static void apply_leaf(const Spec& spec, const Place& place, Node* value, Matched& matched,
                         Run& run) {
    run.path.push_back({value ? value : run.null(), &matched});
    for (const Expression& each : spec.values) {
      Node* made = value_of(each, value, run);
      if (!made) continue;
      if (may_write(spec.mode, place, run)) set(place, made, run);
      break;
    }
    run.path.pop_back();
  }

  static void apply_children(const Spec& spec, Node* node, Matched& matched, Run& run) {
    run.path.push_back({node, &matched});
    if (node->is_array()) {
      apply_to_items(spec, node, run);
    } else {
      apply_to_members(spec, node, run);
    }
    run.path.pop_back();
  }

  static void apply_to_members(const Spec& spec, Node* node, Run& run) {
    for (std::size_t child : spec.literals) {
      const std::string& key = spec.children[child].key.text;
      apply_spec(spec.children[child], {node, key}, run.find(node, key), run);
    }
    if (spec.computed.empty()) return;
    for (std::size_t i = 0, end = node->members.size; i < end && run.step(); ++i) {
      Member each = node->members.data[i];
      if (each.value) apply_computed(spec, {node, each.name}, each.value, run);
    }
  }

  static void apply_to_items(const Spec& spec, Node* node, Run& run) {
    std::size_t size = node->items.size;
    if (!run.reach(node, std::max(size, spec.array_size))) return;
    auto value_at = [&](std::size_t at) {
      Node* value = at < node->items.size ? node->items.data[at] : nullptr;
      return value && value->is_null() && at >= size ? nullptr : value;
    };
    for (std::size_t child : spec.literals) {
      const Element& key = spec.children[child].key;
      if (!key.is_array() || key.number >= node->items.size) continue;
      apply_spec(spec.children[child], {node, "", key.number, size}, value_at(key.number), run);
    }
    if (spec.computed.empty()) return;
    for (std::size_t at = 0; at < node->items.size && run.step(); ++at) {
      std::string_view key = run.keep(std::to_string(at));
      apply_computed(spec, {node, key, at, size}, value_at(at), run);
    }
  }

  static void apply_computed(const Spec& spec, const Place& place, Node* value, Run& run) {
    for (std::size_t child : spec.computed) {
      if (apply_spec(spec.children[child], place, value, run)) return;
    }
  }

  Spec root_;
};

}  // namespace

MadeOperation make_modify(Json spec, WriteMode mode) {
  if (!spec.is_object()) return refuse_at(spec, "a modify needs an object");
  Spec root;
  root.mode = mode;
  TRY(read_children(spec, root));
  return std::make_unique<const Modify>(std::move(root));
}

}  // namespace perigee::jolt
