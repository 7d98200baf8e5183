#include "net/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/ascii.hpp"
#include "net/names_resolver.hpp"

namespace perigee::net {

namespace {

constexpr std::size_t kNameBytesMax = 254;  // RFC 1035: 253 and the root's dot
constexpr Duration kPatience = 15s;         // beyond the resolver's own: mail may be lost

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name != "." &&
         std::ranges::all_of(name, [](unsigned char c) {
           return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '-' || c == '_' || c == '.';
         });
}

// RFC 6761 section 6.3: "localhost" and what is under it never leaves the machine.
bool is_localhost(std::string_view lower_name) {
  if (lower_name.ends_with('.')) lower_name.remove_suffix(1);
  return lower_name == "localhost" || lower_name.ends_with(".localhost");
}

Addresses with_port(const Addresses& addresses, std::uint16_t port) {
  auto result = std::make_shared<std::vector<Address>>(*addresses);
  for (Address& address : *result) address.set_port(port);
  return result;
}

}  // namespace

struct Names::Impl {
  // One resolve() that waits; lives in its frame.
  struct Waiter {
    explicit Waiter(std::uint16_t p) : port(p) {}
    Waiter(const Waiter&) = delete;
    ~Waiter() { unlink(); }
    void link(Waiter*& head) {
      next = head;
      if (next) next->back = &next;
      head = this;
      back = &head;
    }
    void unlink() {
      if (!back) return;
      *back = next;
      if (next) next->back = back;
      next = nullptr;
      back = nullptr;
    }
    std::uint16_t port;
    Waiter* next = nullptr;
    Waiter** back = nullptr;  // the pointer that points to us
    Completion<Result<Addresses>> done;
  };

  struct Entry {
    explicit Entry(Impl& o) : owner(o), bound(&Impl::on_bound, this) {}
    Impl& owner;
    Result<Addresses> answer = fail(ErrorCode::unresolved, "");
    Instant until = Instant::min();
    std::vector<std::pair<std::uint16_t, Addresses>> by_port;
    bool asked = false;
    Waiter* waiters = nullptr;
    Timer bound;

    Result<Addresses> at(std::uint16_t port) {
      if (!answer) return answer;
      for (auto& [known, addresses] : by_port) {
        if (known == port) return addresses;
      }
      if (by_port.size() >= kPortsMax) by_port.clear();
      return by_port.emplace_back(port, with_port(*answer, port)).second;
    }
    void learn(NameAnswer news) {
      answer = std::move(news.addresses);
      until = news.until;
      by_port.clear();
    }
  };
  static constexpr std::size_t kPortsMax = 16;

  Impl(Reactor& reactor, Resolver::Impl& resolver)
      : worker(reactor),
        resolver_door(resolver.door),
        prefer_ipv4(resolver.options.prefer_ipv4),
        door(std::make_shared<Door<Impl>>(reactor, *this)) {}

  ~Impl() {
    door->close();
    for (auto& [name, entry] : entries) {
      end_waits(entry.waiters, fail(ErrorCode::cancelled, "name resolution has been stopped"));
    }
  }

  Entry* fresh(std::string_view name) {
    auto found = entries.find(name);
    if (found == entries.end() || found->second.until <= worker.now()) return nullptr;
    return &found->second;
  }

  // The entry of a name, which stays until it has been answered. Null: too many are being asked.
  Entry* take(const std::string& name) {
    if (auto found = entries.find(name); found != entries.end()) return &found->second;
    if (entries.size() >= kEntriesMax) {
      auto idle = std::ranges::find_if(entries, [](const auto& it) { return !it.second.asked; });
      if (idle == entries.end()) return nullptr;
      entries.erase(idle);
    }
    return &entries.try_emplace(name, *this).first->second;
  }

