// Finds what is wrong with a text that should be JSON, and where. Slow and exact: asked only after
// the fast parser refused a text, because that one tells neither line nor column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace perigee::detail {

struct JsonFault {
  std::size_t offset;  // of the first wrong byte
  std::string what;
  // unsupported: other parsers may take it.
  ErrorCode code = ErrorCode::invalid;
};

struct JsonScan {
  std::optional<JsonFault> fault;  // nothing: the text is JSON
  std::vector<std::size_t>
      big_integers_end;  // where integers beyond 64 bits end; they are valid JSON
};

JsonScan scan_json(std::string_view bytes, std::size_t depth_max);

// "3:14": line and column, from 1; a column is a character.
std::string line_and_column(std::string_view bytes, std::size_t offset);

}  // namespace perigee::detail
