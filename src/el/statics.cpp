#include "el/statics.hpp"

#include <charconv>
#include <cmath>

#include "el/codec.hpp"
#include "el/convert.hpp"
#include "el/decimal_methods.hpp"
#include "el/format.hpp"
#include "el/number_format.hpp"
#include "el/operators.hpp"
#include "el/randomness.hpp"
#include "el/temporal_methods.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

using enum StaticMethod;
using Arguments = std::span<const Value>;

// An argument as text; null is an error.
bool text_of(Arguments arguments, std::size_t index, std::string_view& to, Run& run) {
  Text text = to_text(arguments[index], run);
  if (text.ok && text.is_null) run.problem = "argument " + std::to_string(index + 1) + " is null";
  to = text.text;
  return text.ok && !text.is_null && run.look_through(to);
}

Value not_a_number(std::string_view text, Run& run) {
  return run.fail(described(text) + " is not a number");
}

// Integer.parseInt and its kin: strict decimal (or radix) digits, a sign, no blanks.
Value parse_whole(Arguments arguments, std::int64_t lowest, std::int64_t highest, bool is_wide,
                  Run& run) {
  std::string_view text;
  if (!text_of(arguments, 0, text, run)) return Value::failed();
  std::int64_t radix = 10, number = 0;
  if (arguments.size() > 1) {
    if (!arguments[1].is_integral()) return run.fail("the radix has to be an integer");
    radix = arguments[1].as_integer();
  }
  if (radix < 2 || radix > 36) return run.fail("the radix has to be 2 to 36");
  std::string_view digits =
      text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number,
                                        static_cast<int>(radix));
  bool is_number =
      !digits.empty() && problem == std::errc() && end == digits.data() + digits.size();
  if (!is_number || number < lowest || number > highest) return not_a_number(text, run);
  return is_wide ? Value::long_integer(number) : Value::integer(static_cast<std::int32_t>(number));
}

Value parse_floating(Arguments arguments, Run& run) {
  if (arguments[0].is_number()) return Value::real(arguments[0].as_real());
  std::string_view text;
  if (!text_of(arguments, 0, text, run)) return Value::failed();
  auto number = parse_real(text);
  return number ? Value::real(*number) : not_a_number(text, run);
}

Value with_radix(Value value, int radix, bool is_unsigned, Run& run) {
  if (!value.is_integral())
    return run.fail("an integer is needed, not " + std::string(kind_name(value)));
  char buffer[72];
  std::to_chars_result result{};
  if (is_unsigned) {
    auto bits = static_cast<std::uint64_t>(value.as_integer());
    if (value.kind() == Kind::integer) bits &= 0xffffffff;
    result = std::to_chars(buffer, buffer + sizeof(buffer), bits, radix);
  } else {
    result = std::to_chars(buffer, buffer + sizeof(buffer), value.as_integer(), radix);
  }
  return run.text({buffer, static_cast<std::size_t>(result.ptr - buffer)});
}

Value to_string_of(Arguments arguments, Run& run) {
  std::int64_t radix = 10;
  if (arguments.size() > 1 && arguments[1].is_integral()) radix = arguments[1].as_integer();
  if (radix < 2 || radix > 36) radix = 10;  // compat: as Integer.toString
  return with_radix(arguments[0], static_cast<int>(radix), false, run);
}

Value java_text_of(Value value, Run& run) {
  std::string text;
  if (!append_java_text(text, value, run)) return Value::failed();
  return Value::text(run.arena.copy(text));
}

Value join(Arguments arguments, Run& run) {
  std::string_view separator, text;
  if (!text_of(arguments, 0, separator, run)) return Value::failed();
  bool from_list = arguments.size() == 2 && arguments[1].is_list();
  std::size_t count = from_list ? arguments[1].list_size() : arguments.size() - 1;
  std::string joined;
  for (std::size_t i = 0; i < count; ++i) {
    Value item = from_list ? arguments[1].item(i) : arguments[i + 1];
    if (i > 0) joined += separator;
    text = "null";
    if (!item.is_null() && !text_of({&item, 1}, 0, text, run)) return Value::failed();
    if (!run.build(separator.size() + text.size())) return Value::failed();
    joined += text;
  }
  return run.text(joined);
}

