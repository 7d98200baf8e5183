// room: policies
//
// The first line is what a configuration says, the second what a client asks for. Patterns of
// paths, blocks of addresses and of dates: whatever both are. A normalized path has nothing left to
// normalize, and a URL keeps all but its path.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "policies/ant_pattern.hpp"
#include "policies/date_pattern.hpp"
#include "policies/ip_block.hpp"
#include "policies/url_path.hpp"

using namespace perigee;
using namespace perigee::policies;

namespace {

void check_normalized(std::string_view path) {
  std::string once = normalized_path(path);
  PERIGEE_ASSERT(once.starts_with('/'));
  PERIGEE_ASSERT(normalized_path(once) == once);
  std::string closed = once + "/";
  for (std::string_view left : {"//", "/./", "/../"})
    PERIGEE_ASSERT(once.find(left) == once.npos &&
                   (left == "//" || closed.find(left) == closed.npos));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::string_view configured = input.substr(0, input.find('\n'));
  std::string_view asked = input.substr(std::min(configured.size() + 1, input.size()));
  check_normalized(asked);
  std::string url = normalized_url(asked);
  PERIGEE_ASSERT(normalized_url(url) == url);
  auto pattern = AntPattern::compile(configured);
  PERIGEE_ASSERT(pattern || !pattern.error().message.empty());
  if (pattern) static_cast<void>(pattern->matches(AntPattern::Path(asked)));
  // A path without wildcards matches itself.
  bool plain = configured.find_first_of("*?{}") == configured.npos;
  if (pattern && plain) PERIGEE_ASSERT(pattern->matches(AntPattern::Path(configured)));
  auto date = DatePattern::compile(configured);
  if (date) static_cast<void>(date->matches(asked));
  auto address = net::Address::literal(asked, 0);
  for (bool with_ends : {false, true}) {
    auto block = IpBlock::parse(configured, with_ends);
    if (block && address && block->contains(*address)) PERIGEE_ASSERT(!block->empty());
  }
  return 0;
}
