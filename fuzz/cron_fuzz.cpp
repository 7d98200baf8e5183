// room: upstream
//
// A schedule that is taken is due again and again, later each time.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "upstream/cron.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  Result<upstream::Cron> cron = upstream::Cron::parse(text);
  if (!cron) return 0;
  WallTime time{std::chrono::seconds(1'700'000'000)};
  for (int i = 0; i < 5; ++i) {
    WallTime next = cron->next(time);
    PERIGEE_ASSERT(next > time && next < time + std::chrono::hours(24 * 366 * 41));
    time = next;
  }
  return 0;
}
