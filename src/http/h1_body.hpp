// H1Body: the body of a message on an HTTP/1 connection, decoded from the connection's read buffer
// as it is pulled.
//
// Pieces are views into that buffer: nothing is copied. While a large body passes, the buffer is a
// large block. Internal to http.
#pragma once

#include <optional>

#include "http/h1_parser.hpp"
#include "http/message.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::http {

class H1Body : public Body {
 public:
  struct Init {
    net::Reactor& reactor;
    net::Stream& stream;
    Buffer& buffer;  // of the connection; may hold the first bytes already
    Arena& arena;    // for trailers
    Framing framing;
    std::uint64_t length;   // of Framing::length
    Duration idle_timeout;  // between pieces; 0 = none
    Fault fault;            // whose fault a broken body is
    int timeout_status;     // what a server answers when the peer is too slow
  };
  explicit H1Body(const Init& init)
      : init_(init),
        trailers_(init.arena),
        left_(init.length),
        done_(init.framing == Framing::length && init.length == 0) {}

  Async<Result<Chunk>> read() override;
  std::optional<std::uint64_t> length() const override;
  bool ready() const override;
  bool finished() const override {
    return done_ || (init_.framing == Framing::length && left_ == 0);
  }
  Headers* trailers() override { return trailers_.entries().empty() ? nullptr : &trailers_; }

  // The whole body was taken from the connection; what is left in the buffer belongs to the next
  // message. Gives back the piece that was handed out last.
  bool complete();
  bool touched() const { return touched_; }
  // It will not become whole: malformed, beyond a limit, or not here in time.
  bool broken() const { return broken_; }
  std::uint64_t bytes() const { return bytes_; }
  std::size_t bytes_held() const { return held_; }  // of the buffer, under the last piece

 protected:
  // Before the first wait for bytes: a server may have to ask for them (100 Continue).
  virtual Async<Result<void>> before_wait() { return Result<void>{}; }
  // The peer has left before the body's end, or with it.
  virtual void on_peer_gone() {}

 private:
  std::optional<Result<Chunk>> take();  // from the buffer; nothing: more bytes are needed
  std::optional<Result<Chunk>> take_plain();
  std::optional<Result<Chunk>> take_chunked();
  Async<Result<Chunk>> read_more();
  Async<Result<std::size_t>> receive();
  Result<void> arrived(Result<std::size_t> got);
  bool is_bulk() const;
  bool is_long() const;
  Chunk hand_out(Chunk data, std::size_t consumed);
  void make_room();

  Init init_;
  ChunkedDecoder decoder_;
  Headers trailers_;
  std::uint64_t left_;
  std::uint64_t bytes_ = 0;
  std::size_t held_ = 0;  // bytes of the buffer under the piece handed out last
  bool done_;
  bool touched_ = false;
  bool broken_ = false;
};

}  // namespace perigee::http
