// room: jolt
//
// A specification, a zero byte and an input: the specification is refused with a reason, or it
// makes of the input JSON that is not longer than asked for, or fails with a reason. Without a zero
// byte the specification is its own input.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "jolt/chain.hpp"

using namespace perigee;

namespace {

constexpr std::size_t kOutputBytesMax = 64 * 1024;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::size_t zero = text.find('\0');
  std::string_view specification = text.substr(0, zero);
  std::string_view input = zero == text.npos ? text : text.substr(zero + 1);
  auto chain = jolt::Chain::compile(specification);
  PERIGEE_ASSERT(chain || !chain.error().message.empty());
  if (!chain) return 0;
  auto made = chain->transform(input, {.result_bytes_max = kOutputBytesMax});
  PERIGEE_ASSERT(made ? made->size() <= kOutputBytesMax : !made.error().message.empty());
  if (made) {
    PERIGEE_ASSERT(JsonDocument::parse(*made, {.depth_max = 1000}).has_value());
  }
  return 0;
}
