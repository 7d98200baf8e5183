// Link: a worker's way to the primary. One pipelined connection, made again whenever it is lost or
// the primary is another one. Lives on the worker's thread and outlives the flows that call; may
// outlive the directory.
//
//   redis::Outcome outcome = co_await link.call({script, key, {weight, limit, reset}});
//   if (!outcome) ...  // outcome.error().kind and .executed tell what is to be done
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "net/door.hpp"
#include "net/names.hpp"
#include "redis/board.hpp"
#include "redis/cadence.hpp"
#include "redis/connection.hpp"
#include "redis/directory.hpp"
#include "redis/failure.hpp"

namespace perigee::redis {

struct LinkReport;
struct Opened;

// What a link tells of itself, on its worker. All calls are cheap and leave the link as it is.
class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  virtual void on_connected() {}
  virtual void on_lost(const Failure& why) {}
  virtual void on_reply(Duration after) {}  // after its dispatch; late replies too
  virtual void on_error_reply(const Failure& failure) {}
};

class Link final : private ConnectionOwner {
 public:
  struct Init {
    net::Reactor& reactor;
    Directory& directory;
    std::vector<const Script*> scripts = {};  // loaded with each connection; outlive the link
    LinkObserver* observer = nullptr;
  };
  explicit Link(Init init);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // The command leaves with the others of this turn. A script that the server does not know is sent
  // once with its text. Nothing is ever sent twice that may have been executed.
  Async<Outcome> call(const Command& command, Duration timeout);
  Async<Outcome> call(const Command& command) { return call(command, options_->operation_timeout); }
  // Several in one pipeline; as many outcomes as commands.
  Async<void> call(std::span<const Command> commands, std::span<Outcome> outcomes,
                   Duration timeout);

  bool connected() const { return connection_ && !leaving_ && !has_news(); }
  // See Board::epoch(): what was acknowledged under an older epoch may be gone.
  std::uint64_t epoch() const { return board_->epoch(); }
  // The epoch that the present connection, or the last one, was made in.
  std::uint64_t connection_epoch() const { return connection_epoch_; }
  // The primary's clock minus ours; 0 when they differ by less than kOffsetMin.
  static constexpr Duration kOffsetMin = 200ms;
  Duration clock_offset() const {
    return std::chrono::abs(clock_offset_) < kOffsetMin ? Duration{} : clock_offset_;
  }

 private:
  friend struct Directory::Impl;
  Async<Outcome> call_one(const Command& command, Duration timeout);
  Async<std::uint64_t> call_again(std::span<const Command> commands, std::span<Outcome> outcomes,
                                  std::uint64_t sent_from, Duration timeout);
  bool knows_text(const Script& script, std::uint64_t sent_from, std::uint64_t next);

  Async<void> run();
  Async<Failure> serve(Opened opened);
  Failure give_up(Failure why);
  Async<void> pause_after(const Failure& why);
  Async<void> pulse();
  bool has_news() const { return board_->number() != news_.number; }
  void on_news();
  void leave(const Failure& why);
  void report(LinkReport report);

  void on_closed(const Failure& why) override;
  void on_reply(Duration after) override;
  void on_error_reply(const Failure& failure) override;

  net::Reactor& reactor_;
  const std::shared_ptr<const Options> options_;
  const std::vector<const Script*> scripts_;
  LinkObserver* observer_;
  std::shared_ptr<Board> board_;
  std::shared_ptr<net::Door<Directory::Impl>> directory_;
  std::uint64_t id_;
  net::Names names_;
  Cadence cadence_;
  Board::News news_;
  Connection::Owned connection_;
  std::uint64_t connections_ = 0;  // made so far
  std::uint64_t connection_epoch_ = 0;
  bool leaving_ = false;  // the connection is given up when this turn ends
  Duration clock_offset_{};
  bool clock_denied_ = false;
  Instant odd_told_{};  // when the directory was last told of an odd reply
  // Scripts whose text was sent on this connection, and the number of that command.
  std::vector<std::pair<const Script*, std::uint64_t>> texts_sent_;
  Completion<Result<void>> closed_;
  Failure closed_by_;
  std::shared_ptr<net::Door<Link>> door_;
  Task running_, pulse_;
};

}  // namespace perigee::redis
