// Formats of java.text and java.time, and the static methods of dates.
#include <new>

#include "base/clock.hpp"
#include "el/convert.hpp"
#include "el/date_format.hpp"
#include "el/number_format.hpp"
#include "el/temporal_methods.hpp"

namespace perigee::el {
namespace {

using enum StaticMethod;
using Arguments = std::span<const Value>;

TemporalType temporal_type(Type type) {
  switch (type) {
    case Type::local_date:
      return TemporalType::local_date;
    case Type::local_date_time:
      return TemporalType::local_date_time;
    case Type::calendar:
      return TemporalType::calendar;
    default:
      return TemporalType::zoned_date_time;
  }
}

Value made(const Format& format, Run& run) {
  if (!run.build(sizeof(Format))) return Value::failed();
  return Value::format(*new (run.arena.take(sizeof(Format), alignof(Format))) Format(format));
}

// Names are written in English only.
bool is_english(Arguments arguments, std::size_t index, Run& run) {
  if (arguments.size() <= index) return true;
  std::string_view locale = arguments[index].is_text() ? arguments[index].as_text() : "";
  if (locale.empty() || locale.starts_with("en")) return true;
  run.fail("the locale '" + std::string(locale.substr(0, 100)) + "' is not known here, only 'en'");
  return false;
}

bool text_of(Value argument, std::string_view& to, Run& run) {
  if (argument.is_text())
    to = argument.as_text();
  else
    run.fail("a text is needed, not " + std::string(kind_name(argument)));
  return argument.is_text();
}

Value current(TemporalType type, Arguments arguments, Run& run) {
  Zone zone;
  if (!arguments.empty() && !zone_of(arguments[0], zone, run)) return Value::failed();
  Temporal at =
      at_milliseconds(TemporalType::zoned_date_time, epoch_ms(run.variables.clock().wall()), zone);
  if (type == TemporalType::zoned_date_time) return made(std::optional(at), run);
  if (type == TemporalType::calendar) {
    at.type = type;
    return made(std::optional(at), run);
  }
  auto civil = civil_of(at);
  return made(civil ? temporal_of(type, *civil, {}) : std::nullopt, run);
}

// of(year, month, day, hour, minute, second, nano, zone), as many as the type has.
Value of_parts(TemporalType type, Arguments arguments, Run& run) {
  Zone zone;
  bool is_zoned = type == TemporalType::zoned_date_time, is_date = type == TemporalType::local_date;
  std::size_t count = arguments.size() - (is_zoned ? 1 : 0);
  if (is_date ? count != 3 : is_zoned ? count != 7 : count < 5)
    return run.fail("'of' does not take " + std::to_string(arguments.size()) + " arguments");
  if (is_zoned && !zone_of(arguments[count], zone, run)) return Value::failed();
  Civil civil;
  int year = 0;
  int* parts[] = {&year,         &civil.month,  &civil.day,  &civil.hour,
                  &civil.minute, &civil.second, &civil.nanos};
  for (std::size_t i = 0; i < count; ++i) {
    Number number = to_int(arguments[i], run.problem);
    if (!number.ok || number.is_null) return run.fail("whole numbers are needed");
    *parts[i] = static_cast<int>(number.value);
  }
  civil.year = year;
  return made(temporal_of(type, civil, zone), run);
}

Value of_day(StaticMethod method, Arguments arguments, Run& run) {
  Number first = to_long(arguments[0], run.problem);
  Number second =
      arguments.size() == 2 ? to_long(arguments[1], run.problem) : Number{true, false, 1};
  if (!first.ok || first.is_null || !second.ok || second.is_null)
    return run.fail("whole numbers are needed");
  if (method == of_year_day) {
    auto start = temporal_of(TemporalType::local_date, {.year = first.value}, {});
    return made(start ? with(*start, second.value, Field::day_of_year) : std::nullopt, run);
  }
  return made(plus({TemporalType::local_date, 0, 0, {}}, first.value, Field::day), run);
}

Value as_temporal(TemporalType type, const DateRead& read, Run& run) {
  bool wants_zone = type == TemporalType::zoned_date_time;
  if (wants_zone && !read.zone) return run.fail("the text has no zone");
  if (type != TemporalType::local_date && type != TemporalType::date && !read.has_time)
    return run.fail("the text has no time");
  return made(temporal_of(type, read.civil, read.zone.value_or(Zone{})), run);
}

Value parsed(TemporalType type, Arguments arguments, Run& run) {
  std::string_view text;
  if (!text_of(arguments[0], text, run)) return Value::failed();
  DateRead read;
  if (arguments.size() == 1) {
    read = read_iso_date(text);
    bool has_more = (type == TemporalType::local_date && read.has_time) ||
                    (type != TemporalType::zoned_date_time && read.zone);
    if (read.problem.empty() && has_more)
      return run.fail("'" + std::string(text) + "' has more than the type takes");
  } else {
    if (arguments[1].kind() != Kind::format) return run.fail("a DateTimeFormatter is needed");
    const Format& format = arguments[1].as_format();
    read = read_date(text, format.pattern, false);
    if (!read.zone) read.zone = format.zone;
  }
  return read.problem.empty() ? as_temporal(type, read, run) : run.fail(read.problem);
}

Value formatted(const Format& format, Arguments arguments, Run& run) {
  Value value = arguments[0];
  if (format.type == FormatType::number) return formatted_number(format.pattern, value, run);
  if (format.type == FormatType::message) {
    if (!value.is_list()) return run.fail("a list of arguments is needed");
    auto items = take_values(run.arena, value.list_size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = value.item(i);
    return formatted_message(format.pattern, items, run);
  }
  bool is_simple = format.type == FormatType::simple_date;
  Temporal temporal;
  if (is_simple && value.is_integral())  // compat: a number is milliseconds
    temporal = at_milliseconds(TemporalType::date, value.as_integer(), {});
  else if (value.kind() == Kind::temporal && value.as_temporal().type != TemporalType::zone)
    temporal = value.as_temporal();
  else
    return run.fail("a date is needed, not " + std::string(kind_name(value)));
  if (format.zone && temporal.has_zone()) temporal.zone = *format.zone;
  DateText text = formatted_date(format.pattern, temporal, is_simple);
  return text.problem.empty() ? run.text(text.text) : run.fail(text.problem);
}

}  // namespace

bool zone_of(Value argument, Zone& to, Run& run) {
  if (argument.kind() == Kind::temporal && argument.as_temporal().type == TemporalType::zone) {
    to = argument.as_temporal().zone;
    return true;
  }
  auto zone = argument.is_text() ? find_zone(argument.as_text()) : std::nullopt;
  if (zone) {
    to = *zone;
    return true;
  }
  run.fail(argument.is_text()
               ? "the zone '" + std::string(argument.as_text().substr(0, 100)) +
                     "' is not known here; write UTC, GMT or a distance such as +01:00"
               : "a zone is needed, not " + std::string(kind_name(argument)));
  return false;
}

Value call_format(const Call& call) {
  const Format& format = call.target.as_format();
  std::string_view text;
  switch (call.method) {
    case Method::format:
      return formatted(format, call.arguments, call.run);
    case Method::parse: {
      if (format.type == FormatType::message || format.type == FormatType::date_time) break;
      if (!text_argument(call, 0, text)) return Value::failed();
      if (format.type == FormatType::number) return parsed_number(format.pattern, text, call.run);
      DateRead read = read_date(text, format.pattern, true);
      return read.problem.empty() ? as_temporal(TemporalType::date, read, call.run)
                                  : call.run.fail(read.problem);
    }
    case Method::to_pattern:
      return format.type == FormatType::date_time ? not_allowed(call) : Value::text(format.pattern);
    case Method::with_zone_of: {
      if (format.type != FormatType::date_time) break;
      Zone zone;
      if (!zone_of(call.arguments[0], zone, call.run)) return Value::failed();
      return made(Format{format.type, format.pattern, zone}, call.run);
    }
    default:
      break;
  }
  return not_allowed(call);
}

Value call_temporal_static(StaticMethod method, Type type, Arguments arguments, Run& run) {
  switch (method) {
    case StaticMethod::now:
      return current(temporal_type(type), arguments, run);
    case of:
      return of_parts(temporal_type(type), arguments, run);
    case of_epoch_day:
    case of_year_day:
      return of_day(method, arguments, run);
    case parse:
      return parsed(temporal_type(type), arguments, run);
    case of_pattern:
      return create_format(FormatType::date_time, arguments, run);
    default: {  // getTimeZone; compat: what Java does not know is GMT, here it is an error
      Zone zone;
      if (!zone_of(arguments[0], zone, run)) return Value::failed();
      return made(std::optional(Temporal{TemporalType::zone, 0, 0, zone}), run);
    }
  }
}

// new Date(), new Date(milliseconds)
Value create_date(Arguments arguments, Run& run) {
  std::int64_t milliseconds = epoch_ms(run.variables.clock().wall());
  if (!arguments.empty()) {
    Number number = to_long(arguments[0], run.problem);
    if (!number.ok || number.is_null) return run.fail("a date is made from milliseconds");
    milliseconds = number.value;
  }
  return made(std::optional(at_milliseconds(TemporalType::date, milliseconds, {})), run);
}

Value create_format(FormatType type, Arguments arguments, Run& run) {
  std::string_view pattern = kNumberPattern;
  if (type == FormatType::simple_date) pattern = "M/d/yy, h:mm a";
  if (!arguments.empty() && !text_of(arguments[0], pattern, run)) return Value::failed();
  if (!is_english(arguments, 1, run)) return Value::failed();
  std::string problem;
  if (type == FormatType::number)
    problem = number_pattern_problem(pattern);
  else if (type != FormatType::message)
    problem = pattern_problem(pattern, type == FormatType::simple_date);
  return problem.empty() ? made(Format{type, pattern, std::nullopt}, run) : run.fail(problem);
}

Value number_instance(std::string_view pattern, Arguments arguments, Run& run) {
  if (!is_english(arguments, 0, run)) return Value::failed();
  return made(Format{FormatType::number, pattern, std::nullopt}, run);
}

}  // namespace perigee::el
