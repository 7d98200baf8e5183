// Headers: a flat, ordered list of name and value views whose bytes live in the exchange's arena.
//
// Names keep the case they came with and compare without it. Known names carry an id, others a
// 32-bit hash of the lower-cased name. Removing marks an entry; adding appends. Views handed out
// stay valid for the exchange. One worker only. Limits on count and bytes are the codec's; policies
// may add more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"

namespace perigee::http {

enum class HeaderId : std::uint8_t {
  other,
#define KNOWN_HEADER(id, text) id,
#include "http/header_names.inc"
#undef KNOWN_HEADER
};

// A set of known names, and of `other`.
class HeaderIds {
 public:
  constexpr HeaderIds() = default;
  constexpr HeaderIds(std::initializer_list<HeaderId> ids) {
    for (HeaderId id : ids) bits_ |= bit(id);
  }
  constexpr bool contains(HeaderId id) const { return (bits_ & bit(id)) != 0; }
  constexpr bool meets(HeaderIds other) const { return (bits_ & other.bits_) != 0; }
  constexpr HeaderIds operator|(HeaderIds other) const {
    other.bits_ |= bits_;
    return other;
  }
  constexpr HeaderIds operator&(HeaderIds other) const {
    other.bits_ &= bits_;
    return other;
  }

 private:
  static constexpr std::uint64_t bit(HeaderId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
  }
  std::uint64_t bits_ = 0;
};

// A name prepared for look-ups: hash and id are computed once (at load for policies).
struct HeaderName {
  std::string_view text;   // as written
  std::uint32_t hash = 0;  // of the lower-cased text
  HeaderId id = HeaderId::other;

  HeaderName() = default;
  HeaderName(std::string_view name);               // views `name`
  HeaderName(HeaderId known);                      // lower-case text
  bool operator==(const HeaderName& other) const;  // ignoring case
};

// Owns its text: for configurations.
class OwnedHeaderName {
 public:
  OwnedHeaderName() = default;
  explicit OwnedHeaderName(std::string name)
      : text_(std::move(name)), hash_(HeaderName(text_).hash), id_(HeaderName(text_).id) {}
  HeaderName name() const {
    HeaderName name;
    name.text = text_;
    name.hash = hash_;
    name.id = id_;
    return name;
  }
  operator HeaderName() const { return name(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::uint32_t hash_ = 0;
  HeaderId id_ = HeaderId::other;
};

struct Header {
  const char* name_data;
  const char* value_data;
  std::uint32_t name_size;
  std::uint32_t value_size;
  std::uint32_t hash;
  HeaderId id;
  bool removed;
  bool checked = false;      // came through the parser: may be sent without another look
  bool as_received = false;  // "Name: value" CRLF in one piece of memory, and checked

  std::string_view name() const { return {name_data, name_size}; }
  std::string_view value() const { return {value_data, value_size}; }
  bool is(const HeaderName& wanted) const;  // and not removed
};

class Headers {
 public:
  explicit Headers(Arena& arena) : arena_(&arena) {}

  // First value, or nullopt.
  std::optional<std::string_view> get(const HeaderName& name) const;
  bool has(const HeaderName& name) const { return find(name) != nullptr; }
  std::size_t count(const HeaderName& name) const;

  // Bytes are copied into the arena by add() and set(); the *_view forms take what already lives
  // long enough.
  void add(const HeaderName& name, std::string_view value);
  void add_view(const HeaderName& name, std::string_view value);
  // Replaces all values by one, in the place of the first; keeps the case given here.
  void set(const HeaderName& name, std::string_view value);
  void set_view(const HeaderName& name, std::string_view value);
  // The same for what we made ourselves and know to be valid: it is sent without another look.
  void add_made(const HeaderName& name, std::string_view value);
  void set_made(const HeaderName& name, std::string_view value);
  // Gives one of the entries another value, which lives long enough.
  void set_value_view(Header& entry, std::string_view value);
  // Returns how many were removed.
  std::size_t remove(const HeaderName& name);
  void clear() {
    size_ = 0;
    bytes_ = 0;
    present_ = repeated_ = {};
  }

  // Appends all of `other`, removed entries too; its names and values are viewed.
  void append_all(const Headers& other);
  bool may_have_any(HeaderIds ids) const { return present_.meets(ids); }

  // All entries in order, removed ones too: check Header::removed, which may be set. Other texts
  // are given by set_value_view().
  std::span<Header> entries() { return {data_, size_}; }
  std::span<const Header> entries() const { return {data_, size_}; }
  std::size_t live() const;  // entries that are not removed
  // No less than all entries take as lines, "name: value" CRLF.
  std::size_t line_bytes_max() const { return bytes_; }
  Arena& arena() const { return *arena_; }

  // Codec only: fills entries in place, one after the other. Nothing else may be done to the
  // headers before commit().
  class Filler {
   public:
    explicit Filler(Headers& headers) : headers_(headers) { begin(); }
    Header& next() {
      if (at_ == end_) [[unlikely]] {
        commit(0);
        headers_.reserve_more();
        begin();
      }
      return *at_;
    }
    // The entry that next() gave is filled.
    void keep() {
      const HeaderIds id{at_->id};
      repeated_ = repeated_ | (present_ & id);
      present_ = present_ | id;
      ++at_;
    }
    // Adds what was kept; its lines take no more than so many bytes.
    void commit(std::size_t line_bytes_max) {
      headers_.size_ = static_cast<std::uint32_t>(at_ - headers_.data_);
      headers_.bytes_ += line_bytes_max;
      headers_.present_ = present_;
      headers_.repeated_ = repeated_;
    }

   private:
    void begin() {
      at_ = headers_.data_ + headers_.size_;
      end_ = headers_.data_ + headers_.capacity_;
      present_ = headers_.present_;
      repeated_ = headers_.repeated_;
    }
    Headers& headers_;
    Header* at_;
    Header* end_;
    HeaderIds present_, repeated_;
  };
  // Codec only: the bytes under all entries have moved by so many.
  void rebase(std::ptrdiff_t distance);

 private:
  Header* find(const HeaderName& name) const;
  Header* find(const HeaderName& name, Header* from) const;
  Header& replace(const HeaderName& name, std::string_view value);
  Header& append(const HeaderName& name, std::string_view value);
  void reserve_more(std::uint32_t count = 1);
  // False answers most look-ups for what is not there.
  bool may_have(HeaderId id) const { return present_.contains(id); }
  Arena* arena_;
  HeaderIds present_;   // of all that was ever added
  HeaderIds repeated_;  // and of what was added more than once
  std::size_t bytes_ = 0;
  Header* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

std::uint32_t header_hash(std::string_view name);  // ignoring case
HeaderId header_id(std::string_view name, std::uint32_t hash);
bool equals_ignoring_case(std::string_view a, std::string_view b);
// RFC 9110 section 5.6.1: whether a comma-separated list holds `token`, ignoring case.
bool list_has_token(std::string_view list, std::string_view token);
// The same for the list that all fields with this id make together.
bool any_has_token(const Headers& headers, HeaderId id, std::string_view token);
// RFC 9110 sections 5.6.2 and 5.5: what may be sent as a name and as a value.
bool is_valid_header_name(std::string_view name);
bool is_valid_header_value(std::string_view value);

}  // namespace perigee::http
