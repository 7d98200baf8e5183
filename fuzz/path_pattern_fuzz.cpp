// room: plan el
//
// The first line is the path of a flow, an allowed origin and a path mapping; the second what a
// client sends. What selects a flow and what it captures agree about paths without escapes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "el/regex.hpp"
#include "plan/cors.hpp"
#include "plan/path_mappings.hpp"
#include "plan/path_parameters.hpp"
#include "plan/path_pattern.hpp"

using namespace perigee;
using namespace perigee::plan;
using definition::PathOperator;

namespace {

constexpr std::uint16_t kAllMethods = 0xffff;

void check_path(std::string_view pattern, std::string_view path, PathOperator op) {
  auto compiled = PathPattern::compile(pattern, op);
  PathParameters parameters;
  auto added = parameters.add(pattern, op, kAllMethods);
  PERIGEE_ASSERT(compiled || !compiled.error().message.empty());
  PERIGEE_ASSERT(added || !added.error().message.empty());
  if (!compiled || !added) return;
  const bool selected = compiled->matches(path);
  Arena arena;
  policy::Attributes into(arena);
  parameters.fill(http::Method::get, path, arena, into);
  // A captured segment may hold what a selected one may not, never the other way round.
  if (selected && !parameters.empty() && path.find('%') == path.npos)
    PERIGEE_ASSERT(!into.entries().empty());
}

void check_origin(std::string_view allowed, std::string_view origin) {
  definition::Cors from;
  from.enabled = true;
  from.allow_origin = {std::string(allowed)};
  Problems problems;
  Cors cors = Cors::compile(from, problems);
  PERIGEE_ASSERT(cors.allows_origin(allowed));
  bool literal = allowed.find_first_of("([*") == allowed.npos;
  if (literal && cors.allows_origin(origin)) PERIGEE_ASSERT(origin.size() == allowed.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::string_view configured = input.substr(0, input.find('\n'));
  std::string_view asked = input.substr(std::min(configured.size() + 1, input.size()));
  el::PatternAllowance allowance;
  for (PathOperator op : {PathOperator::starts_with, PathOperator::equals})
    check_path(configured, asked, op);
  check_origin(configured, asked);
  PathMappings mappings;
  if (mappings.add(std::string(configured))) static_cast<void>(mappings.match(asked));
  return 0;
}
