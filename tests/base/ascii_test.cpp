#include "base/ascii.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "base/trim.hpp"

namespace perigee {
namespace {

TEST(Ascii, ChangesLettersAndNothingElse) {
  EXPECT_EQ(ascii_lower("AZaz@[`{09_ÄÖ"), "azaz@[`{09_ÄÖ");
  EXPECT_EQ(ascii_upper("AZaz@[`{09_äö"), "AZAZ@[`{09_äö");
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "cONTENT-tYPE"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));  // apart by the same bit as letters
  EXPECT_FALSE(equals_ignoring_case("ä", "Ä"));
}

TEST(Ascii, KnowsHexadecimalDigits) {
  int known = 0;
  for (int byte = -128; byte < 128; ++byte) known += hex_value(static_cast<char>(byte)) >= 0;
  EXPECT_EQ(known, 22);
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  std::string text;
  for (unsigned char byte : {0x00, 0x9f, 0xff}) append_hex(text, byte);
  EXPECT_EQ(text, "009fff");
}

TEST(Ascii, PercentEncodesWhatIsNotPlain) {
  auto letters = [](char c) { return c >= 'a' && c <= 'z'; };
  EXPECT_EQ(percent_encoded("ab c%\xc3\xa4", letters), "ab%20c%25%C3%A4");
  EXPECT_EQ(percent_encoded("", letters), "");
}

TEST(Ascii, TrimsWhiteSpace) {
  EXPECT_EQ(trimmed(" \t\r\n a b\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\va\v"), "\va\v");
  EXPECT_EQ(trimmed("-a-", "-"), "a");
}

}  // namespace
}  // namespace perigee
