#include "freemarker/pieces.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/nearest.hpp"

namespace perigee::freemarker {
namespace {

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

}  // namespace

Result<std::vector<Piece>> cut_template(std::string_view text) {
  TRY(std::vector<Piece> pieces, Cutter(text).run());
  strip_lines(pieces);
  return pieces;
}

}  // namespace perigee::freemarker
