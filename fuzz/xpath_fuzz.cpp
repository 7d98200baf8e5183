// room: xml
//
// The first line is an XPath, the rest a document, or a small one when it is none: a refusal with a
// reason, or a value within the budget that converts to every kind; nodes in document order.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "xml/xpath.hpp"

using namespace perigee;
using namespace perigee::xml;

namespace {

constexpr std::string_view kSmall =
    "<?p q?><a x='1' y='b'><b>t<c/>u</b><!--c--><b x='2'>3</b><x:d xml:lang='en'>4.5</x:d></a>";

void evaluate(const XPath& path, const Document& document, Arena& arena) {
  Budget budget{.steps = 20'000, .bytes = 100'000};
  auto value = path.evaluate(document, arena, budget);
  PERIGEE_ASSERT(value || !value.error().message.empty());
  PERIGEE_ASSERT(budget.steps <= 20'000 && budget.bytes <= 100'000);
  if (!value) return;
  static_cast<void>(to_boolean(*value));
  auto text = to_text(*value, arena, budget);
  PERIGEE_ASSERT(text || !text.error().message.empty());
  auto number = to_number(*value, arena, budget);
  PERIGEE_ASSERT(number || !number.error().message.empty());
  for (std::size_t i = 1; i < value->nodes.size(); ++i)
    PERIGEE_ASSERT(value->nodes[i - 1]->order < value->nodes[i]->order);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::string_view line = input.substr(0, input.find('\n'));
  auto path = XPath::compile(line);
  PERIGEE_ASSERT(path || !path.error().message.empty());
  if (!path) return 0;
  Arena arena;
  auto document = Document::parse(input.substr(line.size()), arena, Names::qualified);
  if (!document) document = Document::parse(kSmall, arena, Names::qualified);
  PERIGEE_ASSERT(document);
  evaluate(**path, *document, arena);
  return 0;
}
