#include "proxy/proxy.hpp"

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "proxy/chain.hpp"
#include "proxy/cors.hpp"
#include "proxy/failover.hpp"
#include "proxy/platform_flows.hpp"
#include "proxy/trace_context.hpp"

namespace perigee::proxy {

using policy::Exchange;
using policy::Failure;
using policy::Verdict;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.handlers.api"};
const http::HeaderName kTraceparent(http::HeaderId::traceparent);
const std::string kNoApi = "1";  // lifecycle.md section 1.4

// The whole-request limit (lifecycle.md section 11): ends whatever the exchange waits for, and
// every later wait.
class RequestTimeout {
 public:
  RequestTimeout(net::Reactor& reactor, Scope& scope, Duration after)
      : reactor_(reactor), scope_(scope), timer_(&fire, this) {
    if (after <= 0s) return;
    end_ = reactor.now() + after;
    reactor.timers().arm(timer_, end_);
  }
  bool passed() const { return passed_; }
  void disarm() { timer_.disarm(); }
  // Another stage begins: what is left of the time, or `grace` when that is more.
  void extend(Duration grace) {
    if (end_ == Instant{}) return;
    passed_ = false;
    reactor_.timers().arm(timer_, std::max(end_, reactor_.now() + grace));
  }

 private:
  static void fire(void* self) {
    auto& timeout = *static_cast<RequestTimeout*>(self);
    timeout.passed_ = true;
    timeout.scope_.cancel(Error(ErrorCode::timed_out, "http.requestTimeout passed"));
  }
  net::Reactor& reactor_;
  Scope& scope_;
  net::Timer timer_;
  Instant end_{};  // none without a limit
  bool passed_ = false;
};

// A handshake has no body: one that comes late would meet the frames of the tunnel.
bool wants_websocket(const http::ServerExchange& client) {
  const http::RequestHead& request = client.request;
  if (request.method != http::Method::get || client.body) return false;
  if (request.version == http::Version::http_1_0) return false;  // RFC 9110 section 7.8
  std::optional<std::string_view> upgrade = request.headers.get(http::HeaderId::upgrade);
  return upgrade && http::equals_ignoring_case(*upgrade, "websocket") &&
         http::any_has_token(request.headers, http::HeaderId::connection, "upgrade");
}

std::string_view path_info_of(std::string_view path, std::string_view context_path) {
  std::size_t cut = context_path.size() - 1;  // the '/' stays
  return path.size() <= cut ? std::string_view() : path.substr(cut);
}

Verdict flows_not_matched() {
  Failure failure;
  failure.status = 404;
  failure.key = "FLOW_EXECUTION_FLOW_MATCHED_FAILURE";
  failure.has_message = false;
  return Verdict::fail(std::move(failure));
}

bool holds_null(std::string_view text) {
  return text.find('\0') != std::string_view::npos || text.find("%00") != std::string_view::npos;
}

bool has_null_byte(const Exchange& exchange) {
  if (holds_null(exchange.uri)) return true;
  return std::ranges::any_of(exchange.request.headers.entries(), [](const http::Header& header) {
    return holds_null(header.name()) || holds_null(header.value());
  });
}

Verdict null_byte_rejected() {
  return Verdict::fail(400, "REQUEST_NULL_BYTE_REJECTED",
                       "The request contains invalid characters.");
}

Verdict no_entrypoint() {
  return Verdict::fail(404, "", "No entrypoint matches the incoming request");
}

}  // namespace

