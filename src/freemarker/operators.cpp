// Operators and literals of sequences and hashes.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "freemarker/numbers.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {

using el::Value;

Value Renderer::add(Value a, Value b, Place place) {
  if (a.is_number() && b.is_number()) return *compute(Op::add, a, b);
  if (a.is_list() && b.is_list()) {
    auto items = items_of(a, place), more = items_of(b, place);
    if (!items || !more) return Value::failed();
    items->insert(items->end(), more->begin(), more->end());
    return list(place, *items);
  }
  if (a.is_map() && b.is_map()) return merged(a, b, place);
  auto first = text_of(a, place);
  auto second = first ? text_of(b, place) : std::nullopt;
  if (!second || !build(place, first->size() + second->size())) return Value::failed();
  return Value::text(arena_.join(*first, *second));
}

Value Renderer::merged(Value a, Value b, Place place) {
  std::vector<el::MapEntry> entries;
  for (Value map : {a, b}) {
    auto more = entries_of(map, place);
    if (!more) return Value::failed();
    for (const el::MapEntry& entry : *more) {
      if (!step(place, 1 + entries.size() / 16)) return Value::failed();
      auto known = std::ranges::find_if(entries, [&](const el::MapEntry& each) {
        return each.key.is_text() && entry.key.is_text() &&
               each.key.as_text() == entry.key.as_text();
      });
      if (known == entries.end()) {
        entries.push_back(entry);
      } else {
        known->value = entry.value;
      }
    }
  }
  if (entries.empty()) return Value::map({});
  if (!build(place, entries.size() * sizeof(el::MapEntry))) return Value::failed();
  std::span<el::MapEntry> kept = arena_.array<el::MapEntry>(entries.size());
  std::ranges::copy(entries, kept.begin());
  return Value::map(kept);
}

Value Renderer::arithmetic(const Expression& expression) {
  Value a = expression.op == Op::negative ? Value::integer(0) : required(expression.children[0]);
  if (a.is_failed()) return a;
  Value b = required(expression.children.back());
  if (b.is_failed()) return b;
  if (!a.is_number() || !b.is_number())
    return fail(expression.place, "expected numbers, found " + std::string(kind_of(a)) + " and " +
                                      std::string(kind_of(b)));
  Op op = expression.op == Op::negative ? Op::subtract : expression.op;
  std::optional<Value> result = compute(op, a, b);
  return result ? *result : fail(expression.place, "division by zero");
}

Value Renderer::comparison(const Expression& expression) {
  Value a = required(expression.children[0]);
  if (a.is_failed()) return a;
  Value b = required(expression.children[1]);
  if (b.is_failed()) return b;
  if (expression.op == Op::equal || expression.op == Op::not_equal) {
    std::optional<bool> same = equal(a, b, expression.place);
    return same ? Value::boolean(*same == (expression.op == Op::equal)) : Value::failed();
  }
  if (!a.is_number() || !b.is_number())
    return fail(expression.place, "only numbers are less or greater, found " +
                                      std::string(kind_of(a)) + " and " + std::string(kind_of(b)));
  int order = compare(a, b);
  switch (expression.op) {
    case Op::less:
      return Value::boolean(order < 0);
    case Op::less_or_equal:
      return Value::boolean(order <= 0);
    case Op::greater:
      return Value::boolean(order > 0);
    default:
      return Value::boolean(order >= 0);
  }
}

Value Renderer::range(const Expression& expression) {
  if (expression.op == Op::range_open)
    return fail(expression.place, "a range without an end stands only in an index");
  Value from = required(expression.children[0]);
  if (from.is_failed()) return from;
  Value to = required(expression.children[1]);
  if (to.is_failed()) return to;
  if (!from.is_number() || !to.is_number())
    return fail(expression.place, "a range is made of numbers");
  double begin = from.as_real(), end = to.as_real();
  double way = expression.op == Op::range_counted ? end : end - begin;
  double count = std::abs(way) + (expression.op == Op::range ? 1 : 0);
  // An endless one, or of no number, has too many.
  std::size_t size = count < 1e18 ? static_cast<std::size_t>(count) : SIZE_MAX;
  if (!within(expression.place, size, limits_.loop_turns_max, "the range has",
              "items (perigee.limits.templateLoopTurns)"))
    return Value::failed();
  if (!step(expression.place, size / 4)) return Value::failed();
  std::vector<Value> items;
  for (std::size_t i = 0; i < size; ++i)
    items.push_back(
        number_value(way < 0 ? begin - static_cast<double>(i) : begin + static_cast<double>(i)));
  return list(expression.place, items);
}

Value Renderer::list_literal(const Expression& expression) {
  std::vector<Value> items;
  for (const Expression& child : expression.children) {
    Value item = required(child);
    if (item.is_failed()) return item;
    items.push_back(item);
  }
  return list(expression.place, items);
}

Value Renderer::hash_literal(const Expression& expression) {
  std::size_t count = expression.children.size() / 2;
  if (count == 0) return Value::map({});
  if (!build(expression.place, count * sizeof(el::MapEntry))) return Value::failed();
  std::span<el::MapEntry> entries = arena_.array<el::MapEntry>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Expression& name = expression.children[2 * i];
    Value key = required(name);
    Value value = key.is_failed() ? key : required(expression.children[2 * i + 1]);
    if (value.is_failed()) return value;
    if (!key.is_text()) return fail(name.place, "the keys of a hash are strings");
    entries[i] = {key, value};
  }
  return merged(Value::map(entries), Value::map({}), expression.place);
}

}  // namespace perigee::freemarker
