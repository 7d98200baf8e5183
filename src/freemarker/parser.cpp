// Makes blocks of the pieces of a template.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "freemarker/ast.hpp"
#include "freemarker/expression_parser.hpp"
#include "freemarker/pieces.hpp"
#include "freemarker/template.hpp"

namespace perigee::freemarker {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

// m1M2, the least and the most digits behind the point, as a pattern of numbers.
std::optional<std::string> fraction_pattern(std::string_view format) {
  constexpr std::size_t kDigitsMax = 20;
  std::optional<std::size_t> least, most;
  while (!format.empty()) {
    char letter = format[0];
    format.remove_prefix(1);
    if (is_blank({&letter, 1})) continue;
    std::size_t digits = 0;
    auto [end, problem] = std::from_chars(format.data(), format.data() + format.size(), digits);
    if ((letter != 'm' && letter != 'M') || problem != std::errc() || digits > kDigitsMax)
      return std::nullopt;
    (letter == 'm' ? least : most) = digits;
    format.remove_prefix(static_cast<std::size_t>(end - format.data()));
  }
  if (!least && !most) return std::nullopt;
  std::size_t zeros = least.value_or(0);
  std::size_t all = std::max(most.value_or(zeros), zeros);
  return "0." + std::string(zeros, '0') + std::string(all - zeros, '#');
}

// Makes blocks of pieces.
class BlockParser {
 public:
  explicit BlockParser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  Result<Block> run() {
    TRY(Block body, block());
    if (at_ == pieces_.size()) return body;
    const Piece& piece = pieces_[at_];
    return refuse(piece.place, shown(piece) + " was not expected here");
  }

 private:
  static std::string shown(const Piece& piece) {
    return (piece.kind == Piece::Kind::close ? "</#" : "<#") + piece.name + ">";
  }
  bool is_open(std::string_view name) const {
    return at_ < pieces_.size() && pieces_[at_].kind == Piece::Kind::open &&
           pieces_[at_].name == name;
  }
  static ExpressionParser inside(const Piece& piece) {
    return ExpressionParser({piece.text, piece.inside});
  }
  // The end tag of what `open` began.
  Result<void> close(const Piece& open) {
    if (at_ < pieces_.size() && pieces_[at_].kind == Piece::Kind::close &&
        pieces_[at_].name == open.name) {
      ++at_;
      return {};
    }
    std::string found = at_ < pieces_.size() ? ", found " + shown(pieces_[at_]) : "";
    return refuse(open.place, shown(open) + " is not closed" + found);
  }

  // Up to a tag that belongs to what is around it.
  Result<Block> block() {
    Block made;
    if (depth_ >= kNestingMax && at_ < pieces_.size())
      return refuse(pieces_[at_].place,
                    "directives are deeper than " + std::to_string(kNestingMax) + " levels",
                    ErrorCode::limit);
    ++depth_;
    while (at_ < pieces_.size()) {
      const Piece& piece = pieces_[at_];
      if (piece.kind == Piece::Kind::close && piece.name != "noparse") break;
      constexpr std::array<std::string_view, 5> kInner = {"elseif", "else", "case", "default",
                                                          "recover"};
      bool inner =
          piece.kind == Piece::Kind::open && std::ranges::find(kInner, piece.name) != kInner.end();
      if (inner) break;
      ++at_;
      TRY(add(piece, made));
    }
    --depth_;
    return made;
  }

  Result<void> add(const Piece& piece, Block& to) {
    switch (piece.kind) {
      case Piece::Kind::text:
        if (piece.text.empty()) return {};
        if (to.empty() || to.back().kind != Kind::text)
          to.push_back({.kind = Kind::text, .place = piece.place});
        to.back().text += piece.text;
        return {};
      case Piece::Kind::interpolation:
      case Piece::Kind::number:
        return interpolation(piece, to);
      case Piece::Kind::open:
        return directive(piece, to);
      case Piece::Kind::close:
      case Piece::Kind::comment:
        return {};
    }
    return {};
  }

  static Result<void> interpolation(const Piece& piece, Block& to) {
    bool number = piece.kind == Piece::Kind::number;
    Node node{.kind = number ? Kind::number : Kind::interpolation, .place = piece.place};
    Piece part = piece;
    if (number) {
      std::size_t format = piece.text.rfind(';');
      part.text = piece.text.substr(0, format);
      std::optional<std::string> pattern =
          fraction_pattern(format == piece.text.npos ? "M16" : piece.text.substr(format + 1));
      if (!pattern) return refuse(piece.place, "a format of #{..} looks like m1M2");
      node.text = *std::move(pattern);
    }
    ExpressionParser parser = inside(part);
    TRY(Expression value, parser.expression());
    TRY(parser.end());
    node.expressions.push_back(std::move(value));
    to.push_back(std::move(node));
    return {};
  }

