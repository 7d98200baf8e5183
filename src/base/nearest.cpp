#include "base/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.hpp"

namespace perigee {
namespace {

// Strangers choose the names, so the work per comparison is bounded.
constexpr std::size_t kNameBytesMax = 64;
using Row = std::array<std::size_t, kNameBytesMax + 1>;

bool same(char a, char b) { return ascii_lower(a) == ascii_lower(b); }

// Optimal string alignment: insert, delete, replace, swap neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  Row before_last{}, last{}, row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replace = last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

constexpr std::size_t kPartBytesMin = 5;  // shorter ones begin and end too much

std::string_view whole_of(std::string_view part, std::span<const std::string_view> candidates) {
  if (part.size() < kPartBytesMin) return {};
  std::string_view stem = part.substr(0, std::max(kPartBytesMin, part.size() - 1));
  std::string_view shortest;
  for (std::string_view each : candidates) {
    if (each.size() <= part.size()) continue;
    if (!shortest.empty() && each.size() >= shortest.size()) continue;
    bool begins = std::ranges::equal(stem, each.substr(0, stem.size()), same);
    bool ends = std::ranges::equal(part, each.substr(each.size() - part.size()), same);
    if (begins || ends) shortest = each;
  }
  return shortest;
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kNameBytesMax) return {};
  std::size_t nearest = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string_view found;
  for (std::string_view each : candidates) {
    std::size_t apart = std::max(each.size(), name.size()) - std::min(each.size(), name.size());
    if (each.size() > kNameBytesMax || apart >= nearest) continue;
    std::size_t distance = edit_distance(name, each);
    if (distance < nearest) {
      nearest = distance;
      found = each;
    }
  }
  return found.empty() ? whole_of(name, candidates) : found;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view nearest = nearest_name(name, candidates);
  if (nearest.empty()) return {};
  return std::string("; did you mean '").append(nearest).append("'?");
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (std::string_view each : names) {
    if (!text.empty()) text += ", ";
    text.append("'").append(each).append("'");
  }
  return text;
}

}  // namespace perigee
