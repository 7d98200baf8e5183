#include "http/compression.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>

#include "http/h1_scan.hpp"
#include "http/h1_write.hpp"

namespace perigee::http {

namespace {

// The reference's. JSON of 2.6 MB measured with zlib 1.2.13: 11 ns a byte, to 17 %; level 1: 4 ns,
// to 20 %.
constexpr int kLevel = 6;
constexpr int kWindowBitsMax = 14, kWindowBitsMin = 9;
constexpr int kGzip = 16;  // added to the window bits
// Of one body in one turn of the loop (some 3 ms), and in one call of zlib.
constexpr std::size_t kBytesPerTurn = 256 * 1024, kBytesPerCall = 64 * 1024;

// How much of a turn of the loop one body may take: otherwise a peer that takes bytes faster than
// they are made would keep the worker.
class TurnShare {
 public:
  explicit TurnShare(net::Reactor& reactor) : reactor_(reactor) {}
  void spend(std::size_t bytes) { spent_ += bytes; }
  Async<Result<void>> leave_others_their_turn() {
    if (std::exchange(turn_, reactor_.turns()) != reactor_.turns()) spent_ = 0;
    if (spent_ < kBytesPerTurn) return Result<void>{};
    return next_turn();
  }

 private:
  Async<Result<void>> next_turn() {
    CO_TRY(co_await net::next_turn(reactor_));
    spent_ = 0;
    co_return Result<void>{};
  }

