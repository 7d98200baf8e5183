// Discovery: asks the sentinels who the primary is (redis-client.md section 2, rules 1 to 3, 5, 7
// and 9). Lives on the ops thread. Internal.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/names.hpp"
#include "redis/directory.hpp"
#include "redis/sentinel.hpp"

namespace perigee::redis {

struct Primary {
  Vote vote;
  std::string named_by;  // which sentinel, or how it is known otherwise
};

class DiscoveryOwner {
 public:
  virtual void on_primary(const Primary& primary) = 0;
  virtual bool links_are_well() const = 0;

 protected:
  ~DiscoveryOwner() = default;
};

class Discovery final : private SentinelOwner {
 public:
  Discovery(net::Reactor& reactor, net::Resolver& resolver, const Options& options,
            DiscoveryOwner& owner);
  ~Discovery();

  // Something is odd: the next round begins soon.
  void hurry();
  const std::optional<Vote>& current() const { return current_; }
  std::int64_t replicas() const;  // as the sentinels count them; the most
  const std::string& problem() const { return problem_; }
  std::vector<SentinelState> state() const;

 private:
  // A configured or learned sentinel, and the addresses of its name.
  struct Name {
    Endpoint endpoint;
    bool learned = false;
    std::vector<net::Address> addresses;
    std::string problem;  // of resolving it
    Instant reached{};    // when one of its addresses answered last
    Task resolving;
  };
  static constexpr Duration kRoundMax = 600ms;  // connecting and asking, and a little more

  Async<void> run();
  Async<void> hold_round();
  Async<void> pause();
  void resolve_names();
  Async<void> resolve(Name& name);
  void add_name(const Endpoint& endpoint, bool learned);
  void forget_dead_names();
  void arrange_sentinels();
  Sentinel* sentinel_at(const net::Address& address) const;
  void learn(const Sentinel& sentinel);

  std::vector<Vote> votes() const;
  void follow_best(const std::string& named_by);
  void follow_majority();
  void adopt(const Vote& vote, const std::string& named_by);
  void judge_round();
  std::string describe_problem() const;
  void tell_problem(const std::string& found);
  void tell_reachability();
  bool awaits_answers() const;
  bool asks_in_vain() const;

  void on_answer(Sentinel& sentinel) override;
  void on_hint(Sentinel& sentinel, std::string_view what) override;
  void on_promotion(Sentinel& sentinel, const Endpoint& replica) override;
  void on_redis_password(const Sentinel& sentinel) override;
  bool sends_redis_password() const override { return sends_redis_password_; }
  void on_password_unused(const Sentinel& sentinel) override;

  net::Reactor& reactor_;
  const Options& options_;
  DiscoveryOwner& owner_;
  net::Names net_names_;
  Cadence cadence_;
  std::vector<std::unique_ptr<Name>> names_;
  std::vector<std::unique_ptr<Sentinel>> sentinels_;  // of configured names first
  std::optional<Vote> current_;
  Instant disagreed_since_{};  // most of the sentinels have named another one since
  bool hurries_ = false;
  bool sends_redis_password_ = false;
  bool told_password_unused_ = false;
  std::string problem_;
  Instant tell_again_{};
  std::map<std::string, bool> told_reachable_;
  bool in_round_ = false;
  bool rests_ = false;  // between rounds, as nothing is odd
  Task running_;
};

}  // namespace perigee::redis
