// Built-ins of sequences and hashes.
#include <algorithm>
#include <array>

#include "el/text.hpp"
#include "freemarker/builtins.hpp"
#include "freemarker/numbers.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {
namespace {

using el::Value;
using Items = std::vector<Value>;

std::optional<Items> items(const Use& use) {
  return use.renderer.items_of(use.target, use.place());
}

Value fail(const Use& use, const std::string& why) {
  return use.renderer.fail(use.place(), "?" + use.expression.name + ": " + why);
}

Value size(const Use& use) {
  if (use.target.is_map()) {
    std::size_t count = use.target.map_size(use.renderer.arena());
    bool listed = use.target.stored_members() == 0;  // an object lists its members to count them
    if (!use.renderer.step(use.place(), listed ? count : 0)) return Value::failed();
    return Value::long_integer(static_cast<std::int64_t>(count));
  }
  auto found = items(use);
  return found ? Value::long_integer(static_cast<std::int64_t>(found->size())) : Value::failed();
}

Value first(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  return found->empty() ? Value::absent() : found->front();
}
Value last(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  return found->empty() ? Value::absent() : found->back();
}

// ?join(separator, when it is empty, behind the last). Missing items are left out.
Value join(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  std::array<std::string_view, 3> texts;
  for (std::size_t i = 0; i < use.arguments.size(); ++i) {
    auto text = use.renderer.text_of(use.arguments[i], use.place());
    if (!text) return Value::failed();
    texts[i] = *text;
  }
  std::string made;
  bool any = false;
  for (Value item : *found) {
    if (item.is_absent()) continue;
    auto text = use.renderer.text_of(item, use.place());
    if (!text || !use.renderer.build(use.place(), text->size() + texts[0].size()))
      return Value::failed();
    if (any) made += texts[0];
    any = true;
    made += *text;
  }
  if (!any) return Value::text(texts[1]);
  return use.renderer.text(use.place(), made.append(texts[2]));
}

Value reverse(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  std::ranges::reverse(*found);
  return use.renderer.list(use.place(), *found);
}

// Ignoring case, as the reference's collator does at first.
int text_order(std::string_view a, std::string_view b) {
  Arena arena;
  std::string_view x = el::lower(a, arena), y = el::lower(b, arena);
  if (int order = el::compare_units(x, y)) return order;
  return -el::compare_units(a, b);  // small letters first
}

struct Keyed {
  Value key, item;
};
Value sorted(const Use& use, std::vector<Keyed> keyed) {
  bool numbers = std::ranges::all_of(keyed, [](const Keyed& k) { return k.key.is_number(); });
  bool texts = std::ranges::all_of(keyed, [](const Keyed& k) { return k.key.is_text(); });
  bool booleans = std::ranges::all_of(keyed, [](const Keyed& k) { return k.key.is_boolean(); });
  if (!numbers && !texts && !booleans)
    return fail(use, "only numbers, only strings or only booleans can be sorted");
  std::size_t steps = keyed.size() * 20;
  for (const Keyed& each : keyed) steps += texts ? each.key.as_text().size() / 8 : 0;
  if (!use.renderer.step(use.place(), steps)) return Value::failed();
  std::vector<std::size_t> order(keyed.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    Value x = keyed[a].key, y = keyed[b].key;
    int compared = numbers ? compare(x, y)
                   : texts ? text_order(x.as_text(), y.as_text())
                           : static_cast<int>(x.as_boolean()) - static_cast<int>(y.as_boolean());
    return compared != 0 ? compared < 0 : a < b;
  });
  Items made;
  for (std::size_t i : order) made.push_back(keyed[i].item);
  return use.renderer.list(use.place(), made);
}

Value sort(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  std::vector<Keyed> keyed;
  for (Value item : *found) keyed.push_back({item, item});
  return sorted(use, std::move(keyed));
}

// By a member, or by a path of members.
Value sort_by(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  Items path = {use.arguments[0]};
  if (use.arguments[0].is_list()) {
    auto names = use.renderer.items_of(use.arguments[0], use.place());
    if (!names) return Value::failed();
    path = *std::move(names);
  }
  std::vector<Keyed> keyed;
  for (Value item : *found) {
    Value key = item;
    for (Value name : path) {
      if (!name.is_text() || !key.is_map()) return fail(use, "an item has no such member");
      key = use.renderer.find(key, name.as_text(), use.place());
      if (key.is_failed()) return key;
    }
    keyed.push_back({key, item});
  }
  return sorted(use, std::move(keyed));
}