  net::Reactor& reactor_;
  std::size_t spent_ = 0;  // in turn_
  std::uint64_t turn_ = 0;
};

// A weight in thousandths (RFC 9110 section 12.4.2); what is malformed weighs nothing.
int weight_of(std::string_view text) {
  bool malformed = text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
                   (text.size() > 1 && text[1] != '.');
  if (malformed) return 0;
  int weight = (text[0] - '0') * 1000, place = 100;
  for (char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    weight += (digit - '0') * place;
    place /= 10;
  }
  return weight > 1000 ? 0 : weight;
}

// What comes before the separator, which goes too.
std::string_view cut(std::string_view& text, char separator) {
  std::size_t end = std::min(text.find(separator), text.size());
  std::string_view first = detail::trim_blanks(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return first;
}

struct Weights {
  static constexpr int kUntold = -1;
  int gzip = kUntold, deflate = kUntold, identity = kUntold, any = kUntold;

  void take(std::string_view list) {
    while (!list.empty()) {
      std::string_view parameters = cut(list, ',');
      std::string_view coding = cut(parameters, ';');
      int weight = 1000;
      while (!parameters.empty()) {
        std::string_view value = cut(parameters, ';');
        std::string_view name = cut(value, '=');
        if (equals_ignoring_case(name, "q")) weight = weight_of(value);
      }
      if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip"))
        gzip = std::max(gzip, weight);
      else if (equals_ignoring_case(coding, "deflate"))
        deflate = std::max(deflate, weight);
      else if (equals_ignoring_case(coding, "identity"))
        identity = std::max(identity, weight);
      else if (coding == "*")
        any = std::max(any, weight);
    }
  }
  int of(int told) const { return std::max(told == kUntold ? any : told, 0); }
};

bool forbids_change(const Headers& headers) {
  for (const Header& field : headers.entries()) {
    if (field.is(HeaderId::cache_control) && list_has_token(field.value(), "no-transform"))
      return true;
  }
  return false;
}

// A short body needs no large window.
int window_bits_for(std::optional<std::uint64_t> length) {
  int bits = kWindowBitsMax;
  while (length && bits > kWindowBitsMin && *length <= std::uint64_t{1} << (bits - 1)) --bits;
  return bits;
}

class CompressedBody final : public Body {
 public:
  CompressedBody(net::Reactor& reactor, Body& body, ContentCoding coding)
      : turn_(reactor), body_(body), out_(reactor.buffers()) {
    int bits = window_bits_for(body.length());
    int wrapped = coding == ContentCoding::gzip ? bits + kGzip : bits;
    // Fails without memory only.
    PERIGEE_ASSERT(
        deflateInit2(&zlib_, kLevel, Z_DEFLATED, wrapped, bits - 7, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~CompressedBody() override { deflateEnd(&zlib_); }

  Async<Result<Chunk>> read() override {
    out_.drop();  // what was handed out last
    while (true) {
      while (pending_) {
        CO_TRY(co_await turn_.leave_others_their_turn());
        Chunk compressed = deflate_more();
        if (!compressed.empty()) co_return compressed;
      }
      if (finished_) co_return Chunk();
      out_.drop();  // nothing is held while waiting
      CO_TRY(Chunk piece, co_await body_.read());
      take(piece);
    }
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool ready() const override { return pending_ || finished_ || body_.ready(); }
  bool finished() const override { return finished_ && !pending_; }
  Headers* trailers() override { return body_.trailers(); }

 private:
  void take(Chunk piece) {
    input_ = piece;
    pending_ = true;
    finished_ = piece.empty() || body_.finished();
    // What is followed at once needs no flush of its own.
    flush_ = finished_ ? Z_FINISH : body_.ready() ? Z_NO_FLUSH : Z_SYNC_FLUSH;
  }

  Chunk deflate_more() {
    std::span<char> room = out_.room();
    std::size_t given = std::min(input_.size(), kBytesPerCall);
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    zlib_.avail_in = static_cast<uInt>(given);
    zlib_.next_out = reinterpret_cast<Bytef*>(room.data());
    zlib_.avail_out = static_cast<uInt>(room.size());
    int result = deflate(&zlib_, given == input_.size() ? flush_ : Z_NO_FLUSH);
    PERIGEE_ASSERT(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
    out_.commit(room.size() - zlib_.avail_out);
    input_.remove_prefix(given - zlib_.avail_in);
    turn_.spend(given - zlib_.avail_in);
    // A buffer that was filled may not have been all.
    pending_ =
        flush_ == Z_FINISH ? result != Z_STREAM_END : !input_.empty() || zlib_.avail_out == 0;
    return out_.unread();
  }

  TurnShare turn_;
  Body& body_;
  Buffer out_;
  Chunk input_;  // of the piece, not given to zlib yet
  z_stream zlib_{};
  int flush_ = Z_NO_FLUSH;
  bool pending_ = false;   // zlib has input, or output that did not fit
  bool finished_ = false;  // zlib has got the last piece
};

// RFC 9110 section 8.4.1: "deflate" should have zlib's wrapper, and often has none.
class DecompressedBody final : public Body {
 public:
  DecompressedBody(net::Reactor& reactor, Body& body, ContentCoding coding)
      : turn_(reactor), body_(body), out_(reactor.buffers()), coding_(coding) {}
  ~DecompressedBody() override {
    if (begun_) inflateEnd(&zlib_);
  }

  Async<Result<Chunk>> read() override {
    out_.drop();
    while (true) {
      while (!input_.empty() || more_) {
        CO_TRY(co_await turn_.leave_others_their_turn());
        CO_TRY(Chunk plain, inflate_more());
        if (!plain.empty()) co_return plain;
      }
      out_.drop();
      CO_TRY(input_, co_await body_.read());
      if (!input_.empty()) continue;
      if (begun_ && !ended_)
        co_return fail(ErrorCode::invalid, "the compressed body is cut short", Fault::upstream);
      co_return Chunk();
    }
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool ready() const override { return !input_.empty() || more_ || body_.ready(); }
  Headers* trailers() override { return body_.trailers(); }

 private:
  // A zlib wrapper begins with the method 8 and a multiple of 31.
  static bool is_wrapped(Chunk input) {
    if (input.size() < 2) return true;
    auto byte = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<unsigned char>(input[i]));
    };
    return (byte(0) & 0x0f) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0;
  }

  void begin() {
    bool raw = coding_ == ContentCoding::deflate && !is_wrapped(input_);
    int bits = raw ? -MAX_WBITS : coding_ == ContentCoding::gzip ? MAX_WBITS + kGzip : MAX_WBITS;
    PERIGEE_ASSERT(inflateInit2(&zlib_, bits) == Z_OK);  // fails without memory only
    begun_ = true;
  }

  Result<Chunk> inflate_more() {
    if (!begun_) begin();
    if (ended_) {  // bytes behind the end belong to nobody
      input_ = {};
      return Chunk();
    }
    std::span<char> room = out_.room();
    std::size_t given = std::min(input_.size(), kBytesPerCall);
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    zlib_.avail_in = static_cast<uInt>(given);
    zlib_.next_out = reinterpret_cast<Bytef*>(room.data());
    zlib_.avail_out = static_cast<uInt>(room.size());
    int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return fail(ErrorCode::invalid, "the compressed body is damaged", Fault::upstream);
    std::size_t made = room.size() - zlib_.avail_out;
    out_.commit(made);
    turn_.spend(made + given - zlib_.avail_in);
    input_.remove_prefix(given - zlib_.avail_in);
    ended_ = result == Z_STREAM_END;
    more_ = !ended_ && zlib_.avail_out == 0;  // a buffer that was filled may not have been all
    return out_.unread();
  }

  TurnShare turn_;
  Body& body_;
  Buffer out_;
  Chunk input_;  // of the piece, not given to zlib yet
  ContentCoding coding_;
  z_stream zlib_{};
  bool begun_ = false;
  bool ended_ = false;
  bool more_ = false;
};

}  // namespace

ContentCoding preferred_coding(const Headers& request) {
  Weights weights;
  for (const Header& field : request.entries()) {
    if (field.is(HeaderId::accept_encoding)) weights.take(field.value());
  }
  int gzip = weights.of(weights.gzip), deflate = weights.of(weights.deflate);
  int best = std::max(gzip, deflate);
  if (best == 0 || weights.identity > best) return ContentCoding::identity;
  return gzip >= deflate ? ContentCoding::gzip : ContentCoding::deflate;
}

bool has_content(const RequestHead& request, const ResponseHead& head) {
  return request.method != Method::head && head.status != 304;
}

// HEAD and 304 tell what GET would (RFC 9110 sections 9.3.2 and 15.4.5). What they do not tell, the
// length perhaps, is taken for something.
bool depends_on_coding(const RequestHead& request, const ResponseHead& head, const Body* body) {
  if (head.status < 200 || head.status == 204 || head.status == 206) return false;
  bool empty = has_content(request, head) ? !body || body->length() == 0
                                          : head.status != 304 && told_length(head.headers) == 0;
  return !empty && !head.headers.has(HeaderId::content_encoding) && !forbids_change(head.headers) &&
         !head.headers.has(HeaderName("Content-Range"));
}

void add_vary(Headers& response) {
  for (const Header& field : response.entries()) {
    if (!field.is(HeaderId::vary)) continue;
    if (list_has_token(field.value(), "accept-encoding") || list_has_token(field.value(), "*"))
      return;
  }
  response.add_made(HeaderName("Vary"), "Accept-Encoding");
}

void announce(ContentCoding coding, Headers& response) {
  response.add_made(HeaderName("Content-Encoding"),
                    coding == ContentCoding::gzip ? "gzip" : "deflate");
  response.remove(HeaderId::content_length);
  // They are about the bytes that came.
  for (std::string_view name :
       {"Accept-Ranges", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest"})
    response.remove(HeaderName(name));
  std::optional<std::string_view> tag = response.get(HeaderId::etag);
  if (tag && !tag->starts_with("W/")) response.set(HeaderName("ETag"), "W/" + std::string(*tag));
}

std::unique_ptr<Body> compress(net::Reactor& reactor, Body& body, ContentCoding coding) {
  return std::make_unique<CompressedBody>(reactor, body, coding);
}

std::unique_ptr<Body> decompress(net::Reactor& reactor, Body& body, ContentCoding coding) {
  return std::make_unique<DecompressedBody>(reactor, body, coding);
}

std::optional<ContentCoding> decodable_coding(const Headers& headers) {
  std::optional<std::string_view> coding = headers.get(HeaderId::content_encoding);
  if (!coding || headers.count(HeaderId::content_encoding) != 1) return std::nullopt;
  if (equals_ignoring_case(*coding, "gzip") || equals_ignoring_case(*coding, "x-gzip"))
    return ContentCoding::gzip;
  if (equals_ignoring_case(*coding, "deflate")) return ContentCoding::deflate;
  return std::nullopt;
}

}  // namespace perigee::http
