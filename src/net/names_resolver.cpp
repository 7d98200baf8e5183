#include "net/names_resolver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace perigee::net {

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.dns"};
constexpr const char* kHostsFile = "/etc/hosts";
constexpr int kEvictionsTried = 64;

long long seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

Resolver::Resolver(Reactor& ops, Options options)
    : impl_(std::make_unique<Impl>(ops, std::move(options))) {}
Resolver::~Resolver() = default;
const Resolver::Stats& Resolver::stats() const { return impl_->stats; }

Resolver::Impl::Impl(Reactor& reactor, Options given)
    : ops(reactor),
      options(std::move(given)),
      door(std::make_shared<Door<Impl>>(ops, *this)),
      hosts_(options.hosts_file.empty() ? kHostsFile : options.hosts_file) {}

Resolver::Impl::~Impl() { door->close(); }

void Resolver::Impl::ask(const std::string& name, Reply reply) {
  Entry* entry = touch(name);
  if (!entry) {
    reply({fail(ErrorCode::limit, fmt::format("name \"{}\": {} names are being resolved, which is "
                                              "the limit",
                                              name, options.entries_max)),
           ops.now() + options.negative_ttl});
    return;
  }
  if (auto answer = known(*entry)) return reply(*std::move(answer));
  if (!entry->querying) refresh(*entry);
  if (auto answer = known(*entry)) return reply(*std::move(answer));
  // Only the first wait of an outage is felt: later ones are answered with the old addresses while
  // the query goes on.
  if (entry->failure || entry->slow) {
    if (auto answer = stale(*entry)) return reply(*std::move(answer));
  }
  entry->waiters.push_back(std::move(reply));
  if (!entry->bound.armed()) {
    bool has_old = entry->addresses && ops.now() < entry->expires + options.stale_max;
    ops.timers().arm(entry->bound, ops.now() + (has_old ? options.stale_wait : options.wait_max));
  }
}

Resolver::Impl::Entry* Resolver::Impl::touch(const std::string& name) {
  auto found = entries_.find(name);
  if (found != entries_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second.used);
    return &found->second;
  }
  if (entries_.size() >= options.entries_max && !make_room()) return nullptr;
  Entry& entry = entries_
                     .emplace(std::piecewise_construct, std::forward_as_tuple(name),
                              std::forward_as_tuple(*this, name))
                     .first->second;
  by_use_.push_front(&entry);
  entry.used = by_use_.begin();
  stats.entries.store(entries_.size(), std::memory_order_relaxed);
  return &entry;
}

bool Resolver::Impl::make_room() {
  auto at = by_use_.end();
  for (int tried = 0; tried < kEvictionsTried && at != by_use_.begin(); ++tried) {
    Entry& oldest = **--at;
    if (oldest.querying) continue;
    by_use_.erase(at);
    entries_.erase(std::string(oldest.name));
    return true;
  }
  return false;
}

std::optional<NameAnswer> Resolver::Impl::known(Entry& entry) {
  Instant now = ops.now();
  if (entry.addresses && now < entry.expires) return NameAnswer{entry.addresses, entry.expires};
  if (!entry.failure || now >= entry.retry_at) return std::nullopt;
  if (auto answer = stale(entry)) return answer;
  return NameAnswer{std::unexpected(*entry.failure), entry.retry_at};
}

std::optional<NameAnswer> Resolver::Impl::stale(Entry& entry) {
  Instant now = ops.now();
  if (!entry.addresses || now >= entry.expires + options.stale_max) return std::nullopt;
  stats.stale_answers.fetch_add(1, std::memory_order_relaxed);
  Instant until = now < entry.retry_at ? entry.retry_at : now + options.negative_ttl;
  return NameAnswer{entry.addresses, until};
}

void Resolver::Impl::refresh(Entry& entry) {
  entry.querying = true;
  entry.slow = false;
  if (auto addresses = hosts_.find(entry.name); !addresses.empty()) {
    return done(entry, DnsAnswer{std::move(addresses), options.hosts_ttl});
  }
  Result<DnsChannel*> dns = channel();
  if (!dns) return done(entry, std::unexpected(dns.error()));
  stats.queries.fetch_add(1, std::memory_order_relaxed);
  // An entry that is being queried is not evicted, and the channel dies before the entries.
  (*dns)->query(entry.name,
                [this, &entry](Result<DnsAnswer> answer) { done(entry, std::move(answer)); });
}