// All that one exchange needs on its way; in the frame of serve().
struct Proxy::Serving {
  Serving(Proxy& proxy, http::ServerExchange& client_side, const plan::Route& route, Ids ids,
          Scope& flow)
      : client(client_side),
        scope(flow),
        pin(proxy.plan_.revision(route.revision), &flow),
        response(client.arena),
        exchange({.arena = client.arena,
                  .worker = proxy.worker_,
                  .clock = proxy.worker_.reactor.clock(),
                  .request = client.request,
                  .response = response,
                  .stream = client.stream(),
                  .api = pin.revision().info,
                  .node = proxy.node_,
                  .states = pin.states(),
                  .limits = proxy.options_.limits}),
        backend({.client = proxy.client_,
                 .elsewhere = proxy.elsewhere_,
                 .metrics = proxy.client_metrics_,
                 .server_exchange = client,
                 .revision = pin.revision(),
                 .api = pin.series(),
                 .reactor = proxy.worker_.reactor,
                 .rules = {.original_host =
                               client.request.headers.get(http::HeaderId::host).value_or(""),
                           .upgrade = proxy.upgrades(client),
                           .v2 = pin.revision().is_v2},
                 .refined_error_keys = proxy.options_.refined_error_keys}),
        timeout(proxy.worker_.reactor, flow, proxy.options_.request_timeout),
        groups(proxy.groups_) {
    exchange.request_id = ids.request;
    exchange.transaction_id = ids.transaction;
    trace = ids.trace;
    exchange.uri = client.request.target;
    exchange.context_path = route.listener->path;
    exchange.path_info = path_info_of(client.request.path, route.listener->path);
    exchange.remote_address = client_address(client, proxy.options_);
    exchange.follows_forwarding = proxy.options_.x_forward_enabled;
    exchange.arrived_wall = client.arrived_wall;
    exchange.request_body.set(client.body);
    exchange.set_invoker(backend);
    if (!proxy.plan_.plan().platform().empty()) enter_platform(proxy);
    if (pin.revision().failover) use_failover(*pin.revision().failover, proxy.worker_.reactor);
    // The observer is told when the revision may be gone.
    if (proxy.options_.tells_route) client.route = client.arena.copy(exchange.context_path);
    client.watch_client(&flow);
  }
  ~Serving() { client.watch_client(nullptr); }
  void use_failover(const plan::Failover& rules, net::Reactor& reactor) {
    exchange.set_invoker(exchange.own(
        std::make_unique<FailoverInvoker>(rules, backend, pin.series().breakers, reactor)));
  }

  bool any_flow() const { return plan_flows.any || api_flows.any; }
  bool any_response_step() const {
    return plan_flows.any_response_step || api_flows.any_response_step;
  }

  // Dictionaries, and the flows of the organization.
  void enter_platform(Proxy& proxy) {
    const plan::Platform& platform = proxy.plan_.plan().platform();
    exchange.dictionaries = platform.dictionaries(exchange.api.environment_id);
    if (auto flows = platform.organization(exchange.api.organization_id))
      organization.emplace(proxy.plan_.here(flows), groups, &scope);
  }

  http::ServerExchange& client;
  Scope& scope;
  Pin pin;
  http::ResponseHead response;
  Exchange exchange;
  std::string_view trace;
  BackendInvoker backend;
  RequestTimeout timeout;
  const plan::SecuredPlan* plan = nullptr;
  PlatformGroups& groups;
  FlowRun plan_flows{pin.line_rates(), groups};
  FlowRun api_flows{pin.line_rates(), groups};
  std::optional<OrganizationFlows> organization;
};

bool Proxy::upgrades(const http::ServerExchange& client) const {
  return options_.websocket_enabled && wants_websocket(client) &&
         std::ranges::find(without_websockets_, &client.server()) == without_websockets_.end();
}

Proxy::Proxy(Init init)
    : worker_(init.worker),
      node_(init.node),
      shard_(init.shard),
      options_(std::move(init.options)),
      client_metrics_(init.shard, init.worker.reactor),
      client_(init.worker.reactor, init.names, init.worker.count, init.client_limits,
              &client_metrics_),
      elsewhere_(options_.dynamic_endpoints_max),
      plan_(init.worker,
            {.pending_requests_timeout = options_.pending_requests_timeout,
             .breakers_max = options_.breakers_max},
            std::move(init.give_back)) {}

Async<void> Proxy::handle(http::ServerExchange& client) {
  // Before anything is added: a client must not take away what we and policies tell the backend.
  remove_named_fields(client.request.headers);
  Ids ids = identify(client.request, worker_, options_);
  if (options_.trace_context) ids.trace = continue_trace(client.request, worker_);
  const plan::Route* route = plan_.plan().routes().match(
      client.request.authority, client.request.path, client.server().options().id);
  if (!route) return answer_not_found(client, ids);
  return serve(client, *route, ids);
}

