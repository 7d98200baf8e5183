#include "http/h1_write.hpp"

#include <atomic>
#include <charconv>

#include "base/log.hpp"
#include "base/put_bytes.hpp"

namespace perigee::http {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.http"};

class Writer {
 public:
  Writer(Arena& arena, std::size_t bytes_max)
      : begin_(arena.array<char>(bytes_max).data()), at_(begin_), end_(begin_ + bytes_max) {}
  void put(std::string_view text) { at_ = put_bytes(at_, text); }
  void put(std::uint64_t number) { at_ = std::to_chars(at_, at_ + 20, number).ptr; }
  std::string_view text() const {
    PERIGEE_ASSERT(at_ <= end_);
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  char* begin_;
  char* at_;
  char* end_;
};

constexpr std::size_t kFramingBytesMax = 128;

// Decided by the codec of this connection, whatever the head says.
constexpr HeaderIds kFraming{HeaderId::connection,
                             HeaderId::content_length,
                             HeaderId::keep_alive,
                             HeaderId::proxy_connection,
                             HeaderId::te,
                             HeaderId::transfer_encoding,
                             HeaderId::http2_settings};
// Would be misread by who merges trailers into the head.
constexpr HeaderIds kNotInTrailers{HeaderId::connection,
                                   HeaderId::content_length,
                                   HeaderId::keep_alive,
                                   HeaderId::proxy_connection,
                                   HeaderId::te,
                                   HeaderId::transfer_encoding,
                                   HeaderId::http2_settings,
                                   HeaderId::host,
                                   HeaderId::trailer,
                                   HeaderId::upgrade};

// Sent only where they mean something.
constexpr HeaderIds kSometimes{HeaderId::upgrade, HeaderId::trailer};
constexpr HeaderIds kLookedAt = kFraming | kSometimes;

bool fits_framing(HeaderId id, const WireFraming& framing) {
  if (id == HeaderId::upgrade) return framing.connection == WireFraming::Connection::upgrade;
  if (id == HeaderId::trailer) return framing.kind == WireFraming::Kind::chunked;
  return false;
}

bool may_be_sent(const Header& header) {
  if (header.checked) return true;
  if (is_valid_header_name(header.name()) && is_valid_header_value(header.value())) return true;
  // Once: a client may be able to bring it about with every request.
  static std::atomic_flag told;
  if (!told.test_and_set(std::memory_order_relaxed)) {
    kLog.warn(
        "a header was not sent: its name or value holds bytes that HTTP does not allow (name of {} "
        "bytes, value of {} bytes). Look for a policy that copies unchecked text into headers. "
        "Later ones are dropped silently",
        header.name_size, header.value_size);
  }
  return false;
}

void put_field(Writer& writer, const Header& header) {
  if (!may_be_sent(header)) return;
  writer.put(header.name());
  writer.put(": ");
  writer.put(header.value());
  writer.put("\r\n");
}

bool is_sent(const Header& header, const WireFraming& framing) {
  if (header.removed) return false;
  return !kLookedAt.contains(header.id) || fits_framing(header.id, framing);
}

// As it was received: the line and its CRLF.
const char* line_end(const Header& header) { return header.value_data + header.value_size + 2; }

// Fields that stand one behind the other as they were received are copied in one go: most of a head
// passes unchanged.
void put_fields(Writer& writer, const Headers& headers, const WireFraming& framing) {
  std::span<const Header> fields = headers.entries();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!is_sent(fields[i], framing)) continue;
    if (!fields[i].as_received) {
      put_field(writer, fields[i]);
      continue;
    }
    const char* begin = fields[i].name_data;
    const char* end = line_end(fields[i]);
    while (i + 1 < fields.size() && fields[i + 1].as_received && fields[i + 1].name_data == end &&
           is_sent(fields[i + 1], framing))
      end = line_end(fields[++i]);
    writer.put({begin, static_cast<std::size_t>(end - begin)});
  }
  switch (framing.kind) {
    case WireFraming::Kind::length:
      writer.put("Content-Length: ");
      writer.put(framing.length);
      writer.put("\r\n");
      break;
    case WireFraming::Kind::chunked:
      writer.put("Transfer-Encoding: chunked\r\n");
      break;
    case WireFraming::Kind::none:
    case WireFraming::Kind::until_close:
      break;
  }
  switch (framing.connection) {
    case WireFraming::Connection::close:
      writer.put("Connection: close\r\n");
      break;
    case WireFraming::Connection::keep_alive:
      writer.put("Connection: keep-alive\r\n");
      break;
    case WireFraming::Connection::upgrade:
      writer.put("Connection: Upgrade\r\n");
      break;
    case WireFraming::Connection::nothing:
      break;
  }
  writer.put("\r\n");
}

}  // namespace

std::string_view write_request_head(Arena& arena, const RequestHead& head,
                                    const WireFraming& framing) {
  Writer writer(arena, head.method_text.size() + head.target.size() +
                           head.headers.line_bytes_max() + kFramingBytesMax);
  writer.put(head.method_text);
  writer.put(" ");
  writer.put(head.target);
  writer.put(" HTTP/1.1\r\n");
  put_fields(writer, head.headers, framing);
  return writer.text();
}

std::string_view write_response_head(Arena& arena, const ResponseHead& head,
                                     const WireFraming& framing) {
  std::string_view reason = head.reason.empty() ? reason_phrase(head.status) : head.reason;
  Writer writer(arena, reason.size() + head.headers.line_bytes_max() + kFramingBytesMax);
  writer.put("HTTP/1.1 ");
  writer.put(static_cast<std::uint64_t>(head.status));
  writer.put(" ");
  writer.put(is_valid_header_value(reason) ? reason : std::string_view());
  writer.put("\r\n");
  put_fields(writer, head.headers, framing);
  return writer.text();
}

