#include "http/headers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/h1_scan.hpp"

namespace perigee::http {
namespace {

using testing::ElementsAre;

std::vector<std::string> live(const Headers& headers) {
  std::vector<std::string> lines;
  for (const Header& entry : headers.entries()) {
    if (!entry.removed)
      lines.push_back(std::string(entry.name()) + ": " + std::string(entry.value()));
  }
  return lines;
}

TEST(Headers, KnowEveryListedNameInAnyCase) {
  struct Known {
    HeaderId id;
    std::string_view text;
  };
  const Known known[] = {
#define KNOWN_HEADER(id, text) {HeaderId::id, text},
#include "http/header_names.inc"
#undef KNOWN_HEADER
  };
  for (const Known& one : known) {
    std::string upper(one.text);
    for (char& byte : upper) byte = static_cast<char>(std::toupper(byte));
    EXPECT_EQ(HeaderName(one.text).id, one.id) << one.text;
    EXPECT_EQ(HeaderName(upper).id, one.id) << upper;
    EXPECT_EQ(HeaderName(one.id).text, one.text);
    EXPECT_TRUE(HeaderName(one.id) == HeaderName(std::string_view(upper)));
  }
  EXPECT_EQ(HeaderName("x-unknown").id, HeaderId::other);
  EXPECT_EQ(HeaderName("").id, HeaderId::other);
}

TEST(Headers, CompareUnknownNamesByText) {
  EXPECT_TRUE(HeaderName("X-Custom-Name-Longer") == HeaderName("x-cUSTOM-name-longer"));
  EXPECT_FALSE(HeaderName("x-custom-a") == HeaderName("x-custom-b"));
  // These fold to the same hash.
  EXPECT_EQ(header_hash("x^y"), header_hash("x~y"));
  EXPECT_FALSE(HeaderName("x^y") == HeaderName("x~y"));
}

TEST(Headers, FindFirstCountAndRemove) {
  Arena arena;
  Headers headers(arena);
  headers.add(HeaderName("X-A"), "1");
  headers.add(HeaderId::vary, "b");
  headers.add(HeaderName("x-a"), "2");
  EXPECT_EQ(headers.get(HeaderName("X-a")), "1");
  EXPECT_EQ(headers.count(HeaderName("X-a")), 2u);
  EXPECT_EQ(headers.remove(HeaderName("x-A")), 2u);
  EXPECT_EQ(headers.get(HeaderName("x-a")), std::nullopt);
  EXPECT_EQ(headers.live(), 1u);
  EXPECT_EQ(headers.remove(HeaderName("x-A")), 0u);
}

TEST(Headers, SetReplacesInThePlaceOfTheFirst) {
  Arena arena;
  Headers headers(arena);
  headers.add(HeaderName("a"), "1");
  headers.add(HeaderName("b"), "2");
  headers.add(HeaderName("A"), "3");
  headers.set(HeaderName("A"), "4");
  EXPECT_THAT(live(headers), ElementsAre("A: 4", "b: 2"));
  headers.set(HeaderName("c"), "5");
  EXPECT_THAT(live(headers), ElementsAre("A: 4", "b: 2", "c: 5"));
}

// Known names, whose repetition is noted by whatever adds them.
TEST(Headers, SetReplacesAllThatWereAdded) {
  Arena arena;
  Headers headers(arena), other(arena);
  headers.add(HeaderId::vary, "1");
  headers.add(HeaderName("Vary"), "2");
  headers.set(HeaderId::vary, "3");
  EXPECT_THAT(live(headers), ElementsAre("vary: 3"));
  other.add(HeaderId::vary, "4");
  headers.append_all(other);
  EXPECT_EQ(headers.count(HeaderId::vary), 2u);
  headers.set(HeaderId::vary, "5");
  EXPECT_THAT(live(headers), ElementsAre("vary: 5"));
}

std::size_t bytes_of_lines(const Headers& headers) {
  std::size_t bytes = 0;
  for (const Header& entry : headers.entries()) bytes += entry.name_size + entry.value_size + 4;
  return bytes;
}

TEST(Headers, KnowHowManyBytesTheirLinesTake) {
  Arena arena;
  Headers headers(arena), other(arena);
  EXPECT_EQ(headers.line_bytes_max(), 0u);
  for (int i = 0; i < 30; ++i) headers.add(HeaderName("n" + std::to_string(i)), "value");
  EXPECT_EQ(headers.line_bytes_max(), bytes_of_lines(headers));
  headers.set(HeaderName("n7"), "a longer value");
  headers.set(HeaderName("n8"), "");
  headers.set_made(HeaderName("new"), "x");
  headers.set_value_view(headers.entries()[9], "another value");
  EXPECT_EQ(headers.line_bytes_max(), bytes_of_lines(headers));
  other.add(HeaderName("more"), "y");
  headers.append_all(other);
  EXPECT_EQ(headers.line_bytes_max(), bytes_of_lines(headers));
  headers.clear();
  EXPECT_EQ(headers.line_bytes_max(), 0u);
}

TEST(Headers, AnotherValueIsLookedAtBeforeItIsSent) {
  Arena arena;
  Headers headers(arena);
  headers.add_made(HeaderName("a"), "1");
  Header& entry = headers.entries()[0];
  entry.as_received = true;
  headers.set_value_view(entry, "22");
  EXPECT_THAT(live(headers), ElementsAre("a: 22"));
  EXPECT_FALSE(entry.checked || entry.as_received);
}

TEST(Headers, CopyWhatTheyAreGiven) {
  Arena arena;
  Headers headers(arena);
  std::string name = "x-name", value = "value";
  headers.add(HeaderName(name), value);
  headers.set(HeaderName(name), value);
  name = "gone!!", value = "gone!";
  EXPECT_THAT(live(headers), ElementsAre("x-name: value"));
}

TEST(Headers, GrowBeyondTheirFirstRoom) {
  Arena arena(256);
  Headers headers(arena);
  for (int i = 0; i < 200; ++i) headers.add(HeaderName("n" + std::to_string(i)), std::to_string(i));
  EXPECT_EQ(headers.live(), 200u);
  EXPECT_EQ(headers.get(HeaderName("N150")), "150");
}

TEST(Headers, RebaseMovesAllViews) {
  Arena arena;
  Headers headers(arena);
  std::string bytes = "nameVALUEnameVALUE";
  std::string_view first = std::string_view(bytes).substr(0, 9);
  headers.add_view(HeaderName(first.substr(0, 4)), first.substr(4));
  headers.rebase(9);
  bytes.replace(0, 9, 9, 'x');
  EXPECT_THAT(live(headers), ElementsAre("name: VALUE"));
}

TEST(Headers, AppendsAllOfAnother) {
  Arena arena;
  Headers headers(arena), other(arena);
  headers.add(HeaderName("a"), "1");
  other.add(HeaderName("Host"), "b");
  other.add(HeaderName("gone"), "c");
  other.remove(HeaderName("gone"));
  for (int i = 0; i < 40; ++i) other.add(HeaderName("n" + std::to_string(i)), "v");
  headers.append_all(other);
  headers.append_all(Headers(arena));
  EXPECT_EQ(headers.live(), 42u);
  EXPECT_EQ(headers.get(HeaderId::host), "b");
  EXPECT_FALSE(headers.has(HeaderName("gone")));
}

TEST(Headers, ListsHaveTokens) {
  EXPECT_TRUE(list_has_token("close", "close"));
  EXPECT_TRUE(list_has_token(" a ,\tCLOSE , b", "close"));
  EXPECT_TRUE(list_has_token(",,close", "close"));
  EXPECT_FALSE(list_has_token("closed", "close"));
  EXPECT_FALSE(list_has_token("a close", "close"));
  EXPECT_FALSE(list_has_token("", "close"));
}

TEST(Headers, SeveralFieldsAreOneList) {
  Arena arena;
  Headers headers(arena);
  EXPECT_FALSE(any_has_token(headers, HeaderId::connection, "upgrade"));
  headers.add(HeaderId::connection, "keep-alive");
  headers.add(HeaderId::upgrade, "upgrade");
  EXPECT_FALSE(any_has_token(headers, HeaderId::connection, "upgrade"));
  headers.add(HeaderId::connection, "x, Upgrade");
  EXPECT_TRUE(any_has_token(headers, HeaderId::connection, "upgrade"));
  headers.remove(HeaderId::connection);
  EXPECT_FALSE(any_has_token(headers, HeaderId::connection, "upgrade"));
}

TEST(Headers, TellWhatMayBeSent) {
  EXPECT_TRUE(is_valid_header_name("X-A_b.c!"));
  for (std::string_view name : {"", "a b", "a:", "a\r", "\xe9", "a\n", "a("})
    EXPECT_FALSE(is_valid_header_name(name)) << name;
  EXPECT_TRUE(is_valid_header_value("caf\xe9 \t x"));
  EXPECT_TRUE(is_valid_header_value(""));
  for (std::string_view value : {"a\rb", "a\nb", "a\x7f", "\x01"})
    EXPECT_FALSE(is_valid_header_value(value)) << value;
  EXPECT_FALSE(is_valid_header_value(std::string_view("a\0b", 3)));
}

TEST(Headers, EqualityIgnoresCaseOfLettersOnly) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      char one = static_cast<char>(a), other = static_cast<char>(b);
      bool same = a == b || (std::isalpha(a) && std::isalpha(b) && a < 128 && b < 128 &&
                             std::tolower(a) == std::tolower(b));
      ASSERT_EQ(equals_ignoring_case({&one, 1}, {&other, 1}), same) << a << ' ' << b;
      std::string long_one(9, one), long_other(9, other);
      ASSERT_EQ(equals_ignoring_case(long_one, long_other), same) << a << ' ' << b;
    }
  }
}

