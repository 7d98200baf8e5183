#include "apps/perigee/worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <future>

#include "base/log.hpp"
#include "base/uuid.hpp"
#include "net/machine.hpp"

namespace perigee::apps {
namespace {

proxy::OverrideMode mode_of(config::OverrideMode mode) {
  switch (mode) {
    case config::OverrideMode::merge:
      return proxy::OverrideMode::merge;
    case config::OverrideMode::keep:
      return proxy::OverrideMode::keep;
    case config::OverrideMode::override_it:
      break;
  }
  return proxy::OverrideMode::override_;
}

policy::Limits policy_limits(const config::Limits& limits) {
  return {.buffered_body_bytes_max = limits.buffered_body_bytes_max,
          .template_steps_max = limits.template_steps_max,
          .template_loop_turns_max = limits.template_loop_turns_max,
          .template_bytes_max = limits.template_bytes_max,
          .jolt_steps_max = limits.jolt_steps_max,
          .jolt_bytes_max = limits.jolt_bytes_max,
          .xml = {.nodes_max = limits.xml_nodes_max, .bytes_max = limits.xml_bytes_max},
          .shadow_copies_max = limits.shadow_copies_max,
          .shadow_bytes_max = limits.shadow_bytes_max,
          .url_replacements_max = limits.url_replacements_max,
          .client_addresses_max = limits.client_addresses_max,
          .listed_addresses_max = limits.listed_addresses_max};
}

upstream::Fetcher::Options fetcher_options(const config::Settings& settings) {
  return {.destinations_max = settings.limits.callout_destinations_max,
          .connections_max = settings.limits.callout_connections_max,
          .waiting_max = settings.limits.callouts_waiting_max,
          .limits = client_limits(settings)};
}

}  // namespace

http::ServerOptions server_options(const config::HttpServer& server,
                                   const config::Settings& settings) {
  const config::Limits& limits = settings.limits;
  http::ServerOptions options;
  options.id = server.id;
  options.limits = {.head_bytes_max = server.header_bytes_max,
                    .line_bytes_max = server.initial_line_bytes_max,
                    .headers_max = limits.headers_max};
  options.connections_max = std::max<std::size_t>(1, limits.connections_max / workers_of(server));
  options.handshakes_max = std::max<std::size_t>(1, limits.handshakes_max / workers_of(server));
  options.requests_per_connection_max = limits.requests_per_connection_max;
  options.head_timeout = limits.head_timeout;
  options.idle_timeout = server.idle_timeout;
  options.body_idle_timeout = limits.body_idle_timeout;
  options.write_idle_timeout = limits.write_idle_timeout;
  options.answer_continue = server.handles_100_continue;
  options.arena_bytes_max = limits.arena_bytes_max;
  options.proxy_protocol = server.proxy_protocol;
  options.proxy_header_timeout = server.proxy_protocol_timeout;
  options.compress = server.compresses;
  options.socket.keep_alive = server.tcp_keep_alive;
  return options;
}

upstream::ClientLimits client_limits(const config::Settings& settings) {
  return {.h1 = {.head_bytes_max = settings.limits.upstream_head_bytes_max,
                 .line_bytes_max = 8192,
                 .headers_max = settings.limits.upstream_headers_max}};
}

unsigned workers_of(const config::HttpServer& server) {
  return server.instances > 0 ? static_cast<unsigned>(server.instances) : net::usable_cpus();
}

report::LabelChoice label_choice(const config::Metrics& metrics) {
  return report::LabelChoice({.labels = metrics.labels,
                              .include = metrics.include,
                              .exclude = metrics.exclude,
                              .raw_path = metrics.raw_path});
}

proxy::Options proxy_options(const config::Settings& settings) {
  const config::Requests& requests = settings.requests;
  proxy::Options options;
  options.request_timeout = requests.timeout.value_or(0ms);
  options.request_timeout_grace = requests.timeout_grace;
  options.refined_error_keys = settings.compat.refined_error_keys;
  options.dynamic_endpoints_max = settings.limits.dynamic_endpoints_max;
  options.pending_requests_timeout = settings.api.pending_requests_timeout;
  options.limits = policy_limits(settings.limits);
  options.breakers_max = settings.limits.breakers_per_api_max;
  options.not_found_message = requests.not_found_message;
  options.not_found_content_type = requests.not_found_content_type;
  options.not_found_metrics = requests.not_found_analytics;
  options.id_format =
      requests.id_format == config::IdFormat::hex ? proxy::IdFormat::hex : proxy::IdFormat::uuid;
  options.transaction_header = http::OwnedHeaderName(requests.transaction.name);
  options.transaction_mode = mode_of(requests.transaction.mode);
  options.request_header = http::OwnedHeaderName(requests.request.name);
  options.request_mode = mode_of(requests.request.mode);
  options.client_header = http::OwnedHeaderName(requests.client_header);
  options.trace_context = requests.trace_context;
  options.x_forward_enabled = requests.x_forwarded_for;
  options.x_forwarded_prefix = requests.x_forwarded_prefix;
  const report::LabelChoice choice = label_choice(settings.metrics);
  for (std::string_view label : {"path", "route"})
    options.tells_route |= choice.shows(report::Category::http_server, label);
  for (const config::HttpServer& server : settings.servers)
    options.websocket_enabled |= server.websocket.enabled;
  return options;
}

Worker::Worker(const Init& init)
    : init_(init),
      reactor_(init.clock),
      worker_{.reactor = reactor_,
              .index = init.index,
              .count = init.count,
              .random_state = random_bits()},
      names_(reactor_, init.resolver),
      shard_(init.registry.make_shard()),
      fetcher_(reactor_, names_, init.trust_stores, fetcher_options(init.settings)),
      proxy_({.worker = worker_,
              .names = names_,
              .node = init.node,
              .shard = shard_,
              .options = proxy_options(init.settings),
              .client_limits = client_limits(init.settings),
              .give_back = init.give_back}) {}

Worker::~Worker() { stop_and_join(); }

Result<net::Address> Worker::listen(const config::HttpServer& server, const net::Address& address,
                                    std::shared_ptr<const net::TlsServerContext> tls) {
  std::promise<Result<net::Address>> listening;
  post([&](Worker& here) { listening.set_value(here.listen_here(server, address, tls)); });
  return listening.get_future().get();
}

Result<net::Address> Worker::listen_here(const config::HttpServer& server,
                                         const net::Address& address,
                                         std::shared_ptr<const net::TlsServerContext> tls) {
  metrics_.push_back(std::make_unique<report::ServerMetrics>(
      shard_, server.host + ":" + std::to_string(server.port)));
  servers_.push_back(std::make_unique<http::Server>(reactor_,
                                                    server_options(server, init_.settings), proxy_,
                                                    metrics_.back().get(), std::move(tls)));
  keys_.push_back(server.key);
  if (!server.websocket.enabled) proxy_.refuse_websockets(*servers_.back());
  TRY(servers_.back()->listen(address));
  return servers_.back()->address();
}

http::Server* Worker::server_of(const std::string& key) {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (keys_[i] == key) return servers_[i].get();
  }
  return nullptr;
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  log::name_thread("gio.worker-" + std::to_string(init_.index));
  reactor_.leave_shared_descriptors();  // cheaper calls; nothing is open here yet
  counts_ = init_.rate_limits.join(worker_, shard_, init_.node.id);
  reactor_.run();
  reactor_.turn(0ms);  // the last mail: what it brings must go with the rest
  // Connections, pools and worker state belong to this thread and die on it.
  cut_off_ = exchanges();
  for (const auto& server : servers_) server->close_all();
  servers_.clear();
  proxy_.swap(std::make_shared<const plan::Plan>());
  proxy_.close_idle();
  fetcher_.close_idle();
  if (counts_) counts_->finish();
  counts_.reset();
  reactor_.turn(0ms);
}

