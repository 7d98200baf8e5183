// HTTP/1.x heads: strict, incremental by re-parsing, views only. RFC 9112; refusals of
// spec/data-plane-core.md "HTTP/1.1 parsing".
//
// Every ambiguous framing is refused at the first wrong byte. Nothing is copied: views point into
// the bytes given.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace perigee::http {

struct H1Limits {
  std::size_t head_bytes_max = 8192;  // request line or status line not counted
  std::size_t line_bytes_max = 4096;  // the request line
  std::size_t headers_max = 100;
};

enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct H1Head {
  std::size_t bytes = 0;  // of the head, with its empty line
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;  // what version and Connection say
  bool expects_continue = false;
  bool upgrade = false;  // Connection: upgrade with an Upgrade field
};

enum class Parse : std::uint8_t { done, more, refused };

struct H1Outcome {
  Parse result = Parse::more;
  int status = 400;      // of a refusal: 400, 414, 431, 501, 505
  std::string_view why;  // static text
};

// Parses a request head at the start of `bytes`. Leading empty lines (at most one CRLF) are
// skipped, RFC 9112 section 2.2.
H1Outcome parse_request(std::string_view bytes, const H1Limits& limits, RequestHead& head,
                        H1Head& info);
// Parses a response head. `request_method` decides whether a body follows (HEAD, CONNECT), RFC 9112
// section 6.3.
H1Outcome parse_response(std::string_view bytes, const H1Limits& limits, Method request_method,
                         ResponseHead& head, H1Head& info);

// Decodes the chunked coding, RFC 9112 section 7.1. Feed it what arrived; it tells what to take and
// what is body.
class ChunkedDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes of the input used
    std::string_view data;     // body bytes within the input (may be empty)
    bool end = false;          // the last chunk and the trailers are over
  };
  explicit ChunkedDecoder(std::size_t trailer_bytes_max = 8192, std::size_t trailers_max = 100)
      : trailer_bytes_max_(trailer_bytes_max), trailers_max_(trailers_max) {}
  // Takes at most one run of data per call, and the framing on both sides of it as far as it is
  // complete. Without data, consumed == 0 && !end means: needs more bytes behind these. Error:
  // invalid, limit. Trailers are added to `trailers` (bytes copied into its arena) when it is not
  // null.
  Result<Step> feed(std::string_view input, Headers* trailers);

 private:
  enum class State : std::uint8_t { size, data, data_end, trailers, done };
  Result<std::size_t> read_framing(std::string_view input, Headers* trailers);
  Result<std::size_t> read_trailer(std::string_view input, Headers* trailers);

  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the chunk
  std::size_t trailer_bytes_max_;
  std::size_t trailers_max_;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailers_ = 0;
};

}  // namespace perigee::http