std::optional<std::uint64_t> told_length(const Headers& headers) {
  std::optional<std::string_view> value = headers.get(HeaderId::content_length);
  if (!value) return std::nullopt;
  std::uint64_t length = 0;
  auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), length);
  bool whole = error == std::errc() && end == value->data() + value->size();
  return whole ? std::optional(length) : std::nullopt;
}

// The last chunk, trailers and the empty line (RFC 9112 section 7.1.2).
std::string_view BodySender::last_chunk(Body& body) {
  Headers* trailers = body.trailers();
  if (!trailers) return "0\r\n\r\n";
  Writer writer(arena_, trailers->line_bytes_max() + 8);
  writer.put("0\r\n");
  for (const Header& header : trailers->entries()) {
    if (!header.removed && !kNotInTrailers.contains(header.id)) put_field(writer, header);
  }
  writer.put("\r\n");
  return writer.text();
}

// What goes into one write: the head, a piece with its framing, and the end when it is known.
Result<std::size_t> BodySender::gather(std::string_view head, Chunk piece, bool last,
                                       const WireFraming& framing, Body& body,
                                       std::string_view (&slices)[5]) {
  std::size_t count = 0;
  if (!head.empty()) slices[count++] = head;
  body_bytes_ += piece.size();
  if (framing.kind != WireFraming::Kind::chunked) {
    if (framing.kind == WireFraming::Kind::length) {
      if (body_bytes_ > framing.length)
        return fail(ErrorCode::invalid, "a body is longer than its Content-Length");
      if (last && body_bytes_ < framing.length)
        return fail(ErrorCode::invalid, "a body is shorter than its Content-Length");
    }
    if (!piece.empty()) slices[count++] = piece;
    return count;
  }
  if (!piece.empty()) {
    char* end = std::to_chars(chunk_head_, chunk_head_ + 18, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    slices[count++] = {chunk_head_, static_cast<std::size_t>(end - chunk_head_)};
    slices[count++] = piece;
    slices[count++] = "\r\n";
  }
  if (last) slices[count++] = last_chunk(body);
  return count;
}

// Progress of a slow reader shows in the next piece: a whole piece within the limit is enough.
Async<Result<void>> BodySender::write(std::span<const std::string_view> slices, bool last) {
  if (slices.empty()) return Result<void>{};
  begun_ = true;
  Async<Result<void>> writing = last ? stream_.write_soon(slices) : stream_.write(slices);
  if (writing.here()) return writing;
  return write_within(reactor_, std::move(writing), idle_timeout_, fault_);
}

Async<Result<void>> write_within(net::Reactor& reactor, Async<Result<void>> writing,
                                 Duration timeout, Fault fault) {
  if (writing.here() || timeout == 0s) return writing;
  return [](net::Reactor& on, Async<Result<void>> waiting, Duration after,
            Fault whose) -> Async<Result<void>> {
    net::Deadline deadline(on, co_await this_scope(), after, ErrorCode::timed_out,
                           "the peer did not take what was sent in time", whose);
    co_return co_await waiting;
  }(reactor, std::move(writing), timeout, fault);
}

// Without a frame when the piece is at hand and the stream takes it: most messages.
Async<Result<bool>> BodySender::send_first(std::string_view head, Body* body,
                                           const WireFraming& framing) {
  if (!body || !body->ready()) {
    std::string_view slices[] = {head};
    return written(write(slices, body == nullptr), body == nullptr);
  }
  Async<Result<Chunk>> reading = body->read();
  if (!reading.here()) return send_awaited_piece(head, std::move(reading), *body, framing);
  return send_piece(head, reading.take(), *body, framing);
}

Async<Result<bool>> BodySender::send_awaited_piece(std::string_view head,
                                                   Async<Result<Chunk>> reading, Body& body,
                                                   WireFraming framing) {
  Result<Chunk> piece = co_await reading;
  co_return co_await send_piece(head, std::move(piece), body, framing);
}

Async<Result<bool>> BodySender::send_piece(std::string_view head, Result<Chunk> piece, Body& body,
                                           const WireFraming& framing) {
  if (!piece) {
    body_failed_ = true;
    return std::unexpected(std::move(piece.error()));
  }
  bool last = piece->empty() || body.finished();
  std::string_view slices[5];
  Result<std::size_t> count = gather(head, *piece, last, framing, body, slices);
  if (!count) return std::unexpected(std::move(count.error()));
  Async<Result<void>> writing = write(std::span<const std::string_view>(slices, *count), last);
  if (!writing.here()) return written(std::move(writing), last);
  Result<void> done = writing.take();
  if (!done) return std::unexpected(std::move(done.error()));
  return Result<bool>(last);
}

Async<Result<bool>> BodySender::written(Async<Result<void>> writing, bool all) {
  CO_TRY(co_await writing);
  co_return all;
}

Async<Result<void>> BodySender::send(std::string_view head, Body* body,
                                     const WireFraming& framing) {
  if (!body) {
    std::string_view slices[] = {head};
    return write(slices, true);
  }
  return send_slowly(head, *body, framing);
}

Async<Result<void>> BodySender::send_slowly(std::string_view head, Body& body,
                                            WireFraming framing) {
  CO_TRY(bool all, co_await send_first(head, &body, framing));
  if (all) co_return Result<void>{};
  co_return co_await send_rest(body, framing);
}

Async<Result<void>> BodySender::send_rest(Body& body, WireFraming framing) {
  for (bool last = false; !last;) {
    Result<Chunk> piece = co_await body.read();
    CO_TRY(last, co_await send_piece({}, std::move(piece), body, framing));
  }
  co_return Result<void>{};
}

}  // namespace perigee::http
