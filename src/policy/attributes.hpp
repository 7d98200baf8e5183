// Attributes: typed values that steps leave for later steps and expressions, by name.
//
// A look-up tries the name as given, then with "gravitee.attribute." before it. Texts are copied
// into the exchange's arena; lists, maps and objects must live as long as the exchange.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "el/value.hpp"

namespace perigee::policy {

inline constexpr std::string_view kAttributePrefix = "gravitee.attribute.";

class Attributes {
 public:
  explicit Attributes(Arena& arena) : arena_(&arena) {}

  struct Entry {
    std::string_view name;
    el::Value value;
    bool removed = false;
  };
  void set(std::string_view name, el::Value value);
  void set(std::string_view name, std::string_view text) { set(name, el::Value::text(text)); }
  void remove(std::string_view name);
  // Null pointer when there is none.
  const el::Value* get(std::string_view name) const;
  std::optional<std::string_view> text(std::string_view name) const;  // of text values
  std::span<const Entry> entries() const { return {data_, size_}; }

 private:
  Entry* find(std::string_view name) const;
  Arena* arena_;
  Entry* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// "api" of "gravitee.attribute.api"; the name itself otherwise.
std::string_view short_attribute_name(std::string_view name);

}  // namespace perigee::policy
