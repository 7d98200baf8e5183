#include "http/h1_body.hpp"

#include <algorithm>

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

std::optional<Result<Chunk>> H1Body::take_chunked() {
  while (true) {
    Result<ChunkedDecoder::Step> step = decoder_.feed(init_.buffer.unread(), &trailers_);
    if (!step) {
      step.error().fault = init_.fault;
      return std::unexpected(std::move(step.error()));
    }
    done_ = step->end;
    if (!step->data.empty()) return hand_out(step->data, step->consumed);
    init_.buffer.consume(step->consumed);
    if (done_) return Chunk();
    if (step->consumed == 0) return std::nullopt;
  }
}

// More than a block is to come: bulk is relayed in large blocks, everything else in small ones.
void H1Body::make_room() {
  bool bulk = init_.framing == Framing::length ? left_ > BufferPool::kSmallBytes
                                               : bytes_ > BufferPool::kSmallBytes;
  if (bulk) {
    init_.buffer.grow();
  } else {
    init_.buffer.compact();
  }
}

Async<Result<Chunk>> H1Body::read_more() {
  CO_TRY(co_await before_wait());
  while (true) {
    if (init_.stream.readable()) make_room();
    Async<Result<std::size_t>> reading = init_.stream.read(init_.buffer);
    Result<std::size_t> got = 0;
    if (reading.here()) {
      got = reading.take();
    } else if (init_.idle_timeout == 0s) {
      got = co_await reading;
    } else {
      net::Deadline deadline(init_.reactor, co_await this_scope(), init_.idle_timeout,
                             ErrorCode::read_timed_out, "the rest of the body did not come in time",
                             init_.fault);
      got = co_await reading;
      if (!got && deadline.passed()) got.error().status = init_.timeout_status;
    }
    if (!got) co_return std::unexpected(std::move(got.error()));
    CO_TRY(arrived(*got));
    if (done_) co_return Chunk();
    if (auto piece = take()) co_return *std::move(piece);
  }
}

Result<void> H1Body::arrived(std::size_t bytes) {
  if (bytes > 0) return {};
  if (init_.framing == Framing::until_close) {
    done_ = true;
    return {};
  }
  return fail(init_.fault == Fault::client ? ErrorCode::client_gone : ErrorCode::closed,
              "the peer closed the connection in the middle of a body", init_.fault);
}

}  // namespace perigee::http
