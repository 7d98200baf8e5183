#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace perigee {
namespace {

struct Row {
  std::string_view bytes;
  std::string_view text;
};

// RFC 4648 section 10, and all sorts of bits.
constexpr Row kRows[] = {{"", ""},
                         {"f", "Zg=="},
                         {"fo", "Zm8="},
                         {"foo", "Zm9v"},
                         {"foob", "Zm9vYg=="},
                         {"fooba", "Zm9vYmE="},
                         {"foobar", "Zm9vYmFy"},
                         {"\xff\xfe\xfd", "//79"},
                         {"\xfb\xef\xbe", "++++"}};

TEST(Base64, BothWays) {
  for (const Row& row : kRows) {
    EXPECT_EQ(encode_base64(row.bytes), row.text);
    EXPECT_EQ(decode_base64(row.text), row.bytes);
  }
}

TEST(Base64, PaddingMayBeMissing) { EXPECT_EQ(decode_base64("Zg"), "f"); }

TEST(Base64, WhatIsNoneIsEmpty) {
  for (std::string_view text : {"Zg=g", "Z g", "Zg\n", "Z-_g", "\x80"})
    EXPECT_EQ(decode_base64(text), "") << text;
}

}  // namespace
}  // namespace perigee
