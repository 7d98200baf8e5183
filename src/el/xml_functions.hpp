// XML in expressions: #xpath and xmlContent. Internal to el.
#pragma once

#include <optional>
#include <string_view>

#include "el/run.hpp"
#include "xml/xpath.hpp"

namespace perigee::el {

enum class XPathType : std::uint8_t { string, boolean, number, node, node_list };

// "string", "boolean", "number", "node", "node_list", "document_list"; nullopt for any other.
std::optional<XPathType> find_xpath_type(std::string_view name);
inline constexpr std::string_view kXPathTypes =
    "string, boolean, number, node, node_list or document_list";

// #xpath(document, path, type). Nodes come as their texts: an expression has nothing else for them.
Value evaluate_xpath(const xml::XPath& path, Value document, XPathType type, Run& run);

// The body as nested maps: the name of the outermost element is the only key. What is no XML, or
// uses a DTD, is an empty map.
Value xml_content(std::string_view body, Run& run);

}  // namespace perigee::el