Result<DnsChannel*> Resolver::Impl::channel() {
  if (!channel_) {
    TRY(channel_, DnsChannel::open(ops, {.query_timeout = options.query_timeout,
                                         .tries = options.tries,
                                         .servers = options.servers,
                                         .resolv_conf = options.resolv_conf}));
  }
  return channel_.get();
}

void Resolver::Impl::done(Entry& entry, Result<DnsAnswer> answer) {
  entry.querying = entry.slow = false;
  entry.bound.disarm();
  if (answer) {
    succeed(entry, *answer);
  } else {
    give_up(entry, std::move(answer.error()));
  }
  if (entry.waiters.empty()) return;
  if (auto now_known = known(entry)) {
    answer_waiters(entry, *now_known);
  } else {
    // A lifetime of nothing (ttl_min or negative_ttl 0): good for those who wait, and for no one
    // after them.
    Instant now = ops.now();
    answer_waiters(entry, entry.addresses && !entry.failure
                              ? NameAnswer{entry.addresses, now}
                              : NameAnswer{std::unexpected(*entry.failure), now});
  }
}

void Resolver::Impl::succeed(Entry& entry, const DnsAnswer& answer) {
  if (entry.failure && entry.addresses) kLog.info("Name \"{}\" resolves again", entry.name);
  entry.failure.reset();
  entry.addresses = ordered(answer.addresses);
  entry.expires = ops.now() + std::clamp(answer.ttl, options.ttl_min, options.ttl_max);
}

void Resolver::Impl::give_up(Entry& entry, Error error) {
  stats.failures.fetch_add(1, std::memory_order_relaxed);
  bool first = !entry.failure;
  Instant now = ops.now();
  // RFC 8767 section 4: "no such name" is an answer of the authority, not an outage.
  bool gone = error.code == ErrorCode::not_found;
  if (entry.addresses && (gone || now >= entry.expires + options.stale_max)) {
    kLog.warn("Name \"{}\" has lost its addresses: {}", entry.name, error.message);
    entry.addresses.reset();
  } else if (entry.addresses && first) {
    kLog.warn("Name \"{}\" cannot be refreshed: {}; its last addresses serve on for at most {} s",
              entry.name, error.message, seconds_of(entry.expires + options.stale_max - now));
  }
  if (gone) error.code = ErrorCode::unresolved;
  error.fault = Fault::upstream;
  error.retry_is_safe = true;
  entry.failure = std::move(error).in(fmt::format("name \"{}\"", entry.name));
  entry.retry_at = now + options.negative_ttl;
}

void Resolver::Impl::answer_waiters(Entry& entry, const NameAnswer& answer) {
  for (Reply& reply : std::exchange(entry.waiters, {})) reply(answer);
}

// The query goes on; only those who wait do so no longer.
void Resolver::Impl::on_bound(void* entry_pointer) {
  Entry& entry = *static_cast<Entry*>(entry_pointer);
  Impl& self = entry.owner;
  entry.slow = true;
  if (auto answer = self.stale(entry)) return self.answer_waiters(entry, *answer);
  Error error(ErrorCode::timed_out,
              fmt::format("name \"{}\": no answer within {} s", entry.name,
                          seconds_of(self.options.wait_max)),
              Fault::upstream);
  error.retry_is_safe = true;
  self.answer_waiters(
      entry, {std::unexpected(std::move(error)), self.ops.now() + self.options.negative_ttl});
}

Addresses Resolver::Impl::ordered(const std::vector<Address>& addresses) const {
  const int first = options.prefer_ipv4 ? AF_INET : AF_INET6;
  auto is_first = [first](const Address& address) { return address.family() == first; };
  auto result = std::make_shared<std::vector<Address>>();
  result->reserve(addresses.size());
  std::ranges::copy_if(addresses, std::back_inserter(*result), is_first);
  std::ranges::copy_if(addresses, std::back_inserter(*result), std::not_fn(is_first));
  return result;
}

}  // namespace perigee::net
