// XPathLexer: the tokens of an XPath (section 3.7). Internal to xml.
#pragma once

#include "base/result.hpp"

namespace perigee::xml {

enum class XPathTokenKind : std::uint8_t {
  end,
  symbol,     // ( ) [ ] . .. @ , ::
  operation,  // + - = != < <= > >= | / // * and or div mod
  name,       // "a", "x:a", "*", "x:*"
  call,       // a name with '(' behind it
  axis,       // a name with '::' behind it
  literal,
  number,
};

struct XPathToken {
  XPathTokenKind kind = XPathTokenKind::end;
  std::string_view text;  // of a literal without its quotes
  std::size_t position = 0;

  bool is(XPathTokenKind wanted, std::string_view written) const {
    return kind == wanted && text == written;
  }
};

class XPathLexer {
 public:
  explicit XPathLexer(std::string_view text) : text_(text) {}
  Result<XPathToken> next();

 private:
  XPathToken take(XPathTokenKind kind, std::size_t size);
  Result<XPathToken> literal(char quote);
  XPathToken number();
  Result<XPathToken> word();
  std::size_t name_size(std::size_t at) const;
  void blanks();

  std::string_view text_;
  std::size_t at_ = 0;
  // Whether a `*` or a name is an operator here: something stands before that can be its left side.
  bool has_left_ = false;
};

// "position 5: reason"
std::unexpected<Error> fail_at(std::size_t position, const std::string& reason);

}  // namespace perigee::xml
