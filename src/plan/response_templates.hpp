// ResponseTemplates: how an API words its errors (api-definition.md 1.11, lifecycle.md section 10).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "el/expression.hpp"
#include "http/headers.hpp"

namespace perigee::plan {

struct ResponseTemplate {
  int status = 0;
  std::optional<el::Template> body;
  std::vector<std::pair<http::OwnedHeaderName, el::Template>> headers;
  bool tells_error_key = false;  // to logs and metrics
};

class ResponseTemplates {
 public:
  bool empty() const { return by_key_.empty(); }
  void add(const std::string& error_key, const std::string& media_type, ResponseTemplate made) {
    by_key_[error_key][media_type] = std::move(made);
  }
  std::vector<std::string_view> keys() const;
  // `accept`: all values of the request's Accept fields, in order. Null: the standard answer.
  const ResponseTemplate* find(std::string_view key, std::string_view parent_key,
                               std::span<const std::string_view> accept) const;

 private:
  using ByMediaType = std::map<std::string, ResponseTemplate, std::less<>>;
  const ByMediaType* templates_of(std::string_view key, std::string_view parent_key) const;
  std::map<std::string, ByMediaType, std::less<>> by_key_;
};

}  // namespace perigee::plan
