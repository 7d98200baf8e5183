#include "plan/cors.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "el/regex.hpp"
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

Result<std::shared_ptr<const RE2>> compile_origin(const std::string& origin) {
  TRY(el::PatternAllowance::check());
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto compiled = std::make_shared<const RE2>(origin, options);
  if (!compiled->ok())
    return fail(
        ErrorCode::invalid,
        "'" + origin + "' is not a regular expression that can be used: " + compiled->error());
  TRY(el::PatternAllowance::take(el::pattern_bytes(compiled->ProgramSize())));
  return compiled;
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
    Result<std::shared_ptr<const RE2>> pattern = compile_origin(from.allow_origin[i]);
    if (pattern) {
      cors.origin_patterns_.push_back(*std::move(pattern));
      continue;
    }
    const std::string pointer = from.pointer + "/allowOrigin/" + std::to_string(i);
    const Error& why = pattern.error();
    if (why.code == ErrorCode::limit) {
      problems.error(pointer, why.message);
    } else {  // compat: one that is none is deployed, and allows nobody.
      problems.warning(pointer, why.message);
    }
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
