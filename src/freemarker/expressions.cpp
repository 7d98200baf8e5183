// What expressions give.
#include <algorithm>

#include "el/convert.hpp"
#include "el/text.hpp"
#include "freemarker/builtins.hpp"
#include "freemarker/numbers.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {

using el::Value;

namespace {

Value present(Value value) { return value.is_null() ? Value::absent() : value; }

bool is_range(Op op) {
  return op == Op::range || op == Op::range_exclusive || op == Op::range_counted ||
         op == Op::range_open;
}

constexpr std::string_view kNothing = " ";  // only its address counts

}  // namespace

Value nothing() { return Value::text(kNothing.substr(0, 0)); }
bool is_nothing(Value value) {
  return value.is_text() && value.as_text().empty() && value.as_text().data() == kNothing.data();
}

std::string_view kind_of(Value value) {
  if (value.is_text()) return "a string";
  if (value.is_list()) return "a sequence";
  if (value.is_map() || value.kind() == el::Kind::object) return "a hash";
  return el::kind_name(value);
}

std::string described(const Expression& expression) {
  switch (expression.op) {
    case Op::variable:
      return expression.name;
    case Op::member:
      return described(expression.children[0]) + "." + expression.name;
    case Op::index:
      return described(expression.children[0]) + "[..]";
    case Op::builtin:
      return described(expression.children[0]) + "?" + expression.name;
    default:
      return "(..)";
  }
}

Value Renderer::text(Place place, std::string_view text) {
  return build(place, text.size()) ? Value::text(arena_.copy(text)) : Value::failed();
}

Value Renderer::list(Place place, std::span<const Value> items) {
  if (!build(place, items.size_bytes())) return Value::failed();
  std::span<Value> kept = el::take_values(arena_, items.size());
  std::ranges::copy(items, kept.begin());
  return Value::list(kept);
}

Value Renderer::parse_json(std::string_view json, Place place) {
  if (!build(place, json.size() * 8) || !step(place, json.size() / 16)) return Value::failed();
  Result<JsonDocument> document = JsonDocument::parse(json);
  if (!document) return fail(place, "it is no JSON: " + document.error().message);
  documents_.push_back(*std::move(document));
  return present(Value::json(*documents_.back().root().node()));
}

std::optional<std::string_view> Renderer::text_of(Value value, Place place) {
  if (value.is_failed()) return std::nullopt;
  if (value.is_text()) return value.as_text();
  if (value.is_number()) {
    Value made = text(place, *formatted(value, number_format_));
    return made.is_failed() ? std::nullopt : std::optional(made.as_text());
  }
  if (value.is_boolean() && !(true_text_.empty() && false_text_.empty()))
    return std::string_view(value.as_boolean() ? true_text_ : false_text_);
  if (value.is_boolean()) {
    fail(place, "a boolean has no text; use ?c, ?string('yes', 'no') or ?then('yes', 'no')");
  } else if (value.is_absent() || value.is_null()) {
    fail(place, "the value is missing or null");
  } else {
    fail(place, "expected a string or a number, found " + std::string(kind_of(value)) +
                    (value.is_list() ? "; use [0] or ?join(', ')" : ""));
  }
  return std::nullopt;
}

