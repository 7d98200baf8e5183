// The core function library (section 4).
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/find_bytes.hpp"
#include "base/utf8.hpp"
#include "xml/xpath_expr.hpp"

namespace perigee::xml {
namespace {

using Kind = XPathValue::Kind;
using enum Function;

constexpr std::uint8_t kMany = 255;

constexpr FunctionInfo kFunctions[] = {
    {"last", last},
    {"position", position},
    {"count", count, 1, 1},
    {"id", id, 1, 1},
    {"local-name", Function::local_name, 0, 1},
    {"namespace-uri", namespace_uri, 0, 1},
    {"name", name, 0, 1},
    {"string", string, 0, 1},
    {"concat", concat, 2, kMany},
    {"starts-with", starts_with, 2, 2},
    {"contains", contains, 2, 2},
    {"substring-before", substring_before, 2, 2},
    {"substring-after", substring_after, 2, 2},
    {"substring", substring, 2, 3},
    {"string-length", string_length, 0, 1},
    {"normalize-space", normalize_space, 0, 1},
    {"translate", translate, 3, 3},
    {"boolean", boolean, 1, 1},
    {"not", not_, 1, 1},
    {"true", true_},
    {"false", false_},
    {"lang", lang, 1, 1},
    {"number", number, 0, 1},
    {"sum", sum, 1, 1},
    {"floor", Function::floor, 1, 1},
    {"ceiling", ceiling, 1, 1},
    {"round", Function::round, 1, 1},
};

// Bytes of the character at the start; a broken one is a character of its own.
std::size_t character_size(std::string_view text) {
  return std::max<std::size_t>(utf8_character(text), 1);
}

std::size_t characters_of(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); text.remove_prefix(character_size(text))) ++count;
  return count;
}

double rounded(double d) {
  if (std::isnan(d) || std::isinf(d)) return d;
  return std::floor(d + 0.5);
}

// The characters whose position p (from 1) is at least the first number, and below the sum of both.
std::string_view substring_of(std::string_view text, double from, double length) {
  double begin = rounded(from), end = begin + rounded(length);
  std::size_t first = 0, last = 0, at = 0;
  bool has_begun = false;
  for (double place = 1; at < text.size(); ++place) {
    std::size_t size = character_size(text.substr(at));
    if (place >= begin && place < end) {
      if (!has_begun) first = at;
      has_begun = true;
      last = at + size;
    }
    at += size;
  }
  return has_begun ? text.substr(first, last - first) : std::string_view();
}

std::string normalized(std::string_view text) {
  std::string made;
  bool has_gap = false;
  for (char c : text) {
    if (is_blank(c)) {
      has_gap = !made.empty();
      continue;
    }
    if (has_gap) made += ' ';
    has_gap = false;
    made += c;
  }
  return made;
}

std::vector<std::string_view> characters_in(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    std::size_t size = character_size(text);
    all.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return all;
}

std::string translated(std::string_view text, std::string_view from, std::string_view to) {
  auto wanted = characters_in(from), instead = characters_in(to);
  std::string made;
  while (!text.empty()) {
    std::size_t size = character_size(text);
    std::string_view character = text.substr(0, size);
    text.remove_prefix(size);
    auto found = static_cast<std::size_t>(std::ranges::find(wanted, character) - wanted.begin());
    if (found == wanted.size())
      made += character;
    else if (found < instead.size())
      made += instead[found];
  }
  return made;
}

bool speaks(const Node* node, std::string_view wanted) {
  auto same = [](std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
  };
  for (; node; node = node->parent) {
    for (const Node* attribute = node->first_attribute; attribute; attribute = attribute->next) {
      if (attribute->name != "xml:lang") continue;
      std::string_view language = attribute->value;
      return same(language, wanted) ||
             (language.size() > wanted.size() && language[wanted.size()] == '-' &&
              same(language.substr(0, wanted.size()), wanted));
    }
  }
  return false;
}

class Call {
 public:
  Call(const Expr& expr, const Context& context, Evaluation& evaluation)
      : expr_(expr), context_(context), evaluation_(evaluation) {}

  Result<XPathValue> run() {
    switch (expr_.function) {
      case last:
        return XPathValue::of(static_cast<double>(context_.size));
      case position:
        return XPathValue::of(static_cast<double>(context_.position));
      case count:
      case sum:
      case id:
        return of_nodes();
      case name:
      case Function::local_name:
      case namespace_uri:
        return of_name();
      case boolean:
      case not_:
      case true_:
      case false_:
        return of_boolean();
      case number:
      case Function::floor:
      case ceiling:
      case Function::round:
        return of_number();
      default:
        return of_text();
    }
  }

