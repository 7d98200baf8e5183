#include "policies/period.hpp"

#include <algorithm>

#include "el/text.hpp"

namespace perigee::policies {

using policy::ConfigObject;

namespace {

constexpr PeriodUnit kUnits[] = {
    {"MILLISECONDS", "milliseconds", 1}, {"SECONDS", "seconds", 1'000},
    {"MINUTES", "minutes", 60'000},      {"HOURS", "hours", 3'600'000},
    {"DAYS", "days", 86'400'000},
};
constexpr const PeriodUnit* kSeconds = &kUnits[1];

}  // namespace

constexpr PeriodUnits kExactUnits{kUnits, kSeconds, kSeconds};

std::int64_t Period::ms() const {
  return time > kLastInstantMs / unit->ms ? kLastInstantMs : time * unit->ms;
}

Period parse_period(ConfigObject& from, std::string_view time_member, std::string_view unit_member,
                    const PeriodUnits& units) {
  std::int64_t time = from.number(time_member, 1);
  if (time < 1) from.warning(time_member, "less than 1 counts as 1");
  std::vector<std::string_view> names;
  for (const PeriodUnit& unit : units.known) names.push_back(unit.name);
  auto fallback = static_cast<std::size_t>(units.fallback - units.known.data());
  return {std::max<std::int64_t>(time, 1), &units.known[from.choice(unit_member, names, fallback)]};
}

PeriodRule PeriodRule::parse(ConfigObject& from, const PeriodUnits& units) {
  PeriodRule rule;
  rule.fixed_ = parse_period(from, "periodTime", "periodTimeUnit", units);
  rule.dynamic_unit_ = units.of_dynamic;
  rule.dynamic_ = from.expression("dynamicPeriodTime");
  if (rule.dynamic_ && el::is_blank(rule.dynamic_->source())) rule.dynamic_.reset();
  return rule;
}

Result<Period> PeriodRule::of(const policy::Exchange& exchange) const {
  if (!dynamic_) return fixed_;
  TRY(std::optional<std::int64_t> time, dynamic_->integer(exchange, exchange.arena));
  if (!time) return fail(ErrorCode::evaluation, "'dynamicPeriodTime' came to nothing");
  return Period{.time = std::max<std::int64_t>(*time, 1), .unit = dynamic_unit_};
}

}  // namespace perigee::policies
