#include "redis/directory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "redis/directory_impl.hpp"
#include "redis/link.hpp"

namespace perigee::redis {

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.redis"};
constexpr Duration kTellEvery = 1min;

net::Resolver::Options resolver_options(const Options& options) {
  net::Resolver::Options resolver = options.resolver;
  resolver.ttl_max = std::min(resolver.ttl_max, Options::kNameAgeMax);
  resolver.ttl_min = std::min(resolver.ttl_min, resolver.ttl_max);
  resolver.hosts_ttl = std::min(resolver.hosts_ttl, Options::kNameAgeMax);
  return resolver;
}

// It does not mend itself.
bool wants_an_operator(const Failure& failure) {
  return failure.is_of_configuration() || failure.kind == FailureKind::out_of_memory ||
         failure.kind == FailureKind::misconfigured;
}

}  // namespace

std::string Endpoint::text() const {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Directory::Directory(net::Reactor& ops, Options options)
    : impl_(std::make_unique<Impl>(ops, std::move(options))) {}
Directory::~Directory() = default;
const Options& Directory::options() const { return *impl_->options; }
DirectoryState Directory::state() const { return impl_->state(); }

Directory::Impl::Impl(net::Reactor& reactor, Options given)
    : ops(reactor),
      options(std::make_shared<const Options>(std::move(given))),
      resolver(reactor, resolver_options(*options)),
      door(std::make_shared<net::Door<Impl>>(reactor, *this)) {
  if (options->has_sentinels()) {
    DiscoveryOwner& self = *this;
    discovery_ = std::make_unique<Discovery>(ops, resolver, *options, self);
  } else {
    on_primary({.vote = {options->standalone, 0}, .named_by = "the configuration"});
  }
}

Directory::Impl::~Impl() { door->close(); }

// The primary
// -----------------------------------------------------------------------------------

void Directory::Impl::on_primary(const Primary& primary) {
  const std::string to = primary.vote.primary.text();
  if (!primary_) {
    kLog.info("the primary{} is {}, named by {}",
              options->master.empty() ? "" : fmt::format(" \"{}\"", options->master), to,
              primary.named_by);
  } else {
    last_switch_ = {.from = primary_->vote.primary.text(), .to = to, .at = ops.wall()};
    kLog.warn("the primary \"{}\" has moved from {} to {}, named by {} with configuration epoch {}",
              options->master, last_switch_->from, to, primary.named_by, primary.vote.config_epoch);
  }
  primary_ = primary;
  problem_.clear();
  next_line_.clear();
  all_told_ = false;
  board->publish(primary.vote.primary);
  for (auto& [id, member] : links_) {
    member.connected = false;
    member.door->post([](Link& link) { link.on_news(); });
  }
}

// Links
// -------------------------------------------------------------------------------------------

void Directory::Impl::join(std::uint64_t link, std::shared_ptr<net::Door<Link>> link_door) {
  Member& member = links_[link];
  member.door = std::move(link_door);
  // The primary was published after the link had looked, and before it was known here.
  if (primary_) member.door->post([](Link& it) { it.on_news(); });
}

void Directory::Impl::part(std::uint64_t link) { links_.erase(link); }

bool Directory::Impl::links_are_well() const { return links_connected() == links_.size(); }

std::size_t Directory::Impl::links_connected() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(links_, [](const auto& it) { return it.second.connected; }));
}

void Directory::Impl::take(const LinkReport& report) {
  const auto member = links_.find(report.link);
  if (member == links_.end() || report.number != board->number()) return;
  if (report.kind != LinkReport::Kind::odd)
    member->second.connected = report.kind == LinkReport::Kind::connected;
  if (report.kind == LinkReport::Kind::connected) return take_connected(report);
  tell_trouble(report);
  const bool is_of_primary =
      report.kind != LinkReport::Kind::odd || report.failure.kind == FailureKind::no_replicas;
  if (discovery_ && is_of_primary) discovery_->hurry();
}

void Directory::Impl::take_connected(const LinkReport& report) {
  warn_of(report);
  warn_of(report.notes);
  if (!links_are_well() || links_.size() < options->links) return;
  problem_.clear();
  next_line_.clear();
  if (std::exchange(all_told_, true)) return;
  kLog.info("connected to {} on {} {}", primary_->vote.primary.text(), links_.size(),
            links_.size() == 1 ? "worker" : "workers");
  if (discovery_ && report.replicas == 0 && discovery_->replicas() > 0) {
    kLog.info(
        "{} has no replica although the sentinels count {}: it has just become the primary, "
        "or it is isolated",
        primary_->vote.primary.text(), discovery_->replicas());
  }
}

void Directory::Impl::tell_trouble(const LinkReport& report) {
  const std::string who = primary_->vote.primary.text();
  std::string line;
  if (report.kind == LinkReport::Kind::odd) {
    line = fmt::format("{} answers {}", who, report.failure.text());
  } else {
    all_told_ = false;
    problem_ = report.failure.text();
    line = report.kind == LinkReport::Kind::lost
               ? fmt::format("the connection to {} is lost: {}", who, problem_)
               : fmt::format("no connection to {}: {}", who, problem_);
  }
  Instant& next = next_line_[{report.kind, report.failure.kind}];
  if (ops.now() < next) return;
  next = ops.now() + kTellEvery;
  if (wants_an_operator(report.failure)) {
    kLog.error("{}", line);
  } else {
    kLog.warn("{}", line);
  }
}

void Directory::Impl::warn_of(const LinkReport& report) {
  const std::string who = primary_->vote.primary.text();
  if (std::chrono::abs(report.clock_offset) >= Link::kOffsetMin &&
      !std::exchange(told_clock_, true)) {
    kLog.warn(
        "the clock of {} is {} ms {} of ours: the ends of windows are moved by as much", who,
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::abs(report.clock_offset))
            .count(),
        report.clock_offset > Duration{} ? "ahead" : "short");
  }
}

void Directory::Impl::warn_of(OpenNotes notes) {
  const std::string who = primary_->vote.primary.text();
  if (notes.clock_denied && !std::exchange(told_.clock_denied, true))
    kLog.warn("{}: the user may not ask for TIME (+time): clocks that differ are not noticed", who);
  if (notes.role_denied && !std::exchange(told_.role_denied, true))
    kLog.warn("{}: the user may not ask for its ROLE (+role)", who);
  if (notes.password_unused && !std::exchange(told_.password_unused, true))
    kLog.warn("{} wants no password, although ratelimit.redis.password is set", who);
}

DirectoryState Directory::Impl::state() const {
  DirectoryState state{.master = options->has_sentinels() ? options->master : "",
                       .epoch = board->epoch(),
                       .last_switch = last_switch_,
                       .links = links_.size(),
                       .links_connected = links_connected()};
  if (primary_) {
    state.primary = primary_->vote.primary;
    state.config_epoch = primary_->vote.config_epoch;
  }
  state.problem = problem_;
  if (!discovery_) return state;
  if (discovery_->current()) state.config_epoch = discovery_->current()->config_epoch;
  state.sentinels = discovery_->state();
  if (state.problem.empty()) state.problem = discovery_->problem();
  return state;
}

}  // namespace perigee::redis
