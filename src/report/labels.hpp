// Which of its labels a family shows: services.metrics.labels, and what include and exclude change
// for one category (runtime.md 2.4, 3.6).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::report {

// The reference's categories of meters; the labels of our own families are not chosen.
enum class Category : std::uint8_t { ours, http_server, http_client };

class LabelChoice {
 public:
  // In the words of the configuration: "http_method", and "http.server" for a category.
  struct Words {
    std::vector<std::string> labels = {"local", "http_method", "http_code"};
    std::map<std::string, std::vector<std::string>> include, exclude;  // by category
    bool raw_path = false;  // `path` is that of the request, not the context path of its API
  };
  LabelChoice() : LabelChoice(Words{}) {}
  explicit LabelChoice(const Words& words);

  // `label` is a name on samples: "method".
  bool shows(Category category, std::string_view label) const;
  bool raw_path() const { return raw_path_; }

 private:
  std::array<std::set<std::string, std::less<>>, 3> shown_;  // by category
  bool raw_path_;
};

}  // namespace perigee::report
