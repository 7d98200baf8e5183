// The plain forms take nothing from the heap once the arena is warm.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "el/expression.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}

// The sanitizers have allocation functions of their own, which must stay a set: not counted there.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kCounted = false;
#else
constexpr bool kCounted = true;

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace perigee::el {
namespace {

// An exchange with one header, one attribute and a path.
class Exchange final : public Variables {
 public:
  Value read(const Reference& reference, Arena& arena) const override {
    switch (reference.access) {
      case Access::request_method:
        return Value::text("GET");
      case Access::request_path:
        return Value::text("/stores/123/items");
      case Access::response_status:
        return Value::integer(200);
      case Access::request_header_first:
        return Value::text("v");
      case Access::request_header: {
        auto values = take_values(arena, 1);
        values[0] = Value::text("v");
        return Value::list(values);
      }
      case Access::context_attribute:
        return Value::text("app");
      default:
        return Value::absent();
    }
  }
  const Clock& clock() const override { return clock_; }

 private:
  FakeClock clock_;
};

class ElAllocation : public ::testing::TestWithParam<const char*> {};

TEST_P(ElAllocation, IsNone) {
  if (!kCounted) GTEST_SKIP() << "allocations are not counted under a sanitizer";
  auto compiled = Template::compile(GetParam());
  ASSERT_TRUE(compiled) << compiled.error().message;
  Exchange exchange;
  Arena arena;
  ASSERT_TRUE(compiled->text(exchange, arena));  // warms arena and regular expressions up
  arena.clear();
  std::size_t before = allocations;
  auto result = compiled->text(exchange, arena);
  std::size_t taken = allocations - before;
  EXPECT_TRUE(result && *result);
  EXPECT_EQ(taken, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    PlainForms, ElAllocation,
    ::testing::Values(
        "{#request.headers['X-A'][0] == 'v'}", "{#request.headers['X-A'] != null}",
        "{#request.headers['X-A']}", "{#request.method == 'GET' || #request.method == 'POST'}",
        "a-{#request.path}-{#context.attributes['application']}", "{#response.status >= 500}",
        "{#response.status}", "{#request.paths[2]}", "{#request.path.startsWith('/stores')}",
        "{#request.headers['X-A'].contains('v')}", "{#request.path + '-' + #request.method}",
        "{#response.status between {200, 299}}", "{#request.path matches '/stores/.*'}",
        "{#request.path.substring(1)}", "{#request.method == 'GET' ? 'a' : 'b'}"));

TEST(ElAllocationCounter, Counts) {
  if (!kCounted) GTEST_SKIP() << "allocations are not counted under a sanitizer";
  std::size_t before = allocations;
  ::operator delete(::operator new(1));  // a new-expression might be optimised away
  EXPECT_GT(allocations - before, 0u);
}

}  // namespace
}  // namespace perigee::el
