// The heads of requests and responses, and bodies, independent of the protocol version that carries
// them.
//
// Bytes of a head live in the exchange's arena. A head never carries framing or hop-by-hop fields
// of its codec: Content-Length, Transfer-Encoding, Connection, Keep-Alive stay visible as headers
// as they came, but the codec that sends a message decides the framing from the Body it is given
// and writes these fields itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/async.hpp"
#include "base/result.hpp"
#include "http/headers.hpp"
#include "http/method.hpp"

namespace perigee::http {

struct RequestHead {
  explicit RequestHead(Arena& arena) : headers(arena) {}
  Method method = Method::get;
  std::string_view method_text = "GET";
  std::string_view target;  // as received: "/a/b?c=d", "*", "http://host/a"
  std::string_view path;    // raw, never decoded: "/a/b"; "*" for OPTIONS *
  std::string_view query;   // without '?'
  bool has_query = false;   // "/a?" has an empty one
  std::string_view scheme = "http";
  std::string_view authority;  // of the absolute target, else Host, with its port when one was sent
  Version version = Version::http_1_1;
  Headers headers;
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : headers(arena) {}
  int status = 200;
  std::string_view reason;  // empty: the standard phrase
  Version version = Version::http_1_1;
  Headers headers;
};

std::string_view reason_phrase(int status);

// A stream of body bytes, pulled by whoever wants them.
//
// read() gives the next piece, valid until the next read(), or an empty one at the end. After an
// error or the end the body is spent. One reader; lives on one worker. Destroying or dropping an
// unfinished body aborts its stream (HTTP/2: reset). Pulling is what gives the peer credit: nothing
// is read ahead of the reader beyond one buffer.
using Chunk = std::string_view;

class Body {
 public:
  virtual ~Body() = default;
  virtual Async<Result<Chunk>> read() = 0;
  // Bytes still to come, when known (Content-Length).
  virtual std::optional<std::uint64_t> length() const = 0;
  // True when read() would give bytes or the end without waiting.
  virtual bool ready() const = 0;
  // True when the piece that read() gave last was the last one, as far as that is known already:
  // lets a sender put the end of its message into the same write.
  virtual bool finished() const { return false; }
  // Fields after the body, once read() gave the end; null or empty when there are none.
  virtual Headers* trailers() { return nullptr; }
};

// Bytes at hand as a body. Views; the owner of the bytes outlives it (usually the arena).
class BytesBody final : public Body {
 public:
  explicit BytesBody(std::string_view bytes) : rest_(bytes) {}
  Async<Result<Chunk>> read() override { return Result<Chunk>(std::exchange(rest_, {})); }
  std::optional<std::uint64_t> length() const override { return rest_.size(); }
  bool ready() const override { return true; }
  bool finished() const override { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Reads a body to its end into `to` (arena bytes). Error: limit when it is longer than `bytes_max`.
Async<Result<std::string_view>> read_all(Body& body, Arena& arena, std::size_t bytes_max);

}  // namespace perigee::http
