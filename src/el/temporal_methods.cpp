#include "el/temporal_methods.hpp"

#include <algorithm>
#include <new>

#include "el/convert.hpp"
#include "el/date_format.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

using enum Method;

Value upper_name(std::string_view name, Run& run) { return Value::text(upper(name, run.arena)); }

bool temporal_argument(const Call& call, std::size_t index, const Temporal*& to) {
  Value argument = call.arguments[index];
  bool fits = argument.kind() == Kind::temporal &&
              argument.as_temporal().has_zone() == call.target.as_temporal().has_zone() &&
              argument.as_temporal().type != TemporalType::zone;
  if (fits)
    to = &argument.as_temporal();
  else
    call.run.fail("a date of the same kind is needed, not " + std::string(kind_name(argument)));
  return fits;
}

Value field_value(const Call& call) {
  auto civil = civil_of(call.target.as_temporal());
  if (!civil) return made(std::optional<Temporal>(), call.run);
  return Value::integer(
      static_cast<std::int32_t>(field_of(*civil, static_cast<Field>(call.detail))));
}

// getMonth, getDayOfWeek: of java.util.Date numbers, of java.time names.
Value named_field(const Call& call) {
  const Temporal& temporal = call.target.as_temporal();
  auto civil = civil_of(temporal);
  if (!civil) return made(std::optional<Temporal>(), call.run);
  if (temporal.type == TemporalType::date) {
    if (call.method != get_month) return not_allowed(call);
    return Value::integer(civil->month - 1);
  }
  return upper_name(
      call.method == get_month ? month_name(civil->month) : day_name(day_of_week(*civil)),
      call.run);
}

// Getters of java.util.Date that count in their own way.
Value old_field(const Call& call) {
  auto civil = civil_of(call.target.as_temporal());
  if (!civil || call.target.as_temporal().type != TemporalType::date) return not_allowed(call);
  switch (static_cast<Field>(call.detail)) {
    case Field::day_of_week:
      return Value::integer(day_of_week(*civil) % 7);  // Sunday is 0
    default:
      return Value::integer(
          static_cast<std::int32_t>(field_of(*civil, static_cast<Field>(call.detail))));
  }
}

// Calendar.get(field), with Java's numbers of the fields.
Value calendar_field(const Call& call) {
  std::int64_t field = 0;
  auto civil = civil_of(call.target.as_temporal());
  if (!civil || !int_argument(call, 0, field)) return Value::failed();
  const Temporal& temporal = call.target.as_temporal();
  auto number = [](std::int64_t n) { return Value::integer(static_cast<std::int32_t>(n)); };
  switch (field) {
    case 0:
      return number(civil->year > 0);
    case 1:
      return number(civil->year);
    case 2:
      return number(civil->month - 1);
    case 5:
      return number(civil->day);
    case 6:
      return number(day_of_year(*civil));
    case 7:
      return number(day_of_week(*civil) % 7 + 1);  // Sunday is 1
    case 8:
      return number((civil->day - 1) / 7 + 1);
    case 9:
      return number(civil->hour >= 12);
    case 10:
      return number(civil->hour % 12);
    case 11:
      return number(civil->hour);
    case 12:
      return number(civil->minute);
    case 13:
      return number(civil->second);
    case 14:
      return number(civil->nanos / 1'000'000);
    case 15:
      return number(std::int64_t{offset_of(temporal.zone, temporal.seconds)} * 1000);
    default:
      return call.run.fail("the field " + std::to_string(field) +
                           " of a calendar is not known here");
  }
}

Value year_of(const Call& call) {
  auto civil = civil_of(call.target.as_temporal());
  if (!civil) return made(std::optional<Temporal>(), call.run);
  bool is_old = call.target.as_temporal().type == TemporalType::date;
  return Value::integer(static_cast<std::int32_t>(civil->year - (is_old ? 1900 : 0)));
}

Value changed(const Call& call) {
  std::int64_t amount = 0;
  const Temporal& temporal = call.target.as_temporal();
  Number number = to_long(call.arguments[0], call.run.problem);
  if (!number.ok || number.is_null) return call.run.fail("a whole number is needed");
  amount = number.value;
  auto field = static_cast<Field>(call.detail);
  if (field >= Field::hour && !temporal.has_time()) return not_allowed(call);
  if (call.method == with_field) {
    auto result = el::with(temporal, amount, field);
    return result ? made(result, call.run)
                  : call.run.fail("there is no such date with " + std::to_string(amount));
  }
  if (amount == INT64_MIN) return made(std::optional<Temporal>(), call.run);
  return made(el::plus(temporal, call.method == Method::minus ? -amount : amount, field), call.run);
}

Value compared(const Call& call) {
  const Temporal* other = nullptr;
  if (!temporal_argument(call, 0, other)) return Value::failed();
  int order = compare(call.target.as_temporal(), *other);
  switch (call.method) {
    case before:
      return Value::boolean(order < 0);
    case after:
      return Value::boolean(order > 0);
    case is_equal:
      return Value::boolean(order == 0);
    default:
      return Value::integer(order);
  }
}

