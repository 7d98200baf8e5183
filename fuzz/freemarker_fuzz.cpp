// room: freemarker
//
// Whatever a template says: it is refused with a place and a reason, or it renders (within its
// budget) to a text that is not longer than asked for, or fails with a reason.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "freemarker/template.hpp"

using namespace perigee;

namespace {

constexpr std::size_t kOutputBytesMax = 64 * 1024;
constexpr std::string_view kModel = R"({
  "request": {"id": "r", "path": "/a/b", "content": "{\"a\": [1, 2.5, null, {\"b\": \"c\"}]}",
    "headers": {"X-A": ["one", "two"]}, "params": {"q": ["1"]}, "timestamp": 1700000000000},
  "context": {"attributes": {"n": 5, "yes": true, "nothing": null, "uml": "äöü€"}},
  "list": [3, 1, 2], "texts": ["b", "a"], "x": "text", "n": -1.5
})";

// The members of a JSON object.
class Model final : public el::Object {
 public:
  explicit Model(Json json) : json_(json) {}
  Shape shape() const override { return Shape::map; }
  el::Value get(std::string_view key, Arena&) const override {
    Json found = json_[key];
    return found.absent() ? el::Value::absent() : el::Value::json(*found.node());
  }
  std::span<const std::string_view> keys(Arena&) const override { return {}; }

 private:
  Json json_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const JsonDocument document = *JsonDocument::parse(kModel);
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auto compiled = freemarker::Template::compile(text);
  PERIGEE_ASSERT(compiled || !compiled.error().message.empty());
  if (!compiled) return 0;
  Arena arena;
  auto made =
      compiled->render(Model(document.root()), arena, {.output_bytes_max = kOutputBytesMax});
  PERIGEE_ASSERT(made ? made->size() <= kOutputBytesMax : !made.error().message.empty());
  return 0;
}
