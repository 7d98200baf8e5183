// Builder: makes the nodes of a Program. Internal to el.
//
// Here names become accesses: a read and the steps behind it are joined into one read, constants
// are computed, patterns and paths compiled, calls checked against the white list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "el/program.hpp"

namespace perigee::el {

class Builder {
 public:
  Builder(Program& program, const Options& options) : program_(program), options_(options) {}

  Result<NodeId> constant(Value value, std::uint32_t column);
  Result<NodeId> variable(std::string_view name, std::uint32_t column);  // #name
  Result<NodeId> this_item(std::uint32_t column);
  // `name` alone: a property of the item of a selection, or a key when it stands in an index.
  Result<NodeId> bare_name(std::string_view name, std::uint32_t column);
  Result<NodeId> property(NodeId target, std::string_view name, bool safe, std::uint32_t column);
  Result<NodeId> index(NodeId target, NodeId index, std::uint32_t column);
  Result<NodeId> call(NodeId target, std::string_view name, std::vector<NodeId> arguments,
                      bool safe, std::uint32_t column);
  Result<NodeId> function(std::string_view name, std::vector<NodeId> arguments,
                          std::uint32_t column);
  Result<NodeId> type(std::string_view name, std::uint32_t column);
  Result<NodeId> create(std::string_view type_name, std::vector<NodeId> arguments,
                        std::uint32_t column);
  // new T[size] when `has_size`, else new T[]{items}.
  Result<NodeId> array(std::string_view type_name, std::vector<NodeId> children, bool has_size,
                       std::uint32_t column);
  Result<NodeId> select(Op op, NodeId target, NodeId body, bool safe, std::uint32_t column);
  // Operators and literals.
  Result<NodeId> operation(Op op, std::vector<NodeId> children, std::uint32_t column);

  std::string_view keep(std::string_view text) { return program_.constants.copy(text); }
  // "column 12: reason; did you mean 'candidate'?", without the question when none is near.
  void warn(std::uint32_t column, const std::string& reason, std::string_view name = {},
            std::span<const std::string_view> candidates = {});

 private:
  Node& node(NodeId id) { return program_.nodes[id]; }
  bool is_constant(NodeId id) { return node(id).op == Op::constant; }
  bool is_constant_text(NodeId id) { return is_constant(id) && node(id).value.is_text(); }

  Result<NodeId> add(Node node, std::span<const NodeId> children, std::uint32_t column);
  // Fails when it is reached, and warns of that, with the nearest of the candidates.
  Result<NodeId> refused(const std::string& reason, std::uint32_t column,
                         std::string_view name = {},
                         std::span<const std::string_view> candidates = {});
  Result<NodeId> refused_silently(const std::string& reason, std::uint32_t column);
  Result<NodeId> read(Op op, Access access, std::string_view name, bool safe, std::uint32_t column);
  Result<NodeId> keyed_read(Access container, std::string_view key, bool safe,
                            std::uint32_t column);
  Result<NodeId> bean_property(Bean bean, std::string_view name, bool safe, std::uint32_t column);
  Result<NodeId> static_call(Type type, std::string_view name, std::vector<NodeId> arguments,
                             std::uint32_t column);
  // One of our shortcuts for a call on a container, when it fits.
  std::optional<Result<NodeId>> container_call(NodeId target, std::string_view name,
                                               std::span<const NodeId> arguments,
                                               std::uint32_t column);
  Result<NodeId> xpath(std::vector<NodeId> arguments, std::uint32_t column);
  Result<NodeId> json_path(std::vector<NodeId> arguments, std::uint32_t column);
  Result<std::uint32_t> constant_pattern(NodeId id, std::uint32_t column);
  std::optional<Result<NodeId>> null_check(Op op, std::span<const NodeId> children,
                                           std::uint32_t column);
  // Replaces a pure node whose children are constants by its value.
  void fold(NodeId id);
  void note_need(Access access);
  void check_comparison(Op op, std::span<const NodeId> children);
  void warn_of_right_side(Op op, NodeId right, std::uint32_t column);
  Result<NodeId> unknown_property(Bean bean, std::string_view name, std::uint32_t column);

  Program& program_;
  const Options& options_;
};

}  // namespace perigee::el
