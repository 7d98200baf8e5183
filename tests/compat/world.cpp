#include "tests/compat/world.hpp"

#include "apps/perigee/compile_settings.hpp"
#include "apps/perigee/worker.hpp"
#include "net/pipe.hpp"
#include "tests/compat/probe.hpp"

namespace perigee::compat {
namespace {

net::Resolver::Options resolver_options(const std::string& dns_server) {
  net::Resolver::Options options;
  options.servers = {dns_server};
  options.hosts_file = "/dev/null";
  return options;
}

std::string errors_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (problem.severity == Severity::error)
      text += (text.empty() ? "" : "; ") + to_string(problem);
  }
  return text;
}

Error refused(const std::string& what, const std::string& why) {
  return Error(ErrorCode::invalid, what + " is refused: " + why);
}

}  // namespace

config::Loaded load(const NameValues& keys) {
  config::Sources sources;
  sources.system_file.clear();
  sources.exists = [](const std::string&) { return false; };
  for (const auto& [name, value] : keys) sources.definitions.push_back("-D" + name + "=" + value);
  return config::load(sources);
}

World::World(const std::string& dns_server) : resolver_(reactor_, resolver_options(dns_server)) {
  http_calls_.add(fetcher_);
}

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

Result<void> World::start(const NameValues& keys) {
  config::Loaded loaded = load(keys);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == config::Severity::error)
      return std::unexpected(refused("the configuration", config::to_string(diagnostic)));
  }
  settings_ = std::move(loaded.settings);
  proxy_ = std::make_unique<proxy::Proxy>(
      proxy::Proxy::Init{.worker = worker_,
                         .names = names_,
                         .node = node_,
                         .shard = metrics_.make_shard(),
                         .options = apps::proxy_options(settings_),
                         .give_back = [this](std::shared_ptr<const void> object) {
                           given_back_.push_back(std::move(object));
                         }});
  endpoints_.on_retired([this](std::uint32_t slot, std::uint64_t generation) {
    if (proxy_) proxy_->client().drop(slot, generation);
  });
  server_ =
      std::make_unique<http::Server>(reactor_, http::ServerOptions{}, *proxy_, nullptr, nullptr);
  return {};
}

Result<void> World::deploy(const std::string& definition) {
  definition::EnvelopeOptions options;
  options.read = apps::read_options(settings_.sync);
  definition::Envelope envelope = definition::read_envelope(definition, options);
  if (!envelope.api)
    return std::unexpected(refused("the definition", errors_of(envelope.problems)));
  plan::CompileContext context{.clock = clock_,
                               .catalog = catalog(),
                               .endpoints = endpoints_,
                               .trust_stores = trust_stores_,
                               .http = &http_calls_};
  apps::apply_settings(context, settings_);
  plan::Compiled compiled = plan::compile(envelope, "case.json", context);
  if (!compiled.revision)
    return std::unexpected(refused("the definition", errors_of(compiled.problems)));
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions = {compiled.revision};
  proxy_->swap(std::make_shared<const plan::Plan>(std::move(revisions),
                                                  std::vector<plan::Refusal>{}, false));
  return {};
}

Result<ClientAnswer> World::ask(const Request& request, const ClientSide& client) {
  net::PipeOptions options;
  options.tls = {.secured = !client.certificate_pem.empty(),
                 .version = "TLSv1.3",
                 .peer_certificate_pem = client.certificate_pem};
  net::Pipe pipe = net::make_pipe(reactor_, options);
  server_->serve(watched(std::move(pipe.first)));
  Client asking(reactor_, std::move(pipe.second), request);
  if (!until([&] { return asking.over(); }))
    return fail(ErrorCode::timed_out, "no answer came within ten seconds");
  settle();
  if (!asking.answer().whole)
    return fail(ErrorCode::invalid, "the gateway closed the connection within its answer");
  return asking.answer();
}

void World::stop() {
  if (server_) server_->close_all();
  settle();
  server_.reset();
  if (proxy_) proxy_->swap(std::make_shared<const plan::Plan>());
  settle();
  given_back_.clear();
  proxy_.reset();
}

}  // namespace perigee::compat
