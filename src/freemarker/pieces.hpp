// Pieces: text, interpolations and tags of a template, in their order. Internal to freemarker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "freemarker/ast.hpp"

namespace perigee::freemarker {

struct Piece {
  enum class Kind : std::uint8_t { text, interpolation, number, open, close, comment };
  Kind kind = Kind::text;
  Place place;
  std::string name;       // of a tag
  std::string_view text;  // of a text; inside of a tag or an interpolation
  Place inside;           // where `text` begins
};

// White space is stripped already: a line of nothing but tags leaves nothing behind.
Result<std::vector<Piece>> cut_template(std::string_view text);

}  // namespace perigee::freemarker