 private:
  Result<XPathValue> argument(std::size_t index) {
    return evaluation_.evaluate(expr_.children[index], context_);
  }
  // The argument as text; of none the context node's.
  Result<std::string_view> text(std::size_t index) {
    if (index >= expr_.children.size())
      return text_of(*context_.node, evaluation_.arena, evaluation_.budget);
    TRY(XPathValue value, argument(index));
    TRY(std::string_view made, to_text(value, evaluation_.arena, evaluation_.budget));
    TRY(evaluation_.spend(steps_of(made)));
    return made;
  }
  Result<double> number_at(std::size_t index) {
    if (index >= expr_.children.size()) {
      TRY(std::string_view own, text(index));
      return number_of(own);
    }
    TRY(XPathValue value, argument(index));
    return to_number(value, evaluation_.arena, evaluation_.budget);
  }
  Result<XPathValue> kept(std::string_view made) {
    if (made.size() > evaluation_.budget.bytes) return over_budget();
    evaluation_.budget.bytes -= made.size();
    return XPathValue::of(evaluation_.arena.copy(made));
  }

  Result<XPathValue> of_nodes() {
    TRY(XPathValue value, argument(0));
    if (expr_.function == id) return XPathValue::of(std::vector<const Node*>{});  // needs a DTD
    if (value.kind != Kind::nodes) return failed("count() and sum() need nodes");
    if (expr_.function == count) return XPathValue::of(static_cast<double>(value.nodes.size()));
    double total = 0;
    for (const Node* node : value.nodes) {
      TRY(std::string_view written, text_of(*node, evaluation_.arena, evaluation_.budget));
      total += number_of(written);
    }
    return XPathValue::of(total);
  }

  Result<XPathValue> of_name() {
    const Node* node = context_.node;
    if (!expr_.children.empty()) {
      TRY(XPathValue value, argument(0));
      if (value.kind != Kind::nodes) return failed("name() and local-name() need nodes");
      node = value.nodes.empty() ? nullptr : value.nodes[0];
    }
    if (!node || expr_.function == namespace_uri) return XPathValue::of(std::string_view());
    return XPathValue::of(expr_.function == name ? node->name : xml::local_name(node->name));
  }

  Result<XPathValue> of_boolean() {
    if (expr_.children.empty()) return XPathValue::of(expr_.function == true_);
    TRY(XPathValue value, argument(0));
    return XPathValue::of(to_boolean(value) != (expr_.function == not_));
  }

  Result<XPathValue> of_number() {
    TRY(double value, number_at(0));
    switch (expr_.function) {
      case Function::floor:
        return XPathValue::of(std::floor(value));
      case ceiling:
        return XPathValue::of(std::ceil(value));
      case Function::round:
        return XPathValue::of(rounded(value));
      default:
        return XPathValue::of(value);
    }
  }

  Result<XPathValue> of_text() {
    TRY(std::string_view first, text(0));
    switch (expr_.function) {
      case string:
        return XPathValue::of(first);
      case string_length:
        return XPathValue::of(static_cast<double>(characters_of(first)));
      case normalize_space:
        return kept(normalized(first));
      case lang:
        return XPathValue::of(speaks(context_.node, first));
      case concat:
        return concatenated(first);
      case substring:
        return part_of(first);
      default:
        break;
    }
    TRY(std::string_view second, text(1));
    std::size_t found = find_bytes(first, second);
    bool is_found = found != first.npos;
    switch (expr_.function) {
      case starts_with:
        return XPathValue::of(found == 0);
      case contains:
        return XPathValue::of(is_found);
      case substring_before:
        return XPathValue::of(is_found ? first.substr(0, found) : std::string_view());
      case substring_after:
        return XPathValue::of(is_found ? first.substr(found + second.size()) : std::string_view());
      default:
        return replaced(first, second);
    }
  }

  Result<XPathValue> concatenated(std::string_view first) {
    std::string joined(first);
    for (std::size_t i = 1; i < expr_.children.size(); ++i) {
      TRY(std::string_view next, text(i));
      if (joined.size() + next.size() > evaluation_.budget.bytes) return over_budget();
      joined += next;
    }
    return kept(joined);
  }

  Result<XPathValue> part_of(std::string_view whole) {
    double length = std::numeric_limits<double>::infinity();
    TRY(double from, number_at(1));
    if (expr_.children.size() == 3) {
      TRY(length, number_at(2));
    }
    return XPathValue::of(substring_of(whole, from, length));
  }

  Result<XPathValue> replaced(std::string_view whole, std::string_view from) {
    TRY(std::string_view to, text(2));
    if (from.size() > kXPathBytesMax || to.size() > kXPathBytesMax)
      return failed("translate() takes at most " + std::to_string(kXPathBytesMax) + " bytes");
    TRY(evaluation_.spend((steps_of(whole) + 1) * (from.size() + 1)));
    // Each byte becomes at most one character.
    if (whole.size() > evaluation_.budget.bytes / 4) return over_budget();
    return kept(translated(whole, from, to));
  }

  const Expr& expr_;
  const Context& context_;
  Evaluation& evaluation_;
};

}  // namespace

const FunctionInfo* find_function(std::string_view name) {
  auto found = std::ranges::find(kFunctions, name, &FunctionInfo::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

Result<XPathValue> call_function(const Expr& expr, const Context& context, Evaluation& evaluation) {
  return Call(expr, context, evaluation).run();
}

}  // namespace perigee::xml