  Result<void> directive(const Piece& piece, Block& to) {
    const std::string& name = piece.name;
    if (name == "if") return condition(piece, to);
    if (name == "list") return list(piece, to);
    if (name == "items") return items(piece, to);
    if (name == "sep") return separator(piece, to);
    if (name == "assign" || name == "global") return assign(piece, to);
    if (name == "switch") return choice(piece, to);
    if (name == "attempt") return attempt(piece, to);
    if (name == "compress") return compress(piece, to);
    if (name == "setting") return setting(piece, to);
    if (name == "noparse") return {};
    if (name == "ftl") return header(piece);
    if (name == "stop") return stop(piece, to);
    bool leaves = name == "break" ? loops_ + choices_ > 0 : loops_ > 0;
    if (!leaves) return refuse(piece.place, shown(piece) + " stands outside of a loop");
    to.push_back({.kind = name == "break" ? Kind::leave : Kind::again, .place = piece.place});
    return {};
  }

  Result<Expression> only_expression(const Piece& piece) {
    ExpressionParser parser = inside(piece);
    TRY(Expression value, parser.expression());
    TRY(parser.end());
    return value;
  }

  Result<void> condition(const Piece& open, Block& to) {
    Node node{.kind = Kind::condition, .place = open.place};
    for (const Piece* piece = &open; piece;) {
      if (piece->name != "else") {
        TRY(Expression test, only_expression(*piece));
        node.expressions.push_back(std::move(test));
      }
      TRY(Block body, block());
      node.blocks.push_back(std::move(body));
      bool more = piece->name != "else" && (is_open("elseif") || is_open("else"));
      piece = more ? &pieces_[at_++] : nullptr;
    }
    TRY(close(open));
    to.push_back(std::move(node));
    return {};
  }

  // `as x` or `as key, value`.
  static Result<std::vector<std::string>> loop_names(ExpressionParser& parser) {
    std::vector<std::string> names;
    TRY(std::string first, parser.name());
    names.push_back(std::move(first));
    if (parser.take(",")) {
      TRY(std::string second, parser.name());
      names.push_back(std::move(second));
    }
    TRY(parser.end());
    return names;
  }

  Result<void> list(const Piece& open, Block& to) {
    Node node{.kind = Kind::list, .place = open.place};
    ExpressionParser parser = inside(open);
    TRY(Expression what, parser.expression());
    node.expressions.push_back(std::move(what));
    if (parser.take("as")) {
      TRY(node.names, loop_names(parser));
    } else {
      TRY(parser.end());
    }
    loops_ += node.names.empty() ? 0 : 1;
    ++lists_;
    TRY(Block body, block());
    --lists_;
    loops_ -= node.names.empty() ? 0 : 1;
    node.blocks.push_back(std::move(body));
    if (is_open("else")) {
      ++at_;
      TRY(Block otherwise, block());
      node.blocks.push_back(std::move(otherwise));
    }
    TRY(close(open));
    to.push_back(std::move(node));
    return {};
  }

  Result<void> items(const Piece& open, Block& to) {
    if (lists_ == 0) return refuse(open.place, "<#items> stands inside of a <#list> without 'as'");
    Node node{.kind = Kind::items, .place = open.place};
    ExpressionParser parser = inside(open);
    if (!parser.take("as")) return refuse(parser.place(), "expected 'as'");
    TRY(node.names, loop_names(parser));
    ++loops_;
    TRY(Block body, block());
    --loops_;
    node.blocks.push_back(std::move(body));
    TRY(close(open));
    to.push_back(std::move(node));
    return {};
  }

  // <#sep> reaches to its end tag, or to the end of what is around it.
  Result<void> separator(const Piece& open, Block& to) {
    if (loops_ == 0) return refuse(open.place, "<#sep> stands outside of a loop");
    Node node{.kind = Kind::separator, .place = open.place};
    TRY(Block body, block());
    node.blocks.push_back(std::move(body));
    if (at_ < pieces_.size() && pieces_[at_].kind == Piece::Kind::close &&
        pieces_[at_].name == "sep")
      ++at_;
    to.push_back(std::move(node));
    return {};
  }

  static std::optional<std::string> assignment_operator(ExpressionParser& parser) {
    for (std::string_view op : {"+", "-", "*", "/", "%", ""}) {
      if (parser.take(std::string(op) + "=")) return std::string(op);
    }
    for (std::string_view op : {"+", "-"}) {
      if (parser.take(std::string(op) + std::string(op))) return std::string(op) + "1";
    }
    return std::nullopt;
  }

