// Operation: one entry of a chain, compiled. Internal to jolt.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jolt/element.hpp"
#include "jolt/tree.hpp"

namespace perigee::jolt {

class Operation {
 public:
  virtual ~Operation() = default;
  // May change the input. Null: nothing is left (JSON null). Ends early when the run has failed.
  virtual Node* apply(Node* input, Run& run) const = 0;
};
using MadeOperation = Result<std::unique_ptr<const Operation>>;

// `spec` is the member of that name; an Error begins with its pointer.
MadeOperation make_shift(Json spec);
MadeOperation make_default(Json spec);
MadeOperation make_remove(Json spec);
MadeOperation make_cardinality(Json spec);
MadeOperation make_sort(Json spec);

enum class WriteMode : std::uint8_t { overwrite, when_null, when_missing };
MadeOperation make_modify(Json spec, WriteMode mode);

// A function of modify by its name; arguments that are null are absent. Gives null for "nothing".
enum class Function : std::uint8_t;
std::optional<Function> function_named(std::string_view name);
std::vector<std::string_view> function_names();
Node* call(Function function, std::span<Node* const> arguments, Run& run);

// "a|b" as two keys.
std::vector<std::string_view> alternatives(std::string_view key);
std::unexpected<Error> refuse_at(Json spec, const std::string& why);

}  // namespace perigee::jolt