Value converted(const Call& call) {
  Temporal result = call.target.as_temporal();
  auto civil = civil_of(result);
  if (!civil) return made(std::optional<Temporal>(), call.run);
  switch (call.method) {
    case to_local_date:
      return made(temporal_of(TemporalType::local_date, *civil, {}), call.run);
    case to_local_date_time:
      return made(temporal_of(TemporalType::local_date_time, *civil, {}), call.run);
    case at_start_of_day:
      return made(
          temporal_of(TemporalType::local_date_time, {civil->year, civil->month, civil->day}, {}),
          call.run);
    case at_zone: {
      Zone zone;
      if (!result.has_time() || result.has_zone()) return not_allowed(call);
      if (!zone_of(call.arguments[0], zone, call.run)) return Value::failed();
      return made(temporal_of(TemporalType::zoned_date_time, *civil, zone), call.run);
    }
    default:  // withZoneSameInstant
      if (result.type != TemporalType::zoned_date_time) return not_allowed(call);
      if (!zone_of(call.arguments[0], result.zone, call.run)) return Value::failed();
      return made(result, call.run);
  }
}

// truncatedTo('DAYS')
Value truncated(const Call& call) {
  std::string_view unit;
  const Temporal& temporal = call.target.as_temporal();
  auto civil = civil_of(temporal);
  if (!temporal.has_time() || !civil) return not_allowed(call);
  if (!text_argument(call, 0, unit)) return Value::failed();
  constexpr std::string_view kUnits[] = {"MILLIS", "SECONDS", "MINUTES", "HOURS", "DAYS"};
  auto at = std::ranges::find(kUnits, unit) - std::begin(kUnits);
  if (at == 5) return call.run.fail("a unit is needed: MILLIS, SECONDS, MINUTES, HOURS or DAYS");
  civil->nanos = at == 0 ? civil->nanos / 1'000'000 * 1'000'000 : 0;
  if (at >= 2) civil->second = 0;
  if (at >= 3) civil->minute = 0;
  if (at >= 4) civil->hour = 0;
  return made(temporal_of(temporal.type, *civil, temporal.zone), call.run);
}

Value length_of(const Call& call) {
  auto civil = civil_of(call.target.as_temporal());
  if (!civil) return made(std::optional<Temporal>(), call.run);
  if (call.method == is_leap_year) return Value::boolean(el::is_leap_year(civil->year));
  if (call.method == length_of_year) return Value::integer(365 + el::is_leap_year(civil->year));
  return Value::integer(days_in_month(civil->year, civil->month));
}

// date.format(formatter)
Value formatted_with(const Call& call) {
  Value format = call.arguments[0];
  if (format.kind() != Kind::format) return call.run.fail("a DateTimeFormatter is needed");
  return call_format({call.run, Method::format, format, {&call.target, 1}});
}

Value call_old(const Call& call) {
  const Temporal& temporal = call.target.as_temporal();
  bool is_calendar = temporal.type == TemporalType::calendar;
  switch (call.method) {
    case get_time:
      if (is_calendar)
        return made(Temporal{TemporalType::date, temporal.seconds, temporal.nanos, {}}, call.run);
      return Value::long_integer(epoch_milliseconds(temporal));
    case get_time_in_millis:
      return is_calendar ? Value::long_integer(epoch_milliseconds(temporal)) : not_allowed(call);
    case get:
      return is_calendar && call.arguments.size() == 1 ? calendar_field(call) : not_allowed(call);
    case get_year:
      return is_calendar ? not_allowed(call) : year_of(call);
    case get_month:
      return named_field(call);
    case get_old_field:
      return old_field(call);
    default:
      return not_allowed(call);
  }
}

Value call_new(const Call& call) {
  const Temporal& temporal = call.target.as_temporal();
  switch (call.method) {
    case get_year:
      return year_of(call);
    case get_month:
    case get_day_of_week:
      return named_field(call);
    case get_field:
      if (static_cast<Field>(call.detail) >= Field::hour && !temporal.has_time()) break;
      return field_value(call);
    case Method::plus:
    case Method::minus:
    case with_field:
      return changed(call);
    case length_of_month:
    case length_of_year:
    case is_leap_year:
      return temporal.type == TemporalType::local_date ? length_of(call) : not_allowed(call);
    case to_local_date:
      return temporal.has_time() ? converted(call) : not_allowed(call);
    case to_local_date_time:
      return temporal.has_zone() ? converted(call) : not_allowed(call);
    case at_start_of_day:
      return temporal.has_time() ? not_allowed(call) : converted(call);
    case at_zone:
    case with_zone:
      return converted(call);
    case truncated_to:
      return truncated(call);
    case Method::format:
      return formatted_with(call);
    case to_epoch_day:
      if (temporal.has_time()) break;
      return Value::long_integer(temporal.seconds / 86'400);
    case to_epoch_second:
      return temporal.has_zone() ? Value::long_integer(temporal.seconds) : not_allowed(call);
    default:
      break;
  }
  return not_allowed(call);
}

}  // namespace

Value made(std::optional<Temporal> temporal, Run& run) {
  if (!temporal)
    return run.fail("there is no such date, or its year is beyond " + std::to_string(kYearMax));
  if (!run.build(sizeof(Temporal))) return Value::failed();
  return Value::temporal(*new (run.arena.take(sizeof(Temporal), alignof(Temporal)))
                             Temporal(*temporal));
}

Value call_temporal(const Call& call) {
  const Temporal& temporal = call.target.as_temporal();
  if (temporal.type == TemporalType::zone) return not_allowed(call);
  switch (call.method) {
    case before:
    case after:
    case compare_to:
    case is_equal:
      return compared(call);
    default:
      break;
  }
  bool is_old = temporal.type == TemporalType::date || temporal.type == TemporalType::calendar;
  return is_old ? call_old(call) : call_new(call);
}

}  // namespace perigee::el