std::optional<std::vector<Value>> Renderer::items_of(Value value, Place place) {
  if (value.is_failed()) return std::nullopt;
  if (is_nothing(value)) return std::vector<Value>();
  if (!value.is_list()) {
    fail(place, "expected a sequence, found " + std::string(kind_of(value)));
    return std::nullopt;
  }
  if (!step(place, value.list_size() / 8)) return std::nullopt;
  std::vector<Value> items(value.list_size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = present(value.item(i));
  return items;
}

std::optional<bool> Renderer::condition(const Expression& expression) {
  Value value = required(expression);
  if (value.is_failed()) return std::nullopt;
  if (value.is_boolean()) return value.as_boolean();
  fail(expression.place, "expected a boolean, found " + std::string(kind_of(value)));
  return std::nullopt;
}

std::optional<bool> Renderer::equal(Value a, Value b, Place place) {
  if (a.is_failed() || b.is_failed()) return std::nullopt;
  if (a.is_number() && b.is_number()) return compare(a, b) == 0;
  if (a.is_text() && b.is_text()) return a.as_text() == b.as_text();
  if (a.is_boolean() && b.is_boolean()) return a.as_boolean() == b.as_boolean();
  fail(place, std::string(kind_of(a)) + " and " + std::string(kind_of(b)) +
                  " cannot be compared; convert one of them");
  return std::nullopt;
}

Value Renderer::required(const Expression& expression) {
  Value value = evaluate(expression);
  if (!value.is_absent()) return value;
  value = fail(expression.place, "'" + described(expression) +
                                     "' is missing or null; use a default, as in (x)!'', or test "
                                     "it with (x)??");
  missing_ = true;
  return value;
}

// As deep as the template, which has a limit.
Value Renderer::evaluate(const Expression& expression) {
  if (!step(expression.place)) return Value::failed();
  const std::vector<Expression>& children = expression.children;
  switch (expression.op) {
    case Op::text:
      return Value::text(expression.name);
    case Op::number:
      return number_value(expression.number);
    case Op::boolean:
      return Value::boolean(expression.number != 0);
    case Op::joined:
      return joined(expression);
    case Op::variable:
      return variable(expression);
    case Op::loop_state:
      return loop_state(expression);
    case Op::member:
      return member(expression);
    case Op::index:
      return index(expression);
    case Op::call:
      return call_getter(expression);
    case Op::builtin:
      return builtin(expression);
    case Op::fallback:
      return fallback(expression);
    case Op::exists: {
      Value value = forgiving(children[0]);
      return value.is_failed() ? value : Value::boolean(!value.is_absent());
    }
    case Op::parenthesis:
      return evaluate(children[0]);
    case Op::negation: {
      std::optional<bool> holds = condition(children[0]);
      return holds ? Value::boolean(!*holds) : Value::failed();
    }
    case Op::conjunction:
    case Op::disjunction: {
      std::optional<bool> first = condition(children[0]);
      if (!first) return Value::failed();
      if (*first == (expression.op == Op::disjunction)) return Value::boolean(*first);
      std::optional<bool> second = condition(children[1]);
      return second ? Value::boolean(*second) : Value::failed();
    }
    case Op::add: {
      Value a = required(children[0]);
      Value b = a.is_failed() ? a : required(children[1]);
      return b.is_failed() ? b : add(a, b, expression.place);
    }
    case Op::negative:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
      return arithmetic(expression);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal:
      return comparison(expression);
    case Op::range:
    case Op::range_exclusive:
    case Op::range_counted:
    case Op::range_open:
      return range(expression);
    case Op::list:
      return list_literal(expression);
    case Op::hash:
      return hash_literal(expression);
    case Op::lambda:
      return fail(expression.place, "a -> stands only in ?filter, ?map and the like");
  }
  return Value::failed();
}

Value Renderer::joined(const Expression& expression) {
  std::string made;
  for (const Expression& part : expression.children) {
    auto text = text_of(required(part), part.place);
    if (!text || !build(expression.place, text->size())) return Value::failed();
    made += *text;
  }
  return text(expression.place, made);
}

Value Renderer::variable(const Expression& expression) {
  for (auto local = locals_.rbegin(); local != locals_.rend(); ++local) {
    if (local->name == expression.name) return present(local->value);
    // The old forms x_index and x_has_next.
    if (!local->loop || !expression.name.starts_with(local->name)) continue;
    std::string_view rest = std::string_view(expression.name).substr(local->name.size());
    if (rest == "_index") return Value::long_integer(static_cast<std::int64_t>(local->loop->index));
    if (rest == "_has_next") return Value::boolean(local->loop->index + 1 < local->loop->size);
  }
  for (const auto& [name, value] : variables_) {
    if (name == expression.name) return value;
  }
  return present(model_.get(expression.name, arena_));
}

Value Renderer::loop_state(const Expression& expression) {
  const Loop* loop = nullptr;
  for (const Local& local : locals_) {
    if (local.loop && local.name == expression.name) loop = local.loop;
  }
  if (!loop)
    return fail(expression.place,
                "'" + expression.name + "' is not the variable of a <#list> here");
  std::string_view state = expression.builtin->name;
  std::size_t index = loop->index;
  if (state == "index") return Value::long_integer(static_cast<std::int64_t>(index));
  if (state == "counter") return Value::long_integer(static_cast<std::int64_t>(index + 1));
  if (state == "has_next") return Value::boolean(index + 1 < loop->size);
  if (state == "is_first") return Value::boolean(index == 0);
  if (state == "is_last") return Value::boolean(index + 1 == loop->size);
  bool odd = index % 2 == 0;  // the first item is odd
  if (state == "is_odd_item") return Value::boolean(odd);
  if (state == "is_even_item") return Value::boolean(!odd);
  bool capital = state == "item_parity_cap";
  return Value::text(odd ? (capital ? "Odd" : "odd") : (capital ? "Even" : "even"));
}

Value Renderer::member_of(Value target, std::string_view name, Place place) {
  if (target.kind() == el::Kind::object) return present(target.as_object().get(name, arena_));
  if (target.is_map()) return present(target.find(name, arena_));
  if (is_nothing(target)) return Value::absent();
  return fail(place, std::string(kind_of(target)) + " has no member '" +
                         std::string(name.substr(0, 100)) + "'");
}

// x?string.computer and x?string['0.00'].
std::optional<Value> Renderer::number_format_of(const Expression& expression,
                                                std::string_view format) {
  const Expression& target = expression.children[0];
  if (target.op != Op::builtin || target.name != "string" || target.children.size() != 1)
    return std::nullopt;
  Value number = required(target.children[0]);
  if (number.is_failed()) return number;
  if (!number.is_number()) return fail(expression.place, "a format needs a number");
  std::optional<std::string> made = formatted(number, format);
  if (made) return text(expression.place, *made);
  return fail(expression.place,
              "the number format '" + std::string(format.substr(0, 100)) + "' is not supported");
}

Value Renderer::member(const Expression& expression) {
  if (std::optional<Value> made = number_format_of(expression, expression.name)) return *made;
  Value target = required(expression.children[0]);
  if (target.is_failed()) return target;
  return member_of(target, expression.name, expression.place);
}

Value Renderer::index(const Expression& expression) {
  const Expression& by = expression.children[1];
  if (by.op == Op::text) {
    if (std::optional<Value> made = number_format_of(expression, by.name)) return *made;
  }
  Value target = required(expression.children[0]);
  if (target.is_failed()) return target;
  if (is_range(by.op)) return slice(target, by);
  Value key = required(by);
  if (key.is_failed()) return key;
  if (key.is_text()) return member_of(target, key.as_text(), expression.place);
  if (!key.is_number())
    return fail(by.place, "an index is a number or a string, found " + std::string(kind_of(key)));
  double number = key.as_real();
  if (number < 0) return fail(by.place, "an index cannot be negative");
  auto at = static_cast<std::size_t>(std::min(number, 1e15));
  if (target.is_list()) return at < target.list_size() ? present(target.item(at)) : Value::absent();
  if (!target.is_text())
    return fail(expression.place, std::string(kind_of(target)) + " has no index of numbers");
  if (at >= el::units_of(target.as_text()))
    return fail(by.place, "the string has no character " + std::to_string(at));
  std::size_t from = el::byte_of_unit(target.as_text(), at);
  std::size_t to = el::byte_of_unit(target.as_text(), at + 1);
  return Value::text(target.as_text().substr(from, to - from));
}

Value Renderer::slice(Value target, const Expression& by) {
  if (!target.is_list() && !target.is_text())
    return fail(by.place, std::string(kind_of(target)) + " has no ranges");
  auto size = static_cast<std::int64_t>(target.is_list() ? target.list_size()
                                                         : el::units_of(target.as_text()));
  std::vector<std::int64_t> bounds;
  for (const Expression& bound : by.children) {
    Value value = required(bound);
    if (value.is_failed()) return value;
    if (!value.is_number()) return fail(bound.place, "a range is made of numbers");
    bounds.push_back(static_cast<std::int64_t>(std::clamp(value.as_real(), -1e15, 1e15)));
  }
  std::int64_t begin = bounds[0], end = size;
  if (by.op == Op::range_counted) {
    end = std::min(begin + bounds[1], size);
  } else if (by.op != Op::range_open) {
    end = bounds[1] + (by.op == Op::range ? 1 : 0);
  }
  bool backwards = by.op == Op::range && end <= begin;
  if (begin < 0 || end < 0 || begin > size || end > size || (backwards && !target.is_list()))
    return fail(by.place, "the range is outside of what it is taken from, which has " +
                              std::to_string(size) + " items");
  if (target.is_text()) {
    std::size_t from = el::byte_of_unit(target.as_text(), static_cast<std::size_t>(begin));
    std::size_t to =
        el::byte_of_unit(target.as_text(), static_cast<std::size_t>(std::max(begin, end)));
    return Value::text(target.as_text().substr(from, to - from));
  }
  std::vector<Value> items;
  if (backwards && begin == size) return fail(by.place, "the range is outside of the sequence");
  for (std::int64_t at = begin; backwards ? at >= end - 1 : at < end; backwards ? --at : ++at) {
    if (!step(by.place)) return Value::failed();
    items.push_back(target.item(static_cast<std::size_t>(at)));
  }
  return list(by.place, items);
}

// x.getName() is x.name; the parser has seen to its form.
Value Renderer::call_getter(const Expression& expression) {
  const Expression& method = expression.children[0];
  Value target = required(method.children[0]);
  if (target.is_failed()) return target;
  bool is_bean =
      target.kind() == el::Kind::object && target.as_object().shape() == el::Object::Shape::bean;
  if (!is_bean) return fail(expression.place, std::string(kind_of(target)) + " has no methods");
  std::string name = method.name.substr(3);
  name[0] = static_cast<char>(name[0] | 0x20);
  return member_of(target, name, expression.place);
}

Value Renderer::builtin(const Expression& expression) {
  const Builtin& builtin = *expression.builtin;
  Value target =
      builtin.takes_missing ? forgiving(expression.children[0]) : required(expression.children[0]);
  if (target.is_failed()) return target;
  std::vector<Value> arguments;
  for (std::size_t i = 1; i < expression.children.size() && !builtin.lazy; ++i) {
    Value argument = required(expression.children[i]);
    if (argument.is_failed()) return argument;
    arguments.push_back(argument);
  }
  return builtin.evaluate({*this, expression, target, arguments});
}

Value Renderer::call(const Expression& lambda, Value argument) {
  if (lambda.op != Op::lambda) return fail(lambda.place, "expected a lambda: x -> ..");
  locals_.push_back({lambda.name, argument, nullptr});
  Value result = required(lambda.children[0]);
  locals_.pop_back();
  return result;
}

// What is missing inside of parentheses makes the whole missing.
Value Renderer::forgiving(const Expression& expression) {
  Value value = evaluate(expression);
  bool forgiven = value.is_failed() && missing_ && expression.op == Op::parenthesis;
  if (!forgiven) return value;
  error_.reset();
  missing_ = false;
  return Value::absent();
}

// Without a right side the default is an empty text, which is an empty list and hash too.
Value Renderer::fallback(const Expression& expression) {
  Value value = forgiving(expression.children[0]);
  if (!value.is_absent()) return value;
  if (expression.children.size() > 1) return evaluate(expression.children[1]);
  return nothing();
}

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
    for (const el::MapEntry& entry : map.entries(arena_)) {
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
  if (count > static_cast<double>(kLoopTurnsMax))
    return fail(expression.place,
                "the range has more than " + std::to_string(kLoopTurnsMax) + " items",
                ErrorCode::limit);
  auto size = static_cast<std::size_t>(count);
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
