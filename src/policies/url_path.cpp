#include "policies/url_path.hpp"

#include <algorithm>
#include <vector>

namespace perigee::policies {

std::string normalized_path(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_with_slash = false;
  while (!path.empty()) {
    std::size_t end = std::min(path.find('/'), path.size());
    std::string_view segment = path.substr(0, end);
    bool dots = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && !dots) kept.push_back(segment);
    ends_with_slash = dots || end < path.size();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  std::string result;
  for (std::string_view segment : kept) result.append("/").append(segment);
  if (ends_with_slash || kept.empty()) result += '/';
  return result;
}

std::string normalized_url(std::string_view url) {
  std::size_t path_end = std::min(url.find_first_of("?#"), url.size());
  std::size_t authority = url.substr(0, path_end).find("//");
  bool has_authority = authority == 0 || (authority != std::string_view::npos && authority > 0 &&
                                          url[authority - 1] == ':');
  std::size_t begin = has_authority ? url.find('/', authority + 2) : 0;
  bool has_path = begin < path_end && url[begin] == '/';
  if (!has_path) return std::string(url);
  std::string result(url.substr(0, begin));
  result.append(normalized_path(url.substr(begin, path_end - begin)));
  return result.append(url.substr(path_end));
}

}  // namespace perigee::policies
