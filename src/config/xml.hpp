// XML text to the tree of its elements: what a small configuration file needs, and no more.
// Document types are refused, so that no entity can unfold.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace perigee::config {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string text;  // of this element alone, without that of its children
  std::vector<XmlElement> children;
  int line = 0;

  std::string attribute(std::string_view key) const;  // empty when absent
};

// The root. The error's message begins with the line: "12: ...".
Result<XmlElement> parse_xml(std::string_view text);

}  // namespace perigee::config
