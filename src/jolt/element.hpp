// Element: one key of a specification's left side, or one step of a path on its right side.
// Internal to jolt.
//
//   name  *  tag-*  &  &1  &(1,2)  @  @(1,a.b)  $  $(0,1)  #text  [] [2] [&1] [#2] [@(1,a)]
//
// A backslash makes the next character a plain one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jolt/tree.hpp"

namespace perigee::jolt {

inline constexpr std::size_t kKeyBytesMax = 1000;  // of a key or path in a specification
inline constexpr std::uint32_t kLevelMax = 255;    // of &, $, @ and #

// &(level,group): a key above, or what one of its stars stood for.
struct Reference {
  std::uint32_t level = 0;
  std::uint32_t group = 0;
};

struct Element;
using Path = std::vector<Element>;

struct Element {
  enum class Kind : std::uint8_t {
    literal,
    star,       // `texts` are what stands between its stars
    amp,        // `texts` and `references` in turn, a text first
    at,         // the value itself
    transpose,  // a value somewhere else: `level` up, then down `path`
    dollar,     // a key above, as a value
    constant,   // #text on the left
    array,
  };
  enum class Index : std::uint8_t { append, number, reference, count, transpose };

  Kind kind = Kind::literal;
  Index index = Index::append;  // of arrays
  std::string text;             // of literals and constants
  std::string canonical;        // the same for whatever means the same
  std::vector<std::string> texts;
  std::vector<Reference> references;  // of amp; of dollar and arrays the first
  std::uint32_t level = 0;
  std::size_t number = 0;  // of an array
  Path path;

  bool is_array() const { return kind == Kind::array; }
  bool matches_all_keys() const { return kind == Kind::star && canonical == "*"; }
  // Matched by a key of the input alone, whatever was walked.
  bool star_matches(std::string_view key, std::vector<std::string_view>* groups = nullptr) const;
};

// Errors say what is wrong with the text.
Result<Element> parse_key(std::string_view text);
Result<Path> parse_path(std::string_view text);
// A key in which only * is special, as `remove` reads them.
Element parse_plain_key(std::string_view text);

// Whether a key of the input is meant. The walked path stands at its parent.
bool matches(const Element& element, std::string_view key, Matched& to, Run& run);
// The key that an element of a path stands for; nothing when there is none.
std::optional<std::string> evaluated(const Element& element, Run& run);
// What @(level,path) points at; null when there is nothing.
Node* pointed_at(const Element& transpose, Run& run);
// Text of $: a key above.
std::string_view referenced(Reference reference, Run& run);

// The text of a scalar of the input when it is looked at as a key.
std::string key_text(const Node& scalar, Run& run);
std::optional<std::size_t> position(std::string_view text);  // a number that is not negative

// More special keys are tried first.
bool comes_before(const Element& a, const Element& b);

}  // namespace perigee::jolt
