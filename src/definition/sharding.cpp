#include "definition/sharding.hpp"

#include <algorithm>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/trim.hpp"

namespace perigee::definition {
namespace {

// The base letters of U+00C0 to U+017F. Letters that are no letter with a mark (ae, thorn, eszett)
// stay themselves: '.' here.
constexpr std::string_view kLatinBase =
    "aaaaaa.ceeeeiiii.nooooo.ouuuuy.."
    "aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
    "aaaaaaccccccccddddeeeeeeeeeegggg"
    "gggghhhhiiiiiiiiii..jjkk.llllll."
    ".llnnnnnn...oooooo..rrrrrrssssss"
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzz.";

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

// Bytes that are no UTF-8 stand for themselves.
Character character_at(std::string_view text, std::size_t at) {
  auto lead = static_cast<unsigned char>(text[at]);
  bool pair = (lead & 0xE0) == 0xC0 && at + 1 < text.size() &&
              (static_cast<unsigned char>(text[at + 1]) & 0xC0) == 0x80;
  if (!pair) return {lead, 1};
  return {(lead & 0x1Fu) << 6 | (static_cast<unsigned char>(text[at + 1]) & 0x3Fu), 2};
}

bool intersect(const std::vector<std::string>& folded, const std::vector<std::string>& tags) {
  return std::ranges::any_of(tags, [&](const std::string& tag) {
    return std::ranges::find(folded, folded_tag(tag)) != folded.end();
  });
}

}  // namespace

std::string folded_tag(std::string_view tag) {
  constexpr std::uint32_t kLatinFirst = 0xC0, kMarkFirst = 0x300, kMarkLast = 0x36F;
  tag = trimmed(tag);
  std::string to;
  for (std::size_t at = 0; at < tag.size();) {
    auto [code, bytes] = character_at(tag, at);
    bool latin = bytes == 2 && code >= kLatinFirst && code - kLatinFirst < kLatinBase.size();
    char base = latin ? kLatinBase[code - kLatinFirst] : '.';
    if (bytes == 1) {
      to += ascii_lower(tag[at]);
    } else if (base != '.') {
      to += base;
    } else if (code < kMarkFirst || code > kMarkLast) {
      to += tag.substr(at, bytes);
    }
    at += bytes;
  }
  return to;
}

ShardingTags ShardingTags::parse(std::string_view setting) {
  ShardingTags tags;
  while (!setting.empty()) {
    std::size_t comma = setting.find(',');
    std::string_view tag = trimmed(setting.substr(0, comma));
    setting = comma == setting.npos ? std::string_view() : setting.substr(comma + 1);
    bool excluded = tag.starts_with('!');
    if (excluded) tag.remove_prefix(1);
    if (trimmed(tag).empty()) continue;
    (excluded ? tags.excluded_ : tags.included_).push_back(folded_tag(tag));
  }
  return tags;
}

bool ShardingTags::accepts(const std::vector<std::string>& tags) const {
  if (!included_.empty() && !intersect(included_, tags)) return false;
  return !intersect(excluded_, tags);
}

std::string plan_left_out(const ApiPlan& plan, const ShardingTags& tags) {
  switch (plan.status) {
    case PlanStatus::unknown:
      return "has no known status";
    case PlanStatus::staging:
      return "is staging";
    case PlanStatus::closed:
      return "is closed";
    case PlanStatus::published:
    case PlanStatus::deprecated:
      break;
  }
  if (plan.mode == PlanMode::push) return "is a push plan";
  if (!tags.accepts_plan(plan.tags)) return "has none of this gateway's sharding tags";
  return {};
}

std::vector<const ApiPlan*> deployable_plans(const Api& api, const ShardingTags& tags) {
  std::vector<const ApiPlan*> plans;
  for (const ApiPlan& plan : api.plans) {
    if (plan_left_out(plan, tags).empty()) plans.push_back(&plan);
  }
  return plans;
}

std::string no_deployable_plan(const Api& api, const ShardingTags& tags) {
  constexpr std::size_t kShown = 5;
  if (api.plans.empty()) {
    return "no deployable plan: the definition has no plan; add one, published and key-less, or "
           "set "
           "perigee.sync.local.openPlan, which gives one to such definitions";
  }
  std::string text = "no deployable plan: ";
  for (std::size_t i = 0; i < api.plans.size() && i < kShown; ++i) {
    const ApiPlan& plan = api.plans[i];
    if (i > 0) text += "; ";
    text += "plan '" + plan.name + "' (" + plan.pointer + ") " + plan_left_out(plan, tags);
  }
  if (api.plans.size() > kShown) {
    text += "; and " + std::to_string(api.plans.size() - kShown) + " more";
  }
  return text;
}

}  // namespace perigee::definition
