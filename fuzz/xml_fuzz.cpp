// room: el
//
// Whatever a text says: it is refused with a reason, or it is a tree within the limits, and a map
// that can be shown.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "el/convert.hpp"
#include "el/json_variables.hpp"
#include "el/run.hpp"
#include "el/xml_functions.hpp"

using namespace perigee;

namespace {

// Every node once, with its links; gives the count.
std::size_t checked(const xml::Node& top) {
  std::size_t count = 1;
  for (const xml::Node* at = top.first_attribute; at; at = at->next, ++count)
    PERIGEE_ASSERT(at->parent == &top && at->kind == xml::NodeKind::attribute);
  const xml::Node* last = nullptr;
  for (const xml::Node* at = top.first_child; at; last = at, at = at->next) {
    PERIGEE_ASSERT(at->parent == &top && at->previous == last && at->order > top.order);
    count += checked(*at);
  }
  PERIGEE_ASSERT(top.last_child == last);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (xml::Names names : {xml::Names::qualified, xml::Names::local}) {
    Arena arena;
    auto document = xml::Document::parse(text, arena, names);
    PERIGEE_ASSERT(document || !document.error().message.empty());
    if (document) PERIGEE_ASSERT(checked(document->root()) == document->node_count());
  }
  static const FakeClock clock;
  el::JsonVariables variables(Json(), clock);
  Arena arena;
  el::Run run{variables, arena};
  el::Value map = el::xml_content(text, run);
  PERIGEE_ASSERT(map.is_failed() ? !run.problem.empty() : map.is_map());
  std::string shown;
  if (map.is_map()) PERIGEE_ASSERT(el::append_java_text(shown, map, run) != run.exhausted);
  return 0;
}