  Result<void> assign(const Piece& open, Block& to) {
    ExpressionParser parser = inside(open);
    do {
      Place place = parser.place();
      TRY(std::string name, parser.name());
      Node node{.kind = Kind::assign, .place = place};
      node.names.push_back(std::move(name));
      std::optional<std::string> op = assignment_operator(parser);
      if (!op) {
        TRY(parser.end());
        return capture(open, std::move(node), to);
      }
      if (op->ends_with('1')) {
        op->pop_back();
        node.expressions.push_back({.op = Op::number, .place = place, .number = 1});
      } else {
        TRY(Expression value, parser.expression());
        node.expressions.push_back(std::move(value));
      }
      node.text = *std::move(op);
      to.push_back(std::move(node));
      parser.take(",");
    } while (!parser.at_end());
    return {};
  }

  Result<void> capture(const Piece& open, Node node, Block& to) {
    node.kind = Kind::capture;
    TRY(Block body, block());
    node.blocks.push_back(std::move(body));
    TRY(close(open));
    to.push_back(std::move(node));
    return {};
  }

  Result<void> choice(const Piece& open, Block& to) {
    Node node{.kind = Kind::choice, .place = open.place};
    TRY(Expression what, only_expression(open));
    node.expressions.push_back(std::move(what));
    TRY(Block before, block());
    for (const Node& each : before) {
      if (each.kind != Kind::text || !is_blank(each.text))
        return refuse(each.place, "between <#switch> and <#case> nothing may stand");
    }
    ++choices_;
    while (is_open("case") || is_open("default")) {
      const Piece& piece = pieces_[at_++];
      if (piece.name == "case") {
        TRY(Expression value, only_expression(piece));
        node.expressions.push_back(std::move(value));
      } else {
        if (node.default_case) return refuse(piece.place, "there is a <#default> already");
        node.expressions.emplace_back();
        node.default_case = node.expressions.size() - 1;
      }
      TRY(Block body, block());
      node.blocks.push_back(std::move(body));
    }
    --choices_;
    TRY(close(open));
    to.push_back(std::move(node));
    return {};
  }

  Result<void> attempt(const Piece& open, Block& to) {
    Node node{.kind = Kind::attempt, .place = open.place};
    TRY(Block body, block());
    node.blocks.push_back(std::move(body));
    if (!is_open("recover")) return refuse(open.place, "<#attempt> has no <#recover>");
    ++at_;
    TRY(Block recovery, block());
    node.blocks.push_back(std::move(recovery));
    bool old_end = at_ < pieces_.size() && pieces_[at_].kind == Piece::Kind::close &&
                   pieces_[at_].name == "recover";
    if (old_end) ++at_;
    if (!old_end) {
      TRY(close(open));
    }
    to.push_back(std::move(node));
    return {};
  }

  Result<void> compress(const Piece& open, Block& to) {
    Node node{.kind = Kind::compress, .place = open.place};
    TRY(Block body, block());
    node.blocks.push_back(std::move(body));
    TRY(close(open));
    to.push_back(std::move(node));
    return {};
  }

  static Result<void> setting(const Piece& open, Block& to) {
    ExpressionParser parser = inside(open);
    Place place = parser.place();
    TRY(std::string name, parser.name());
    if (name != "number_format" && name != "boolean_format")
      return refuse(
          place,
          "the setting '" + name + "' is not supported; valid: number_format, boolean_format",
          ErrorCode::unsupported);
    if (!parser.take("=")) return refuse(parser.place(), "expected a '='");
    Node node{.kind = Kind::setting, .place = place};
    node.names.push_back(std::move(name));
    TRY(Expression value, parser.expression());
    TRY(parser.end());
    node.expressions.push_back(std::move(value));
    to.push_back(std::move(node));
    return {};
  }

  // Only what changes nothing here.
  static Result<void> header(const Piece& open) {
    ExpressionParser parser = inside(open);
    while (!parser.at_end()) {
      Place place = parser.place();
      TRY(std::string name, parser.name());
      if (name != "encoding")
        return refuse(place, "the header parameter '" + name + "' is not supported",
                      ErrorCode::unsupported);
      if (!parser.take("=")) return refuse(parser.place(), "expected a '='");
      TRY(parser.plain_text());
    }
    return {};
  }

  Result<void> stop(const Piece& open, Block& to) {
    Node node{.kind = Kind::stop, .place = open.place};
    ExpressionParser parser = inside(open);
    if (!parser.at_end()) {
      TRY(Expression why, only_expression(open));
      node.expressions.push_back(std::move(why));
    }
    to.push_back(std::move(node));
    return {};
  }

  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  int loops_ = 0, lists_ = 0, choices_ = 0;
};

}  // namespace

Result<Block> parse_template(std::string_view text) {
  TRY(std::vector<Piece> pieces, cut_template(text));
  return BlockParser(std::move(pieces)).run();
}

}  // namespace perigee::freemarker
