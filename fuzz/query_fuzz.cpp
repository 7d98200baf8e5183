// room: proxy
//
// Queries of a client, of a target and of a policy, a line each: merged they hold the same
// parameters in groups, and merging again changes nothing.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "policy/query.hpp"
#include "proxy/backend_request.hpp"

using namespace perigee;

namespace {

using Pair = std::pair<std::string, std::string>;

void read(std::string_view query, std::vector<Pair>& into) {
  policy::QueryReader reader(query);
  while (auto parameter = reader.next()) {
    PERIGEE_ASSERT(parameter->has_value || parameter->value.empty());
    into.emplace_back(parameter->name,
                      (parameter->has_value ? "=" : "") + std::string(parameter->value));
  }
}

void check_grouped(const std::vector<Pair>& parameters) {
  for (std::size_t i = 1; i < parameters.size(); ++i) {
    bool new_name = parameters[i].first != parameters[i - 1].first;
    bool seen =
        std::any_of(parameters.begin(), parameters.begin() + static_cast<long>(i),
                    [&](const Pair& before) { return before.first == parameters[i].first; });
    PERIGEE_ASSERT(!new_name || !seen);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 4096) return 0;
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::array<std::string_view, 3> queries;
  for (std::string_view& query : queries) {
    query = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(query.size() + 1, input.size()));
  }
  Arena arena;
  std::string_view merged = proxy::merge_queries(arena, queries);
  std::vector<Pair> before, after;
  for (std::string_view query : queries) read(query, before);
  read(merged, after);
  check_grouped(after);
  std::ranges::sort(before);
  std::ranges::sort(after);
  PERIGEE_ASSERT(before == after);
  std::array<std::string_view, 1> again{merged};
  PERIGEE_ASSERT(proxy::merge_queries(arena, again) == merged);
  return 0;
}
