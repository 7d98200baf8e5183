#include "tests/compat/world.hpp"

#include <algorithm>

#include "net/pipe.hpp"
#include "tests/compat/node.hpp"
#include "tests/compat/probe.hpp"

namespace perigee::compat {
namespace {

net::Resolver::Options resolver_options(const std::string& dns_server) {
  net::Resolver::Options options;
  options.servers = {dns_server};
  options.hosts_file = "/dev/null";
  return options;
}

}  // namespace

config::Loaded load(const NameValues& keys) {
  config::Sources sources;
  sources.system_file.clear();
  sources.exists = [](const std::string&) { return false; };
  for (const auto& [name, value] : keys) sources.definitions.push_back("-D" + name + "=" + value);
  return config::load(sources);
}

World::World(const std::string& dns_server) : resolver_(reactor_, resolver_options(dns_server)) {}

World::~World() { stop(); }

void World::settle() {
  for (int i = 0; i < 5; ++i) reactor_.turn(0ms);
}

// Turns until `done()` holds; false after ten seconds of real time. While the stub server delays an
// answer, time passes.
template <class Done>
bool World::until(Done done) {
  const Instant limit = SystemClock().now() + 10s;
  while (!done()) {
    if (SystemClock().now() > limit) return false;
    if (stub_.delaying()) {
      settle();
      clock_.advance(1ms);
    }
    reactor_.turn(stub_.delaying() ? 0ms : 20ms);
  }
  return true;
}

Result<void> World::start(const Setup& setup) {
  config::Loaded loaded = load(setup.keys);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == config::Severity::error)
      return fail(ErrorCode::invalid,
                  "the configuration is refused: " + config::to_string(diagnostic));
  }
  settings_ = std::move(loaded.settings);
  counting_ = setup.counting;
  settle();  // the time of the case
  // Between two measurements of the clock of Redis no time passes for us: on a machine that is busy
  // they differ.
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    TRY(start_nodes(setup));
    if (std::ranges::all_of(nodes_, [](const auto& node) { return node->has_clock_of_store(); }))
      return {};
    stop();
  }
  return fail(ErrorCode::timed_out, "this machine is too busy to measure the clock of Redis");
}

Result<void> World::start_nodes(const Setup& setup) {
  if (counting_ == Counting::redis) {
    redis_ = std::make_unique<RealRedis>(reactor_, setup.redis);
    if (!redis_->connected())
      return fail(ErrorCode::unreachable, redis_->directory().state().problem);
  }
  for (unsigned i = 0; i < setup.nodes; ++i) {
    nodes_.push_back(std::make_unique<Node>(Node::Init{.reactor = reactor_,
                                                       .resolver = resolver_,
                                                       .trust_stores = trust_stores_,
                                                       .settings = settings_,
                                                       .memory = memory_,
                                                       .redis = redis_.get(),
                                                       .counting = setup.counting,
                                                       .nodes = setup.nodes}));
    if (!until([&] { return nodes_.back()->counts_with_store(); }))
      return fail(ErrorCode::unreachable, "a gateway has no connection to Redis");
  }
  return {};
}

Result<void> World::deploy(const std::string& definition) {
  for (const auto& node : nodes_) {
    TRY(node->deploy(definition));
  }
  return {};
}

void World::put_counter(const std::string& key,
                        const counters::testing::MemoryStore::Window& window) {
  if (counting_ == Counting::in_here) return nodes_.front()->put_counter(key, window);
  if (redis_) return redis_->put(key, window);
  memory_.windows[key] = window;
}

void World::flush() {
  for (const auto& node : nodes_) {
    node->remote().flush();
    until([&] { return node->remote().under_way() == 0; });
    settle();
  }
}

std::optional<std::int64_t> World::store_counter() {
  if (counting_ == Counting::in_here)
    return static_cast<std::int64_t>(nodes_.front()->local_counter());
  flush();
  if (redis_) return redis_->counter();
  if (memory_.windows.size() != 1) return std::nullopt;
  return static_cast<std::int64_t>(memory_.windows.begin()->second.counter);
}

void World::advance(Duration by) {
  clock_.advance(by);
  if (!redis_ || by == 0s) return;
  settle();  // the clock of the reactor
  redis_->forget_ended();
}

Result<ClientAnswer> World::ask(const Request& request, const ClientSide& client) {
  net::PipeOptions options;
  options.tls = {.secured = !client.certificate_pem.empty(),
                 .version = "TLSv1.3",
                 .peer_certificate_pem = client.certificate_pem};
  net::Pipe pipe = net::make_pipe(reactor_, options);
  PERIGEE_ASSERT(client.node < nodes_.size());
  nodes_[client.node]->serve(watched(std::move(pipe.first)));
  Client asking(reactor_, std::move(pipe.second), request);
  if (!until([&] { return asking.over(); }))
    return fail(ErrorCode::timed_out, "no answer came within ten seconds");
  settle();
  if (!asking.answer().whole)
    return fail(ErrorCode::invalid, "the gateway closed the connection within its answer");
  return asking.answer();
}

void World::stop() {
  nodes_.clear();
  settle();
  redis_.reset();
  settle();
}

}  // namespace perigee::compat
