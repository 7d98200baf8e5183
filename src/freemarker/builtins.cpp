#include "freemarker/builtins.hpp"

#include <algorithm>
#include <array>

namespace perigee::freemarker {
namespace {

struct Refused {
  std::string_view name, hint;
};
constexpr std::array kRefused = std::to_array<Refused>({
    {"interpret", "it would run what a stranger sends"},
    {"new", "a template makes no objects"},
    {"api", "a template calls no methods"},
    {"date", "dates are not supported"},
    {"time", "dates are not supported"},
    {"datetime", "dates are not supported"},
    {"number_to_date", "dates are not supported"},
    {"number_to_datetime", "dates are not supported"},
    {"iso_utc", "dates are not supported"},
    {"rtf", "use ?xml, ?html or ?json_string"},
});

// By name, of all tables.
const std::vector<const Builtin*>& all() {
  static const std::vector<const Builtin*> sorted = [] {
    std::vector<const Builtin*> found;
    for (auto table : {text_builtins(), search_builtins(), list_builtins(), other_builtins()}) {
      for (const Builtin& each : table) found.push_back(&each);
    }
    std::ranges::sort(found, {}, [](const Builtin* each) { return each->name; });
    return found;
  }();
  return sorted;
}

// camelCase names are the same built-ins.
std::string snake_case(std::string_view name) {
  std::string made;
  for (char c : name) {
    bool upper = c >= 'A' && c <= 'Z';
    if (upper) made += '_';
    made += upper ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return made;
}

}  // namespace

const Builtin* find_builtin(std::string_view name) {
  std::string known = snake_case(name);
  auto found = std::ranges::lower_bound(all(), std::string_view(known), {},
                                        [](const Builtin* each) { return each->name; });
  return found != all().end() && (*found)->name == known ? *found : nullptr;
}

std::span<const std::string_view> builtin_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> made;
    for (const Builtin* each : all()) made.push_back(each->name);
    return made;
  }();
  return names;
}

std::string_view hint_for_builtin(std::string_view name) {
  std::string known = snake_case(name);
  auto found = std::ranges::find(kRefused, std::string_view(known), &Refused::name);
  return found == kRefused.end() ? std::string_view() : found->hint;
}

}  // namespace perigee::freemarker
