#include "policy/attributes.hpp"

#include <algorithm>

namespace perigee::policy {

std::string_view short_attribute_name(std::string_view name) {
  if (name.starts_with(kAttributePrefix)) name.remove_prefix(kAttributePrefix.size());
  return name;
}

Attributes::Entry* Attributes::find(std::string_view name) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (!data_[i].removed && data_[i].name == name) return &data_[i];
  }
  return nullptr;
}

void Attributes::set(std::string_view name, el::Value value) {
  if (value.kind() == el::Kind::text) value = el::Value::text(arena_->copy(value.as_text()));
  if (Entry* entry = find(name)) {
    entry->value = value;
    return;
  }
  if (size_ == capacity_) {
    std::size_t wanted = capacity_ == 0 ? 8 : capacity_ * 2;
    std::span<Entry> larger = arena_->array<Entry>(wanted);
    std::copy_n(data_, size_, larger.data());
    data_ = larger.data();
    capacity_ = wanted;
  }
  data_[size_++] = Entry{arena_->copy(name), value, false};
}

void Attributes::remove(std::string_view name) {
  if (Entry* entry = find(name)) entry->removed = true;
}

const el::Value* Attributes::get(std::string_view name) const {
  if (size_ == 0) return nullptr;
  if (const Entry* entry = find(name)) return &entry->value;
  for (std::size_t i = 0; i < size_; ++i) {
    const Entry& entry = data_[i];
    bool prefixed = entry.name.size() == kAttributePrefix.size() + name.size() &&
                    entry.name.starts_with(kAttributePrefix) && entry.name.ends_with(name);
    if (!entry.removed && prefixed) return &entry.value;
  }
  return nullptr;
}

std::optional<std::string_view> Attributes::text(std::string_view name) const {
  const el::Value* value = get(name);
  if (!value || !value->is_text()) return std::nullopt;
  return value->as_text();
}

}  // namespace perigee::policy
