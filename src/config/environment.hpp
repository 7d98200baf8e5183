// Environment variables, asked by key (runtime.md 1.2).
//
// The way is always from a key to the names it may have, never back: "_" stands for "." and for
// itself.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/source.hpp"

namespace perigee::config {

struct Variable {
  std::string_view name;  // as in the process: "GRAVITEE_HTTP_PORT"
  std::string_view key;   // what a key's spelling is compared with: "HTTP_PORT"
  std::string_view value;
};

class Environment {
 public:
  explicit Environment(EnvironmentMap variables);
  Environment(Environment&&) =
      default;  // moves keep the map's nodes, which everything here points to
  Environment& operator=(Environment&&) = default;

  // The prefixed variable (GRAVITEE_, gravitee_, GRAVITEE., gravitee., PERIGEE_, perigee_) that
  // sets `key`.
  const Variable* find(std::string_view key) const;

  // Whether a variable of this Variable::key may set `key` at all.
  static bool may_set(std::string_view variable_key, std::string_view key);

  // The un-prefixed one, by the reference's relaxed names: `http.port` is http_port or HTTP_PORT.
  const std::string* find_bare(std::string_view key) const;
  // The variable of exactly this name.
  const std::string* exact(std::string_view name) const;

  const std::vector<Variable>& prefixed() const { return prefixed_; }
  bool is_prefixed(std::string_view name) const;
  const EnvironmentMap& all() const { return variables_; }

  // Kubernetes gives every container variables that name the services of its namespace; one called
  // `gravitee-x` yields GRAVITEE_X_SERVICE_HOST, GRAVITEE_X_PORT and so on.
  bool is_service_link(std::string_view name) const;

 private:
  EnvironmentMap variables_;
  std::vector<Variable> prefixed_;
  std::unordered_map<std::string_view, const Variable*> by_key_;
};

}  // namespace perigee::config
