// The pieces that a pattern of a date consists of. Internal to el.
#pragma once

#include <cstddef>
#include <string_view>

namespace perigee::el {

// One piece of a pattern: a run of one letter, or a text (letter 0).
struct DatePiece {
  char letter = 0;
  std::size_t count = 0;
  std::string_view text;
};

bool is_pattern_letter(char c);
// The piece at the start; takes it off. False for a quote that is not closed.
bool take_piece(std::string_view& pattern, DatePiece& piece);

}  // namespace perigee::el