// One exchange, from the matched API to the report: the chains in the order of lifecycle.md section
// 2, then the answer. Every exit passes report().
Async<void> Proxy::serve(http::ServerExchange& client, plan::Route route, Ids ids) {
  Serving serving(*this, client, route, ids, *co_await this_scope());
  Verdict verdict = Verdict::next();
  if (serving.organization) verdict = co_await serving.organization->on_request(serving.exchange);
  if (verdict.continues()) {
    verdict = co_await admit(serving);
    if (verdict.has_reason() && serving.plan)
      tell_why(serving, verdict, serving.plan, "plan " + serving.plan->id);
  }
  if (verdict.continues()) verdict = prepare(serving.exchange, serving.pin.revision());
  if (verdict.continues()) verdict = co_await run_flows(serving);
  if (verdict.continues()) {
    verdict = co_await invoke(serving);
    tell_why(serving, verdict, &serving.pin.revision().groups, "the call of the backend");
  }
  if (verdict.continues() && serving.any_response_step())
    verdict = co_await run_response_chains(serving);
  verdict = settle(serving, std::move(verdict));
  serving.timeout.disarm();
  Result<void> answered = co_await respond(serving, verdict);
  if (!answered && answered.error().fault == Fault::upstream) {
    if (serving.backend.called()) serving.backend.tell_broken(answered.error());
    // Before a byte of the answer was sent it is a failure like any other.
    if (!client.responded()) answered = co_await respond(serving, body_failure(answered.error()));
  }
  if (!answered) {
    kLog.line(log::Level::debug, serving.exchange.api.id, "the answer was cut off: {}",
              answered.error().message);
  }
  report(serving);
}

// Those of the plan and of the API, in the request phase.
Async<Verdict> Proxy::run_flows(Serving& serving) {
  const plan::ApiRevision& revision = serving.pin.revision();
  const bool of_plan = serving.plan && !serving.plan->flows.empty();
  if (of_plan || revision.match_required) return run_all_flows(serving);
  if (revision.flows.empty()) return Verdict::next();
  return run_request_flows(revision.flows, serving.exchange, serving.api_flows);
}

Async<Verdict> Proxy::run_all_flows(Serving& serving) {
  const plan::ApiRevision& revision = serving.pin.revision();
  Verdict verdict = Verdict::next();
  if (serving.plan)
    verdict = co_await run_request_flows(serving.plan->flows, serving.exchange, serving.plan_flows);
  if (verdict.continues())
    verdict = co_await run_request_flows(revision.flows, serving.exchange, serving.api_flows);
  const bool unmatched = revision.match_required && !serving.any_flow();
  co_return verdict.continues() && unmatched ? flows_not_matched() : std::move(verdict);
}

// Before-security processors and the security chain: lifecycle.md section 2, steps 4 and 5.
Async<Verdict> Proxy::admit(Serving& serving) {
  Exchange& exchange = serving.exchange;
  const plan::ApiRevision& revision = serving.pin.revision();
  if (revision.reject_null_byte && has_null_byte(exchange)) return null_byte_rejected();
  if (revision.cors && is_preflight(exchange.request)) {
    Verdict verdict = answer_preflight(*revision.cors, exchange);
    if (verdict.continues()) {
      exchange.plan_id = "1";
      exchange.subscription_id = exchange.remote_address;
    }
    return verdict;
  }
  return run_security(revision, exchange, serving.pin.line_rates(), serving.plan);
}

// No frame of its own unless a body has to be gathered for the response phase.
Async<Verdict> Proxy::invoke(Serving& serving) {
  policy::Invoker* invoker = serving.exchange.invoker();
  if (!invoker) return Verdict::next();
  const bool any_response_step = serving.any_response_step() || serving.organization;
  return any_response_step ? invoke_for_response_flows(serving) : invoker->invoke(serving.exchange);
}

Async<Verdict> Proxy::invoke_for_response_flows(Serving& serving) {
  Result<void> provided = co_await provide_for_response(serving);
  if (provided) co_return co_await serving.exchange.invoker()->invoke(serving.exchange);
  Verdict verdict = body_failure(provided.error());
  tell_why(serving, verdict, &serving.pin.revision().flows, "a step of the response phase");
  verdict.failure().reason.clear();  // told
  co_return verdict;
}

void Proxy::tell_why(Serving& serving, const Verdict& verdict, const void* of,
                     std::string_view who) {
  if (verdict.has_reason())
    tell_reason(verdict, serving.exchange, serving.pin.line_rates()[of], who);
}

