// What operators do with values that have been computed. Internal to el.
#pragma once

#include <optional>

#include "el/program.hpp"
#include "el/run.hpp"

namespace perigee::el {

// ==: numbers by value, lists and maps by their elements, different kinds are different. False,
// too, when the run is exhausted.
bool equal(Value left, Value right, Run& run);
// Whether that is so as a value; failed when the run is exhausted.
Value equality(Value left, Value right, bool wanted, Run& run);
// < and its kin: below, at or above zero; nullopt (with the reason in `run`) for mixed kinds.
std::optional<int> compare(Value left, Value right, Run& run);

Value add(Value left, Value right, Run& run);
// subtract, multiply, divide, modulo, power.
Value arithmetic(Op op, Value left, Value right, Run& run);
Value negate(Value operand, Run& run);

}  // namespace perigee::el
