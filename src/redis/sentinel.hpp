// Sentinel: one address of a sentinel: asked when told to, and listened to while it answers.
// Internal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "redis/cadence.hpp"
#include "redis/connection.hpp"
#include "redis/vote.hpp"

namespace perigee::redis {

class Sentinel;

class SentinelOwner {
 public:
  virtual void on_answer(Sentinel& sentinel) = 0;  // or on none
  // It has announced something about the primary.
  virtual void on_hint(Sentinel& sentinel, std::string_view what) = 0;
  // It leads a failover, and has told this replica to be the primary.
  virtual void on_promotion(Sentinel& sentinel, const Endpoint& replica) = 0;
  // It wants a password, which the operator did not give, and Redis's own is right.
  virtual void on_redis_password(const Sentinel& sentinel) = 0;
  virtual bool sends_redis_password() const = 0;
  virtual void on_password_unused(const Sentinel& sentinel) = 0;

 protected:
  ~SentinelOwner() = default;
};

class Sentinel final : private ConnectionOwner {
 public:
  Sentinel(net::Reactor& reactor, const Options& options, SentinelOwner& owner,
           net::Address address, std::string host);
  Sentinel(const Sentinel&) = delete;
  Sentinel& operator=(const Sentinel&) = delete;

  // Asks once more. Without effect while there is a reason to be patient.
  void ask();
  bool is_awaited() const { return awaited_; }  // its answer
  bool is_new() const { return !asking_.started(); }

  const net::Address& address() const { return address_; }
  const std::string& host() const { return host_; }  // for its certificate
  bool reachable() const { return reachable_; }      // the last time it was asked
  // Empty: it was not reached, or knows nobody by that name.
  const std::optional<Vote>& vote() const { return vote_; }
  std::int64_t replicas() const { return replicas_; }  // of that primary
  const std::vector<Endpoint>& others() const { return others_; }
  const std::optional<Failure>& problem() const { return problem_; }
  std::string text() const { return address_.text(); }

 private:
  Async<void> run_asking();
  Async<Expected<std::vector<Outcome>>> question();
  void take(const Expected<std::vector<Outcome>>& answer);
  void take_vote(const std::vector<Outcome>& outcomes);
  Async<Expected<Connection::Owned>> open(int resp, std::span<const Command> commands,
                                          std::span<Outcome> outcomes);
  Async<Expected<Connection::Owned>> open_as(Credentials credentials, int resp,
                                             std::span<const Command> commands,
                                             std::span<Outcome> outcomes);
  Async<void> listen();
  void on_closed(const Failure&) override;
  void on_message(Value message) override;

  net::Reactor& reactor_;
  const Options& options_;
  SentinelOwner& owner_;
  net::Address address_;
  std::string host_;
  Cadence patience_;
  Instant not_before_{};
  bool awaited_ = false;
  bool ask_again_ = false;
  bool reachable_ = false;
  std::optional<Vote> vote_;
  std::int64_t replicas_ = 0;
  std::vector<Endpoint> others_;
  std::optional<Failure> problem_;
  Connection::Owned asks_;
  Connection::Owned listens_;
  Completion<Result<void>> listening_ended_;
  Task asking_, listening_;
};

}  // namespace perigee::redis
