// The only file that sees simdjson: its tape is copied into our own nodes, so that nothing else
// pays for its header and nothing outlives a document.
#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <new>
#include <numeric>

#include "base/arena.hpp"
#include "base/json.hpp"
#include "base/json_fault.hpp"

namespace perigee {

namespace dom = simdjson::dom;

namespace {

// A node tree takes about three times the bytes of its text; one chunk then holds a usual document.
std::size_t chunk_bytes(std::size_t text_bytes) {
  return std::clamp<std::size_t>(3 * text_bytes, 1024, 256 * 1024);
}

// simdjson's counts stop at 24 bits.
template <class Container>
std::size_t count(const Container& container) {
  constexpr std::size_t kSaturated = 0xffffff;
  std::size_t size = container.size();
  return size < kSaturated
             ? size
             : static_cast<std::size_t>(std::distance(container.begin(), container.end()));
}

// Half of a surrogate pair, escaped, comes out of simdjson as the UTF-8 of a surrogate, which
// nothing may pass on.
bool has_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\xed'); at != text.npos; at = text.find('\xed', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0) return true;
  }
  return false;
}

// Where each member goes: a name that stood before takes the place of its first. Empty when all
// names differ.
std::vector<std::uint32_t> slots_of(std::span<const JsonMember> members) {
  constexpr std::size_t kFew = 16;
  std::vector<std::uint32_t> slots;
  auto same = [&](std::size_t a, std::size_t b) { return members[a].name == members[b].name; };
  auto note = [&](std::size_t later, std::size_t first) {
    if (slots.empty()) {
      slots.resize(members.size());
      std::iota(slots.begin(), slots.end(), 0u);
    }
    slots[later] = static_cast<std::uint32_t>(first);
  };
  if (members.size() <= kFew) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (same(i, j)) {
          note(i, j);
          break;
        }
      }
    }
    return slots;
  }
  // Sorted, not hashed: strangers choose the names.
  std::vector<std::uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair(members[i].name, i); });
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (same(order[i], order[first])) {
      note(order[i], order[first]);
    } else {
      first = i;
    }
  }
  return slots;
}

class Copier {
 public:
  Copier(Arena& arena, std::vector<Json>& duplicates, std::size_t depth_max)
      : arena_(arena), duplicates_(duplicates), depth_left_(depth_max) {}

  // False when the value breaks a rule that simdjson does not know; the scan then says which and
  // where.
  bool copy(const dom::element& from, JsonNode& to) {
    switch (from.type()) {
      case dom::element_type::NULL_VALUE:
        to.type = JsonType::null;
        return true;
      case dom::element_type::BOOL:
        to.type = JsonType::boolean;
        to.boolean = from.get_bool().value_unsafe();
        return true;
      case dom::element_type::INT64:
        to.type = JsonType::integer;
        to.integer = from.get_int64().value_unsafe();
        return true;
      case dom::element_type::UINT64:  // only what int64 cannot hold
        to.type = JsonType::real;
        to.real = static_cast<double>(from.get_uint64().value_unsafe());
        return true;
      case dom::element_type::DOUBLE:
        to.type = JsonType::real;
        to.real = from.get_double().value_unsafe();
        return true;
      case dom::element_type::STRING:
        return copy_text(from.get_string().value_unsafe(), to);
      case dom::element_type::ARRAY:
        return nested([&] { return copy_array(from.get_array().value_unsafe(), to); });
      case dom::element_type::OBJECT:
        return nested([&] { return copy_object(from.get_object().value_unsafe(), to); });
    }
    return false;
  }

 private:
  bool nested(auto copy_inner) {
    if (depth_left_ == 0) return false;
    --depth_left_;
    bool good = copy_inner();
    ++depth_left_;
    return good;
  }

  bool copy_text(std::string_view text, JsonNode& to) {
    std::string_view kept = arena_.copy(text);
    to.type = JsonType::text;
    to.text = {kept.data(), kept.size()};
    return !has_surrogate(text);
  }

  bool copy_array(const dom::array& from, JsonNode& to) {
    std::span<JsonNode> items = arena_.array<JsonNode>(count(from));
    std::uninitialized_default_construct(items.begin(), items.end());
    to.type = JsonType::array;
    to.items = {items.data(), items.size()};
    std::size_t index = 0;
    for (dom::element item : from) {
      items[index].parent = &to;
      if (!copy(item, items[index++])) return false;
    }
    return true;
  }

  bool copy_object(const dom::object& from, JsonNode& to) {
    std::span<JsonMember> members = arena_.array<JsonMember>(count(from));
    std::uninitialized_default_construct(members.begin(), members.end());
    std::size_t index = 0;
    for (auto field : from) {
      members[index].name = arena_.copy(field.key);
      if (has_surrogate(field.key)) return false;
      members[index++].value.parent = &to;
    }
    to.type = JsonType::object;
    to.members = {members.data(), members.size()};
    std::vector<std::uint32_t> slots = slots_of(members);
    return slots.empty() ? copy_values(from, members) : copy_last_values(from, members, slots, to);
  }