  // Answers that need no one else.
  Entry* local(std::string_view name) {
    std::vector<Address> addresses;
    if (auto literal = Address::literal(name, 0)) {
      addresses.push_back(*literal);
    } else if (is_localhost(ascii_lower(name))) {
      addresses = {*Address::literal("127.0.0.1", 0), *Address::literal("::1", 0)};
      if (!prefer_ipv4) std::swap(addresses[0], addresses[1]);
    } else {
      return nullptr;
    }
    Entry* entry = take(std::string(name));
    if (entry) entry->learn({std::make_shared<std::vector<Address>>(addresses), kNever});
    return entry;
  }

  static Async<Result<Addresses>> wait(Impl& self, std::string name, std::uint16_t port) {
    Entry* entry = self.take(name);
    if (!entry) {
      co_return fail(ErrorCode::limit, fmt::format("name \"{}\": {} names are being resolved, "
                                                   "which is this worker's limit",
                                                   name, kEntriesMax));
    }
    if (!entry->asked) {
      CO_TRY(self.ask(name, *entry));
    }
    Waiter waiter(port);
    waiter.link(entry->waiters);
    // Nothing of `self` is touched afterwards: it may be gone.
    co_return co_await waiter.done;
  }

  Result<void> ask(const std::string& name, Entry& entry) {
    bool sent = resolver_door->post([key = name, reply = door](Resolver::Impl& resolver) {
      resolver.ask(ascii_lower(key), [key, reply](NameAnswer answer) {
        // A lost answer (a full mailbox, a gone worker) is what on_bound is for.
        reply->post([key, answer = std::move(answer)](Impl& self) mutable {
          self.answered(key, std::move(answer));
        });
      });
    });
    if (!sent) {
      return fail(ErrorCode::limit,
                  fmt::format("name \"{}\": the resolver takes no more questions", name));
    }
    entry.asked = true;
    worker.timers().arm(entry.bound, worker.now() + kPatience);
    return {};
  }

  void answered(const std::string& name, NameAnswer answer) {
    auto found = entries.find(name);
    if (found == entries.end()) return;
    Entry& entry = found->second;
    entry.asked = false;
    entry.bound.disarm();
    entry.learn(answer);
    end_waits(entry.waiters, std::move(answer.addresses));
  }

  // Those who are resumed may ask again, destroy each other, or destroy all names.
  static void end_waits(Waiter*& waiters, const Result<Addresses>& answer) {
    Waiter* head = std::exchange(waiters, nullptr);
    if (head) head->back = &head;
    while (head) {
      Waiter& waiter = *head;
      waiter.unlink();
      if (answer) {
        waiter.done.complete(with_port(*answer, waiter.port));
      } else {
        waiter.done.complete(std::unexpected(answer.error()));
      }
    }
  }

  static void on_bound(void* entry_pointer) {
    Entry& entry = *static_cast<Entry*>(entry_pointer);
    entry.asked = false;
    end_waits(entry.waiters,
              fail(ErrorCode::timed_out, "the resolver gave no answer in time", Fault::upstream));
  }

  Reactor& worker;
  std::shared_ptr<Door<Resolver::Impl>> resolver_door;
  bool prefer_ipv4;
  std::shared_ptr<Door<Impl>> door;
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> entries;
};

Names::Names(Reactor& worker, Resolver& resolver)
    : impl_(std::make_unique<Impl>(worker, *resolver.impl_)) {}
Names::~Names() = default;

Async<Result<Addresses>> Names::resolve(std::string_view name, std::uint16_t port) {
  if (Impl::Entry* known = impl_->fresh(name)) return known->at(port);
  if (Impl::Entry* here = impl_->local(name)) return here->at(port);
  if (!is_host_name(name)) {
    return Result<Addresses>(
        fail(ErrorCode::unresolved,
             fmt::format("\"{}\" is not a host name; expected letters, digits, '-', '_' and '.'",
                         name.substr(0, kNameBytesMax)),
             Fault::upstream));
  }
  return Impl::wait(*impl_, std::string(name), port);
}

}  // namespace perigee::net
