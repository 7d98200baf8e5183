#include "redis/discovery.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace perigee::redis {

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.redis"};
constexpr Duration kTellEvery = 1min;

}  // namespace

Discovery::Discovery(net::Reactor& reactor, net::Resolver& resolver, const Options& options,
                     DiscoveryOwner& owner)
    : reactor_(reactor),
      options_(options),
      owner_(owner),
      net_names_(reactor, resolver),
      cadence_(options.seed) {
  for (const Endpoint& endpoint : options.sentinels) add_name(endpoint, false);
  running_.start(run());
}

Discovery::~Discovery() = default;

void Discovery::hurry() {
  hurries_ = true;
  if (rests_) running_.scope().interrupt(Error(ErrorCode::cancelled, "something is odd"));
}

// Rounds
// ------------------------------------------------------------------------------------------

Async<void> Discovery::run() {
  for (;;) {
    co_await hold_round();
    judge_round();
    co_await pause();
  }
}

// Names are resolved meanwhile: what is new is asked as soon as it is known.
Async<void> Discovery::hold_round() {
  in_round_ = true;
  hurries_ = false;
  resolve_names();
  for (const auto& sentinel : sentinels_) {
    if (!sentinel->is_awaited()) sentinel->ask();
  }
  const Instant end = reactor_.now() + kRoundMax;
  while (awaits_answers() && reactor_.now() < end)
    static_cast<void>(co_await net::sleep_for(reactor_, end - reactor_.now()));
  in_round_ = false;
}

// A long one is ended early by hurry().
Async<void> Discovery::pause() {
  rests_ = current_ && owner_.links_are_well() && !hurries_;
  if (rests_) cadence_.reset();
  const Duration time = rests_           ? cadence_.around(options_.validate_every)
                        : asks_in_vain() ? cadence_.next_of_configuration()
                                         : cadence_.next();
  static_cast<void>(co_await net::sleep_for(reactor_, time));
  rests_ = false;
}

bool Discovery::awaits_answers() const {
  return std::ranges::any_of(sentinels_, [](const auto& it) { return it->is_awaited(); });
}

void Discovery::on_answer(Sentinel& sentinel) {
  learn(sentinel);
  follow_best(sentinel.text());
  if (in_round_ && !awaits_answers())
    running_.scope().interrupt(Error(ErrorCode::cancelled, "all have answered"));
}

// It is a hint only: what counts is what the sentinel answers now.
void Discovery::on_hint(Sentinel& sentinel, std::string_view what) {
  kLog.debug("sentinel {} says {} of \"{}\"", sentinel.text(), what, options_.master);
  sentinel.ask();
  hurry();
}

// Sentinels name the new primary only when one has seen its new role, up to a second after it has
// begun to accept writes. Links wait for that role; if it never comes, the majority leads back.
void Discovery::on_promotion(Sentinel& sentinel, const Endpoint& replica) {
  if (!current_ || replica == current_->primary) return;
  adopt({replica, current_->config_epoch + 1}, sentinel.text() + ", which promotes it,");
  hurry();
}

// Names and addresses
// -----------------------------------------------------------------------------

void Discovery::add_name(const Endpoint& endpoint, bool learned) {
  auto name = std::make_unique<Name>();
  name->endpoint = endpoint;
  name->learned = learned;
  name->reached = reactor_.now();
  names_.push_back(std::move(name));
}

void Discovery::resolve_names() {
  forget_dead_names();
  // By index: what is learned while one is resolved at once comes to the end.
  for (std::size_t i = 0; i < names_.size(); ++i) {
    Name& name = *names_[i];
    if (!name.resolving.running()) name.resolving.start(resolve(name));
  }
}

Async<void> Discovery::resolve(Name& name) {
  Result<net::Addresses> resolved =
      co_await net_names_.resolve(name.endpoint.host, name.endpoint.port);
  name.problem = resolved ? "" : resolved.error().message;
  if (!resolved || name.addresses == **resolved) co_return;
  name.addresses = **resolved;
  arrange_sentinels();
}

