// Dates, times and formats in expressions: methods, static methods, construction. Internal to el.
#pragma once

#include <optional>
#include <span>

#include "el/methods.hpp"
#include "el/run.hpp"
#include "el/statics.hpp"
#include "el/temporal.hpp"

namespace perigee::el {

enum class FormatType : std::uint8_t { simple_date, date_time, number, message };

struct Format {
  FormatType type = FormatType::simple_date;
  std::string_view pattern;
  std::optional<Zone> zone;
};

Value made(std::optional<Temporal> temporal, Run& run);

// A zone given as one, or by its name; false with the reason when it is not known.
bool zone_of(Value argument, Zone& to, Run& run);

Value call_temporal(const Call& call);
Value call_format(const Call& call);
// now, of, parse, .. of `type`.
Value call_temporal_static(StaticMethod method, Type type, std::span<const Value> arguments,
                           Run& run);
Value create_date(std::span<const Value> arguments, Run& run);
Value create_format(FormatType type, std::span<const Value> arguments, Run& run);
Value number_instance(std::string_view pattern, std::span<const Value> arguments, Run& run);

}  // namespace perigee::el
