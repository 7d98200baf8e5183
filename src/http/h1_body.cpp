#include "http/h1_body.hpp"

#include <algorithm>
#include <cstring>

namespace perigee::http {

std::optional<std::uint64_t> H1Body::length() const {
  if (init_.framing != Framing::length) return std::nullopt;
  return left_;
}

bool H1Body::ready() const {
  return done_ || init_.buffer.size() > held_ || init_.stream.readable();
}

bool H1Body::complete() {
  init_.buffer.consume(std::exchange(held_, 0));
  return finished();
}

Chunk H1Body::hand_out(Chunk data, std::size_t consumed) {
  held_ = consumed;
  bytes_ += data.size();
  return data;
}

Async<Result<Chunk>> H1Body::read() {
  touched_ = true;
  init_.buffer.consume(std::exchange(held_, 0));
  if (finished()) return Result<Chunk>(Chunk());
  if (auto piece = take()) return *std::move(piece);
  return read_more();
}

std::optional<Result<Chunk>> H1Body::take() {
  return init_.framing == Framing::chunked ? take_chunked() : take_plain();
}

std::optional<Result<Chunk>> H1Body::take_plain() {
  Chunk there = init_.buffer.unread();
  if (there.empty()) return std::nullopt;
  if (init_.framing == Framing::length) {
    there = there.substr(0, std::min<std::uint64_t>(there.size(), left_));
    left_ -= there.size();
  }
  return hand_out(there, there.size());
}

// All that is complete in the buffer as one piece: the data of the chunks behind the first moves up
// over their framing, so that many small chunks are one write to whoever they go to.
std::optional<Result<Chunk>> H1Body::take_chunked() {
  Chunk there = init_.buffer.unread();
  Chunk piece;
  std::size_t consumed = 0;
  while (!done_) {
    Result<ChunkedDecoder::Step> step = decoder_.feed(there.substr(consumed), &trailers_);
    if (!step && piece.empty()) {
      broken_ = true;
      step.error().fault = init_.fault;
      return std::unexpected(std::move(step.error()));
    }
    if (!step || step->consumed == 0) break;
    consumed += step->consumed;
    done_ = step->end;
    if (piece.empty()) {
      piece = step->data;
    } else if (!step->data.empty()) {
      char* behind = const_cast<char*>(piece.data()) + piece.size();  // the buffer is ours
      std::memmove(behind, step->data.data(), step->data.size());
      piece = {piece.data(), piece.size() + step->data.size()};
    }
  }
  if (!piece.empty()) return hand_out(piece, consumed);
  init_.buffer.consume(consumed);
  if (done_) return Chunk();
  return std::nullopt;
}

// More than a block is to come.
bool H1Body::is_bulk() const {
  return init_.framing == Framing::length ? left_ > BufferPool::kSmallBytes
                                          : bytes_ > BufferPool::kSmallBytes;
}

// One large block does not hold it, or so it seems by now.
bool H1Body::is_long() const {
  const std::uint64_t known = init_.framing == Framing::length ? bytes_ + left_ : bytes_;
  return known > BufferPool::kLargeBytes;
}

// Bulk is relayed in large blocks, everything else in small ones. Who waits holds no block, unless
// there are bytes in it.
void H1Body::make_room() {
  Buffer& buffer = init_.buffer;
  buffer.offer(!is_bulk()  ? Buffer::Offer::small
               : is_long() ? Buffer::Offer::pieces
                           : Buffer::Offer::large);
  if (buffer.empty()) {
    bool fits = is_bulk() == (buffer.capacity() == BufferPool::kLargeBytes);
    if (!fits || !init_.stream.readable()) buffer.drop();
  } else if (is_bulk()) {
    buffer.grow();
  }
  buffer.compact();
}

Async<Result<std::size_t>> H1Body::receive() {
  make_room();
  Async<Result<std::size_t>> reading = init_.stream.read(init_.buffer);
  if (reading.here() || init_.idle_timeout == 0s) return reading;
  return [](H1Body& self, Async<Result<std::size_t>> waiting) -> Async<Result<std::size_t>> {
    net::Deadline deadline(self.init_.reactor, co_await this_scope(), self.init_.idle_timeout,
                           ErrorCode::read_timed_out, "the rest of the body did not come in time",
                           self.init_.fault);
    Result<std::size_t> got = co_await waiting;
    if (!got && deadline.passed()) {
      self.broken_ = true;
      got.error().status = self.init_.timeout_status;
    }
    co_return got;
  }(*this, std::move(reading));
}

Async<Result<Chunk>> H1Body::read_more() {
  CO_TRY(co_await before_wait());
  while (true) {
    Result<std::size_t> got = co_await receive();
    CO_TRY(arrived(std::move(got)));
    if (done_) co_return Chunk();
    std::optional<Result<Chunk>> piece = take();
    // The event that told of the last bytes may have told of the peer's end, and only us.
    if (finished() && init_.stream.hung_up()) on_peer_gone();
    if (piece) co_return *std::move(piece);
  }
}

Result<void> H1Body::arrived(Result<std::size_t> got) {
  if (got && *got > 0) return {};
  if (got && init_.framing == Framing::until_close) {
    done_ = true;
    return {};
  }
  if (got) {
    got = fail(init_.fault == Fault::client ? ErrorCode::client_gone : ErrorCode::closed,
               "the peer closed the connection in the middle of a body", init_.fault);
  }
  Error& error = got.error();
  bool of_peer = error.code == ErrorCode::client_gone || error.code == ErrorCode::closed ||
                 error.code == ErrorCode::reset || error.code == ErrorCode::tls;
  if (of_peer) {
    error.fault = init_.fault;
    on_peer_gone();
  }
  return std::unexpected(std::move(error));
}

}  // namespace perigee::http
