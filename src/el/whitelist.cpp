#include "el/whitelist.hpp"

#include "el/statics.hpp"

namespace perigee::el {
namespace {

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

std::string problem_of(const std::string& entry) {
  std::string_view rest = entry;
  std::string_view kind = next_word(rest);
  std::string_view type = next_word(rest);
  bool is_entry = (kind == "class" || kind == "new" || kind == "method") && !type.empty() &&
                  (kind != "method" || !next_word(rest).empty());
  if (!is_entry)
    return "'" + entry + "': expected 'class C', 'method C name argtype...' or 'new C argtype...'";
  if (find_type(type)) return {};
  return "'" + entry + "': expressions here do not know the type '" + std::string(type) +
         "', so that calls of it are refused";
}

}  // namespace

std::vector<std::string> whitelist_problems(std::span<const std::string> entries) {
  std::vector<std::string> problems;
  for (const std::string& entry : entries) {
    if (std::string problem = problem_of(entry); !problem.empty())
      problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace perigee::el
