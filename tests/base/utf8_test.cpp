#include "base/utf8.hpp"

namespace perigee {
namespace {

TEST(Utf8, MeasuresWellFormedCharacters) {
  EXPECT_EQ(utf8_character("a"), 1u);
  EXPECT_EQ(utf8_character("é!"), 2u);
  EXPECT_EQ(utf8_character("€"), 3u);
  EXPECT_EQ(utf8_character("😀"), 4u);
  EXPECT_EQ(utf8_character("\xf4\x8f\xbf\xbf"), 4u);  // U+10FFFF
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  for (std::string_view text :
       {"", "\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xe2\x82", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(utf8_character(text), 0u) << testing::PrintToString(std::string(text));
  }
}

}  // namespace
}  // namespace perigee
