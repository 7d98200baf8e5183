#include "apps/perigee/gateway_process.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "apps/perigee/commands.hpp"
#include "apps/perigee/compile_settings.hpp"
#include "apps/perigee/listeners.hpp"
#include "apps/perigee/redis_options.hpp"
#include "apps/perigee/stores.hpp"
#include "apps/perigee/version.hpp"
#include "base/log.hpp"
#include "base/uuid.hpp"
#include "net/machine.hpp"

namespace perigee::apps {
namespace {

constexpr log::Logger kLog{"io.gravitee.node.container.Container"};
constexpr Duration kGraceMargin = 2s;  // everything ends this long before the pod is killed
constexpr std::string_view kCompatibleVersion = "4.9.0";

unsigned worker_count(const config::Settings& settings) {
  unsigned count = 1;
  for (const config::HttpServer& server : settings.servers)
    count = std::max(count, workers_of(server));
  return count;
}

net::Resolver::Options resolver_options(const config::Settings& settings) {
  net::Resolver::Options options;
  options.entries_max = settings.limits.dns_cache_entries_max;
  return options;
}

bool stops_reload(const config::Diagnostic& diagnostic) {
  return diagnostic.fatal || diagnostic.stops_reload;
}

void tell_new(const config::Diagnostics& found, const config::Diagnostics& known) {
  std::set<std::string> told;
  for (const config::Diagnostic& diagnostic : known) told.insert(config::to_string(diagnostic));
  for (const config::Diagnostic& diagnostic : found) {
    const std::string text = config::to_string(diagnostic);
    if (diagnostic.severity < config::Severity::warning || !told.insert(text).second) continue;
    const bool error = diagnostic.severity == config::Severity::error;
    kLog.line(error ? log::Level::error : log::Level::warn, {}, "SIGHUP: {}", text);
  }
}

}  // namespace

GatewayProcess::GatewayProcess(Instant begun, config::Loaded loaded,
                               std::function<config::Loaded()> reload)
    : begun_(begun),
      loaded_(std::move(loaded)),
      reload_(std::move(reload)),
      node_{.id = random_uuid(),
            .version = std::string(kCompatibleVersion),
            .tenant = loaded_.settings.identity.tenant,
            .zone = loaded_.settings.identity.zone,
            .sharding_tags = loaded_.settings.identity.tags},
      ops_(clock_),
      signals_(ops_, [this](int signal) { on_signal(signal); }),
      registry_(loaded_.settings.metrics.series_max, label_choice(loaded_.settings.metrics)),
      resolver_(ops_, resolver_options(loaded_.settings)),
      rate_limits_(loaded_.settings, worker_count(loaded_.settings), clock_.now()),
      step_timer_(
          [](void* self) {
            auto& process = *static_cast<GatewayProcess*>(self);
            process.phase_ == Phase::leaving ? process.drain() : process.cut_off();
          },
          this) {}

GatewayProcess::~GatewayProcess() = default;

int GatewayProcess::run() {
  log::name_thread("gio.ops");
  if (Result<void> started = start(); !started) {
    kLog.error("{}", started.error().message);
    exit_code_ = kFailed;
    stop();
    return exit_code_;
  }
  ops_.run();
  // A plan that was published meanwhile lies in the mail. Its endpoints must die before their
  // registry, which the build thread owns.
  ops_.turn(0ms);
  node_api_->set_plan(std::make_shared<const plan::Plan>());
  endpoint_checks_.reset();
  rate_limits_.disconnect();
  return exit_code_;
}

// The order of runtime.md 4.1: the node API first, then definitions, then traffic.
Result<void> GatewayProcess::start() {
  const config::Settings& settings = loaded_.settings;
  if (Result<std::uint64_t> raised = net::raise_descriptor_limit(); !raised)
    kLog.warn("{}", raised.error().message);
  unsigned count = worker_count(settings);
  node_api_ = std::make_unique<node::NodeApi>(
      ops_,
      node::NodeApi::Init{.settings = settings,
                          .tree = loaded_.tree,
                          .registry = registry_,
                          .node = node_,
                          .product_version = std::string(version()),
                          .revision = std::string(revision()),
                          .workers = count,
                          .ask_workers = [this](const auto& told) { return ask_workers(told); },
                          .rate_limits = [this] { return rate_limits_.report(ops_.now()); }});
  if (settings.node_api.enabled) {
    TRY(open_node_api());
  }
  TRY(connect_counts());
  http_calls_.set_system_proxy(system_proxy_of(settings).value_or(nullptr));
  for (unsigned index = 0; index < count; ++index) {
    workers_.push_back(std::make_unique<Worker>(
        Worker::Init{.clock = clock_,
                     .index = index,
                     .count = count,
                     .resolver = resolver_,
                     .trust_stores = trust_stores_,
                     .node = node_,
                     .registry = registry_,
                     .settings = settings,
                     .rate_limits = rate_limits_,
                     .give_back = [this](std::shared_ptr<const void> object) {
                       build_->destroy(std::move(object));
                     }}));
    http_calls_.add(workers_.back()->fetcher());
    name_lookups_.add(workers_.back()->names());
  }
  build_ = std::make_unique<BuildThread>(BuildThread::Init{
      .clock = clock_,
      .settings = settings,
      .workers = count,
      .trust_stores = trust_stores_,
      .counters = rate_limits_.counters(),
      .http = http_calls_,
      .resolver = name_lookups_,
      .publish = [this](const std::shared_ptr<const plan::Plan>& plan) { publish(plan); },
      .first_round_done = [this] { static_cast<void>(ops_.post([this] { first_round_done(); })); },
      .endpoint_retired =
          [this](std::uint32_t slot, std::uint64_t generation) {
            for (const auto& worker : workers_) {
              worker->post([slot, generation](Worker& here) {
                here.proxy().client().drop(slot, generation);
              });
            }
          }});
  endpoint_checks_ =
      std::make_unique<EndpointChecks>(EndpointChecks::Init{.ops = ops_,
                                                            .resolver = resolver_,
                                                            .trust_stores = trust_stores_,
                                                            .registry = registry_,
                                                            .settings = settings});
  for (const auto& worker : workers_) worker->start();
  if (!settings.shutdown.listen_after_sync) {
    TRY(open_listeners());
  }
  build_->start();
  phase_ = Phase::serving;
  return {};
}

Result<void> GatewayProcess::connect_counts() {
  if (!rate_limits_.are_shared()) return {};
  TRY(redis::Options options,
      redis_options(loaded_.settings, worker_count(loaded_.settings), node_.id, trust_stores_));
  if (options.tls) {
    for (const std::string& warning : options.tls->warnings())
      kLog.warn("ratelimit.redis: {}", warning);
  }
  rate_limits_.connect(ops_, std::move(options));
  return {};
}

unsigned GatewayProcess::ask_workers(const std::function<void(node::WorkerReport)>& told) {
  for (const auto& worker : workers_) {
    // A worker that is stuck may have a full mailbox: it gives no report, and the dump says so.
    static_cast<void>(worker->offer([this, told](Worker& here) {
      static_cast<void>(ops_.post([told, report = here.report()] { told(report); }));
    }));
  }
  return static_cast<unsigned>(workers_.size());
}

Result<void> GatewayProcess::open_node_api() {
  const config::NodeApi& settings = loaded_.settings.node_api;
  TRY(net::Address address, listen_address(settings.host, settings.port, "services.core.http"));
  std::shared_ptr<const net::TlsServerContext> tls;
  if (settings.secured) {
    watch_node_certificates();  // before they are read: no change is missed
    TRY(tls, node_tls(settings));
  }
  if (Result<void> alone = nobody_listens_on(address); !alone)
    return std::unexpected(std::move(alone.error()).in("services.core.http.port"));
  TRY(node_api_->start(address, std::move(tls)));
  kLog.info("node API: listening on {}://{}", settings.secured ? "https" : "http",
            node_api_->address().text());
  return {};
}

bool GatewayProcess::renew_node_certificates(const std::string& why) {
  Result<std::shared_ptr<const net::TlsServerContext>> tls = node_tls(loaded_.settings.node_api);
  if (!tls) {
    kLog.error("{}: {}; the certificates in use stay", why, tls.error().message);
    return false;
  }
  node_api_->set_tls(*tls);
  return true;
}

void GatewayProcess::watch_node_certificates() {
  node_watch_.reset();
  std::vector<std::string> files = watched_files(node_stores(loaded_.settings.node_api));
  if (files.empty()) return;
  // The node API answers until the end, so it is served a fresh certificate until then.
  node_watch_.emplace(ops_, std::move(files), [this] {
    if (renew_node_certificates("changed files"))
      kLog.info("{}: certificates were read again, for new connections", kNodeTls);
  });
}

// All listeners of all workers together: closing one of a group later would reset connections in
// its queue.
Result<void> GatewayProcess::open_listeners() {
  for (std::size_t i = 0; i < loaded_.settings.servers.size(); ++i) {
    const config::HttpServer& server = loaded_.settings.servers[i];
    const std::string& key = key_of(i);
    TRY(net::Address address, listen_address(server.host, server.port, key));
    std::shared_ptr<const net::TlsServerContext> tls;
    if (server.secured) {
      watch_certificates(i);  // before they are read: no change is missed
      TRY(tls, server_tls(server.tls, server.alpn, key + ".ssl"));
    }
    if (Result<void> alone = nobody_listens_on(address); !alone)
      return std::unexpected(std::move(alone.error()).in(key + ".port"));
    const std::size_t count = std::min<std::size_t>(workers_of(server), workers_.size());
    for (std::size_t at = 0; at < count; ++at) {
      Result<net::Address> listening = workers_[at]->listen(server, address, tls);
      if (!listening) return std::unexpected(std::move(listening.error()).in(key + ".port"));
      address = *listening;  // port 0 became a real one, for all workers
    }
    kLog.info("{}: listening on {}://{}", key, server.secured ? "https" : "http", address.text());
    node_api_->traffic_listens_on(address);
  }
  listening_ = true;
  if (!loaded_.settings.shutdown.listen_after_sync) announce_started();
  return {};
}

void GatewayProcess::watch_certificates(std::size_t server) {
  watches_.erase(server);
  std::vector<std::string> files = watched_files(loaded_.settings.servers[server].tls);
  if (files.empty()) return;
  watches_.try_emplace(server, ops_, std::move(files), [this, server] {
    if (phase_ != Phase::serving) return;
    if (renew_certificates(server, "changed files"))
      kLog.info("{}.ssl: certificates were read again, for new connections", key_of(server));
  });
}

void GatewayProcess::announce_started() {
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begun_).count();
  kLog.info(
      "Gravitee.io - API Gateway id[{}] version[{}] pid[{}] build[{}#{}] jvm[native/{}] started in "
      "{} ms.",
      node_.id, node_.version, getpid(), version(), revision(), compiler(), took);
}

