#include "plan/cors.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "http/headers.hpp"

namespace perigee::plan {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string upper(std::string text) {
  auto raised = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  std::ranges::transform(text, text.begin(), raised);
  return text;
}

bool has_ignoring_case(const std::vector<std::string>& items, std::string_view wanted) {
  return std::ranges::any_of(
      items, [&](std::string_view item) { return http::equals_ignoring_case(item, wanted); });
}

bool has_any(const std::vector<std::string>& items) {
  return std::ranges::find(items, "*") != items.end();
}

bool looks_like_pattern(std::string_view origin) {
  return origin != "*" && origin.find_first_of("([*") != std::string_view::npos;
}

std::shared_ptr<const RE2> compile_origin(const definition::Cors& from, std::size_t index,
                                          Problems& problems) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(from.allow_origin[index], options);
  if (compiled->ok()) return compiled;
  problems.warning(from.pointer + "/allowOrigin/" + std::to_string(index),
                   "'" + from.allow_origin[index] +
                       "' is not a regular expression that can be used: " + compiled->error());
  return nullptr;
}

}  // namespace

Cors Cors::compile(const definition::Cors& from, Problems& problems) {
  Cors cors;
  cors.any_origin_ = has_any(from.allow_origin);
  cors.any_method_ = has_any(from.allow_methods);
  cors.any_header_ = from.allow_headers.empty() || has_any(from.allow_headers);
  cors.origins_ = from.allow_origin;
  for (std::size_t i = 0; i < from.allow_origin.size(); ++i) {
    if (!looks_like_pattern(from.allow_origin[i])) continue;
    if (auto pattern = compile_origin(from, i, problems)) cors.origin_patterns_.push_back(pattern);
  }
  for (const std::string& method : from.allow_methods) cors.methods_.push_back(upper(method));
  cors.headers_ = from.allow_headers;
  cors.allow_methods = joined(cors.methods_);
  cors.allow_headers = joined(from.allow_headers);
  cors.expose_headers = joined(from.expose_headers);
  if (from.max_age_seconds >= 0) cors.max_age = std::to_string(from.max_age_seconds);
  cors.allow_credentials = from.allow_credentials;
  cors.allow_private_network = from.allow_private_network;
  cors.run_policies = from.run_policies;
  return cors;
}

bool Cors::allows_origin(std::string_view origin) const {
  if (any_origin_ || has_ignoring_case(origins_, origin)) return true;
  return std::ranges::any_of(origin_patterns_, [&](const std::shared_ptr<const RE2>& pattern) {
    return RE2::FullMatch(re2::StringPiece(origin.data(), origin.size()), *pattern);
  });
}

bool Cors::allows_method(std::string_view method) const {
  return any_method_ || has_ignoring_case(methods_, method);
}

bool Cors::allows_header(std::string_view name) const {
  return any_header_ || has_ignoring_case(headers_, name);
}

}  // namespace perigee::plan
