// Query parameters, raw: nothing is decoded (lifecycle.md 8.2). `&` and `;` both separate, `#` ends
// the query.
#pragma once

#include <optional>
#include <string_view>

namespace perigee::policy {

struct QueryParameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;  // "a=" has an empty one, "a" has none
};

class QueryReader {
 public:
  explicit QueryReader(std::string_view query) : rest_(query.substr(0, query.find('#'))) {}

  // Empty parameters ("a&&b") are passed over.
  std::optional<QueryParameter> next() {
    while (!rest_.empty()) {
      std::size_t end = rest_.find_first_of("&;");
      std::string_view part = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
      if (part.empty()) continue;
      std::size_t equals = part.find('=');
      if (equals == std::string_view::npos) return QueryParameter{part, {}, false};
      return QueryParameter{part.substr(0, equals), part.substr(equals + 1), true};
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

}  // namespace perigee::policy
