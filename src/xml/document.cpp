// The only file of this room that knows expat.
#include "xml/document.hpp"

#include <expat.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <new>
#include <string>

#include "base/assert.hpp"

namespace perigee::xml {
namespace {

// Stands between the URI of a namespace and a local name; no URI can have it.
constexpr char kSeparator = '\n';

class Reader {
 public:
  Reader(Arena& arena, Names names, const Limits& limits)
      : arena_(arena), names_(names), limits_(limits) {
    root_ = at_ = make(NodeKind::root);
  }

  Result<const Node*> read(std::string_view text);
  std::size_t count() const { return count_; }

 private:
  static Reader& of(void* user) { return *static_cast<Reader*>(user); }
  static void on_start(void* user, const char* name, const char** attributes);
  static void on_end(void* user, const char* name);
  static void on_text(void* user, const char* text, int bytes);
  static void on_comment(void* user, const char* text);
  static void on_instruction(void* user, const char* target, const char* text);
  static void on_document_type(void* user, const char*, const char*, const char*, int declares);
  static void on_skipped_entity(void* user, const char* name, int is_parameter);
  void set_handlers(XML_Parser parser);
  std::unexpected<Error> failure() const;

  Node* make(NodeKind kind);
  void append(Node* child);
  void add_attribute(Node& element, Node*& last, const char* name, const char* value);
  void end_text();
  std::string_view kept_name(const char* written);
  void refuse(std::string why);

  Arena& arena_;
  Names names_;
  const Limits& limits_;
  Node* root_ = nullptr;
  Node* at_ = nullptr;  // the open element
  XML_Parser parser_ = nullptr;
  std::string text_;  // of the text node that is being read: it may come in pieces
  std::string refused_;
  std::size_t depth_ = 0;
  std::size_t count_ = 0;
};

void Reader::refuse(std::string why) {
  if (refused_.empty()) refused_ = std::move(why);
  XML_StopParser(parser_, XML_FALSE);
}

Node* Reader::make(NodeKind kind) {
  Node* node = new (arena_.take(sizeof(Node), alignof(Node))) Node();
  node->kind = kind;
  node->order = static_cast<std::uint32_t>(count_);
  if (++count_ > limits_.nodes_max)
    refuse("it has more than " + std::to_string(limits_.nodes_max) +
           " elements, attributes and texts (perigee.limits.xmlNodes)");
  return node;
}

void Reader::append(Node* child) {
  child->parent = at_;
  child->previous = at_->last_child;
  (at_->last_child ? at_->last_child->next : at_->first_child) = child;
  at_->last_child = child;
}

std::string_view Reader::kept_name(const char* written) {
  std::string_view name = written;
  if (names_ == Names::local) name = name.substr(name.rfind(kSeparator) + 1);
  return arena_.copy(name);
}

void Reader::end_text() {
  if (text_.empty()) return;
  Node* node = make(NodeKind::text);
  node->value = arena_.copy(text_);
  text_.clear();
  append(node);
}

void Reader::add_attribute(Node& element, Node*& last, const char* name, const char* value) {
  std::string_view written = name;
  if (written == "xmlns" || written.starts_with("xmlns:")) return;
  Node* attribute = make(NodeKind::attribute);
  attribute->name = kept_name(name);
  attribute->value = arena_.copy(value);
  attribute->parent = &element;
  attribute->previous = last;
  (last ? last->next : element.first_attribute) = attribute;
  last = attribute;
}

void Reader::on_start(void* user, const char* name, const char** attributes) {
  Reader& reader = of(user);
  reader.end_text();
  if (++reader.depth_ > kDepthMax)
    return reader.refuse("its elements are nested deeper than " + std::to_string(kDepthMax));
  Node* element = reader.make(NodeKind::element);
  element->name = reader.kept_name(name);
  reader.append(element);
  reader.at_ = element;
  Node* last = nullptr;
  for (; *attributes != nullptr && reader.refused_.empty(); attributes += 2)
    reader.add_attribute(*element, last, attributes[0], attributes[1]);
}

void Reader::on_end(void* user, const char*) {
  Reader& reader = of(user);
  if (!reader.refused_.empty()) return;  // expat ends an empty element that it was stopped in
  reader.end_text();
  // The open element is ours: only its parent is known as const.
  reader.at_ = const_cast<Node*>(reader.at_->parent);
  --reader.depth_;
}

void Reader::on_text(void* user, const char* text, int bytes) {
  of(user).text_.append(text, static_cast<std::size_t>(bytes));
}

void Reader::on_comment(void* user, const char* text) {
  Reader& reader = of(user);
  reader.end_text();
  Node* node = reader.make(NodeKind::comment);
  node->value = reader.arena_.copy(text);
  reader.append(node);
}

void Reader::on_instruction(void* user, const char* target, const char* text) {
  Reader& reader = of(user);
  reader.end_text();
  Node* node = reader.make(NodeKind::instruction);
  node->name = reader.arena_.copy(target);
  node->value = reader.arena_.copy(text);
  reader.append(node);
}

void Reader::on_document_type(void* user, const char*, const char*, const char*, int declares) {
  if (declares != 0) of(user).refuse("its document type declares something");
}

// Of a document whose type stands elsewhere: that is not read, so its entities are not known.
void Reader::on_skipped_entity(void* user, const char* name, int) {
  of(user).refuse("it refers to the entity '" + std::string(name) + "'");
}

void Reader::set_handlers(XML_Parser parser) {
  parser_ = parser;
  XML_SetUserData(parser, this);
  XML_SetElementHandler(parser, &on_start, &on_end);
  XML_SetCharacterDataHandler(parser, &on_text);
  XML_SetCommentHandler(parser, &on_comment);
  XML_SetProcessingInstructionHandler(parser, &on_instruction);
  XML_SetStartDoctypeDeclHandler(parser, &on_document_type);
  XML_SetSkippedEntityHandler(parser, &on_skipped_entity);
}

std::unexpected<Error> Reader::failure() const {
  std::string why = refused_.empty() ? XML_ErrorString(XML_GetErrorCode(parser_)) : refused_;
  return fail(ErrorCode::invalid, std::to_string(XML_GetCurrentLineNumber(parser_)) + ": " + why);
}

Result<const Node*> Reader::read(std::string_view text) {
  std::size_t bytes_max = std::min<std::size_t>(limits_.bytes_max, INT_MAX);  // expat takes an int
  if (text.size() > bytes_max)
    return fail(ErrorCode::limit, "1: it is longer than " + std::to_string(bytes_max) +
                                      " bytes (perigee.limits.xmlBytes)");
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      names_ == Names::local ? XML_ParserCreateNS("UTF-8", kSeparator) : XML_ParserCreate("UTF-8"),
      &XML_ParserFree);
  PERIGEE_ASSERT(parser != nullptr);
  set_handlers(parser.get());
  XML_Status status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (status == XML_STATUS_ERROR || !refused_.empty()) return failure();
  return root_;
}

}  // namespace

Result<Document> Document::parse(std::string_view text, Arena& arena, Names names,
                                 const Limits& limits) {
  Reader reader(arena, names, limits);
  Document document;
  TRY(document.root_, reader.read(text));
  document.node_count_ = reader.count();
  return document;
}

const Node& Document::element() const {
  const Node* node = root_->first_child;
  while (node && node->kind != NodeKind::element) node = node->next;
  PERIGEE_ASSERT(node);  // a parsed document has one
  return *node;
}

std::string_view local_name(std::string_view name) { return name.substr(name.rfind(':') + 1); }

}  // namespace perigee::xml