// Before-api processors, lifecycle.md section 6.
Verdict Proxy::prepare(Exchange& exchange, const plan::ApiRevision& revision) {
  if (options_.x_forwarded_prefix) {
    exchange.request.headers.set_view(http::HeaderName("X-Forwarded-Prefix"),
                                      exchange.context_path);
  }
  if (!revision.path_parameters.empty()) {
    revision.path_parameters.fill(exchange.request.method, exchange.path_info, exchange.arena,
                                  exchange.path_parameters);
  }
  if (!revision.path_mappings.empty()) {
    std::string_view mapped = revision.path_mappings.match(exchange.path_info);
    if (!mapped.empty()) exchange.attributes.set("gravitee.attribute.mapped-path", mapped);
  }
  ClientIdentifier identifier = identifiers_.identify(exchange, options_);
  exchange.client_identifier = identifier.of_exchange;
  exchange.response.headers.set_made(options_.client_header, identifier.told);
  return revision.has_entrypoint ? Verdict::next() : no_entrypoint();
}

// What the response phase wants of the request body is gathered before the backend gets it.
Async<Result<void>> Proxy::provide_for_response(Serving& serving) {
  el::Needs needs;
  if (serving.plan_flows.any_response_step)
    needs.bits |= response_needs(serving.plan->flows, serving.plan_flows, serving.exchange).bits;
  if (serving.api_flows.any_response_step) {
    needs.bits |=
        response_needs(serving.pin.revision().flows, serving.api_flows, serving.exchange).bits;
  }
  if (serving.organization)
    needs.bits |= serving.organization->response_needs(serving.exchange).bits;
  return provide(needs, policy::Phase::request, serving.exchange);
}

// The v3 engine runs the flows of the API first (api-definition.md 2.6).
Async<Verdict> Proxy::run_response_chains(Serving& serving) {
  const plan::ApiRevision& revision = serving.pin.revision();
  const plan::FlowChain* of_plan = serving.plan ? &serving.plan->flows : nullptr;
  std::array<std::pair<const plan::FlowChain*, FlowRun*>, 2> chains{
      {{of_plan, &serving.plan_flows}, {&revision.flows, &serving.api_flows}}};
  if (revision.info.old_engine) std::swap(chains[0], chains[1]);
  for (auto [chain, run] : chains) {
    if (!run->any_response_step) continue;
    Verdict verdict = co_await run_response_flows(*chain, serving.exchange, *run);
    if (!verdict.continues()) co_return verdict;
  }
  co_return Verdict::next();
}

// What really ended the chains: the request time-out and a replaced API look like failures of
// whatever was waited for.
Verdict Proxy::settle(Serving& serving, Verdict verdict) {
  if (!serving.scope.cancelled()) return verdict;
  if (serving.timeout.passed()) {
    serving.scope.clear();
    tell_timeout(serving);
    return Verdict::fail(504, "REQUEST_TIMEOUT", "Request timeout");
  }
  if (serving.scope.reason().code == ErrorCode::cancelled) {
    serving.scope.clear();
    return Verdict::fail(503, "", "Service Unavailable");
  }
  return verdict;  // the client is gone
}

void Proxy::tell_timeout(Serving& serving) {
  std::uint64_t times = serving.pin.series().request_timeouts.due(worker_.reactor.now());
  if (times == 0) return;
  const plan::Backend* asked = serving.backend.called();
  std::string where = asked ? fmt::format("endpoint '{}' ({}) had been asked", asked->name,
                                          serving.backend.called_endpoint()->remote())
                            : "no endpoint had been asked";
  auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(options_.request_timeout);
  kLog.line(log::Level::warn, serving.exchange.api.id, "http.requestTimeout ({} ms) passed; {}{}",
            limit.count(), where, log::times_since(times));
}

Async<Result<void>> Proxy::respond(Serving& serving, const Verdict& verdict) {
  if (serving.scope.cancelled()) return std::unexpected(serving.scope.reason());
  if (verdict.failed() && verdict.failure().cause == ErrorCode::client_gone)
    return fail(ErrorCode::client_gone, verdict.failure().message, Fault::client);
  word_answer(serving, verdict);
  if (serving.organization) return respond_through_platform(serving, verdict);
  return send(serving, verdict.failed());
}

// The error path, and after-api processors: lifecycle.md sections 10 and 9.
void Proxy::word_answer(Serving& serving, const Verdict& verdict) {
  Exchange& exchange = serving.exchange;
  const plan::ApiRevision& revision = serving.pin.revision();
  if (verdict.failed()) word_failure(serving, verdict.failure(), revision.response_templates);
  add_id_headers(exchange, options_);
  if (revision.cors) add_cors_headers(*revision.cors, exchange);
  if (!serving.trace.empty()) exchange.response.headers.set_made(kTraceparent, serving.trace);
}

