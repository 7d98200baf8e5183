#include "proxy/backend.hpp"

#include "base/log.hpp"

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

// A request body that could not be read to its end: the client's fault, told with the codec's
// status.
Verdict client_body_failure(const Error& error) {
  Failure failure;
  failure.status = error.status != 0 ? error.status : 400;
  failure.message = error.message;
  failure.cause = error.code;
  return Verdict::fail(std::move(failure));
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
    Failure failure;
    failure.status = 503;
    failure.key = "NO_ENDPOINT_FOUND";
    failure.has_message = false;
    return Verdict::fail(std::move(failure));
  }
  return call(exchange, group.backends[group.group->next(exchange.worker.index)]);
}

Async<Verdict> BackendInvoker::call(Exchange& exchange, const plan::Backend& backend) {
  http::RequestHead request(exchange.arena);
  make_backend_request(exchange, backend, init_.rules, request);
  // What policies set on the response in the request phase stays beside what the backend sends
  // (lifecycle.md 8.4).
  http::ResponseHead answer(exchange.arena);
  bool merge = !exchange.response.headers.entries().empty();
  http::ResponseHead& into = merge ? answer : exchange.response;
  ClientMetrics::Call counted(init_.metrics, request.method);
  Result<void> called = co_await call_.start(init_.client, *backend.endpoint, request,
                                             exchange.request_body.stream(), into, this);
  upstream_time_ = counted.elapsed();
  if (!called) {
    kLog.line(log::Level::debug, exchange.api.id, "backend {}: {}", backend.name,
              called.error().message);
    const Error* body_error = call_.body_error();
    co_return body_error && body_error->fault == Fault::client ? client_body_failure(*body_error)
                                                               : failed(called.error());
  }
  counted.answered(into.status);
  upstream_status_ = into.status;
  if (merge) {
    for (const http::Header& header : answer.headers.entries())
      exchange.response.headers.append(header);
    exchange.response.status = answer.status;
    exchange.response.reason = answer.reason;
  }
  exchange.response_body.set(call_.body());
  exchange.has_response = true;
  co_return Verdict::next();
}

Verdict BackendInvoker::failed(const Error& error) const {
  Failure failure;
  failure.status = backend_error_status(error.code);
  failure.key = backend_error_key(error.code, init_.refined_error_keys);
  failure.has_message = false;
  failure.cause = error.code;
  return Verdict::fail(std::move(failure));
}

}  // namespace perigee::proxy
