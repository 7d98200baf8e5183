// TextArguments: what a built-in of strings works with. Internal to freemarker.
#pragma once

#include <algorithm>

#include "freemarker/builtins.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {

// The string it stands behind, and its arguments as strings and numbers; after a failure they are
// empty and `ok` is false.
class TextArguments {
 public:
  explicit TextArguments(const Use& use) : use_(use) { target_ = read(use.target); }

  bool ok() const { return ok_; }
  std::string_view target() const { return target_; }
  std::size_t count() const { return use_.arguments.size(); }
  std::string_view text(std::size_t at, std::string_view fallback = {}) {
    return at < count() ? read(use_.arguments[at]) : fallback;
  }
  std::int64_t number(std::size_t at, std::int64_t fallback = 0) {
    if (at >= count()) return fallback;
    el::Value value = use_.arguments[at];
    if (value.is_number())
      return static_cast<std::int64_t>(std::clamp(value.as_real(), -1e15, 1e15));
    if (!value.is_failed())
      use_.renderer.fail(use_.place(), "?" + use_.expression.name + " needs a number");
    ok_ = false;
    return 0;
  }
  el::Value text_value(std::string_view text) { return use_.renderer.text(use_.place(), text); }

 private:
  std::string_view read(el::Value value) {
    auto text = use_.renderer.text_of(value, use_.place());
    if (text && !use_.renderer.step(use_.place(), text->size() / 64)) text.reset();
    ok_ = ok_ && text;
    return text.value_or("");
  }
  const Use& use_;
  bool ok_ = true;
  std::string_view target_;
};

}  // namespace perigee::freemarker
