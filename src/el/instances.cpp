// instanceof.
#include "el/statics.hpp"
#include "el/temporal_methods.hpp"

namespace perigee::el {
namespace {

bool is_temporal(Value value, TemporalType type) {
  return value.kind() == Kind::temporal && value.as_temporal().type == type;
}

bool is_format(Value value, FormatType type) {
  return value.kind() == Kind::format && value.as_format().type == type;
}

}  // namespace

bool is_instance(Value value, Type type) {
  switch (type) {
    case Type::object:
      return !value.is_null();
    case Type::string:
      return value.is_text();
    case Type::boolean:
      return value.is_boolean();
    case Type::integer:
      return value.kind() == Kind::integer;
    case Type::long_integer:
      return value.kind() == Kind::long_integer;
    case Type::real:
      return value.kind() == Kind::real;
    case Type::decimal:
      return value.kind() == Kind::decimal;
    case Type::number:
      return value.is_number();
    case Type::list:
      return value.is_list() && !value.is_array();
    case Type::map:
      return value.is_map();
    case Type::comparable:
      return value.is_text() || value.is_number() || value.is_boolean() ||
             (value.kind() == Kind::temporal && !is_temporal(value, TemporalType::zone));
    case Type::random:
      return value.kind() == Kind::random;
    case Type::date:
      return is_temporal(value, TemporalType::date);
    case Type::calendar:
      return is_temporal(value, TemporalType::calendar);
    case Type::time_zone:
      return is_temporal(value, TemporalType::zone);
    case Type::local_date:
      return is_temporal(value, TemporalType::local_date);
    case Type::local_date_time:
      return is_temporal(value, TemporalType::local_date_time);
    case Type::zoned_date_time:
      return is_temporal(value, TemporalType::zoned_date_time);
    case Type::date_time_formatter:
      return is_format(value, FormatType::date_time);
    case Type::date_format:
    case Type::simple_date_format:
      return is_format(value, FormatType::simple_date);
    case Type::number_format:
    case Type::decimal_format:
      return is_format(value, FormatType::number);
    case Type::message_format:
      return is_format(value, FormatType::message);
    default:
      return false;
  }
}

}  // namespace perigee::el