void Proxy::word_failure(Serving& serving, const Failure& failure,
                         const plan::ResponseTemplates& templates) {
  serving.backend.give_up();
  FailureAnswer answer = answer_failure(serving.exchange, failure, templates);
  serving.exchange.response_body.replace(answer.body);
  if (answer.close) serving.client.close_after();
}

// Section 2, step 12: the platform's response flows see every answer, errors too. They have what
// http.requestTimeout left, and a grace beyond it. Their own failures get the standard answer.
Async<Result<void>> Proxy::respond_through_platform(Serving& serving, const Verdict& verdict) {
  serving.timeout.extend(options_.request_timeout_grace);
  Verdict after = settle(serving, co_await serving.organization->on_response(serving.exchange));
  serving.timeout.disarm();
  if (serving.scope.cancelled()) co_return std::unexpected(serving.scope.reason());
  if (after.failed()) word_failure(serving, after.failure(), {});
  co_return co_await send(serving, verdict.failed() || after.failed());
}

Async<Result<void>> Proxy::send(Serving& serving, bool failed) {
  Exchange& exchange = serving.exchange;
  bool upgraded = !failed && exchange.response.status == 101 && serving.backend.tunnel();
  if (upgraded) return upgrade(serving);
  return serving.client.respond(exchange.response, exchange.response_body.stream());
}

Async<Result<void>> Proxy::upgrade(Serving& serving) {
  CO_TRY(net::Stream * client, co_await serving.client.upgrade(serving.exchange.response));
  ClientMetrics::WebSocket counted(client_metrics_, serving.backend.called_endpoint()->remote());
  co_await relay_both_ways(tunnels_, worker_.reactor, *client, *serving.backend.tunnel(),
                           serving.backend.idle_timeout());
  co_return Result<void>{};
}

Async<void> Proxy::answer_not_found(http::ServerExchange& client, Ids ids) {
  http::ResponseHead response(client.arena);
  response.status = 404;
  if (!ids.trace.empty()) response.headers.add_view(kTraceparent, ids.trace);
  response.headers.add_view(http::HeaderName("Content-Type"), options_.not_found_content_type);
  std::optional<std::string_view> type = client.request.headers.get(http::HeaderId::content_type);
  if (type && type->starts_with("application/grpc")) {
    response.headers.add_view(http::HeaderName("grpc-status"), "5");
    response.headers.add_view(http::HeaderName("grpc-message"), options_.not_found_message);
  }
  http::BytesBody body(options_.not_found_message);
  Result<void> sent = co_await client.respond(response, &body);
  if (!sent) kLog.debug("the answer 404 was cut off: {}", sent.error().message);
  if (options_.not_found_metrics) {
    const Instant now = worker_.reactor.now();
    series(not_found_time_, report::kApiRequestTime, kNoApi, 4)
        .record(static_cast<std::uint64_t>(client.answer_time(now).count()), now);
  }
}

report::Series& Proxy::series(report::Series*& known, const report::Family& family,
                              const std::string& api_id, int status_class) {
  if (!known) {
    std::string status = status_class == 0 ? "none" : std::to_string(status_class) + "xx";
    known = &shard_.series(family, {api_id, std::move(status)});
  }
  return *known;
}

// lifecycle.md section 11: 499 when the client left before there was an answer.
int Proxy::status_of(const Serving& serving) {
  constexpr int kClientLeft = 499;
  if (serving.client.status_sent != 0) return serving.client.status_sent;
  return serving.exchange.has_response ? serving.exchange.response.status : kClientLeft;
}

void Proxy::report(Serving& serving) {
  auto status_class = [](int status) { return status >= 100 && status < 600 ? status / 100 : 0; };
  ApiSeries& of_api = serving.pin.series();
  const std::string& api_id = serving.pin.revision().info.id;
  Instant now = worker_.reactor.now();
  int answered = status_class(status_of(serving));
  auto spent = static_cast<std::uint64_t>(serving.client.answer_time(now).count());
  series(of_api.request_time[answered], report::kApiRequestTime, api_id, answered)
      .record(spent, now);
  int upstream = status_class(serving.backend.upstream_status());
  if (serving.backend.upstream_time() > 0s || upstream > 0) {
    auto took = static_cast<std::uint64_t>(serving.backend.upstream_time().count());
    series(of_api.upstream_time[upstream], report::kApiUpstreamTime, api_id, upstream)
        .record(took, now);
  }
}

}  // namespace perigee::proxy
