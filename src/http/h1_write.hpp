// Writing HTTP/1.1 messages: heads and chunk framing. Internal to http.
//
// The framing is decided here and nowhere else: what a head says of Content-Length,
// Transfer-Encoding and Connection is never copied to the wire (RFC 9112 section 6).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::http {

struct WireFraming {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;  // none: no body and no field
  std::uint64_t length = 0;
  enum class Connection : std::uint8_t { nothing, close, keep_alive, upgrade };
  Connection connection = Connection::nothing;
};

// Bytes in the arena. Fields with names or values that HTTP does not allow are left out and logged.
std::string_view write_request_head(Arena& arena, const RequestHead& head,
                                    const WireFraming& framing);
std::string_view write_response_head(Arena& arena, const ResponseHead& head,
                                     const WireFraming& framing);

// A valid Content-Length field of a head, for messages without a body that tell the length of one
// (HEAD, 304).
std::optional<std::uint64_t> told_length(const Headers& headers);

// Ends the write with timed_out when the peer does not take all of it within `timeout` (0 = none).
Async<Result<void>> write_within(net::Reactor& reactor, Async<Result<void>> writing,
                                 Duration timeout, Fault fault);

// Sends a body behind (and together with the start of) a head that was written as `framing` says.
// When the body fails midway its error is returned; the caller breaks off the connection.
class BodySender {
 public:
  // `fault`: whose it is when the peer does not take what is sent.
  BodySender(net::Reactor& reactor, net::Stream& stream, Arena& arena, Duration idle_timeout,
             Fault fault)
      : reactor_(reactor),
        stream_(stream),
        arena_(arena),
        idle_timeout_(idle_timeout),
        fault_(fault) {}

  // Head and the first piece in one write; the value is here when nothing had to wait.
  Async<Result<void>> send(std::string_view head, Body* body, const WireFraming& framing);
  // Only the head and the first piece, if there is one: true when that was all.
  Async<Result<bool>> send_first(std::string_view head, Body* body, const WireFraming& framing);
  Async<Result<void>> send_rest(Body& body, WireFraming framing);
  std::uint64_t body_bytes() const { return body_bytes_; }
  // The error came from the body, not from the stream.
  bool body_failed() const { return body_failed_; }
  // Something may have reached the peer.
  bool begun() const { return begun_; }

 private:
  Async<Result<bool>> send_piece(std::string_view head, Result<Chunk> piece, Body& body,
                                 const WireFraming& framing);
  Async<Result<bool>> send_awaited_piece(std::string_view head, Async<Result<Chunk>> reading,
                                         Body& body, WireFraming framing);
  static Async<Result<bool>> written(Async<Result<void>> writing, bool all);
  Async<Result<void>> write(std::span<const std::string_view> slices, bool last);
  Async<Result<void>> send_slowly(std::string_view head, Body& body, WireFraming framing);
  Result<std::size_t> gather(std::string_view head, Chunk piece, bool last,
                             const WireFraming& framing, Body& body, std::string_view (&slices)[5]);
  std::string_view last_chunk(Body& body);

  net::Reactor& reactor_;
  net::Stream& stream_;
  Arena& arena_;
  Duration idle_timeout_;
  Fault fault_;
  std::uint64_t body_bytes_ = 0;
  bool body_failed_ = false;
  bool begun_ = false;
  char chunk_head_[20];
};

}  // namespace perigee::http