Value format(Arguments arguments, Run& run) {
  std::string_view text;
  if (!text_of(arguments, 0, text, run)) return Value::failed();
  arguments = arguments.subspan(1);
  if (arguments.size() != 1 || !arguments[0].is_array() || !arguments[0].is_list())
    return format_text(text, arguments, run);
  // compat: one array stands for all arguments.
  auto items = take_values(run.arena, arguments[0].list_size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = arguments[0].item(i);
  return format_text(text, items, run);
}

Value form(StaticMethod method, Arguments arguments, Run& run) {
  std::string_view text, charset;
  if (!text_of(arguments, 0, text, run) || !text_of(arguments, 1, charset, run))
    return Value::failed();
  if (!equal_ignoring_case(charset, "UTF-8"))
    return run.fail("the charset '" + std::string(charset) + "' is not supported; use UTF-8");
  if (method == form_encode) return run.text(form_encoded(text));
  auto decoded = form_decoded(text);
  return decoded ? run.text(*decoded) : run.fail(described(text) + " has a wrong % escape");
}

// new String(), new String(text), new String(bytes), new String(bytes, 'UTF-8')
Value create_text(Arguments arguments, Run& run) {
  std::string_view text, charset;
  if (arguments.empty()) return Value::text("");
  bool from_bytes = arguments[0].kind() == Kind::bytes;
  if (arguments.size() == 2 && !from_bytes) return run.fail("the first argument has to be bytes");
  if (arguments.size() == 2 && !text_of(arguments, 1, charset, run)) return Value::failed();
  if (arguments.size() == 2 && !equal_ignoring_case(charset, "UTF-8"))
    return run.fail("the charset '" + std::string(charset) + "' is not supported; use UTF-8");
  if (from_bytes) return Value::text(arguments[0].as_text());
  return text_of(arguments, 0, text, run) ? Value::text(text) : Value::failed();
}

// String.copyValueOf: the characters of an array.
Value characters_joined(Value array, Run& run) {
  if (!array.is_list()) return run.fail("an array of characters is needed");
  std::string joined;
  for (std::size_t i = 0; i < array.list_size(); ++i) {
    std::string_view text;
    Value item = array.item(i);
    if (!run.step() || !text_of({&item, 1}, 0, text, run)) return Value::failed();
    if (!run.build(text.size())) return Value::failed();
    joined += text;
  }
  return run.text(joined);
}

Value with_pattern(FormatType type, std::string_view pattern, Run& run) {
  Value text = Value::text(pattern);
  return create_format(type, {&text, 1}, run);
}

Value format_instance(StaticMethod method, Arguments arguments, Run& run) {
  switch (method) {
    case date_instance:
      return with_pattern(FormatType::simple_date, "MMM d, yyyy", run);
    case time_instance:
      return with_pattern(FormatType::simple_date, "h:mm:ss a", run);
    case date_time_instance:
      return with_pattern(FormatType::simple_date, "MMM d, yyyy, h:mm:ss a", run);
    case short_date_time_instance:
      return create_format(FormatType::simple_date, {}, run);
    case integer_instance:
      return el::number_instance(kIntegerPattern, arguments, run);
    case percent_instance:
      return el::number_instance(kPercentPattern, arguments, run);
    case currency_instance:
      return el::number_instance(kCurrencyPattern, arguments, run);
    case message_format: {
      std::string_view pattern;
      if (!text_of(arguments, 0, pattern, run)) return Value::failed();
      return formatted_message(pattern, arguments.subspan(1), run);
    }
    default:
      return el::number_instance(kNumberPattern, arguments, run);
  }
}

Value codec(CodecKind kind, bool decodes) {
  return Value::codec(Codec{kind, decodes, true}.packed());
}

}  // namespace

