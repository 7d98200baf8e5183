// Services of groups: what is told about them.
#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using testing::IsEmpty;

TEST(Services, DisabledDiscoveryIsNoProblem) {
  Parsed parsed = read_api(
      definition({.group = R"("services": {"discovery": {"type": "consul", "enabled": false}})"}));
  EXPECT_TRUE(parsed.api);
  EXPECT_THAT(errors(parsed.problems), IsEmpty()) << printed(parsed.problems);
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
}

TEST(Services, DiscoveryIsRefusedButNotUnknown) {
  Parsed parsed =
      read_api(definition({.group = R"("services": {"discovery": {"type": "consul"}})"}));
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
}

}  // namespace
}  // namespace perigee::definition
