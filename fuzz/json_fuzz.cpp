// room: base
//
// What is taken must read back as itself, every node must be found by its pointer's steps, and what
// is refused must be refused at a place: the fast parser and the exact scan agree about what JSON
// is.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "base/json.hpp"

using perigee::Json;
using perigee::JsonDocument;

namespace {

void visit(Json json) {
  static_cast<void>(json.pointer());
  for (const perigee::JsonMember& member : json.members()) {
    PERIGEE_ASSERT(json[member.name].node() == &member.value);
    PERIGEE_ASSERT(member.value.parent == json.node());
    static_cast<void>(json.integer_or(member.name, 0));
    static_cast<void>(json.real_or(member.name, 0));
    static_cast<void>(json.boolean_or(member.name, false));
    static_cast<void>(json.texts(member.name));
    visit(Json(member.value));
  }
  for (const perigee::JsonNode& item : json.items()) {
    PERIGEE_ASSERT(item.parent == json.node());
    visit(Json(item));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auto document = JsonDocument::parse(text);
  if (!document) {
    PERIGEE_ASSERT(document.error().message.find("a place unknown") == std::string::npos);
    return 0;
  }
  visit(document->root());
  std::string dumped = document->root().dump();
  auto again = JsonDocument::parse(dumped);
  PERIGEE_ASSERT(again.has_value());
  PERIGEE_ASSERT(again->duplicates().empty());
  PERIGEE_ASSERT(again->root().dump() == dumped);
  auto pretty = JsonDocument::parse(document->root().dump_pretty());
  PERIGEE_ASSERT(pretty.has_value());
  PERIGEE_ASSERT(pretty->root().dump() == dumped);
  return 0;
}