// On the build thread.
void GatewayProcess::publish(const std::shared_ptr<const plan::Plan>& plan) {
  for (const auto& worker : workers_) {
    worker->post([plan](Worker& here) { here.proxy().swap(plan); });
  }
  static_cast<void>(ops_.post([this, plan] {
    node_api_->set_plan(plan);
    endpoint_checks_->set_plan(*plan);
  }));
}

void GatewayProcess::first_round_done() {
  node_api_->set_sync_ready();
  if (listening_ || phase_ != Phase::serving) return;
  // perigee.http.listenAfterSync
  Result<void> listening = open_listeners();
  if (!listening) {
    kLog.error("{}", listening.error().message);
    exit_code_ = kFailed;
    return stop();
  }
  announce_started();
}

void GatewayProcess::on_signal(int signal) {
  switch (signal) {
    case SIGHUP:
      return reload();
    case SIGUSR1:
      for (const auto& worker : workers_) {
        worker->post([](Worker& here) {
          for (const auto& server : here.servers()) server->drain_connections();
        });
      }
      return;
    case SIGINT:
      if (++interrupts_ > 1) return stop();
      break;
    default:
      break;
  }
  // A second SIGTERM skips what is left of the delay.
  if (phase_ == Phase::leaving) return drain();
  if (phase_ == Phase::starting || phase_ == Phase::serving) leave();
}

