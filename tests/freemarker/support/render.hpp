// A template rendered with a model that has one value of every kind.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "freemarker/template.hpp"

namespace perigee::freemarker::testing {

inline constexpr std::string_view kModel = R"j({
  "name": "World", "empty": "", "nothing": null, "n": 1234567, "half": 0.5, "pi": 3.14159265, "neg": -3, "zero": 0, "huge": 1e308,
  "yes": true, "no": false, "list": ["a", "b", "c"], "none": [], "nums": [3, 1, 2], "mixed": [1, null, "x"],
  "map": {"k": "v", "deep": {"x": [1, {"y": "z"}]}, "n": 5}, "users": [{"name": "Bob", "age": 5}, {"name": "al", "age": 40}],
  "json": "{\"a\": {\"b\": [1, 2.5, null]}, \"t\": \"x\"}", "text": "  Hello wOrld  ", "path": "a/b/c.txt", "uml": "äöü€",
  "xml": "<a href=\"x\">'&'</a>"
})j";

// The members of a JSON object; `bean` has getters.
class JsonModel final : public el::Object {
 public:
  explicit JsonModel(Json json, Shape shape = Shape::map) : json_(json), shape_(shape) {}
  Shape shape() const override { return shape_; }
  el::Value get(std::string_view key, Arena& arena) const override {
    if (key == "bean")
      return el::Value::object(*new (arena.take(sizeof(JsonModel)))
                                   JsonModel(json_["map"], Shape::bean));
    Json found = json_[key];
    return found.absent() ? el::Value::absent() : el::Value::json(*found.node());
  }
  std::span<const std::string_view> keys(Arena&) const override { return {}; }

 private:
  Json json_;
  Shape shape_;
};

inline std::string render_with(const JsonDocument& document, std::string_view text,
                               std::size_t bytes_max = 1 << 20) {
  auto compiled = Template::compile(text);
  if (!compiled) return "refused: " + compiled.error().message;
  Arena arena;
  auto made = compiled->render(JsonModel(document.root()), arena, {.output_bytes_max = bytes_max});
  return made ? std::string(*made) : "failed: " + made.error().message;
}

inline std::string render(std::string_view text, std::size_t bytes_max = 1 << 20) {
  static const JsonDocument document = *JsonDocument::parse(kModel);
  return render_with(document, text, bytes_max);
}

struct Row {
  std::string_view text;
  std::string_view expected;
};

}  // namespace perigee::freemarker::testing
