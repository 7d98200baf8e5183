// Document: a parsed XML text, as a tree of nodes in an arena.
//
//   TRY(xml::Document document, xml::Document::parse(body, arena, xml::Names::local));
//   for (const xml::Node* node = document.root().first_child; node; node = node->next) ..
//
// For what strangers send: kDepthMax and Limits bound it. A document type may
// be named, and is then dropped; one that declares anything is refused, and so is a reference to an
// entity that is not one of the five of XML. Nothing outside of the text is ever read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.hpp"
#include "base/result.hpp"

namespace perigee::xml {

inline constexpr std::size_t kDepthMax = 256;
struct Limits {
  std::size_t nodes_max = 65'536;  // elements, attributes, texts, ..
  std::size_t bytes_max = 16 << 20;
};

enum class NodeKind : std::uint8_t { root, element, attribute, text, comment, instruction };

struct Node {
  NodeKind kind = NodeKind::root;
  std::uint32_t order = 0;  // in the document; attributes stand between element and children
  std::string_view name;    // of an element, an attribute, an instruction
  std::string_view value;   // of an attribute, a text, a comment, an instruction
  const Node* parent = nullptr;
  Node* first_child = nullptr;
  Node* last_child = nullptr;
  Node* first_attribute = nullptr;
  Node* next = nullptr;  // sibling, or next attribute
  Node* previous = nullptr;
};

enum class Names : std::uint8_t {
  qualified,  // names are as written, with their prefix, which need not be bound
  local,      // without their prefix, which has to be bound
};

class Document {
 public:
  // UTF-8 is assumed, whatever the prolog says: the text has been decoded before. Declarations of
  // namespaces are no attributes. The error's message begins with the line: "3: ...".
  static Result<Document> parse(std::string_view text, Arena& arena, Names names,
                                const Limits& limits = {});

  const Node& root() const { return *root_; }  // above the outermost element
  const Node& element() const;                 // the outermost element
  std::size_t node_count() const { return node_count_; }

 private:
  const Node* root_ = nullptr;
  std::size_t node_count_ = 0;
};

// "a" of "x:a".
std::string_view local_name(std::string_view name);

}  // namespace perigee::xml