void GatewayProcess::reload() {
  config::Loaded fresh = reload_();
  if (std::ranges::any_of(fresh.diagnostics, &stops_reload)) {
    for (const config::Diagnostic& diagnostic : fresh.diagnostics) {
      if (stops_reload(diagnostic)) kLog.error("SIGHUP: {}", config::to_string(diagnostic));
    }
    kLog.error("SIGHUP: the configuration has errors, nothing was changed");
    return;
  }
  tell_new(fresh.diagnostics, loaded_.diagnostics);
  loaded_.diagnostics = std::move(fresh.diagnostics);
  log::reconfigure(fresh.settings.log.levels);
  bool all_renewed = true;
  std::size_t count = std::min(fresh.settings.servers.size(), loaded_.settings.servers.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (!fresh.settings.servers[i].secured || !loaded_.settings.servers[i].secured) continue;
    loaded_.settings.servers[i].tls = fresh.settings.servers[i].tls;
    watch_certificates(i);
    all_renewed = renew_certificates(i, "SIGHUP") && all_renewed;
  }
  all_renewed = reload_node_api(fresh.settings.node_api) && all_renewed;
  kLog.info("SIGHUP: {} were read again", all_renewed
                                              ? "log levels, node API users and certificates"
                                              : "log levels and node API users");
}

