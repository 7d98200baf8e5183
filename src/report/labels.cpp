#include "report/labels.hpp"

#include <utility>

#include "http/headers.hpp"

namespace perigee::report {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"local", "local"},        {"remote", "remote"},
    {"http_path", "path"},     {"http_route", "route"},
    {"http_method", "method"}, {"http_code", "code"},
    {"class_name", "class"},   {"namespace", "client_namespace"}};

constexpr std::pair<std::string_view, Category> kCategories[] = {
    {"http.server", Category::http_server}, {"http.client", Category::http_client}};

// Empty for a word that is the label of no family of ours.
std::string_view name_of(std::string_view word) {
  for (auto [known, name] : kNames) {
    if (http::equals_ignoring_case(known, word)) return name;
  }
  return {};
}

}  // namespace

LabelChoice::LabelChoice(const Words& words) : raw_path_(words.raw_path) {
  for (auto [word, category] : kCategories) {
    auto& shown = shown_[static_cast<std::size_t>(category)];
    for (const std::string& label : words.labels) shown.emplace(name_of(label));
    const auto more = words.include.find(std::string(word));
    if (more != words.include.end()) {
      for (const std::string& label : more->second) shown.emplace(name_of(label));
    }
    const auto less = words.exclude.find(std::string(word));
    if (less != words.exclude.end()) {
      for (const std::string& label : less->second) shown.erase(std::string(name_of(label)));
    }
  }
}

bool LabelChoice::shows(Category category, std::string_view label) const {
  return category == Category::ours || shown_[static_cast<std::size_t>(category)].contains(label);
}

}  // namespace perigee::report
