// java.math.BigDecimal in expressions: operators, methods, construction. Internal to el.
#pragma once

#include <optional>

#include "el/decimal.hpp"
#include "el/methods.hpp"
#include "el/program.hpp"
#include "el/run.hpp"

namespace perigee::el {

// As Spring takes a number beside a decimal: by its text.
std::optional<Decimal> decimal_of(Value number);
// A value that lives in the arena; failed() when there is none.
Value made(std::optional<Decimal> decimal, Run& run);

Value decimal_arithmetic(Op op, Value left, Value right, Run& run);
Value call_decimal(const Call& call);
// new BigDecimal(x), and BigDecimal.valueOf(x[, scale]).
Value create_decimal(Value from, Run& run);
Value decimal_value_of(std::span<const Value> arguments, Run& run);

}  // namespace perigee::el
