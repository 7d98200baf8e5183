// What a pattern captured, for expressions: `#group[0]` is the first group of the pattern, and
// `#groupName['x']` the group of that name. Shared by the policies that match and rewrite paths.
#pragma once

#include "el/regex.hpp"
#include "policy/exchange.hpp"

namespace perigee::policies {

// A pattern with the names of its groups.
class CapturingPattern {
 public:
  static Result<CapturingPattern> compile(std::string_view java_pattern);

  // Whether it matches the whole text.
  bool matches_all(std::string_view text, el::Regex::Match& match) const;
  const el::Regex& regex() const { return *regex_; }
  // The match's groups must live as long as the exchange.
  void set_variables(const el::Regex::Match& match, policy::Exchange& exchange) const;

 private:
  std::shared_ptr<const el::Regex> regex_;
  std::shared_ptr<const el::Regex> whole_;
  std::map<std::string, int> names_;
};

}  // namespace perigee::policies
