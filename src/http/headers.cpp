#include "http/headers.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/h1_scan.hpp"
#include "http/header_hash.hpp"

namespace perigee::http {

namespace {

constexpr std::array kKnown = {
    std::string_view{},
#define KNOWN_HEADER(id, text) std::string_view(text),
#include "http/header_names.inc"
#undef KNOWN_HEADER
};

static_assert(kKnown.size() <= 64, "HeaderIds has a bit for each");

constexpr auto kKnownHashes = [] {
  std::array<std::uint32_t, kKnown.size()> hashes{};
  for (std::size_t i = 1; i < kKnown.size(); ++i)
    hashes[i] = detail::name_hash(kKnown[i].data(), kKnown[i].size());
  return hashes;
}();

// A perfect hash: the multiplier that gives every known name a slot of its own is searched by the
// compiler.
struct Slots {
  std::uint32_t multiplier = 0;
  std::array<std::uint8_t, 512> id{};

  constexpr std::size_t of(std::uint32_t hash) const { return (hash * multiplier) >> 23; }
  constexpr bool fill() {
    id = {};
    for (std::size_t i = 1; i < kKnown.size(); ++i) {
      std::uint8_t& slot = id[of(kKnownHashes[i])];
      if (slot != 0) return false;
      slot = static_cast<std::uint8_t>(i);
    }
    return true;
  }
};

constexpr Slots kSlots = [] {
  Slots slots;
  slots.multiplier = 0x9e3779b1;
  while (!slots.fill()) slots.multiplier += 2;
  return slots;
}();

// All zeros for the longer ones.
constexpr auto kKnownShort = [] {
  std::array<detail::ShortName, kKnown.size()> names{};
  for (std::size_t i = 1; i < kKnown.size(); ++i) {
    if (kKnown[i].size() <= detail::ShortName::kBytesMax)
      names[i] = detail::short_name(kKnown[i].data(), kKnown[i].size());
  }
  return names;
}();

// Text that cannot be a name may fold to a known one (CR for '-'); it is never sent
// (is_valid_header_name), so that its id does no harm.
bool folds_to(std::string_view name, std::string_view known) {
  using detail::kFold8;
  using detail::load;
  if (name.size() != known.size()) return false;
  std::size_t i = 0;
  for (; i + 8 < name.size(); i += 8) {
    if ((load<std::uint64_t>(name.data() + i) | kFold8) !=
        (load<std::uint64_t>(known.data() + i) | kFold8))
      return false;
  }
  i = name.size() - 8;
  return (load<std::uint64_t>(name.data() + i) | kFold8) ==
         (load<std::uint64_t>(known.data() + i) | kFold8);
}

std::size_t line_bytes(const Header& header) {
  return std::size_t{header.name_size} + header.value_size + 4;  // ": " and CRLF
}

bool is_known_text(const HeaderName& name) {
  return name.id != HeaderId::other &&
         name.text.data() == kKnown[static_cast<std::size_t>(name.id)].data();
}

}  // namespace

std::uint32_t header_hash(std::string_view name) {
  return detail::name_hash(name.data(), name.size());
}

namespace detail {

HeaderId header_id(ShortName name, std::uint32_t hash) {
  std::size_t id = kSlots.id[kSlots.of(hash)];
  return kKnownShort[id] == name ? static_cast<HeaderId>(id) : HeaderId::other;
}

}  // namespace detail

HeaderId header_id(std::string_view name, std::uint32_t hash) {
  if (name.empty()) return HeaderId::other;
  if (name.size() <= detail::ShortName::kBytesMax)
    return detail::header_id(detail::short_name(name.data(), name.size()), hash);
  std::size_t id = kSlots.id[kSlots.of(hash)];
  bool same = id != 0 && kKnownHashes[id] == hash && folds_to(name, kKnown[id]);
  return same ? static_cast<HeaderId>(id) : HeaderId::other;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  using detail::load;
  using detail::lower8;
  if (a.size() != b.size()) return false;
  if (a.size() < 8)
    return lower8(detail::load_short(a.data(), a.size())) ==
           lower8(detail::load_short(b.data(), b.size()));
  for (std::size_t i = 0; i + 8 < a.size(); i += 8) {
    if (lower8(load<std::uint64_t>(a.data() + i)) != lower8(load<std::uint64_t>(b.data() + i)))
      return false;
  }
  return lower8(load<std::uint64_t>(a.data() + a.size() - 8)) ==
         lower8(load<std::uint64_t>(b.data() + b.size() - 8));
}

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    std::size_t comma = list.find(',');
    std::string_view element = detail::trim_blanks(list.substr(0, comma));
    if (equals_ignoring_case(element, token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

bool any_has_token(const Headers& headers, HeaderId id, std::string_view token) {
  if (!headers.may_have_any({id})) return false;
  for (const Header& field : headers.entries()) {
    if (field.id == id && !field.removed && list_has_token(field.value(), token)) return true;
  }
  return false;
}

bool is_valid_header_name(std::string_view name) {
  return !name.empty() && detail::is_all_token(name);
}

bool is_valid_header_value(std::string_view value) { return detail::is_all_value(value); }

HeaderName::HeaderName(std::string_view name)
    : text(name), hash(header_hash(name)), id(header_id(name, hash)) {}

HeaderName::HeaderName(HeaderId known)
    : text(kKnown[static_cast<std::size_t>(known)]),
      hash(kKnownHashes[static_cast<std::size_t>(known)]),
      id(known) {}

bool HeaderName::operator==(const HeaderName& other) const {
  if (id != other.id) return false;
  return id != HeaderId::other || (hash == other.hash && equals_ignoring_case(text, other.text));
}

bool Header::is(const HeaderName& wanted) const {
  if (removed || id != wanted.id) return false;
  return id != HeaderId::other ||
         (hash == wanted.hash && equals_ignoring_case(name(), wanted.text));
}

Header* Headers::find(const HeaderName& name) const {
  if (!may_have(name.id)) return nullptr;
  return find(name, data_);
}

inline Header* Headers::find(const HeaderName& name, Header* from) const {
  for (Header* entry = from; entry != data_ + size_; ++entry) {
    if (entry->id == name.id && entry->is(name)) return entry;
  }
  return nullptr;
}

std::optional<std::string_view> Headers::get(const HeaderName& name) const {
  const Header* entry = find(name);
  if (!entry) return std::nullopt;
  return entry->value();
}

std::size_t Headers::count(const HeaderName& name) const {
  if (!may_have(name.id)) return 0;
  return static_cast<std::size_t>(
      std::count_if(data_, data_ + size_, [&](const Header& entry) { return entry.is(name); }));
}

std::size_t Headers::live() const {
  return static_cast<std::size_t>(
      std::count_if(data_, data_ + size_, [](const Header& entry) { return !entry.removed; }));
}

void Headers::append_all(const Headers& other) {
  if (other.size_ == 0) return;
  if (other.size_ > capacity_ - size_) reserve_more(other.size_);
  std::memcpy(data_ + size_, other.data_, other.size_ * sizeof(Header));
  size_ += other.size_;
  bytes_ += other.bytes_;
  repeated_ = repeated_ | other.repeated_ | (present_ & other.present_);
  present_ = present_ | other.present_;
}

void Headers::reserve_more(std::uint32_t count) {
  // Two dozen fields fit the heads of nearly all real traffic.
  std::uint32_t capacity = std::max(capacity_ == 0 ? 24 : capacity_ * 2, size_ + count);
  std::span<Header> bigger = arena_->array<Header>(capacity);
  if (size_ > 0) std::memcpy(bigger.data(), data_, size_ * sizeof(Header));
  data_ = bigger.data();
  capacity_ = capacity;
}

Header& Headers::append(const HeaderName& name, std::string_view value) {
  Filler filler(*this);
  Header& entry = filler.next();
  entry = {.name_data = name.text.data(),
           .value_data = value.data(),
           .name_size = static_cast<std::uint32_t>(name.text.size()),
           .value_size = static_cast<std::uint32_t>(value.size()),
           .hash = name.hash,
           .id = name.id,
           .removed = false,
           .checked = false,
           .as_received = false};
  filler.keep();
  filler.commit(line_bytes(entry));
  return entry;
}

void Headers::add_view(const HeaderName& name, std::string_view value) { append(name, value); }

void Headers::add(const HeaderName& name, std::string_view value) {
  HeaderName kept = name;
  if (!is_known_text(name)) kept.text = arena_->copy(name.text);
  add_view(kept, arena_->copy(value));
}

void Headers::add_made(const HeaderName& name, std::string_view value) {
  append(name, value).checked = true;
}

void Headers::set_value_view(Header& entry, std::string_view value) {
  bytes_ += value.size();
  bytes_ -= entry.value_size;
  entry.value_data = value.data();
  entry.value_size = static_cast<std::uint32_t>(value.size());
  entry.checked = entry.as_received = false;
}

void Headers::set_view(const HeaderName& name, std::string_view value) { replace(name, value); }

void Headers::set_made(const HeaderName& name, std::string_view value) {
  replace(name, value).checked = true;
}

Header& Headers::replace(const HeaderName& name, std::string_view value) {
  Header* first = find(name);
  if (!first) return append(name, value);
  if (repeated_.contains(name.id)) {
    for (Header* more = first; (more = find(name, more + 1)) != nullptr;) more->removed = true;
  }
  first->name_data = name.text.data();
  set_value_view(*first, value);
  return *first;
}

void Headers::set(const HeaderName& name, std::string_view value) {
  HeaderName kept = name;
  if (!is_known_text(name)) kept.text = arena_->copy(name.text);
  set_view(kept, arena_->copy(value));
}

std::size_t Headers::remove(const HeaderName& name) {
  std::size_t removed = 0;
  if (!may_have(name.id)) return removed;
  for (Header* entry = data_; entry != data_ + size_; ++entry) {
    if (!entry->is(name)) continue;
    entry->removed = true;
    ++removed;
  }
  return removed;
}

void Headers::rebase(std::ptrdiff_t distance) {
  for (Header& entry : entries()) {
    entry.name_data += distance;
    entry.value_data += distance;
  }
}

}  // namespace perigee::http
