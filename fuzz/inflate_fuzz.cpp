// room: http
//
// A compressed body of a backend: it ends, with bytes or with a reason, the same however it is cut;
// no more is held than a buffer. The first byte chooses the coding.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/assert.hpp"
#include "http/compression.hpp"

using namespace perigee;

namespace {

// Gives so many bytes at a time.
class CutBody final : public http::Body {
 public:
  CutBody(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Async<Result<http::Chunk>> read() override {
    std::string_view piece = bytes_.substr(0, piece_);
    bytes_.remove_prefix(piece.size());
    return Result<http::Chunk>(piece);
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool ready() const override { return true; }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

struct Outcome {
  std::string bytes;
  bool failed = false;
  bool operator==(const Outcome&) const = default;
};

Async<void> read_out(http::Body& body, std::optional<Outcome>& outcome) {
  constexpr std::size_t kEnough = 1 << 20;
  Outcome here;
  while (here.bytes.size() < kEnough) {
    Result<http::Chunk> piece = co_await body.read();
    here.failed = !piece;
    if (!piece || piece->empty()) break;
    here.bytes.append(*piece);
  }
  here.bytes.resize(std::min(here.bytes.size(), kEnough));
  outcome = std::move(here);
}

Outcome inflated(std::string_view bytes, std::size_t piece, http::ContentCoding coding) {
  FakeClock clock;
  net::Reactor reactor(clock);
  CutBody cut(bytes, piece);
  std::optional<Outcome> outcome;
  {
    std::unique_ptr<http::Body> body = http::decompress(reactor, cut, coding);
    Task task;
    task.start(read_out(*body, outcome));
    while (!outcome) reactor.turn(0ms);
  }
  PERIGEE_ASSERT(reactor.buffers().bytes_leased() == 0);
  return *std::move(outcome);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 3) return 0;  // the first two bytes tell raw deflate from wrapped: they come together
  std::string_view body(reinterpret_cast<const char*>(bytes + 1), size - 1);
  auto coding = (bytes[0] & 1) != 0 ? http::ContentCoding::gzip : http::ContentCoding::deflate;
  Outcome whole = inflated(body, body.size(), coding), cut = inflated(body, 2, coding);
  PERIGEE_ASSERT(whole.failed == cut.failed);
  if (!whole.failed) PERIGEE_ASSERT(whole == cut);
  return 0;
}