void Worker::post(std::function<void(Worker&)> work) {
  bool taken = offer(std::move(work));
  PERIGEE_ASSERT(taken);  // a handful of messages a second against a mailbox of thousands
}

bool Worker::offer(std::function<void(Worker&)> work) {
  return reactor_.post([this, work = std::move(work)] { work(*this); });
}

std::size_t Worker::stop_and_join() {
  reactor_.stop();
  if (thread_.joinable()) thread_.join();
  return std::exchange(cut_off_, 0);
}

std::size_t Worker::exchanges() const {
  std::size_t count = 0;
  for (const auto& server : servers_) count += server->exchanges();
  return count;
}

std::size_t Worker::connections() const {
  std::size_t count = 0;
  for (const auto& server : servers_) count += server->connections();
  return count;
}

node::WorkerReport Worker::report() {
  const http::OwnedHeaderName id(init_.settings.requests.request.name);
  const Instant now = init_.clock.now();
  node::WorkerReport report{.thread = gettid(),
                            .connections = connections(),
                            .requests = exchanges(),
                            .buffer_bytes_leased = reactor_.buffers().bytes_leased(),
                            .buffer_bytes_kept = reactor_.buffers().bytes_kept()};
  std::vector<const http::ServerExchange*> all;
  for (const auto& server : servers_)
    server->each_exchange([&](const http::ServerExchange& one) { all.push_back(&one); });
  const std::size_t told = std::min(all.size(), node::WorkerReport::kRequestsMax);
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(told), {},
                            &http::ServerExchange::arrived);
  for (std::size_t i = 0; i < told; ++i) {
    report.oldest.push_back({.id = std::string(all[i]->request.headers.get(id).value_or("")),
                             .age = now - all[i]->arrived});
  }
  return report;
}

}  // namespace perigee::apps
