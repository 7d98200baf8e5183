// Json: a read-only view of a parsed document, cheap to copy, valid while its JsonDocument lives.
//
// A view knows where it stands: pointer() is its RFC 6901 JSON pointer, and every getter's error
// names it. The nodes are ours (an arena filled from simdjson), so that no heavy header is seen
// here. Members keep their order; a duplicate member name: the last one wins and duplicates()
// tells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace perigee {

enum class JsonType : std::uint8_t { null, boolean, integer, real, text, array, object };

struct JsonMember;
struct JsonNode {
  struct Text {
    const char* data;
    std::size_t size;
  };
  struct Items {
    const JsonNode* data;
    std::size_t size;
  };
  struct Members {
    const JsonMember* data;
    std::size_t size;
  };

  JsonType type = JsonType::null;
  union {
    bool boolean;
    std::int64_t integer;
    double real;
    Text text;
    Items items;
    Members members;
  };
  const JsonNode* parent = nullptr;  // null at the root
  JsonNode() : integer(0) {}
  std::string_view as_text() const { return {text.data, text.size}; }
};
struct JsonMember {
  std::string_view name;
  JsonNode value;
};

class Json {
 public:
  Json() = default;  // an absent value
  explicit Json(const JsonNode& node) : node_(&node) {}

  // What it is. An absent member and JSON null are different: absent() and is_null().
  bool absent() const { return node_ == nullptr; }
  bool present() const {
    return node_ != nullptr && node_->type != JsonType::null;
  }  // there and not null
  JsonType type() const { return node_ ? node_->type : JsonType::null; }
  bool is_null() const { return node_ && node_->type == JsonType::null; }
  bool is_text() const { return type() == JsonType::text; }
  bool is_object() const { return type() == JsonType::object; }
  bool is_array() const { return type() == JsonType::array; }
  bool is_boolean() const { return type() == JsonType::boolean; }
  bool is_number() const { return type() == JsonType::integer || type() == JsonType::real; }

  // Raw values; the type must fit (asserted).
  std::string_view text() const;
  std::int64_t integer() const;
  double real() const;  // of integers too
  bool boolean() const;

  // Children. `json["a"]` of anything but an object is absent.
  Json operator[](std::string_view member) const;
  Json at(std::size_t index) const;
  std::size_t size() const;                     // members or items, else 0
  std::span<const JsonMember> members() const;  // empty unless an object
  std::span<const JsonNode> items() const;      // empty unless an array

  // Typed members of an object: an Error names the pointer, what stands there and what was
  // expected. Numbers and booleans given as strings are accepted ("8080", "true"), as the reference
  // does.
  Result<std::string> required_text(std::string_view member) const;
  Result<std::optional<std::string>> optional_text(
      std::string_view member) const;  // absent and null: nullopt
  Result<std::string> text_or(std::string_view member, std::string_view fallback) const;
  Result<std::int64_t> integer_or(std::string_view member, std::int64_t fallback) const;
  Result<double> real_or(std::string_view member, double fallback) const;
  Result<bool> boolean_or(std::string_view member, bool fallback) const;
  Result<std::vector<std::string>> texts(std::string_view member) const;  // absent and null: empty

  std::string pointer() const;      // "/endpointGroups/0/name"; "" at the root
  std::string dump() const;         // compact
  std::string dump_pretty() const;  // two spaces
  const JsonNode* node() const { return node_; }

 private:
  const JsonNode* node_ = nullptr;
};

// Why a text was refused.
struct JsonFault {
  ErrorCode code = ErrorCode::invalid;
  std::string place;  // line and column of the first wrong byte, "3:5"; empty: not of one byte
  std::string what;
};

// Owns the nodes and texts of one parsed document.
class JsonDocument {
 public:
  struct Limits {
    std::size_t bytes_max = 64 << 20;
    std::size_t depth_max = 256;
  };
  // UTF-8 only. Integers beyond 64 bits become reals. The error names line and column of the first
  // wrong byte; its code is `unsupported` when other parsers may take the text: it is too deep, a
  // number is out of range, half a surrogate, no UTF-8, or more stands behind the value.
  static Result<JsonDocument> parse(std::string_view bytes, Limits limits);
  static Result<JsonDocument> parse(std::string_view bytes) { return parse(bytes, Limits{}); }
  // The same for who has a better place for line and column than the middle of a message.
  static std::expected<JsonDocument, JsonFault> read(std::string_view bytes, Limits limits);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  Json root() const;
  std::size_t bytes() const;  // of memory that it holds
  // Values of members that stood once more in their object, one for each time. Their pointers are
  // for who can bound them: a stranger chooses how many there are and how long.
  std::span<const Json> duplicates() const;

 private:
  struct Data;
  explicit JsonDocument(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

// `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);
void append_json_quoted(std::string& to, std::string_view text);

}  // namespace perigee
