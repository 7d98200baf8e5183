// Evaluator: walks a Program for one evaluation. Internal to el.
#pragma once

#include "el/program.hpp"
#include "el/run.hpp"

namespace perigee::el {

class Evaluator {
 public:
  Evaluator(const Program& program, const Variables& variables, Arena& arena)
      : program_(program), run_{variables, arena} {}

  // failed() when it cannot be: then failure() says where and why.
  Value evaluate(NodeId id);
  Run& run() { return run_; }
  std::uint32_t failed_column() const { return failed_column_; }

 private:
  using Children = std::span<const NodeId>;

  Value value_of(const Node& node);
  Value read(const Node& node);
  Value read_access(Access access, std::uint32_t id, std::string_view name);
  Value path_segment(const Node& node);
  Value property(const Node& node);
  Value property_of(Value target, std::string_view name);
  Value bean_property(Bean bean, std::string_view name);
  Value index(const Node& node);
  Value index_list(Value list, Value index);
  Value index_text(Value text, Value index);
  Value call(const Node& node);
  Value static_call(const Node& node);
  Value create(const Node& node);
  Value array(const Node& node);
  Value json_path(const Node& node);
  Value xpath(const Node& node);
  Value escaped(const Node& node);
  Value list(const Node& node);
  Value map(const Node& node);
  Value select(const Node& node);
  Value select_from(const Node& node, Value items);
  Value select_from_map(const Node& node, Value map);
  Value project(const Node& node);
  Value connective(const Node& node);
  Value sum(const Node& node);
  Value relation(const Node& node);
  Value between(const Node& node);
  Value matches(const Node& node);
  Value ternary(const Node& node);
  Value elvis(const Node& node);
  Value secret(std::span<const Value> arguments);

  // Evaluates children into an arena array; empty with a failure when one fails.
  bool evaluate_all(Children children, std::span<Value> to);
  // A condition: 1, 0, or -1 with a failure (also for null).
  int truth(NodeId id);
  // `body` on one item.
  Value with_item(NodeId body, Value item);

  const Program& program_;
  Run run_;
  Value this_;
  std::uint32_t failed_column_ = 0;
};

// The parts of a path: the leading empty one is kept, trailing empty ones are not.
Value split_path(std::string_view path, Arena& arena);

}  // namespace perigee::el
