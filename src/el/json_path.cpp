#include "el/json_path.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "el/convert.hpp"
#include "el/operators.hpp"
#include "el/regex.hpp"
#include "el/run.hpp"

namespace perigee::el {
namespace {

using Found = std::vector<Value>;
using Kind = PathStep::Kind;

// A negative index counts from the end; nullopt outside of the list.
std::optional<std::size_t> position(std::int64_t index, std::size_t size) {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || static_cast<std::size_t>(index) >= size) return std::nullopt;
  return static_cast<std::size_t>(index);
}

class Walk {
 public:
  Walk(Value root, Run& run) : root_(root), run_(run) {}

  // The value at one definite step; absent when it is missing, failed when it cannot be there.
  Value definite(const PathStep& step, Value at) {
    if (!run_.step()) return Value::failed();
    if (step.kind == Kind::names) {
      if (!at.is_map()) return run_.fail("the path expects an object for '" + step.names[0] + "'");
      return run_.find(at, step.names[0]);
    }
    if (!at.is_list()) return run_.fail("the path expects an array for an index");
    auto index = position(step.indexes[0], at.list_size());
    return index ? at.item(*index) : Value::absent();
  }

  // Everything one step finds from `at`; false when the budget is spent.
  bool any(const PathStep& step, Value at, Found& found) {
    if (!run_.step()) return false;
    if (!here(step, at, found)) return false;
    if (!step.is_deep) return true;
    return for_each_child(at, [&](Value child) {
      return !(child.is_map() || child.is_list()) || any(step, child, found);
    });
  }

 private:
  template <class Visit>
  bool for_each_child(Value at, Visit visit) {
    if (at.is_list()) {
      for (std::size_t i = 0; i < at.list_size(); ++i)
        if (!visit(at.item(i))) return false;
    } else if (at.is_map()) {
      std::span<const MapEntry> entries;
      if (!run_.list_entries(at, entries)) return false;
      for (const MapEntry& entry : entries)
        if (!visit(entry.value)) return false;
    }
    return true;
  }

  // A path may name the same member many times.
  bool keep(Value value, Found& found) {
    found.push_back(value);
    return run_.step();
  }

  bool here(const PathStep& step, Value at, Found& found) {
    switch (step.kind) {
      case Kind::names:
        for (const std::string& name : step.names) {
          Value value = at.is_map() ? run_.find(at, name) : Value::absent();
          if (value.is_failed()) return false;
          if (!value.is_absent() && !keep(value, found)) return false;
        }
        return true;
      case Kind::indexes:
        for (std::int64_t index : step.indexes) {
          auto i = at.is_list() ? position(index, at.list_size()) : std::nullopt;
          if (i && !keep(at.item(*i), found)) return false;
        }
        return true;
      case Kind::slice:
        return slice(step, at, found);
      case Kind::wildcard:
        return for_each_child(at, [&](Value child) {
          found.push_back(child);
          return run_.step();
        });
      case Kind::filter:
        return filtered(step, at, found);
    }
    return true;
  }

  bool slice(const PathStep& step, Value at, Found& found) {
    if (!at.is_list()) return true;
    auto size = static_cast<std::int64_t>(at.list_size());
    auto bound = [&](std::int64_t index) {
      return std::clamp<std::int64_t>(index < 0 ? index + size : index, 0, size);
    };
    std::int64_t end = bound(step.end.value_or(size));
    for (std::int64_t i = bound(step.begin.value_or(0)); i < end; ++i) {
      found.push_back(at.item(static_cast<std::size_t>(i)));
      if (!run_.step()) return false;
    }
    return true;
  }

  bool filtered(const PathStep& step, Value at, Found& found) {
    auto keep = [&](Value item) {
      if (!run_.step()) return false;
      if (passes(step.filter, item, root_, run_)) found.push_back(item);
      return run_.problem.empty();
    };
    // compat: a filter on an object tests the object itself.
    return at.is_list() ? for_each_child(at, keep) : !at.is_map() || keep(at);
  }

