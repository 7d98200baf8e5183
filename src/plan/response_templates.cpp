#include "plan/response_templates.hpp"

#include <algorithm>
#include <array>

#include "base/trim.hpp"
namespace perigee::plan {
namespace {

constexpr std::string_view kAny = "*/*";
constexpr std::size_t kMediaTypesMax = 64;  // of Accept that are looked at

struct Wanted {
  std::string_view type;
  int quality = 1000;  // thousandths, RFC 9110 section 12.4.2
};

// "0.85" is 850. What is not a weight counts as 1.
int quality_of(std::string_view text) {
  bool one = text.starts_with('1');
  if (!one && !text.starts_with('0')) return 1000;
  int quality = one ? 1000 : 0;
  if (!text.substr(1).starts_with('.')) return quality;
  int place = 100;
  for (char c : text.substr(2, 3)) {
    if (c < '0' || c > '9') return 1000;
    quality += (c - '0') * place;
    place /= 10;
  }
  return std::min(quality, 1000);
}

Wanted wanted_of(std::string_view item) {
  std::size_t end = item.find(';');
  Wanted wanted{.type = trimmed(item.substr(0, end))};
  while (end != std::string_view::npos) {
    item.remove_prefix(end + 1);
    end = item.find(';');
    std::string_view parameter = trimmed(item.substr(0, end));
    if (parameter.starts_with("q=") || parameter.starts_with("Q="))
      wanted.quality = quality_of(parameter.substr(2));
  }
  return wanted;
}

void insert(std::vector<Wanted>& types, Wanted wanted) {
  auto worse = [&](const Wanted& other) { return other.quality < wanted.quality; };
  types.insert(std::ranges::find_if(types, worse), wanted);
}

// Best first; of equals the first named.
std::vector<Wanted> wanted_types(std::span<const std::string_view> accept) {
  std::vector<Wanted> types;
  for (std::string_view line : accept) {
    while (!line.empty() && types.size() < kMediaTypesMax) {
      std::size_t end = line.find(',');
      std::string_view item = trimmed(line.substr(0, end));
      if (!item.empty()) insert(types, wanted_of(item));
      line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    }
  }
  return types;
}

}  // namespace

const ResponseTemplates::ByMediaType* ResponseTemplates::templates_of(
    std::string_view key, std::string_view parent_key) const {
  for (std::string_view wanted : std::array<std::string_view, 3>{key, parent_key, "DEFAULT"}) {
    if (wanted.empty()) continue;
    if (auto found = by_key_.find(wanted); found != by_key_.end()) return &found->second;
  }
  return nullptr;
}

std::vector<std::string_view> ResponseTemplates::keys() const {
  std::vector<std::string_view> keys;
  for (const auto& [key, templates] : by_key_) keys.push_back(key);
  return keys;
}

const ResponseTemplate* ResponseTemplates::find(std::string_view key, std::string_view parent_key,
                                                std::span<const std::string_view> accept) const {
  const ByMediaType* templates = templates_of(key, parent_key);
  if (!templates) return nullptr;
  for (const Wanted& wanted : wanted_types(accept)) {
    if (auto found = templates->find(wanted.type); found != templates->end()) return &found->second;
  }
  auto any = templates->find(kAny);
  return any == templates->end() ? nullptr : &any->second;
}

}  // namespace perigee::plan
