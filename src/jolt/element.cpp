#include "jolt/element.hpp"

#include <algorithm>
#include <charconv>

namespace perigee::jolt {
namespace {

using Kind = Element::Kind;
using Index = Element::Index;

const Step* step_above(std::uint32_t level, Run& run) {
  if (level < run.path.size()) return &run.path[run.path.size() - 1 - level];
  run.fail("a reference goes " + std::to_string(level) + " levels up, but there are only " +
           std::to_string(run.path.size()));
  return nullptr;
}

Node* read_below(Node* node, const Path& path, Run& run) {
  for (const Element& element : path) {
    std::optional<std::string> key = evaluated(element, run);
    if (!key || !node || !run.step()) return nullptr;
    if (element.is_array()) {
      std::optional<std::size_t> at = position(*key);
      if (!node->is_array() || !at || *at >= node->items.size) return nullptr;
      node = node->items.data[*at];
    } else {
      if (!node->is_object()) return nullptr;
      node = run.find(node, *key);
    }
  }
  return node;
}

std::optional<std::string> transposed(const Element& element, Run& run) {
  Node* found = pointed_at(element, run);
  if (!found) return std::nullopt;
  if (found->is_text()) return std::string(found->as_text());
  if (found->type == JsonType::integer) return std::to_string(found->integer);
  if (found->type == JsonType::real) return std::to_string(static_cast<std::int64_t>(found->real));
  return std::nullopt;
}

std::optional<std::string> evaluated_index(const Element& element, Run& run) {
  std::optional<std::string> key;
  switch (element.index) {
    case Index::append:
      return "[]";
    case Index::number:
      return std::to_string(element.number);
    case Index::reference:
      key = std::string(referenced(element.references[0], run));
      break;
    case Index::count: {
      const Step* above = step_above(element.references[0].level, run);
      if (above) key = std::to_string(above->matched->count);
      break;
    }
    case Index::transpose:
      key = transposed(element, run);
      break;
  }
  return key && position(*key) ? key : std::nullopt;
}

}  // namespace

std::optional<std::size_t> position(std::string_view text) {
  std::uint32_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Each star stands for at least one character, and for as few as possible.
bool Element::star_matches(std::string_view key, std::vector<std::string_view>* groups) const {
  if (matches_all_keys()) return true;
  if (!key.starts_with(texts[0])) return false;
  std::size_t at = texts[0].size();
  for (std::size_t i = 1; i < texts.size(); ++i) {
    bool last = i + 1 == texts.size();
    std::size_t end =
        last ? key.size() - std::min(key.size(), texts[i].size()) : key.find(texts[i], at + 1);
    if (end == key.npos || end < at + 1 || (last && !key.ends_with(texts[i]))) return false;
    if (groups) groups->push_back(key.substr(at, end - at));
    at = end + texts[i].size();
  }
  return true;
}

bool matches(const Element& element, std::string_view key, Matched& to, Run& run) {
  to.key = key;
  switch (element.kind) {
    case Kind::literal:
      return element.text == key;
    case Kind::star:
      return element.star_matches(key, &to.groups);
    case Kind::amp:
    case Kind::array:
      return evaluated(element, run) == key;
    case Kind::at:
    case Kind::transpose:
      return true;
    case Kind::dollar:
      to.key = referenced(element.references[0], run);
      return true;
    case Kind::constant:
      to.key = element.text;
      return true;
  }
  return false;
}

std::optional<std::string> evaluated(const Element& element, Run& run) {
  switch (element.kind) {
    case Kind::literal:
      return element.text;
    case Kind::amp: {
      std::string key = element.texts[0];
      for (std::size_t i = 0; i < element.references.size(); ++i) {
        key += referenced(element.references[i], run);
        key += element.texts[i + 1];
      }
      return key;
    }
    case Kind::transpose:
      return transposed(element, run);
    case Kind::array:
      return evaluated_index(element, run);
    default:
      return std::nullopt;
  }
}

Node* pointed_at(const Element& transpose, Run& run) {
  const Step* above = step_above(transpose.level, run);
  return above ? read_below(above->node, transpose.path, run) : nullptr;
}

std::string_view referenced(Reference reference, Run& run) {
  const Step* above = step_above(reference.level, run);
  if (!above) return {};
  if (reference.group == 0) return above->matched->key;
  if (reference.group <= above->matched->groups.size())
    return above->matched->groups[reference.group - 1];
  run.fail("the key '" + std::string(above->matched->key.substr(0, 100)) + "' has no part " +
           std::to_string(reference.group));
  return {};
}

std::string key_text(const Node& scalar, Run& run) { return java_text(scalar, run); }

bool comes_before(const Element& a, const Element& b) {
  auto rank = [](const Element& element) {
    if (element.kind != Kind::star) return 0;
    if (element.matches_all_keys()) return 4;
    return element.texts.size() > 3 ? 1 : element.texts.size() == 3 ? 2 : 3;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.canonical.size() != b.canonical.size()) return a.canonical.size() > b.canonical.size();
  return a.canonical < b.canonical;
}

}  // namespace perigee::jolt
