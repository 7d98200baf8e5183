// java.util.Collections.
#include "el/convert.hpp"
#include "el/operators.hpp"
#include "el/statics.hpp"

namespace perigee::el {
namespace {

using enum StaticMethod;
using Arguments = std::span<const Value>;

Value extreme(StaticMethod method, Value list, Run& run) {
  if (!list.is_list() || list.list_size() == 0) return run.fail("a list with elements is needed");
  Value best = list.item(0);
  for (std::size_t i = 1; i < list.list_size(); ++i) {
    auto order = run.step() ? el::compare(list.item(i), best, run) : std::nullopt;
    if (!order) return Value::failed();
    if (method == collections_max ? *order > 0 : *order < 0) best = list.item(i);
  }
  return best;
}

// How often; stops with a failure when the budget is spent.
Value frequency(Value list, Value wanted, Run& run) {
  if (!list.is_list()) return run.fail("a list is needed");
  std::int32_t count = 0;
  for (std::size_t i = 0; i < list.list_size(); ++i) {
    if (!run.step()) return Value::failed();
    count += equal(list.item(i), wanted, run);
  }
  return run.exhausted ? Value::failed() : Value::integer(count);
}

Value disjoint(Arguments arguments, Run& run) {
  if (!arguments[0].is_list()) return run.fail("a list is needed");
  for (std::size_t i = 0; i < arguments[0].list_size(); ++i) {
    Value count = frequency(arguments[1], arguments[0].item(i), run);
    if (count.is_failed()) return count;
    if (count.as_integer() > 0) return Value::boolean(false);
  }
  return Value::boolean(true);
}

// Where `wanted` is in a sorted list; else -(where it would be) - 1.
Value binary_search(Value list, Value wanted, Run& run) {
  if (!list.is_list()) return run.fail("a list is needed");
  std::size_t first = 0, last = list.list_size();
  while (first < last) {
    std::size_t middle = first + (last - first) / 2;
    auto order = run.step() ? el::compare(list.item(middle), wanted, run) : std::nullopt;
    if (!order) return Value::failed();
    if (*order == 0) return Value::integer(static_cast<std::int32_t>(middle));
    (*order < 0 ? first : last) = *order < 0 ? middle + 1 : middle;
  }
  return Value::integer(-static_cast<std::int32_t>(first) - 1);
}

// Where a list stands inside of another, from the front or from the back.
Value sub_list(Value list, Value part, bool is_last, Run& run) {
  if (!list.is_list() || !part.is_list()) return run.fail("two lists are needed");
  if (part.list_size() > list.list_size()) return Value::integer(-1);
  std::size_t places = list.list_size() - part.list_size() + 1;
  for (std::size_t i = 0; i < places; ++i) {
    std::size_t begin = is_last ? places - 1 - i : i, matched = 0;
    for (; matched < part.list_size(); ++matched) {
      if (!run.step()) return Value::failed();
      if (!equal(list.item(begin + matched), part.item(matched), run)) break;
    }
    if (run.exhausted) return Value::failed();
    if (matched == part.list_size()) return Value::integer(static_cast<std::int32_t>(begin));
  }
  return Value::integer(-1);
}

}  // namespace

Value call_collections(StaticMethod method, Arguments arguments, Run& run) {
  switch (method) {
    case collections_max:
    case collections_min:
      return extreme(method, arguments[0], run);
    case collections_frequency:
      return frequency(arguments[0], arguments[1], run);
    case collections_disjoint:
      return disjoint(arguments, run);
    case collections_binary_search:
      return binary_search(arguments[0], arguments[1], run);
    default:
      return sub_list(arguments[0], arguments[1], method == collections_last_index_of_sub_list,
                      run);
  }
}

}  // namespace perigee::el