void Discovery::forget_dead_names() {
  for (const auto& name : names_) {
    for (const net::Address& address : name->addresses) {
      const Sentinel* sentinel = sentinel_at(address);
      if (sentinel && sentinel->reachable()) name->reached = reactor_.now();
    }
  }
  const auto dead = [&](const std::unique_ptr<Name>& name) {
    return name->learned && !name->resolving.running() &&
           reactor_.now() - name->reached > options_.learned_kept;
  };
  if (std::erase_if(names_, dead) > 0) arrange_sentinels();
}

// One sentinel for each address, those of configured names first; the host of the first name that
// has it is the one that its certificate must name.
void Discovery::arrange_sentinels() {
  SentinelOwner& self = *this;
  std::vector<std::unique_ptr<Sentinel>> arranged;
  for (const auto& name : names_) {
    for (const net::Address& address : name->addresses) {
      const auto is_it = [&](const auto& it) { return it && it->address() == address; };
      if (arranged.size() == options_.sentinels_max || std::ranges::any_of(arranged, is_it))
        continue;
      const auto known = std::ranges::find_if(sentinels_, is_it);
      if (known != sentinels_.end() && (*known)->host() == name->endpoint.host) {
        arranged.push_back(std::move(*known));
        continue;
      }
      arranged.push_back(
          std::make_unique<Sentinel>(reactor_, options_, self, address, name->endpoint.host));
    }
  }
  std::swap(sentinels_, arranged);
  for (auto& gone : arranged) {
    if (gone) reactor_.defer([dead = std::move(gone)] {});  // its flow may be the running one
  }
  // By index: an answer may be here at once, and bring others.
  for (std::size_t i = 0; i < sentinels_.size(); ++i) {
    if (sentinels_[i]->is_new()) sentinels_[i]->ask();
  }
}

Sentinel* Discovery::sentinel_at(const net::Address& address) const {
  const auto found =
      std::ranges::find_if(sentinels_, [&](const auto& it) { return it->address() == address; });
  return found == sentinels_.end() ? nullptr : found->get();
}

void Discovery::learn(const Sentinel& sentinel) {
  for (const Endpoint& other : sentinel.others()) {
    const bool known =
        std::ranges::any_of(names_, [&](const auto& name) { return name->endpoint == other; });
    const auto address = net::Address::literal(other.host, other.port);
    if (known || (address && sentinel_at(*address))) continue;
    if (names_.size() >= options_.sentinels_max) return;
    add_name(other, true);
    names_.back()->resolving.start(resolve(*names_.back()));
  }
}

// Whom to follow
// ----------------------------------------------------------------------------------

std::vector<Vote> Discovery::votes() const {
  std::vector<Vote> votes;
  for (const auto& sentinel : sentinels_) {
    if (sentinel->vote()) votes.push_back(*sentinel->vote());
  }
  return votes;
}

// The first valid answer is used at once, a higher epoch replaces it.
void Discovery::follow_best(const std::string& named_by) {
  const std::vector<Vote> all = votes();
  const Vote* best = best_of(all, current_);
  if (!best) return;
  if (!current_ ||
      (best->config_epoch > current_->config_epoch && best->primary != current_->primary)) {
    return adopt(*best, named_by);
  }
  if (best->primary == current_->primary)
    current_->config_epoch = std::max(current_->config_epoch, best->config_epoch);
}

// An epoch that is not higher: somebody has set the sentinels up anew. Those who have not heard of
// a failover yet look the same for two seconds.
void Discovery::follow_majority() {
  const std::vector<Vote> all = votes();
  const Vote* best = best_of(all, current_);
  const bool agree =
      !best || !current_ || best->primary == current_->primary || !most_name(all, best->primary);
  if (agree) {
    disagreed_since_ = {};
  } else if (disagreed_since_ == Instant{}) {
    disagreed_since_ = reactor_.now();
  } else if (reactor_.now() - disagreed_since_ >= options_.backwards_after) {
    adopt(*best, "most sentinels");
  }
}

void Discovery::adopt(const Vote& vote, const std::string& named_by) {
  current_ = vote;
  disagreed_since_ = {};
  owner_.on_primary({vote, named_by});
}

