// Reads a template: text, interpolations and tags, first into pieces, then into blocks.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/nearest.hpp"
#include "freemarker/ast.hpp"
#include "freemarker/expression_parser.hpp"
#include "freemarker/template.hpp"

namespace perigee::freemarker {
namespace {

struct Piece {
  enum class Kind : std::uint8_t { text, interpolation, number, open, close, comment };
  Kind kind = Kind::text;
  Place place;
  std::string name;       // of a tag
  std::string_view text;  // of a text; inside of a tag or an interpolation
  Place inside;           // where `text` begins
};

constexpr std::array<std::string_view, 21> kDirectives = {
    "if",      "elseif",  "else", "list",    "items",    "sep",     "assign",
    "global",  "switch",  "case", "default", "attempt",  "recover", "compress",
    "noparse", "setting", "stop", "break",   "continue", "ftl",     "elseIf"};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

// Cuts a template into pieces.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  Result<std::vector<Piece>> run() {
    while (at_ < text_.size()) {
      std::string_view rest = text_.substr(at_);
      if (rest.starts_with("<#--")) {
        TRY(comment());
      } else if (rest.starts_with("<#") || rest.starts_with("</#")) {
        TRY(tag());
      } else if (rest.starts_with("<@") || rest.starts_with("</@")) {
        return refuse(place_, "user-defined directives (<@..>) are not supported",
                      ErrorCode::unsupported);
      } else if (rest.starts_with("${") || rest.starts_with("#{")) {
        TRY(interpolation());
      } else {
        text();
      }
    }
    return std::move(pieces_);
  }

 private:
  std::string_view move(std::size_t bytes) {
    std::string_view over = text_.substr(at_, bytes);
    for (char c : over) {
      if (c == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
        ++place_.column;
      }
    }
    at_ += over.size();
    return over;
  }

  // Up to the end of the line or the next thing that is no text.
  void text() {
    Piece piece{.kind = Piece::Kind::text, .place = place_, .name = {}, .text = {}, .inside = {}};
    std::size_t end = at_ + 1;
    for (; end < text_.size() && text_[end - 1] != '\n'; ++end) {
      std::string_view rest = text_.substr(end);
      if (rest.starts_with("<#") || rest.starts_with("</#") || rest.starts_with("<@") ||
          rest.starts_with("</@") || rest.starts_with("${") || rest.starts_with("#{"))
        break;
    }
    piece.text = move(end - at_);
    pieces_.push_back(piece);
  }

  Result<void> comment() {
    Place begin = place_;
    std::size_t end = text_.find("-->", at_);
    if (end == text_.npos) return refuse(begin, "a comment is not closed");
    move(end + 3 - at_);
    pieces_.push_back(
        {.kind = Piece::Kind::comment, .place = begin, .name = {}, .text = {}, .inside = {}});
    return {};
  }

  // The position of `close` outside of texts and brackets.
  std::optional<std::size_t> find_close(char close) const {
    int depth = 0;
    for (std::size_t at = at_; at < text_.size(); ++at) {
      char c = text_[at];
      if (c == '"' || c == '\'') {
        bool raw = at > 0 && text_[at - 1] == 'r';
        for (++at; at < text_.size() && text_[at] != c; ++at) {
          if (text_[at] == '\\' && !raw) ++at;
        }
        if (at >= text_.size()) return std::nullopt;
      } else if (c == close && depth <= 0) {
        return at;
      } else if (c == '(' || c == '[' || c == '{') {
        ++depth;
      } else if (c == ')' || c == ']' || c == '}') {
        --depth;
      }
    }
    return std::nullopt;
  }

  Result<void> interpolation() {
    Piece piece{.kind = text_[at_] == '$' ? Piece::Kind::interpolation : Piece::Kind::number,
                .place = place_,
                .name = {},
                .text = {},
                .inside = {}};
    move(2);
    std::optional<std::size_t> end = find_close('}');
    if (!end) return refuse(piece.place, "an interpolation is not closed");
    piece.inside = place_;
    piece.text = move(*end - at_);
    move(1);
    pieces_.push_back(piece);
    return {};
  }

  Result<void> tag() {
    Piece piece{.kind = text_[at_ + 1] == '/' ? Piece::Kind::close : Piece::Kind::open,
                .place = place_,
                .name = {},
                .text = {},
                .inside = {}};
    move(piece.kind == Piece::Kind::close ? 3 : 2);
    std::size_t end = at_;
    while (end < text_.size() &&
           (std::isalpha(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
      ++end;
    piece.name = move(end - at_);
    if (piece.name == "elseIf") piece.name = "elseif";
    if (std::ranges::find(kDirectives, piece.name) == kDirectives.end())
      return refuse(piece.place,
                    "the directive '<#" + piece.name + ">' is not supported" +
                        did_you_mean(piece.name, kDirectives),
                    ErrorCode::unsupported);
    std::optional<std::size_t> close = find_close('>');
    if (!close) return refuse(piece.place, "the tag <#" + piece.name + "> is not closed");
    piece.inside = place_;
    piece.text = move(*close - at_);
    move(1);
    if (piece.text.ends_with('/')) piece.text.remove_suffix(1);
    bool noparse = piece.name == "noparse" && piece.kind == Piece::Kind::open;
    pieces_.push_back(piece);
    return noparse ? unparsed(piece.place) : Result<void>();
  }

  // What stands in <#noparse> is text, line by line.
  Result<void> unparsed(Place begin) {
    std::size_t end = text_.find("</#noparse>", at_);
    if (end == text_.npos) return refuse(begin, "<#noparse> is not closed");
    while (at_ < end) {
      std::size_t line = std::min(text_.find('\n', at_), end - 1) + 1;
      Place place = place_;
      pieces_.push_back({.kind = Piece::Kind::text,
                         .place = place,
                         .name = {},
                         .text = move(line - at_),
                         .inside = {}});
    }
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Place place_;
  std::vector<Piece> pieces_;
};

// White-space stripping: a line of nothing but tags and blanks leaves nothing behind.
void strip_lines(std::vector<Piece>& pieces) {
  for (std::size_t begin = 0; begin < pieces.size();) {
    std::size_t end = begin;
    bool tags = false, blank = true;
    for (bool line = true; line && end < pieces.size(); ++end) {
      const Piece& piece = pieces[end];
      bool is_text = piece.kind == Piece::Kind::text;
      if (is_text) blank = blank && is_blank(piece.text);
      tags |= piece.kind == Piece::Kind::open || piece.kind == Piece::Kind::close ||
              piece.kind == Piece::Kind::comment;
      blank =
          blank && piece.kind != Piece::Kind::interpolation && piece.kind != Piece::Kind::number;
      line = !(is_text && piece.text.ends_with('\n'));
    }
    for (std::size_t i = begin; tags && blank && i < end; ++i) {
      if (pieces[i].kind == Piece::Kind::text) pieces[i].text = {};
    }
    begin = end;
  }
}

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
    if (depth_ >= kDepthMax)
      return refuse(pieces_[at_].place, "directives are deeper than " + std::to_string(kDepthMax),
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
  TRY(std::vector<Piece> pieces, Cutter(text).run());
  strip_lines(pieces);
  return BlockParser(std::move(pieces)).run();
}

}  // namespace perigee::freemarker
