// Value: what an expression computes with. 16 bytes, copied freely, owns nothing.
//
// Texts, lists and maps are views: their bytes live in the arena of the evaluation, in the compiled
// expression or in the exchange. A parsed JSON document is seen through the same kinds (its scalars
// become plain values, its arrays lists, its objects maps), so nothing is copied to read one
// member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "base/json.hpp"

namespace perigee::el {

class Object;
struct MapEntry;
struct Decimal;
struct Format;
struct Temporal;

enum class Kind : std::uint8_t {
  null,
  boolean,
  integer,       // 32 bits, wraps
  long_integer,  // 64 bits, wraps
  real,          // float and double alike
  decimal,       // a java.math.BigDecimal
  text,
  bytes,      // what getBytes and Base64 decoding give
  list,       // Values in an arena
  json_list,  // a JSON array
  map,        // MapEntries in an arena
  json_map,   // a JSON object
  entry,      // one entry of a map, inside a selection over it
  object,     // headers, multi-maps and whatever else lives outside (see Object)
  bean,       // #request, #response.. themselves: only their properties can be read
  type,       // T(...)
  codec,      // an encoder or decoder of java.util.Base64
  random,     // a java.util.Random
  temporal,   // a date, a time, a zone
  format,     // a java.text.Format or a DateTimeFormatter
  absent,     // not a value: "there is no owner to read this from", see variables.hpp
  failed,     // not a value: the evaluator holds the reason
};

enum class Bean : std::uint8_t {
  none,
  request,
  response,
  context,
  api,
  subscription,
  node,
  error,
  secrets,
  request_ssl,
  ssl_client,
  ssl_server,
};

class Value {
 public:
  Value() = default;  // null
  static Value null() { return {}; }
  static Value absent() { return of(Kind::absent); }
  static Value failed() { return of(Kind::failed); }
  static Value boolean(bool b) { return of(Kind::boolean, b); }
  static Value integer(std::int32_t n) { return of(Kind::integer, n); }
  static Value long_integer(std::int64_t n) { return of(Kind::long_integer, n); }
  static Value real(double d);
  static Value text(std::string_view text);
  static Value bytes(std::string_view bytes);
  static Value list(std::span<const Value> items);
  static Value array(std::span<const Value> items);  // a list that has the property `length`
  static Value map(std::span<const MapEntry> entries);
  static Value entry(const MapEntry& entry);
  static Value object(const Object& object);
  static Value bean(Bean bean) { return of(Kind::bean, static_cast<int>(bean)); }
  static Value type(int type) { return of(Kind::type, type); }
  static Value codec(int codec) { return of(Kind::codec, codec); }
  static Value random() { return of(Kind::random); }
  static Value decimal(const Decimal& decimal);
  static Value temporal(const Temporal& temporal);
  static Value format(const Format& format);
  // A scalar becomes the plain value (an integer is 32 bits wide if it fits), the rest a view.
  static Value json(const JsonNode& node);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_absent() const { return kind_ == Kind::absent; }
  bool is_failed() const { return kind_ == Kind::failed; }
  bool is_boolean() const { return kind_ == Kind::boolean; }
  bool is_text() const { return kind_ == Kind::text; }
  bool is_integral() const { return kind_ == Kind::integer || kind_ == Kind::long_integer; }
  bool is_number() const { return is_integral() || kind_ == Kind::real || kind_ == Kind::decimal; }
  bool is_list() const { return kind_ == Kind::list || kind_ == Kind::json_list; }
  bool is_array() const { return is_array_; }
  bool is_map() const;  // of any representation, headers and multi-maps included

  // Raw contents; the kind must fit.
  bool as_boolean() const { return integer_ != 0; }
  std::int64_t as_integer() const { return integer_; }
  double as_real() const {
    if (kind_ == Kind::decimal) [[unlikely]]
      return real_of_decimal();
    return kind_ == Kind::real ? real_ : static_cast<double>(integer_);
  }
  std::string_view as_text() const { return {chars_, size_}; }  // of bytes too
  Bean as_bean() const { return static_cast<Bean>(integer_); }
  const Object& as_object() const { return *object_; }
  const MapEntry& as_entry() const { return *entries_; }
  const JsonNode* as_json() const { return json_; }
  const Decimal& as_decimal() const { return *decimal_; }
  const Temporal& as_temporal() const { return *temporal_; }
  const Format& as_format() const { return *format_; }

  // Lists, whatever they are made of.
  std::size_t list_size() const { return size_; }
  Value item(std::size_t index) const;

  // Maps, whatever they are made of. A missing key is absent().
  std::size_t map_size(Arena& arena) const;
  std::size_t stored_members() const;  // of a map that is looked through for a name, else 0
  Value find(std::string_view key, Arena& arena) const;
  std::span<const MapEntry> entries(Arena& arena) const;

 private:
  static Value of(Kind kind, std::int64_t integer = 0) {
    Value value;
    value.kind_ = kind;
    value.integer_ = integer;
    return value;
  }
  double real_of_decimal() const;

  union {
    std::int64_t integer_ = 0;
    double real_;
    const char* chars_;
    const Value* items_;
    const MapEntry* entries_;
    const JsonNode* json_;
    const Object* object_;
    const Decimal* decimal_;
    const Temporal* temporal_;
    const Format* format_;
  };
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::null;
  bool is_array_ = false;
};
static_assert(sizeof(Value) == 16);

struct MapEntry {
  Value key;
  Value value;
};

// A structured value that lives in the exchange and is read through this: headers, query
// parameters, context attributes, what a policy offers. Made in an arena or owned by the exchange;
// read-only.
class Object {
 public:
  enum class Shape : std::uint8_t {
    bean,       // a fixed set of properties; any other name is an error
    map,        // any key; a missing one is null
    multi_map,  // values are lists of texts
    headers,    // a multi-map whose names compare without case
  };
  virtual Shape shape() const = 0;
  // The value under `key`, absent() when there is none. Multi-maps give the list of values.
  virtual Value get(std::string_view key, Arena& arena) const = 0;
  // All keys, in their order. Each name of a multi-map once.
  virtual std::span<const std::string_view> keys(Arena& arena) const = 0;

 protected:
  ~Object() = default;
};

// `count` Values in the arena, to be filled.
inline std::span<Value> take_values(Arena& arena, std::size_t count) {
  return count == 0 ? std::span<Value>{} : arena.array<Value>(count);
}

}  // namespace perigee::el
