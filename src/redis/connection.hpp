// Connection: one stream to a server. Commands of one loop turn leave with one write; replies come
// in order, and that of a command whose time has passed is read and dropped. Internal.
//
// It does not reconnect. Whose flow it resumes may drop it: it dies when the turn ends.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/stream.hpp"
#include "redis/command.hpp"
#include "redis/failure.hpp"
#include "redis/options.hpp"
#include "redis/reply_parser.hpp"

namespace perigee::redis {

class ConnectionOwner {
 public:
  // Once, after everything outstanding was told.
  virtual void on_closed(const Failure& why) = 0;
  // A reply came so long after its command was dispatched; also one that nobody waited for.
  virtual void on_reply(Duration after) {}
  // An error reply, before whoever waits for it learns of it.
  virtual void on_error_reply(const Failure& failure) {}
  virtual void on_message(Value message) {}

 protected:
  ~ConnectionOwner() = default;
};

class Connection final : private net::Source {
 public:
  static constexpr std::size_t kFlushBytes = 64 << 10;  // are written before the turn ends

  struct Limits {
    std::size_t commands_max = 4096;
    std::size_t bytes_max = 4 << 20;
    Duration age_max{};  // of the oldest outstanding reply; 0: none
  };
  struct Retire {  // how it is dropped
    void operator()(Connection* connection) const;
  };
  using Owned = std::unique_ptr<Connection, Retire>;
  static Owned make(net::Reactor& reactor, std::unique_ptr<net::Stream> stream);

  void set_owner(ConnectionOwner* owner) { owner_ = owner; }
  // From now on; there is no limit of age before.
  void set_limits(Limits limits);
  // From now on replies come unasked: messages of RESP2.
  void listen() { listens_ = true; }

  // Sends all of them and waits for all replies: `outcomes` are as many as `commands`, and both
  // live until it ends. One failed command does not end the others.
  Async<void> exchange(std::span<const Command> commands, std::span<Outcome> outcomes,
                       Duration timeout);

  // Everything outstanding comes to `why`.
  void close(const Failure& why);
  bool closed() const { return closed_; }
  Instant last_reply() const { return last_reply_; }
  // Every command sent later has this number or a higher one.
  std::uint64_t next_number() const { return next_; }
  const net::Stream& stream() const { return *stream_; }

 private:
  class Batch;
  struct Pending {
    Batch* batch = nullptr;  // null: nobody waits for it any more
    Instant sent{};
    std::size_t bytes = 0;
  };

  Connection(net::Reactor& reactor, std::unique_ptr<net::Stream> stream);
  ~Connection();
  bool has_room_for(std::size_t commands) const;
  void enqueue(Batch& batch, const Command& command);
  Pending& pending(std::uint64_t number) { return ring_[number % ring_.size()]; }
  void grow_ring();
  void forget(std::uint64_t first, std::uint64_t end);

  void on_events(std::uint32_t) override {}
  void on_turn_end() override;
  void flush();
  void begin_write();
  Async<void> finish_write(Async<Result<void>> writing);
  void written(const Result<void>& result);

  Async<void> read();
  bool take(Buffer& buffer);  // false: closed
  void take_reply(Reply reply);
  static void on_age(void* self);
  void watch_age();

  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  Limits limits_;
  ConnectionOwner* owner_ = nullptr;
  ReplyParser parser_;
  std::vector<Pending> ring_;  // numbers [first_, next_) are outstanding
  std::uint64_t first_ = 0, next_ = 0;
  std::uint64_t unsent_ = 0;  // from here on they are gathered
  std::size_t bytes_outstanding_ = 0;
  std::string gathered_;  // of this turn
  std::string sending_;
  bool ends_turn_ = false;  // on_turn_end() is to come
  bool listens_ = false;
  bool closed_ = false;
  bool broken_ = false;  // nothing can be sent any more
  net::Timer age_;
  Instant last_reply_;
  Task reading_, writing_;
};

}  // namespace perigee::redis