  Value root_;
  Run& run_;
};

Value list_of(const Found& found, Run& run) {
  auto items = take_values(run.arena, found.size());
  std::ranges::copy(found, items.begin());
  return Value::list(items);
}

Value keys_of(Value value, Run& run) {
  if (!value.is_map()) return Value::null();
  std::span<const MapEntry> entries;
  if (!run.list_entries(value, entries)) return Value::failed();
  Found keys;
  for (const MapEntry& entry : entries) keys.push_back(entry.key);
  return list_of(keys, run);
}

Value length_of(Value value, Run& run) {
  if (value.is_list()) return Value::integer(static_cast<std::int32_t>(value.list_size()));
  std::size_t count = 0;
  if (!value.is_map()) return Value::null();
  if (!run.count_members(value, count)) return Value::failed();
  return Value::integer(static_cast<std::int32_t>(count));
}

// An element by its place, from the end when it is negative.
Value element_at(Value list, Value place) {
  if (!list.is_list() || !place.is_integral()) return Value::null();
  auto size = static_cast<std::int64_t>(list.list_size());
  std::int64_t at = place.as_integer() < 0 ? size + place.as_integer() : place.as_integer();
  return at < 0 || at >= size ? Value::null() : list.item(static_cast<std::size_t>(at));
}

Value appended(Value list, std::span<const Value> more, Run& run) {
  if (!list.is_list()) return list;
  if (!run.step(list.list_size())) return Value::failed();
  auto items = take_values(run.arena, list.list_size() + more.size());
  for (std::size_t i = 0; i < list.list_size(); ++i) items[i] = list.item(i);
  std::ranges::copy(more, items.begin() + static_cast<std::ptrdiff_t>(list.list_size()));
  return Value::list(items);
}

// The texts of a list and of what comes after it.
Value concatenated(Value list, std::span<const Value> more, Run& run) {
  std::string joined;
  auto add = [&](Value value) {
    if (!run.step()) return false;
    if (value.is_list() || value.is_map() || value.is_null()) return true;
    Text text = to_text(value, run);
    if (!text.ok || !run.build(text.text.size())) return false;
    joined += text.text;
    return true;
  };
  for (std::size_t i = 0; list.is_list() && i < list.list_size(); ++i)
    if (list.item(i).is_text() && !add(list.item(i))) return Value::failed();
  for (Value value : more)
    if (!add(value)) return Value::failed();
  return run.text(joined);
}

}  // namespace

Value JsonPath::aggregate(Value list, std::span<const Value> more, Run& run) const {
  double sum = 0, squares = 0, low = std::numeric_limits<double>::infinity(), high = -low;
  std::size_t count = 0;
  auto add = [&](Value item) {
    if (!item.is_number() || !run.step()) return;
    double number = item.as_real();
    sum += number;
    squares += number * number;
    low = std::min(low, number);
    high = std::max(high, number);
    ++count;
  };
  for (std::size_t i = 0; list.is_list() && i < list.list_size(); ++i) {
    if (!list.item(i).is_number()) return run.fail("the path's function needs an array of numbers");
    add(list.item(i));
  }
  for (Value value : more) add(value);
  if (!run.problem.empty()) return Value::failed();
  if (count == 0) return run.fail("the path's function needs an array of numbers");
  auto size = static_cast<double>(count);
  switch (function_) {
    case PathFunction::min:
      return Value::real(low);
    case PathFunction::max:
      return Value::real(high);
    case PathFunction::sum:
      return Value::real(sum);
    case PathFunction::stddev:
      return Value::real(std::sqrt(squares / size - sum * sum / size / size));
    default:
      return Value::real(sum / size);
  }
}

Value JsonPath::applied(Value value, Value root, Run& run) const {
  auto given = take_values(run.arena, arguments_.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    Value argument = operand(arguments_[i], root, root, run);
    given[i] = argument.is_absent() ? Value::null() : argument;
  }
  switch (function_) {
    case PathFunction::none:
      return value;
    case PathFunction::length:
      return length_of(given.empty() ? value : given[0], run);
    case PathFunction::keys:
      return keys_of(value, run);
    case PathFunction::first:
      return element_at(value, Value::integer(0));
    case PathFunction::last:
      return element_at(value, Value::integer(-1));
    case PathFunction::index:
      if (given.empty()) return run.fail("index() of a path needs a place");
      return element_at(value, given[0]);
    case PathFunction::concat:
      return concatenated(value, given, run);
    case PathFunction::append:
      return appended(value, given, run);
    default:
      return aggregate(value, given, run);
  }
}

Value JsonPath::evaluate(Value document, Run& run) const {
  Walk walk(document, run);
  Value at = document;
  std::size_t i = 0;
  for (; i < steps_.size() && steps_[i].is_definite(); ++i) {
    Value next = walk.definite(steps_[i], at);
    if (next.is_failed()) return next;
    bool is_leaf = i + 1 == steps_.size();
    if (next.is_absent() && !is_leaf)
      return run.fail("a part of the path before its last one is missing");
    at = next.is_absent() ? Value::null() : next;
  }
  if (i == steps_.size()) return applied(at, document, run);
  Found found{at}, next;
  for (; i < steps_.size(); ++i) {
    next.clear();
    for (Value from : found)
      if (!walk.any(steps_[i], from, next)) return Value::failed();
    found.swap(next);
  }
  return applied(list_of(found, run), document, run);
}

}  // namespace perigee::el
