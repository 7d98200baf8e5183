#include "el/variables.hpp"

namespace perigee::el {

Variables::Variables() = default;
Variables::~Variables() = default;

std::string Variables::why_failed(const Reference&) const { return "the value cannot be read"; }

Result<Json> Variables::parse_json(std::string_view text) const {
  TRY(JsonDocument document, JsonDocument::parse(text));
  documents_.push_back(std::move(document));
  return documents_.back().root();
}

}  // namespace perigee::el
