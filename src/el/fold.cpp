// Constant folding: a pure node over constants is evaluated once, at compile.
#include <algorithm>

#include "el/builder.hpp"
#include "el/decimal.hpp"
#include "el/evaluator.hpp"

namespace perigee::el {
namespace {

constexpr std::size_t kFoldedBytesMax = 4096;
constexpr std::size_t kFoldedItemsMax = 1024;
// A part that takes more is evaluated when it is reached: a definition may have many of them.
constexpr std::size_t kFoldingStepsMax = 1000;
constexpr std::size_t kFoldingBytesMax = 64 * 1024;

class NoVariables final : public Variables {
 public:
  Value read(const Reference&, Arena&) const override { return Value::absent(); }
  const Clock& clock() const override { return clock_; }

 private:
  FakeClock clock_;  // never read: what needs time is not pure
};

// A copy that lives in `arena`; nullopt for what is too large or lives elsewhere.
std::optional<Value> copied(Value value, Arena& arena) {
  if (value.is_text() || value.kind() == Kind::bytes) {
    if (value.as_text().size() > kFoldedBytesMax) return std::nullopt;
    std::string_view text = arena.copy(value.as_text());
    return value.is_text() ? Value::text(text) : Value::bytes(text);
  }
  if (value.kind() == Kind::list) {
    if (value.list_size() > kFoldedItemsMax) return std::nullopt;
    auto items = take_values(arena, value.list_size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto item = copied(value.item(i), arena);
      if (!item) return std::nullopt;
      items[i] = *item;
    }
    return value.is_array() ? Value::array(items) : Value::list(items);
  }
  if (value.kind() == Kind::decimal)
    return Value::decimal(*new (arena.take(sizeof(Decimal), alignof(Decimal)))
                              Decimal(value.as_decimal()));
  bool is_plain = value.is_null() || value.is_boolean() || value.is_integral() ||
                  value.kind() == Kind::real || value.kind() == Kind::codec;
  return is_plain ? std::optional(value) : std::nullopt;
}

}  // namespace

void Builder::fold(NodeId id) {
  auto children = program_.children_of(node(id));
  if (!std::ranges::all_of(children, [&](NodeId child) { return is_constant(child); })) return;
  const NoVariables variables;
  Arena scratch;
  Evaluator evaluator(program_, variables, scratch);
  evaluator.run().steps_max = kFoldingStepsMax;
  evaluator.run().built_bytes_max = kFoldingBytesMax;
  // A failure stays: the expression fails when it is evaluated, as the reference does.
  Value value = evaluator.evaluate(id);
  if (evaluator.run().exhausted) return;
  if (value.is_failed())
    return warn(node(id).column, evaluator.run().problem + ", it fails when it is reached");
  auto kept = copied(value, program_.constants);
  if (!kept) return;
  std::uint32_t column = node(id).column;
  node(id) = Node{.op = Op::constant, .column = column, .value = *kept};
}

}  // namespace perigee::el