// The position of an item that equals the argument; -1: none. Items of another kind differ.
Value find_item(const Use& use, bool from_end) {
  auto found = items(use);
  if (!found) return Value::failed();
  Value wanted = use.arguments[0];
  auto same = [&](Value item) {
    bool comparable = (item.is_number() && wanted.is_number()) ||
                      (item.is_text() && wanted.is_text()) ||
                      (item.is_boolean() && wanted.is_boolean());
    return comparable && use.renderer.equal(item, wanted, use.place()).value_or(false);
  };
  std::int64_t count = static_cast<std::int64_t>(found->size());
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t at = from_end ? count - 1 - i : i;
    if (same((*found)[static_cast<std::size_t>(at)])) return Value::long_integer(at);
    if (use.renderer.failed()) return Value::failed();
  }
  return Value::integer(-1);
}
Value seq_index_of(const Use& use) { return find_item(use, false); }
Value seq_last_index_of(const Use& use) { return find_item(use, true); }
Value seq_contains(const Use& use) {
  Value at = find_item(use, false);
  return at.is_failed() ? at : Value::boolean(at.as_integer() >= 0);
}

Value chunk(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  Value by = use.arguments[0];
  if (!by.is_number() || by.as_real() < 1) return fail(use, "the size is not a number from 1 on");
  auto size = static_cast<std::size_t>(std::min(by.as_real(), 1e9));
  Items rows;
  for (std::size_t at = 0; at < found->size(); at += size) {
    Items row(found->begin() + static_cast<long>(at),
              found->begin() + static_cast<long>(std::min(at + size, found->size())));
    while (use.arguments.size() > 1 && row.size() < size) {
      if (!use.renderer.step(use.place())) return Value::failed();
      row.push_back(use.arguments[1]);
    }
    rows.push_back(use.renderer.list(use.place(), row));
    if (use.renderer.failed()) return Value::failed();
  }
  return use.renderer.list(use.place(), rows);
}

Value extreme(const Use& use, bool largest) {
  auto found = items(use);
  if (!found) return Value::failed();
  Value best = Value::absent();
  for (Value item : *found) {
    if (item.is_absent()) continue;
    if (!item.is_number()) return fail(use, "only numbers have one");
    bool better = best.is_absent() || (largest ? compare(item, best) > 0 : compare(item, best) < 0);
    if (better) best = item;
  }
  return best;
}
Value min(const Use& use) { return extreme(use, false); }
Value max(const Use& use) { return extreme(use, true); }

Value map_items(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  Items made;
  for (Value item : *found) {
    Value result = use.renderer.call(use.expression.children[1], item);
    if (result.is_failed()) return result;
    made.push_back(result);
  }
  return use.renderer.list(use.place(), made);
}

enum class Keeping : std::uint8_t { filter, take_while, drop_while };
template <Keeping keeping>
Value keep_items(const Use& use) {
  auto found = items(use);
  if (!found) return Value::failed();
  Items made;
  bool dropping = keeping == Keeping::drop_while;
  for (Value item : *found) {
    Value holds = Value::boolean(false);
    if (keeping != Keeping::drop_while || dropping) {
      holds = use.renderer.call(use.expression.children[1], item);
      if (holds.is_failed()) return holds;
      if (!holds.is_boolean()) return fail(use, "the lambda has to give a boolean");
    }
    if (keeping == Keeping::take_while && !holds.as_boolean()) break;
    if (keeping == Keeping::drop_while) {
      dropping = dropping && holds.as_boolean();
      if (!dropping) made.push_back(item);
    } else if (holds.as_boolean()) {
      made.push_back(item);
    }
  }
  return use.renderer.list(use.place(), made);
}

template <Value el::MapEntry::* part>
Value entries(const Use& use) {
  if (is_nothing(use.target)) return Value::list({});
  if (!use.target.is_map())
    return fail(use, "expected a hash, found " + std::string(kind_of(use.target)));
  auto all = use.renderer.entries_of(use.target, use.place());
  if (!all) return Value::failed();
  Items made;
  for (const el::MapEntry& entry : *all) made.push_back(entry.*part);
  return use.renderer.list(use.place(), made);
}

Value sequence(const Use& use) { return use.target; }

constexpr std::array kTable = std::to_array<Builtin>({
    {"chunk", &chunk, 1, 2},
    {"drop_while", &keep_items<Keeping::drop_while>, 1, 1, false, true},
    {"filter", &keep_items<Keeping::filter>, 1, 1, false, true},
    {"first", &first},
    {"join", &join, 1, 3},
    {"keys", &entries<&el::MapEntry::key>},
    {"last", &last},
    {"map", &map_items, 1, 1, false, true},
    {"max", &max},
    {"min", &min},
    {"reverse", &reverse},
    {"seq_contains", &seq_contains, 1, 1},
    {"seq_index_of", &seq_index_of, 1, 1},
    {"seq_last_index_of", &seq_last_index_of, 1, 1},
    {"sequence", &sequence},
    {"size", &size},
    {"sort", &sort},
    {"sort_by", &sort_by, 1, 1},
    {"take_while", &keep_items<Keeping::take_while>, 1, 1, false, true},
    {"values", &entries<&el::MapEntry::value>},
});

}  // namespace

std::span<const Builtin> list_builtins() { return kTable; }

}  // namespace perigee::freemarker
