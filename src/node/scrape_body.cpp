#include "node/scrape_body.hpp"

namespace perigee::node {

using http::Chunk;

// The families were collected in this turn: that was a piece of work, too.
ScrapeBody::ScrapeBody(net::Reactor& reactor, FamiliesText families, std::string last)
    : reactor_(reactor),
      families_(std::move(families)),
      last_(std::move(last)),
      turn_(reactor.turns()) {}

ScrapeBody::~ScrapeBody() { reactor_.forget(*this); }

Async<Result<Chunk>> ScrapeBody::read() {
  piece_.clear();
  if (finished_) return Result<Chunk>(Chunk());
  if (turn_ == reactor_.turns()) return read_next_turn();
  return next();
}

Async<Result<Chunk>> ScrapeBody::read_next_turn() {
  reactor_.again(*this);
  CO_TRY(co_await next_turn_);
  co_return next();
}

Result<Chunk> ScrapeBody::next() {
  turn_ = reactor_.turns();
  if (!families_.append(piece_, kPieceBytes)) {
    finished_ = true;
    piece_ += last_;
  }
  return Chunk(piece_);
}

void ScrapeBody::on_events(std::uint32_t) {
  if (next_turn_.waiting()) next_turn_.complete({});
}

}  // namespace perigee::node