  bool copy_values(const dom::object& from, std::span<JsonMember> members) {
    std::size_t index = 0;
    for (auto field : from) {
      if (!copy(field.value, members[index++].value)) return false;
    }
    return true;
  }

  // Of members with one name the last value wins and stands where the name stood first, as in the
  // reference.
  bool copy_last_values(const dom::object& from, std::span<JsonMember> members,
                        const std::vector<std::uint32_t>& slots, JsonNode& to) {
    std::vector<dom::element> last(members.size());
    std::size_t index = 0;
    for (auto field : from) last[slots[index++]] = field.value;
    std::size_t kept = 0;
    std::vector<std::uint32_t> places(members.size());
    for (index = 0; index < members.size(); ++index) {
      if (slots[index] != index) continue;
      places[index] = static_cast<std::uint32_t>(kept);
      members[kept].name = members[index].name;
      if (!copy(last[index], members[kept++].value)) return false;
    }
    to.members.size = kept;
    for (index = 0; index < slots.size(); ++index) {
      if (slots[index] != index) duplicates_.emplace_back(members[places[slots[index]]].value);
    }
    return true;
  }

  Arena& arena_;
  std::vector<Json>& duplicates_;
  std::size_t depth_left_;
};

std::string with_reals(std::string_view bytes, const std::vector<std::size_t>& big_integers_end) {
  std::string changed;
  changed.reserve(bytes.size() + 2 * big_integers_end.size());
  std::size_t done = 0;
  for (std::size_t end : big_integers_end) {
    changed.append(bytes.substr(done, end - done)).append(".0");
    done = end;
  }
  return changed.append(bytes.substr(done));
}

}  // namespace

struct JsonDocument::Data {
  explicit Data(std::size_t text_bytes) : arena(chunk_bytes(text_bytes)) {}
  Arena arena;
  JsonNode root;
  std::vector<Json> duplicates;

  // Why the text was refused; nothing when it is JSON that we take.
  std::optional<std::string> fill(std::string_view bytes, std::size_t depth_max) {
    try {
      return fill_or_throw(bytes, depth_max);
    } catch (const std::exception& exception) {
      return exception.what();
    }
  }

 private:
  std::optional<std::string> fill_or_throw(std::string_view bytes, std::size_t depth_max) {
    dom::parser parser;
    dom::element element;
    simdjson::error_code error = parser.allocate(bytes.size(), depth_max + 2);
    if (!error) error = parser.parse(bytes.data(), bytes.size()).get(element);
    if (error) return simdjson::error_message(error);
    if (!Copier(arena, duplicates, depth_max).copy(element, root)) return "refused";
    return std::nullopt;
  }
};

Result<JsonDocument> JsonDocument::parse(std::string_view bytes, Limits limits) {
  std::expected<JsonDocument, JsonFault> document = read(bytes, limits);
  if (document) return *std::move(document);
  const JsonFault& fault = document.error();
  if (fault.code == ErrorCode::limit) return fail(fault.code, fault.what);
  return fail(fault.code, fault.place.empty()
                              ? "invalid JSON, " + fault.what
                              : "invalid JSON at " + fault.place + ": " + fault.what);
}

std::expected<JsonDocument, JsonFault> JsonDocument::read(std::string_view bytes, Limits limits) {
  if (bytes.size() > limits.bytes_max) {
    return std::unexpected(JsonFault{ErrorCode::limit, "",
                                     "the JSON text has " + std::to_string(bytes.size()) +
                                         " bytes, expected at most " +
                                         std::to_string(limits.bytes_max)});
  }
  if (bytes.empty()) bytes = "";  // simdjson copies from it, and a null pointer is no source
  if (bytes.starts_with("\xef\xbb\xbf"))
    bytes.remove_prefix(3);  // a byte order mark, as editors leave
  auto data = std::make_unique<Data>(bytes.size());
  std::optional<std::string> refusal = data->fill(bytes, limits.depth_max);
  if (!refusal) return JsonDocument(std::move(data));

  detail::JsonScan scan = detail::scan_json(bytes, limits.depth_max);
  if (scan.fault) {
    return std::unexpected(JsonFault{scan.fault->code,
                                     detail::line_and_column(bytes, scan.fault->offset),
                                     std::string(scan.fault->what)});
  }
  // Integers of any length are JSON, but simdjson takes no more than 64 bits of one.
  data = std::make_unique<Data>(bytes.size());
  refusal = data->fill(with_reals(bytes, scan.big_integers_end), limits.depth_max);
  if (!refusal) return JsonDocument(std::move(data));
  return std::unexpected(JsonFault{ErrorCode::invalid, "", "at a place unknown: " + *refusal});
}

JsonDocument::JsonDocument(std::unique_ptr<Data> data) : data_(std::move(data)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Json JsonDocument::root() const { return Json(data_->root); }
std::size_t JsonDocument::bytes() const { return data_->arena.bytes_held(); }
std::span<const Json> JsonDocument::duplicates() const { return data_->duplicates; }

}  // namespace perigee