// The scans by vector say what the table says, for each byte at each place.
TEST(Scans, AgreeWithTheTable) {
  struct Scan {
    const char* (*scan)(const char*, const char*);
    detail::ByteClass allowed;
    char filler;
  };
  const Scan scans[] = {{&detail::scan_value, detail::kValue, 'a'},
                        {&detail::scan_target, detail::kTarget, '/'},
                        {&detail::scan_token, detail::kToken, 'x'}};
  for (const Scan& one : scans) {
    for (int byte = 0; byte < 256; ++byte) {
      for (std::size_t size : {1u, 15u, 16u, 17u, 40u}) {
        for (std::size_t place = 0; place < size; ++place) {
          std::vector<char> text(size, one.filler);
          text[place] = static_cast<char>(byte);
          const char* end = text.data() + size;
          ASSERT_EQ(one.scan(text.data(), end), detail::scan_scalar(text.data(), end, one.allowed))
              << byte << ' ' << size << ' ' << place;
        }
      }
    }
  }
}

#if defined(__SSE2__)
TEST(Scans, OddBytesAreAllButVisibleAsciiAndTheBlank) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 16; ++place) {
      std::string text(16, 'a');
      text[place] = static_cast<char>(byte);
      const bool odd = byte < 0x20 || byte > 0x7e;
      ASSERT_EQ(detail::odd_bytes(detail::load16(text.data())), odd ? 1u << place : 0u) << byte;
    }
  }
}
#endif

}  // namespace
}  // namespace perigee::http