bool GatewayProcess::reload_node_api(const config::NodeApi& fresh) {
  config::NodeApi& settings = loaded_.settings.node_api;
  if (!settings.enabled) return true;
  node_api_->set_users(fresh.users);
  if (!settings.secured || !fresh.secured) return true;
  settings.keystore = fresh.keystore;
  settings.truststore = fresh.truststore;
  settings.client_auth = fresh.client_auth;
  watch_node_certificates();
  return renew_node_certificates("SIGHUP");
}

bool GatewayProcess::renew_certificates(std::size_t server, const std::string& why) {
  const config::HttpServer& settings = loaded_.settings.servers[server];
  Result<std::shared_ptr<const net::TlsServerContext>> tls =
      server_tls(settings.tls, settings.alpn, key_of(server) + ".ssl");
  if (!tls) {
    kLog.error("{}: {}; the certificates in use stay", why, tls.error().message);
    return false;
  }
  for (const auto& worker : workers_) {
    worker->post([key = settings.key, tls = *tls](Worker& here) {
      if (http::Server* served = here.server_of(key)) served->set_tls(tls);
    });
  }
  return true;
}

const std::string& GatewayProcess::key_of(std::size_t server) const {
  return loaded_.settings.servers[server].key;
}

void GatewayProcess::leave() {
  phase_ = Phase::leaving;
  leaving_since_ = ops_.now();
  node_api_->set_draining();
  kLog.info("stopping: answers ask clients to leave; the ports stay open for {} ms",
            loaded_.settings.shutdown.delay.count());
  for (const auto& worker : workers_) {
    worker->post([](Worker& here) {
      for (const auto& server : here.servers()) server->ask_to_leave();
    });
  }
  ops_.timers().arm(step_timer_, ops_.now() + loaded_.settings.shutdown.delay);
}

void GatewayProcess::drain() {
  phase_ = Phase::draining;
  const config::Shutdown& shutdown = loaded_.settings.shutdown;
  Instant end = ops_.now() + shutdown.drain_timeout;
  if (shutdown.grace_period)
    end = std::min(end, leaving_since_ + *shutdown.grace_period - kGraceMargin);
  workers_pending_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->post([this](Worker& here) {
      auto tell = [this] { static_cast<void>(ops_.post([this] { worker_is_empty(); })); };
      if (here.servers().empty()) return tell();  // the first round is not over yet
      here.proxy().tunnels().leave();
      auto left = std::make_shared<std::size_t>(here.servers().size());
      auto one_is_empty = [tell, left] {
        if (*left == 0) return;
        --*left;
        if (*left == 0) tell();
      };
      for (const auto& server : here.servers()) {
        server->stop_accepting();
        server->close_idle();
        server->when_empty(one_is_empty);
      }
    });
  }
  ops_.timers().arm(step_timer_, end);
}

void GatewayProcess::worker_is_empty() {
  if (workers_pending_ == 0) return;
  --workers_pending_;
  if (workers_pending_ == 0) stop();
}

void GatewayProcess::cut_off() {
  kLog.warn("stopping: the time for pending requests is over, what is left is cut off");
  stop();
}

void GatewayProcess::stop() {
  if (phase_ == Phase::stopped) return;
  phase_ = Phase::stopped;
  step_timer_.disarm();
  // First who publishes plans, then who holds them.
  if (build_) build_->stop_and_join();
  std::size_t cut_off = 0;
  for (const auto& worker : workers_) cut_off += worker->stop_and_join();
  if (node_api_) node_api_->stop();
  if (cut_off > 0)
    kLog.warn("stopping: requests in progress that were cut off, WebSockets included: {}", cut_off);
  kLog.info("stopped");
  ops_.stop();
}

}  // namespace perigee::apps
