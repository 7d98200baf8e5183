#include "proxy/backend.hpp"

#include "base/log.hpp"
#include "proxy/chain.hpp"

namespace perigee::proxy {

using policy::Exchange;
using policy::Failure;
using policy::Verdict;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.core.v4.endpoint"};

int backend_error_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::connect_timed_out:
    case ErrorCode::read_timed_out:
      return 504;
    case ErrorCode::pool_exhausted:
      return 503;
    default:
      return 502;
  }
}

// Fields that the backend meant for us (RFC 9110 section 7.6.1); the codec drops those of its
// framing.
void remove_hop_by_hop(http::Headers& headers) {
  headers.remove(http::HeaderId::proxy_authenticate);
  remove_named_fields(headers);
}

// " (host:port) failed: reason", the address once: most errors begin with it or say it.
std::string failure_at(const std::string& remote, std::string_view reason) {
  if (reason.starts_with(remote + ": ")) reason.remove_prefix(remote.size() + 2);
  std::string where = reason.find(remote) == std::string_view::npos ? " (" + remote + ")" : "";
  return where + " failed: " + std::string(reason);
}

}  // namespace

std::string_view backend_error_key(ErrorCode code, bool refined) {
  bool timed_out = code == ErrorCode::connect_timed_out || code == ErrorCode::read_timed_out;
  if (!refined && code != ErrorCode::pool_exhausted)
    return timed_out ? "REQUEST_TIMEOUT" : "GATEWAY_CLIENT_CONNECTION_ERROR";
  switch (code) {
    case ErrorCode::refused:
      return "GATEWAY_CLIENT_CONNECTION_REFUSED";
    case ErrorCode::unresolved:
      return "GATEWAY_CLIENT_DNS_RESOLUTION_ERROR";
    case ErrorCode::unreachable:
      return "GATEWAY_CLIENT_UNREACHABLE";
    case ErrorCode::tls:
      return "GATEWAY_CLIENT_TLS_HANDSHAKE_ERROR";
    case ErrorCode::reset:
      return "GATEWAY_CLIENT_CONNECTION_RESET";
    case ErrorCode::closed:
      return "GATEWAY_CLIENT_CONNECTION_CLOSED";
    case ErrorCode::connect_timed_out:
      return "GATEWAY_CLIENT_CONNECT_TIMEOUT";
    case ErrorCode::read_timed_out:
      return "GATEWAY_CLIENT_READ_TIMEOUT";
    case ErrorCode::pool_exhausted:
      return "GATEWAY_CLIENT_CONNECTION_POOL_EXHAUSTED";
    default:
      return "GATEWAY_CLIENT_CONNECTION_ERROR";
  }
}

Async<Verdict> BackendInvoker::invoke(Exchange& exchange) {
  const plan::BackendGroup& group = init_.revision.groups.front();
  if (group.backends.empty()) {
    if (std::uint64_t times = init_.api.no_endpoint.due(init_.reactor.now())) {
      kLog.line(log::Level::warn, exchange.api.id, "group '{}' has no usable endpoint{}",
                group.name, log::times_since(times));
    }
    Failure failure;
    failure.status = 503;
    failure.key = "NO_ENDPOINT_FOUND";
    failure.has_message = false;
    return Verdict::fail(std::move(failure));
  }
  return call(exchange, group.backends[group.group->next(exchange.worker.index)]);
}

// A gathered body can be sent again, by an invoker that tries again; a stream goes once, and nobody
// but the backend may read it from then on.
http::Body* BackendInvoker::body_to_send(Exchange& exchange) const {
  policy::MessageBody& body = exchange.request_body;
  if (body.buffered()) body.replace(body.bytes());
  http::Body* sent = body.stream();
  if (!body.buffered()) body.set(nullptr);
  return sent;
}

Async<Verdict> BackendInvoker::call(Exchange& exchange, const plan::Backend& backend) {
  http::RequestHead request(exchange.arena);
  make_backend_request(exchange, backend, init_.rules, request);
  called_ = &backend;
  idle_timeout_ = backend.endpoint->options().idle_timeout;
  // What policies set on the response in the request phase stays beside what the backend sends
  // (lifecycle.md 8.4).
  http::ResponseHead answer(exchange.arena);
  bool merge = !exchange.response.headers.entries().empty();
  http::ResponseHead& into = merge ? answer : exchange.response;
  tell_sizes();  // of a call before this one
  ClientMetrics::Call counted(init_.metrics, request.method,
                              {.remote = backend.endpoint->remote(),
                               .context_path = exchange.context_path,
                               .raw_path = request.path});
  Result<void> called = co_await call_.start(init_.client, *backend.endpoint, request,
                                             body_to_send(exchange), into, this);
  upstream_time_ = counted.elapsed();
  if (!called) {
    const Error* body_error = call_.body_error();
    bool of_client = body_error && body_error->fault == Fault::client;
    // A flow that was told to stop is no fault of the backend.
    if (of_client || (co_await this_scope())->cancelled()) {
      kLog.line(log::Level::debug, exchange.api.id, "backend {}: {}", backend.name,
                called.error().message);
    } else {
      tell_failure(backend, called.error());
    }
    Verdict verdict = of_client ? body_failure(*body_error) : failed(called.error());
    call_.finish();
    co_return verdict;
  }
  answers_ = counted.answered(into.status);
  upstream_status_ = into.status;
  // compat: lifecycle.md 8.7 makes a failure of a handshake that the backend declines, with the
  // reason as its body; we pass the answer on, as the client needs its fields and its body.
  if (into.status == 101 && !init_.rules.upgrade) [[unlikely]] {
    Error unasked(ErrorCode::invalid, "the backend switched protocols unasked");
    tell_failure(backend, unasked);
    co_return failed(unasked);
  }
  if (init_.client.trouble(*backend.endpoint).told) [[unlikely]]
    tell_recovery(backend);
  remove_hop_by_hop(into.headers);
  if (merge) {
    exchange.response.headers.append_all(answer.headers);
    exchange.response.status = answer.status;
    exchange.response.reason = answer.reason;
  }
  exchange.response_body.set(call_.body());
  exchange.has_response = true;
  co_return Verdict::next();
}

void BackendInvoker::tell_failure(const plan::Backend& backend, const Error& error) {
  upstream::Trouble& trouble = init_.client.trouble(*backend.endpoint);
  std::uint64_t times = trouble.lines.due(init_.reactor.now());
  trouble.told |= times > 0;
  kLog.line(times > 0 ? log::Level::warn : log::Level::debug, init_.revision.info.id,
            "endpoint '{}'{}{}", backend.name,
            failure_at(backend.endpoint->remote(), error.message), log::times_since(times));
}

void BackendInvoker::tell_recovery(const plan::Backend& backend) {
  init_.client.trouble(*backend.endpoint).told = false;
  kLog.line(log::Level::info, init_.revision.info.id, "endpoint '{}' ({}) answers again",
            backend.name, backend.endpoint->remote());
}

Verdict BackendInvoker::failed(const Error& error) const {
  Failure failure;
  failure.cause = error.code;
  if (init_.rules.upgrade) {
    failure.key = "HTTP_PROXY_WEBSOCKET_FAILURE";
    failure.message = "Endpoint Websocket connection in error";
    return Verdict::fail(std::move(failure));
  }
  failure.status = backend_error_status(error.code);
  failure.key = backend_error_key(error.code, init_.refined_error_keys);
  failure.has_message = false;
  return Verdict::fail(std::move(failure));
}

}  // namespace perigee::proxy
