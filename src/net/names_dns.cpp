#include "net/names_dns.hpp"

#include <ares.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <mutex>

namespace perigee::net {

namespace {

constexpr int kReadsPerTurn = 64;  // of one TCP answer, so that a flood does not hold the loop

std::size_t bytes_waiting(int fd) {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

Error to_error(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return {ErrorCode::not_found, "the DNS has no such name"};
    case ARES_ENODATA:
      return {ErrorCode::not_found, "the name has no A and no AAAA record"};
    case ARES_ETIMEOUT:
      return {ErrorCode::timed_out, "no DNS server answered in time"};
    case ARES_ECONNREFUSED:  // what c-ares makes of SERVFAIL, NOTIMP and REFUSED, too
      return {ErrorCode::unresolved,
              "no DNS server gave a usable answer: each is unreachable or reports a failure"};
    default:
      return {ErrorCode::unresolved,
              fmt::format("the DNS query failed: {}", ares_strerror(status))};
  }
}

Result<DnsAnswer> to_answer(int status, const ares_addrinfo* info) {
  if (status != ARES_SUCCESS) return std::unexpected(to_error(status));
  DnsAnswer answer;
  int ttl = INT32_MAX;
  for (const ares_addrinfo_node* node = info->nodes; node; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    answer.addresses.emplace_back(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen));
    ttl = std::min(ttl, node->ai_ttl);
  }
  for (const ares_addrinfo_cname* alias = info->cnames; alias; alias = alias->next) {
    ttl = std::min(ttl, alias->ttl);
  }
  if (answer.addresses.empty()) return std::unexpected(to_error(ARES_ENODATA));
  answer.ttl = std::chrono::seconds(std::max(ttl, 0));
  return answer;
}

}  // namespace

struct DnsChannel::Impl {
  // A descriptor of c-ares in our epoll.
  struct Watched final : Source, std::enable_shared_from_this<Watched> {
    Watched(Impl& o, int descriptor) : owner(&o), fd(descriptor) {}
    void on_events(std::uint32_t events) override {
      std::shared_ptr<Watched> alive = shared_from_this();
      process(events);
    }
    void process(std::uint32_t events);
    Impl* owner;  // null when c-ares has closed the descriptor
    int fd;
  };

  explicit Impl(Reactor& r) : reactor(r), timer(&Impl::on_timer, this) {}
  ~Impl() {
    if (channel) ares_destroy(channel);
  }

  static void on_socket(void* self, int fd, int wants_read, int wants_write) {
    static_cast<Impl*>(self)->watch(fd, wants_read || wants_write);
  }
  static void on_timer(void* self) {
    Impl& impl = *static_cast<Impl*>(self);
    ares_process_fd(impl.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    impl.arm();
  }
  void watch(int fd, bool wanted) {
    auto found = watched.find(fd);
    if (wanted && found == watched.end()) {
      // Without room in epoll the query ends by its time-out.
      auto source = std::make_shared<Watched>(*this, fd);
      if (reactor.add(fd, *source)) watched.emplace(fd, std::move(source));
    } else if (!wanted && found != watched.end()) {
      // It may be the one whose event is being handled: it dies after this turn.
      std::shared_ptr<Watched> source = std::move(found->second);
      watched.erase(found);
      reactor.remove(fd, *source);
      source->owner = nullptr;
      reactor.defer([source] {});
    }
  }
  void arm() {
    timeval left{};
    if (!ares_timeout(channel, nullptr, &left)) return timer.disarm();
    // c-ares counts in whole milliseconds and must not be woken up before its time.
    Duration wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
    reactor.timers().arm(timer, reactor.now() + wait + 1ms);
  }

  Reactor& reactor;
  ares_channel channel = nullptr;
  Timer timer;
  std::unordered_map<int, std::shared_ptr<Watched>> watched;
};

// Edge-triggered: everything that is there must be read now. c-ares reads UDP until it would block,
// but TCP one piece per call.
void DnsChannel::Impl::Watched::process(std::uint32_t events) {
  ares_socket_t readable = fd;
  ares_socket_t writable = (events & EPOLLOUT) ? fd : ARES_SOCKET_BAD;
  int reads = 0;
  for (; owner && reads < kReadsPerTurn; ++reads) {
    ares_process_fd(owner->channel, readable, writable);
    writable = ARES_SOCKET_BAD;
    if (owner && bytes_waiting(fd) == 0) break;
  }
  if (!owner) return;
  bool ended = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  if (reads == kReadsPerTurn) {
    owner->reactor.defer([self = shared_from_this(), events] { self->process(events); });
  } else if (ended) {
    ares_process_fd(owner->channel, readable, writable);  // reads the end
  }
  if (owner) owner->arm();
}

Result<std::unique_ptr<DnsChannel>> DnsChannel::open(Reactor& reactor, const Options& options) {
  static std::once_flag once;
  static int library = ARES_SUCCESS;
  std::call_once(once, [] { library = ares_library_init(ARES_LIB_INIT_ALL); });
  if (library != ARES_SUCCESS) {
    return fail(ErrorCode::unresolved, fmt::format("c-ares: {}", ares_strerror(library)));
  }

  auto impl = std::make_unique<Impl>(reactor);
  ares_options settings{};
  std::string resolv_conf = options.resolv_conf, lookups = "b";
  settings.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(options.query_timeout).count());
  settings.tries = options.tries;
  settings.lookups = lookups.data();  // the hosts file is read by HostsFile
  settings.sock_state_cb = &Impl::on_socket;
  settings.sock_state_cb_data = impl.get();
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
  if (!resolv_conf.empty()) {
    settings.resolvconf_path = resolv_conf.data();
    mask |= ARES_OPT_RESOLVCONF;
  }
  if (int status = ares_init_options(&impl->channel, &settings, mask); status != ARES_SUCCESS) {
    impl->channel = nullptr;
    return fail(
        ErrorCode::unresolved,
        fmt::format("the DNS settings of {} are not usable: {}",
                    resolv_conf.empty() ? "resolv.conf" : resolv_conf, ares_strerror(status)));
  }
  if (!options.servers.empty()) {
    std::string list = fmt::format("{}", fmt::join(options.servers, ","));
    if (int status = ares_set_servers_ports_csv(impl->channel, list.c_str());
        status != ARES_SUCCESS) {
      return fail(ErrorCode::invalid,
                  fmt::format("DNS servers \"{}\": {}; expected addresses such as "
                              "\"10.0.0.10:53\"",
                              list, ares_strerror(status)));
    }
  }
  return std::unique_ptr<DnsChannel>(new DnsChannel(std::move(impl)));
}

DnsChannel::DnsChannel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DnsChannel::~DnsChannel() = default;

void DnsChannel::query(const std::string& name, Done done) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting connects a socket to every address
  auto answered = [](void* done_pointer, int status, int, ares_addrinfo* info) {
    std::unique_ptr<Done> then(static_cast<Done*>(done_pointer));
    std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(info, &ares_freeaddrinfo);
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return;
    (*then)(to_answer(status, info));
  };
  ares_getaddrinfo(impl_->channel, name.c_str(), nullptr, &hints, answered,
                   new Done(std::move(done)));
  impl_->arm();
}

}  // namespace perigee::net
