// new T[n] and new T[]{..}: what their elements are.
#include "el/convert.hpp"
#include "el/run.hpp"
#include "el/statics.hpp"

namespace perigee::el {

bool is_array_type(Type type) {
  switch (type) {
    case Type::string:
    case Type::integer:
    case Type::long_integer:
    case Type::short_integer:
    case Type::real:
    case Type::single:
    case Type::boolean:
    case Type::object:
      return true;
    default:
      return false;
  }
}

Value array_default(Type type) {
  switch (type) {
    case Type::integer:
    case Type::short_integer:
      return Value::integer(0);
    case Type::long_integer:
      return Value::long_integer(0);
    case Type::real:
    case Type::single:
      return Value::real(0);
    case Type::boolean:
      return Value::boolean(false);
    default:
      return Value::null();
  }
}

Value array_item(Type type, Value from, Run& run) {
  switch (type) {
    case Type::object:
      return from;
    case Type::string: {
      Text text = to_text(from, run);
      if (!text.ok) return Value::failed();
      return text.is_null ? Value::null() : Value::text(text.text);
    }
    case Type::boolean: {
      Truth truth = to_boolean(from, run.problem);
      if (truth == Truth::null) return run.fail("a boolean is needed, not null");
      return truth == Truth::failed ? Value::failed() : Value::boolean(truth == Truth::yes);
    }
    case Type::real:
    case Type::single: {
      if (from.is_number()) return Value::real(from.as_real());
      auto real = from.is_text() ? parse_real(from.as_text()) : std::nullopt;
      return real ? Value::real(*real)
                  : run.fail("a number is needed, not " + std::string(kind_name(from)));
    }
    default: {
      bool is_wide = type == Type::long_integer;
      Number number = is_wide ? to_long(from, run.problem) : to_int(from, run.problem);
      if (!number.ok) return Value::failed();
      if (number.is_null) return run.fail("a number is needed, not null");
      return is_wide ? Value::long_integer(number.value)
                     : Value::integer(static_cast<std::int32_t>(number.value));
    }
  }
}

}  // namespace perigee::el
