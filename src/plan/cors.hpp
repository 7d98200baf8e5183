// Cors: what an API answers to other origins (api-definition.md 1.4, lifecycle.md section 4).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "definition/model.hpp"

namespace re2 {
class RE2;
}

namespace perigee::plan {

class Cors {
 public:
  // An origin that looks like a regular expression and is none is a warning.
  static Cors compile(const definition::Cors& from, Problems& problems);

  bool allows_origin(std::string_view origin) const;
  bool allows_method(std::string_view method) const;
  bool allows_header(std::string_view name) const;

  // Values of the answer's fields; empty: the field is not sent.
  std::string allow_methods;
  std::string allow_headers;
  std::string expose_headers;
  std::string max_age;
  bool allow_credentials = false;
  bool allow_private_network = false;
  bool run_policies = false;

 private:
  bool any_origin_ = false, any_method_ = false, any_header_ = false;
  std::vector<std::string> origins_, methods_, headers_;
  std::vector<std::shared_ptr<const re2::RE2>> origin_patterns_;
};

}  // namespace perigee::plan
