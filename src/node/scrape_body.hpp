// The answer to a scrape. With thousands of series it has tens of megabytes: it is made piece by
// piece while it is sent, and other flows of this reactor, the health probes above all, have their
// turn in between.
#pragma once

#include "http/message.hpp"
#include "net/reactor.hpp"
#include "node/prometheus.hpp"

namespace perigee::node {

class ScrapeBody final : public http::Body, private net::Source {
 public:
  static constexpr std::size_t kPieceBytes = 64 << 10;  // some 0.2 ms

  // `last` comes after the families.
  ScrapeBody(net::Reactor& reactor, FamiliesText families, std::string last);
  ~ScrapeBody();

  Async<Result<http::Chunk>> read() override;
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool ready() const override { return finished_ || turn_ != reactor_.turns(); }
  bool finished() const override { return finished_; }

 private:
  Async<Result<http::Chunk>> read_next_turn();
  Result<http::Chunk> next();
  void on_events(std::uint32_t) override;

  net::Reactor& reactor_;
  FamiliesText families_;
  const std::string last_;
  std::string piece_;
  bool finished_ = false;
  std::uint64_t turn_;  // in which the last piece was made
  Completion<Result<void>> next_turn_;
};

}  // namespace perigee::node
