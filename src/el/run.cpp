#include "el/run.hpp"

namespace perigee::el {

bool Run::count_members(Value map, std::size_t& count) {
  count = map.map_size(arena);
  return map.stored_members() > 0 || step(count);  // an object lists its keys to count them
}

// An object is asked for each of its members, and may look through all of them every time.
bool Run::list_entries(Value map, std::span<const MapEntry>& entries) {
  constexpr std::size_t kEntriesPerStep = 8;
  std::size_t count = 0;
  if (!count_members(map, count)) return false;
  const std::size_t looks = map.stored_members() > 0 ? 0 : count * count / kItemsPerStep;
  if (!step(count / kEntriesPerStep + looks)) return false;
  entries = map.entries(arena);
  return true;
}

}  // namespace perigee::el
