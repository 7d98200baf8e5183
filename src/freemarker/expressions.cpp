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

bool is_range(Op op) {
  return op == Op::range || op == Op::range_exclusive || op == Op::range_counted ||
         op == Op::range_open;
}

}  // namespace

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
  if (target.is_map()) return present(find(target, name, place));
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

}  // namespace perigee::freemarker