Value call_static(StaticMethod method, Type type, Arguments arguments, Run& run) {
  switch (method) {
    case string_format:
      return format(arguments, run);
    case string_value_of:
      return java_text_of(arguments[0], run);
    case string_join:
      return join(arguments, run);
    case int_value_of:
      if (arguments[0].kind() == Kind::integer) return arguments[0];
      [[fallthrough]];
    case parse_int:
      return parse_whole(arguments, INT32_MIN, INT32_MAX, false, run);
    case parse_short:
      return parse_whole(arguments, INT16_MIN, INT16_MAX, false, run);
    case long_value_of:
      if (arguments[0].is_integral()) return Value::long_integer(arguments[0].as_integer());
      [[fallthrough]];
    case parse_long:
      return parse_whole(arguments, INT64_MIN, INT64_MAX, true, run);
    case int_to_string:
      return to_string_of(arguments, run);
    case to_hex:
      return with_radix(arguments[0], 16, true, run);
    case to_binary:
      return with_radix(arguments[0], 2, true, run);
    case to_octal:
      return with_radix(arguments[0], 8, true, run);
    case parse_double:
    case double_value_of:
      return parse_floating(arguments, run);
    case double_to_string: {
      Value number = parse_floating(arguments, run);
      return number.is_failed() ? number : java_text_of(number, run);
    }
    case base64_encoder:
      return codec(CodecKind::basic, false);
    case base64_decoder:
      return codec(CodecKind::basic, true);
    case base64_url_encoder:
      return codec(CodecKind::url, false);
    case base64_url_decoder:
      return codec(CodecKind::url, true);
    case base64_mime_encoder:
      return codec(CodecKind::mime, false);
    case base64_mime_decoder:
      return codec(CodecKind::mime, true);
    case form_encode:
    case form_decode:
      return form(method, arguments, run);
    case StaticMethod::random_uuid:
      return Value::text(el::random_uuid(run.arena));
    case StaticMethod::random:
      return Value::real(random_fraction());
    case current_time_millis:
      return Value::long_integer(epoch_ms(run.variables.clock().wall()));
    case nano_time:
      return Value::long_integer(run.variables.clock().now().time_since_epoch().count());
    case string_copy_value_of:
      return characters_joined(arguments[0], run);
    case StaticMethod::decimal_value_of:
      return el::decimal_value_of(arguments, run);
    default:
      break;
  }
  if (method >= collections_max && method <= collections_last_index_of_sub_list)
    return call_collections(method, arguments, run);
  if (method >= bit_count && method <= remainder_unsigned)
    return call_bits(method, type, arguments, run);
  if (method >= now && method <= get_time_zone)
    return call_temporal_static(method, type, arguments, run);
  if (method >= date_instance) return format_instance(method, arguments, run);
  return call_math(method, arguments, run);
}

Value create(Type type, Arguments arguments, Run& run) {
  if (type == Type::random) return Value::random();
  if (type == Type::string) return create_text(arguments, run);
  if (type == Type::date) return create_date(arguments, run);
  if (type == Type::simple_date_format)
    return create_format(FormatType::simple_date, arguments, run);
  if (type == Type::decimal_format) return create_format(FormatType::number, arguments, run);
  if (arguments.empty()) return run.fail("the constructor needs an argument");
  if (type == Type::message_format) return create_format(FormatType::message, arguments, run);
  if (type == Type::decimal) return create_decimal(arguments[0], run);
  if (type == Type::integer) return call_static(int_value_of, type, arguments, run);
  if (type == Type::long_integer) return call_static(long_value_of, type, arguments, run);
  if (type == Type::short_integer) return call_static(parse_short, type, arguments, run);
  return parse_floating(arguments, run);
}

}  // namespace perigee::el
