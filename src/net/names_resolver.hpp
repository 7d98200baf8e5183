// The resolver's side of names: what the ops thread knows of every name. Internal to names.
#pragma once

#include <list>
#include <optional>
#include <unordered_map>

#include "net/door.hpp"
#include "net/names.hpp"
#include "net/names_dns.hpp"

namespace perigee::net {

// What a worker is told: addresses without a port, or why there are none, and until when to
// believe it.
struct NameAnswer {
  Result<Addresses> addresses;
  Instant until;
};

struct Resolver::Impl {
  // Called on the ops thread; brings the answer to whoever asked.
  using Reply = std::move_only_function<void(NameAnswer)>;

  Impl(Reactor& ops, Options options);
  ~Impl();

  void ask(const std::string& name, Reply reply);

  struct Entry {
    Entry(Impl& o, std::string n) : owner(o), name(std::move(n)), bound(&Impl::on_bound, this) {}
    Impl& owner;
    std::string name;
    Addresses addresses;           // the last good ones; null without
    Instant expires{};             // of the addresses
    std::optional<Error> failure;  // of the last query; empty when it was good
    Instant retry_at{};            // a failure is believed until then
    bool querying = false;
    bool slow = false;  // this query has outlasted stale_wait
    std::vector<Reply> waiters;
    Timer bound;  // the end of the waiters' patience
    std::list<Entry*>::iterator used;
  };

  Reactor& ops;
  Options options;
  Stats stats;
  std::shared_ptr<Door<Impl>> door;

 private:
  static void on_bound(void* entry);
  Entry* touch(const std::string& name);
  bool make_room();
  std::optional<NameAnswer> known(Entry& entry);
  std::optional<NameAnswer> stale(Entry& entry);
  void refresh(Entry& entry);
  Result<DnsChannel*> channel();
  void done(Entry& entry, Result<DnsAnswer> answer);
  void succeed(Entry& entry, const DnsAnswer& answer);
  void give_up(Entry& entry, Error error);
  void answer_waiters(Entry& entry, const NameAnswer& answer);
  Addresses ordered(const std::vector<Address>& addresses) const;

  HostsFile hosts_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<Entry*> by_use_;             // the most recently asked first
  std::unique_ptr<DnsChannel> channel_;  // made by the first query
};

}  // namespace perigee::net