void Discovery::judge_round() {
  follow_majority();
  tell_reachability();
  tell_problem(describe_problem());
}

// What is wrong
// -----------------------------------------------------------------------------------

// None of those who answer knows the name, or none can be asked.
bool Discovery::asks_in_vain() const {
  return !sentinels_.empty() && std::ranges::all_of(sentinels_, [](const auto& sentinel) {
    return sentinel->problem() && sentinel->problem()->is_of_configuration();
  });
}

std::string Discovery::describe_problem() const {
  std::string reasons;
  const auto add = [&](const std::string& who, const std::string& what) {
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", who, what);
  };
  std::size_t answering = 0, unaware = 0;
  for (const auto& sentinel : sentinels_) {
    answering += sentinel->reachable() ? 1 : 0;
    const auto& problem = sentinel->problem();
    if (problem && problem->kind == FailureKind::unknown_master) ++unaware;
    if (problem) add(sentinel->text(), problem->text());
  }
  for (const auto& name : names_) {
    if (!name->problem.empty() && !name->learned) add(name->endpoint.text(), name->problem);
  }
  if (answering > 0 && unaware == answering) {
    return fmt::format(
        "none of the {} sentinels that answer knows a primary \"{}\": is "
        "ratelimit.redis.sentinel.master right?",
        answering, options_.master);
  }
  if (!votes().empty() || reasons.empty()) return {};  // or names are being resolved
  return fmt::format("no sentinel says who the primary \"{}\" is ({})", options_.master, reasons);
}

void Discovery::tell_problem(const std::string& found) {
  const bool fresh = found.empty() != problem_.empty();
  problem_ = found;
  if (found.empty()) {
    if (fresh) kLog.info("the sentinels name the primary \"{}\" again", options_.master);
    return;
  }
  if (!fresh && reactor_.now() < tell_again_) return;
  tell_again_ = reactor_.now() + kTellEvery;
  kLog.error("{}{}", found, current_ ? "; " + current_->primary.text() + " was the last" : "");
}

void Discovery::tell_reachability() {
  std::map<std::string, bool> told;
  for (const auto& sentinel : sentinels_) {
    const bool reachable = sentinel->reachable();
    if (!reachable && !sentinel->problem()) continue;
    const auto before = told_reachable_.find(sentinel->text());
    const bool news = before == told_reachable_.end() ? !reachable : before->second != reachable;
    if (news && reachable) kLog.info("sentinel {} answers again", sentinel->text());
    if (news && !reachable)
      kLog.warn("sentinel {}: {}", sentinel->text(), sentinel->problem()->text());
    told[sentinel->text()] = reachable;
  }
  told_reachable_ = std::move(told);
}

void Discovery::on_redis_password(const Sentinel& sentinel) {
  if (std::exchange(sends_redis_password_, true)) return;
  kLog.warn(
      "sentinel {} wants a password and ratelimit.redis.sentinel.password is not set: "
      "ratelimit.redis.password is right and is used for all sentinels",
      sentinel.text());
}

void Discovery::on_password_unused(const Sentinel& sentinel) {
  if (std::exchange(told_password_unused_, true)) return;
  kLog.warn("sentinel {} wants no password, although one is configured", sentinel.text());
}

std::int64_t Discovery::replicas() const {
  std::int64_t most = 0;
  for (const auto& sentinel : sentinels_) most = std::max(most, sentinel->replicas());
  return most;
}

std::vector<SentinelState> Discovery::state() const {
  std::vector<SentinelState> states;
  for (const auto& sentinel : sentinels_) {
    SentinelState& state = states.emplace_back(SentinelState{
        .address = sentinel->text(), .host = sentinel->host(), .reachable = sentinel->reachable()});
    if (sentinel->vote()) {
      state.names = sentinel->vote()->primary.text();
      state.config_epoch = sentinel->vote()->config_epoch;
    }
    if (sentinel->problem()) state.problem = sentinel->problem()->text();
    state.learned = std::ranges::none_of(names_, [&](const auto& name) {
      return !name->learned &&
             std::ranges::find(name->addresses, sentinel->address()) != name->addresses.end();
    });
  }
  return states;
}

}  // namespace perigee::redis
