// DatePattern: whether a text is a date in a pattern of java.text.SimpleDateFormat, read strictly
// (no 31 February) and, as there, from its beginning: what follows the date does not matter.
//
// Letters: y M d H k K h m s S a E z Z X; English names. Others are refused when it is compiled.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace perigee::policies {

class DatePattern {
 public:
  static Result<DatePattern> compile(std::string_view pattern);
  bool matches(std::string_view text) const;

 private:
  struct Part {
    char letter = 0;        // 0: `text` as it is
    std::size_t count = 0;  // of the letter
    bool abuts = false;     // a number follows without anything between
    std::string text;
  };
  std::vector<Part> parts_;
};

}  // namespace perigee::policies
