#include "net/pipe.hpp"

#include <algorithm>
#include <array>

namespace perigee::net {

namespace {

// One direction.
struct Channel {
  std::string bytes;
  bool ended = false;   // by its writer
  bool reset = false;   // by either side
  bool unread = false;  // its reader has closed: writing breaks
};

class End;

struct Shared {
  PipeOptions options;
  std::array<Channel, 2> channels;  // [i] is written by ends[i]
  std::array<End*, 2> ends{};
};

class End final : public Stream, private Source {
 public:
  End(Reactor& reactor, std::shared_ptr<Shared> shared, std::size_t index)
      : reactor_(reactor), shared_(std::move(shared)), index_(index) {
    shared_->ends[index] = this;
  }
  ~End() override {
    close(false);
    if (gone_) *gone_ = true;
  }

  Async<Result<std::size_t>> read(Buffer& into) override {
    if (closed_) return was_closed();
    if (readable()) return read_now(into);
    return read_later(into);
  }
  bool readable() const override { return !closed_ && (!in().bytes.empty() || hung_up()); }

  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    std::size_t sent = 0;
    Result<bool> all = write_now(slices, sent);
    if (!all) return std::unexpected(std::move(all).error());
    if (*all) return Result<void>{};
    return write_later({slices.begin(), slices.end()}, sent);
  }

  void end() override {
    if (closed_ || out().ended) return;
    out().ended = true;
    wake_peer();
  }
  void close(bool reset) override;
  bool closed() const override { return closed_; }
  bool hung_up() const override { return in().ended || in().reset; }
  void listen_for_hangup(HangupListener* listener) override { hangup_ = listener; }
  Address local() const override { return address(index_); }
  Address remote() const override { return address(1 - index_); }
  const TlsInfo& tls() const override { return shared_->options.tls; }
  const CertificateSubject* peer_subject() const override { return shared_->options.peer_subject; }
  const CertificateSubject* own_subject() const override { return shared_->options.own_subject; }
  const StreamCounters& counters() const override { return counters_; }

 private:
  Channel& in() { return shared_->channels[1 - index_]; }
  const Channel& in() const { return shared_->channels[1 - index_]; }
  Channel& out() { return shared_->channels[index_]; }
  Address address(std::size_t index) const {
    return index == 0 ? shared_->options.first : shared_->options.second;
  }
  void wake_peer() {
    if (End* peer = shared_->ends[1 - index_]) peer->wake();
  }
  void wake() {
    if (!std::exchange(awoken_, true)) reactor_.again(*this);
  }
  void on_events(std::uint32_t) override;
  Result<std::size_t> read_now(Buffer& into);
  Async<Result<std::size_t>> read_later(Buffer& into);
  Result<bool> write_now(std::span<const std::string_view> slices, std::size_t& sent);
  Async<Result<void>> write_later(std::vector<std::string_view> slices, std::size_t sent);
  static std::unexpected<Error> was_closed() {
    return fail(ErrorCode::closed, "pipe: closed on our side");
  }
  static std::unexpected<Error> was_reset() {
    return fail(ErrorCode::reset, "pipe: reset by the other end");
  }

  Reactor& reactor_;
  std::shared_ptr<Shared> shared_;
  std::size_t index_;
  bool closed_ = false;
  bool awoken_ = false;
  bool* gone_ = nullptr;  // set by the destructor, for who resumes a flow
  HangupListener* hangup_ = nullptr;
  StreamCounters counters_;
  Completion<Result<void>> read_wait_, write_wait_;
};

void End::on_events(std::uint32_t) {
  awoken_ = false;
  const bool reads = read_wait_.waiting();
  const bool can_write = out().bytes.size() < shared_->options.capacity || out().unread;
  bool gone = false;
  gone_ = &gone;
  if (can_write && write_wait_.waiting()) write_wait_.complete({});
  if (!gone && readable() && read_wait_.waiting()) read_wait_.complete({});
  if (gone) return;
  gone_ = nullptr;
  if (reads || !hangup_) return;
  if (hung_up()) {
    std::exchange(hangup_, nullptr)->on_hangup();
  } else if (readable()) {
    hangup_->on_readable();
  }
}

Result<std::size_t> End::read_now(Buffer& into) {
  Channel& from = in();
  if (from.reset) return was_reset();
  if (from.bytes.empty()) return 0;
  const std::span<char> room = into.room();
  PERIGEE_ASSERT(!room.empty());
  const std::size_t bytes =
      std::min({room.size(), from.bytes.size(), shared_->options.read_bytes_max});
  from.bytes.copy(room.data(), bytes);
  from.bytes.erase(0, bytes);
  into.commit(bytes);
  counters_.bytes_read += bytes;
  wake_peer();
  return bytes;
}

Async<Result<std::size_t>> End::read_later(Buffer& into) {
  CO_TRY(co_await read_wait_);
  co_return read_now(into);
}

// True when all was sent; `sent` counts over calls.
Result<bool> End::write_now(std::span<const std::string_view> slices, std::size_t& sent) {
  Channel& to = out();
  if (closed_) return was_closed();
  if (to.ended || to.unread || to.reset) return was_reset();
  std::size_t skip = sent;
  for (std::string_view slice : slices) {
    const std::size_t skipped = std::min(skip, slice.size());
    skip -= skipped;
    slice.remove_prefix(skipped);
    const std::size_t bytes = std::min(slice.size(), shared_->options.capacity - to.bytes.size());
    if (bytes > 0) {
      to.bytes.append(slice.substr(0, bytes));
      sent += bytes;
      counters_.bytes_written += bytes;
      wake_peer();
    }
    if (bytes < slice.size()) return false;
  }
  return true;
}

Async<Result<void>> End::write_later(std::vector<std::string_view> slices, std::size_t sent) {
  for (;;) {
    CO_TRY(co_await write_wait_);
    CO_TRY(const bool all, write_now(slices, sent));
    if (all) co_return Result<void>{};
  }
}

void End::close(bool reset) {
  if (std::exchange(closed_, true)) return;
  reactor_.forget(*this);
  shared_->ends[index_] = nullptr;
  hangup_ = nullptr;
  out().ended = true;
  in().unread = true;
  if (reset) {
    out().bytes.clear();
    out().reset = true;
  }
  wake_peer();
  bool gone = false;
  bool* const outer = std::exchange(gone_, &gone);
  if (write_wait_.waiting()) write_wait_.complete(was_closed());
  if (!gone && read_wait_.waiting()) read_wait_.complete(was_closed());
  if (!gone) {
    gone_ = outer;
  } else if (outer) {
    *outer = true;
  }
}

}  // namespace

Pipe make_pipe(Reactor& reactor, PipeOptions options) {
  auto shared = std::make_shared<Shared>();
  shared->options = options;
  Pipe pipe;
  pipe.first = std::make_unique<End>(reactor, shared, 0);
  pipe.second = std::make_unique<End>(reactor, shared, 1);
  return pipe;
}

}  // namespace perigee::net
