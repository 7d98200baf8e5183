// The brake on guessing passwords.
#include "node/authentication.hpp"

#include "base/arena.hpp"
#include "tests/base/support/captured_log.hpp"

namespace perigee::node {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using Verdict = Authentication::Verdict;

struct Brake : testing::Test {
  Verdict ask(std::string_view credentials, std::string_view from = "192.0.2.1") {
    http::Headers headers(arena);
    headers.add(http::HeaderName("Authorization"), credentials);
    return authentication.check("/_node", headers, from, clock.now());
  }
  void guess(int times, std::string_view from = "192.0.2.1") {
    for (int i = 0; i < times; ++i) EXPECT_EQ(ask("Basic d3Jvbmc=", from), Verdict::refused);
  }
  static constexpr std::string_view kRight = "Basic YWRtaW46c2VjcmV0";
  Arena arena;
  FakeClock clock;
  log::testing::CapturedLog log;
  Authentication authentication{{.users = {{"admin", "secret"}}}};
};

TEST_F(Brake, BeginsAfterTwentyAndIsOverWithTheSecond) {
  guess(20);
  EXPECT_EQ(ask(kRight), Verdict::allowed);
  guess(1);
  EXPECT_EQ(ask(kRight), Verdict::too_many_attempts);
  EXPECT_EQ(ask(kRight, "192.0.2.2"), Verdict::allowed);
  clock.advance(1s);
  EXPECT_EQ(ask(kRight), Verdict::allowed);
}

TEST_F(Brake, IsToldWithTheAddressAndNoSecret) {
  guess(20);
  EXPECT_EQ(log.take(), "");
  guess(1);
  EXPECT_EQ(ask(kRight), Verdict::too_many_attempts);
  std::string told = log.take();
  EXPECT_THAT(told, HasSubstr("WARN"));
  EXPECT_THAT(told, HasSubstr(" - 192.0.2.1 sent wrong credentials more than 20 times"));
  EXPECT_THAT(told, EndsWith("right credentials included\n"));
  EXPECT_EQ(std::ranges::count(told, '\n'), 1);
}

TEST_F(Brake, IsToldOnceInTenSeconds) {
  guess(21);
  log.take();
  guess(21, "192.0.2.2");
  EXPECT_EQ(log.take(), "");
  clock.advance(10s);
  guess(21);
  EXPECT_THAT(log.take(), EndsWith("; 2 times since the last such line\n"));
}

}  // namespace
}  // namespace perigee::node
