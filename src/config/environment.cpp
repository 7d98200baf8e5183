#include "config/environment.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/values.hpp"

namespace perigee::config {
namespace {

constexpr std::array<std::string_view, 4> kPrefixes = {"GRAVITEE_", "gravitee_", "GRAVITEE.",
                                                       "gravitee."};
// Of our own keys the prefix is the first word of the key as well, so it is kept.
constexpr std::array<std::string_view, 2> kOwnPrefixes = {"PERIGEE_", "perigee_"};

// a[0].b -> a.0.b
std::string dotted_indexes(std::string_view key) {
  std::string result;
  for (const char c : key) {
    if (c == '[') {
      result.push_back('.');
    } else if (c != ']') {
      result.push_back(c);
    }
  }
  return result;
}

std::string replaced(std::string_view key, char from, char to) {
  std::string result(key);
  std::ranges::replace(result, from, to);
  return result;
}

std::string removed(std::string_view key, char c) {
  std::string result(key);
  std::erase(result, c);
  return result;
}

// The spellings of one key in the order of runtime.md 1.2, given to `visit` until it returns true.
template <class Visit>
bool spellings(const std::string& key, const Visit& visit) {
  const auto four = [&](const std::string& form) {
    const std::string underscored = replaced(form, '.', '_');
    if (visit(form) || visit(underscored)) return true;
    return form.contains('-') && (visit(removed(form, '-')) || visit(removed(underscored, '-')));
  };
  return four(key) || (key.contains('[') && four(dotted_indexes(key)));
}

}  // namespace

Environment::Environment(EnvironmentMap variables) : variables_(std::move(variables)) {
  for (const auto& [name, value] : variables_) {
    const std::string_view view = name;
    for (const auto prefix : kPrefixes) {
      if (view.starts_with(prefix)) prefixed_.push_back({view, view.substr(prefix.size()), value});
    }
    for (const auto prefix : kOwnPrefixes) {
      if (view.starts_with(prefix)) prefixed_.push_back({view, view, value});
    }
  }
  for (const Variable& variable : prefixed_) by_key_.try_emplace(variable.key, &variable);
}

const Variable* Environment::find(std::string_view key) const {
  const Variable* found = nullptr;
  if (by_key_.empty()) return found;
  const auto visit = [&](const std::string& spelling) {
    const auto at = by_key_.find(spelling);
    if (at != by_key_.end()) found = at->second;
    return found != nullptr;
  };
  if (!spellings(std::string(key), visit)) spellings(ascii_upper(key), visit);
  return found;
}

bool Environment::may_set(std::string_view variable_key, std::string_view key) {
  const auto visit = [&](const std::string& spelling) { return spelling == variable_key; };
  return spellings(std::string(key), visit) || spellings(ascii_upper(key), visit);
}

const std::string* Environment::find_bare(std::string_view key) const {
  const std::string form = dotted_indexes(key);
  for (const std::string& spelling : {form, ascii_upper(form)}) {
    const std::string underscored = replaced(spelling, '.', '_');
    for (const std::string& name :
         {spelling, underscored, replaced(spelling, '-', '_'), replaced(underscored, '-', '_')}) {
      if (const std::string* value = exact(name)) return value;
    }
  }
  return nullptr;
}

bool Environment::is_prefixed(std::string_view name) const {
  return std::ranges::find(prefixed_, name, &Variable::name) != prefixed_.end();
}

const std::string* Environment::exact(std::string_view name) const {
  const auto at = variables_.find(name);
  return at == variables_.end() ? nullptr : &at->second;
}

bool Environment::is_service_link(std::string_view name) const {
  for (const std::string_view part : {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT"}) {
    const auto at = name.rfind(part);
    if (at == std::string_view::npos) continue;
    const std::string host = std::string(name.substr(0, at)) + "_SERVICE_HOST";
    if (variables_.contains(host)) return true;
  }
  // GRAVITEE_X_PORT_6379_TCP_PORT holds the word twice.
  const auto first = name.find("_PORT_");
  return first != std::string_view::npos &&
         variables_.contains(std::string(name.substr(0, first)) + "_SERVICE_HOST");
}

}  // namespace perigee::config
