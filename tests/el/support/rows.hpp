// Tables of expression and result.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "tests/el/support/evaluate.hpp"

namespace perigee::el::test {

struct Row {
  std::string_view text;
  std::string_view
      expected;  // as eval() gives it; "error" stands for any error, "error: .." for a part of it
};

inline bool fits(const std::string& result, std::string_view expected) {
  if (!expected.starts_with("error")) return result == expected;
  if (!result.starts_with("error: ")) return false;
  return expected == "error" || result.find(expected.substr(7)) != std::string::npos;
}

inline void check(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    std::string result = eval(row.text);
    EXPECT_TRUE(fits(result, row.expected))
        << row.text << "\n gives " << result << "\n not " << row.expected;
  }
}

inline void check(std::string_view context_json, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    std::string result = eval(row.text, context_json);
    EXPECT_TRUE(fits(result, row.expected))
        << row.text << "\n gives " << result << "\n not " << row.expected;
  }
}

}  // namespace perigee::el::test
