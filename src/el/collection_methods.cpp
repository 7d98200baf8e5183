// The methods of lists, maps, map entries, multi-maps and headers.
#include <algorithm>

#include "el/convert.hpp"
#include "el/methods.hpp"
#include "el/operators.hpp"
#include "el/run.hpp"

namespace perigee::el {
namespace {

using enum Method;

bool is_in(Value list, Value wanted, Run& run) {
  for (std::size_t i = 0; i < list.list_size(); ++i) {
    if (!run.step()) return false;
    if (equal(list.item(i), wanted, run)) return true;
  }
  return false;
}

Value call_list(const Call& call) {
  if (call.target.is_array()) return not_allowed(call);  // arrays have nothing but `length`
  std::size_t count = call.target.list_size();
  switch (call.method) {
    case size:
      return Value::integer(static_cast<std::int32_t>(count));
    case is_empty:
      return Value::boolean(count == 0);
    case contains: {
      bool found = is_in(call.target, call.arguments[0], call.run);
      return call.run.exhausted ? Value::failed() : Value::boolean(found);
    }
    case get: {
      std::int64_t index = 0;
      if (call.arguments.size() != 1) return not_allowed(call);
      if (!int_argument(call, 0, index)) return Value::failed();
      if (index < 0 || static_cast<std::size_t>(index) >= count)
        return call.run.fail("index " + std::to_string(index) + " is outside of a list of size " +
                             std::to_string(count));
      return call.target.item(static_cast<std::size_t>(index));
    }
    default:
      return not_allowed(call);
  }
}

Value call_entry(const Call& call) {
  if (call.method == get_key) return call.target.as_entry().key;
  if (call.method == get_value) return call.target.as_entry().value;
  return not_allowed(call);
}

Value keys_of(const Call& call) {
  std::span<const MapEntry> entries;
  if (!call.run.list_entries(call.target, entries)) return Value::failed();
  auto keys = take_values(call.run.arena, entries.size());
  std::ranges::transform(entries, keys.begin(), [](const MapEntry& entry) { return entry.key; });
  return Value::list(keys);
}

Value values_of(const Call& call) {
  std::span<const MapEntry> entries;
  if (!call.run.list_entries(call.target, entries)) return Value::failed();
  auto items = take_values(call.run.arena, entries.size());
  std::ranges::transform(entries, items.begin(), [](const MapEntry& entry) { return entry.value; });
  return Value::list(items);
}

Value entries_of(const Call& call) {
  std::span<const MapEntry> entries;
  if (!call.run.list_entries(call.target, entries)) return Value::failed();
  auto items = take_values(call.run.arena, entries.size());
  std::ranges::transform(entries, items.begin(),
                         [](const MapEntry& entry) { return Value::entry(entry); });
  return Value::list(items);
}

// The value under the first argument; absent when there is none.
Value look_up(const Call& call) {
  std::string_view key;
  if (call.arguments[0].is_null()) return Value::absent();
  if (!text_argument(call, 0, key)) return Value::failed();
  return call.run.find(call.target, key);
}

Value call_map(const Call& call) {
  switch (call.method) {
    case size:
    case is_empty: {
      std::size_t count = 0;
      if (!call.run.count_members(call.target, count)) return Value::failed();
      if (call.method == is_empty) return Value::boolean(count == 0);
      return Value::integer(static_cast<std::int32_t>(count));
    }
    case key_set:
      return keys_of(call);
    case values:
      return values_of(call);
    case entry_set:
      return entries_of(call);
    case contains_value: {
      Value all = values_of(call);
      if (all.is_failed()) return all;
      bool found = is_in(all, call.arguments[0], call.run);
      return call.run.exhausted ? Value::failed() : Value::boolean(found);
    }
    case contains_key: {
      Value found = look_up(call);
      return found.is_failed() ? found : Value::boolean(!found.is_absent());
    }
    case get: {
      if (call.arguments.size() != 1) return not_allowed(call);
      Value found = look_up(call);
      return found.is_absent() ? Value::null() : found;
    }
    case get_or_default: {
      Value found = look_up(call);
      return found.is_absent() ? call.arguments[1] : found;
    }
    default:
      return not_allowed(call);
  }
}

Value first_in(Value found) {
  if (found.is_absent() || found.is_null()) return Value::null();
  if (!found.is_list()) return found;
  return found.list_size() == 0 ? Value::null() : found.item(0);
}

Value single_value_map(const Call& call) {
  std::span<const MapEntry> all;
  if (!call.run.list_entries(call.target, all)) return Value::failed();
  auto singles = call.run.arena.array<MapEntry>(all.size());
  std::ranges::transform(all, singles.begin(), [](const MapEntry& entry) {
    return MapEntry{entry.key, first_in(entry.value)};
  });
  return Value::map(singles);
}

Value has_all_keys(const Call& call) {
  Value wanted = call.arguments[0];
  if (!wanted.is_list()) return call.run.fail("containsAllKeys needs a list");
  for (std::size_t i = 0; i < wanted.list_size(); ++i) {
    Value key = wanted.item(i);
    if (!call.run.step()) return Value::failed();
    Value found = look_up({call.run, call.method, call.target, {&key, 1}});
    if (found.is_failed()) return found;
    if (found.is_absent()) return Value::boolean(false);
  }
  return Value::boolean(true);
}

Value call_multi_map(const Call& call, bool is_headers) {
  switch (call.method) {
    case to_single_value_map:
      return single_value_map(call);
    case contains_all_keys:
      return has_all_keys(call);
    case get_first: {
      Value found = look_up(call);
      return found.is_failed() ? found : first_in(found);
    }
    default:
      break;
  }
  if (!is_headers) return call_map(call);
  switch (call.method) {
    case get: {  // compat: `get` of headers gives the first value, `getAll` all
      if (call.arguments.size() != 1) return not_allowed(call);
      Value found = look_up(call);
      return found.is_failed() ? found : first_in(found);
    }
    case get_all: {
      Value found = look_up(call);
      return found.is_absent() ? Value::list({}) : found;
    }
    case contains:
    case contains_key:
      return call_map({call.run, contains_key, call.target, call.arguments});
    case names:
      return keys_of(call);
    case size:
    case is_empty:
      return call_map(call);
    default:
      return not_allowed(call);
  }
}

}  // namespace

Value call_collection(const Call& call) {
  if (call.target.is_list()) return call_list(call);
  if (call.target.kind() == Kind::entry) return call_entry(call);
  if (call.target.kind() != Kind::object) return call_map(call);
  switch (call.target.as_object().shape()) {
    case Object::Shape::map:
      return call_map(call);
    case Object::Shape::multi_map:
      return call_multi_map(call, false);
    case Object::Shape::headers:
      return call_multi_map(call, true);
    case Object::Shape::bean:
      break;
  }
  return not_allowed(call);
}

}  // namespace perigee::el
