#include "el/variables.hpp"

#include <algorithm>

namespace perigee::el {

Variables::Variables() = default;
Variables::~Variables() = default;

std::string Variables::why_failed(const Reference&) const { return "the value cannot be read"; }

bool Variables::keeps(std::string_view) const { return false; }

Result<Json> Variables::parse_json(std::string_view text) const {
  auto same = [&](const Parsed& parsed) {
    return parsed.text.data() == text.data() && parsed.text.size() == text.size();
  };
  const bool kept = keeps(text);
  auto found = kept ? std::ranges::find_if(parsed_, same) : parsed_.end();
  if (found == parsed_.end()) {
    parsed_.push_back({kept ? text : std::string_view(), JsonDocument::parse(text)});
    found = parsed_.end() - 1;
    if (found->document) spent_.built_bytes += found->document->bytes();
  }
  if (!found->document) return std::unexpected(found->document.error());
  return found->document->root();
}

}  // namespace perigee::el
