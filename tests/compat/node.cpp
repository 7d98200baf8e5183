#include "tests/compat/node.hpp"

#include "apps/perigee/compile_settings.hpp"
#include "apps/perigee/worker.hpp"
#include "tests/compat/probe.hpp"

namespace perigee::compat {
namespace {

std::string errors_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (problem.severity == Severity::error)
      text += (text.empty() ? "" : "; ") + to_string(problem);
  }
  return text;
}

Error refused(const std::vector<Problem>& problems) {
  return Error(ErrorCode::invalid, "the definition is refused: " + errors_of(problems));
}

}  // namespace

Node::Node(const Init& init)
    : init_(init),
      names_(init.reactor, init.resolver),
      worker_{.reactor = init.reactor},
      fetcher_(init.reactor, names_, init.trust_stores, {}),
      shared_(apps::shared_counts_options(init.settings), init.reactor.now()),
      memory_(init.reactor, init.memory),
      redis_(init.redis
                 ? std::make_unique<RedisCounting>(init.reactor, *init.redis, shared_.circuit())
                 : nullptr),
      remote_(init.reactor, redis_ ? static_cast<counters::Store&>(redis_->store) : memory_,
              shared_),
      remote_counters_(1, apps::counter_options(init.settings.rate_limits)),
      local_counters_(local_, apps::counter_options(init.settings.rate_limits)) {
  http_calls_.add(fetcher_);
  remote_counters_.set_worker(0, remote_);
  shared_.set_nodes(init.nodes);
  if (!redis_) {
    counters::Circuit& circuit = shared_.circuit();
    circuit.available(init.reactor.now());
    circuit.begin_trial();
    circuit.succeeded(init.reactor.now());
  }
  if (init.counting == Counting::failing)
    memory_.away = Error(ErrorCode::unreachable, "every operation fails");
  proxy_ = std::make_unique<proxy::Proxy>(
      proxy::Proxy::Init{.worker = worker_,
                         .names = names_,
                         .node = node_,
                         .shard = metrics_.make_shard(),
                         .options = apps::proxy_options(init.settings),
                         .give_back = [this](std::shared_ptr<const void> object) {
                           given_back_.push_back(std::move(object));
                         }});
  endpoints_.on_retired([this](std::uint32_t slot, std::uint64_t generation) {
    if (proxy_) proxy_->client().drop(slot, generation);
  });
  server_ = std::make_unique<http::Server>(init.reactor, http::ServerOptions{}, *proxy_, nullptr,
                                           nullptr);
}

Node::~Node() {
  server_->close_all();
  init_.reactor.turn(0ms);
  server_.reset();
  proxy_->swap(std::make_shared<const plan::Plan>());
  init_.reactor.turn(0ms);
  given_back_.clear();
  proxy_.reset();
}

policy::Counters* Node::counters() {
  switch (init_.counting) {
    case Counting::nobody:
      return nullptr;
    case Counting::in_here:
      return &watched_;
    case Counting::shared:
    case Counting::failing:
    case Counting::redis:
      break;
  }
  return &remote_counters_;
}

Result<void> Node::deploy(const std::string& definition) {
  definition::EnvelopeOptions options;
  options.read = apps::read_options(init_.settings.sync);
  definition::Envelope envelope = definition::read_envelope(definition, options);
  if (!envelope.api) return std::unexpected(refused(envelope.problems));
  plan::CompileContext context{.clock = init_.reactor.clock(),
                               .catalog = catalog(),
                               .endpoints = endpoints_,
                               .trust_stores = init_.trust_stores,
                               .counters = counters(),
                               .http = &http_calls_};
  apps::apply_settings(context, init_.settings);
  plan::Compiled compiled = plan::compile(envelope, "case.json", context);
  if (!compiled.revision) return std::unexpected(refused(compiled.problems));
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions = {compiled.revision};
  proxy_->swap(std::make_shared<const plan::Plan>(std::move(revisions),
                                                  std::vector<plan::Refusal>{}, false));
  return {};
}

void Node::put_counter(const std::string& key,
                       const counters::testing::MemoryStore::Window& window) {
  local_.add({.key = key,
              .weight = static_cast<std::uint32_t>(window.counter),
              .reset_ms = window.reset_ms},
             epoch_ms(init_.reactor.wall()));
}

std::uint64_t Node::local_counter() {
  if (last_key_.empty()) return 0;
  const std::int64_t now_ms = epoch_ms(init_.reactor.wall());
  return local_.add({.key = last_key_, .weight = 0, .reset_ms = now_ms + 1}, now_ms).value;
}

}  // namespace perigee::compat
