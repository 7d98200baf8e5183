#include "proxy/backend.hpp"

#include "base/log.hpp"
#include "http/compression.hpp"
#include "proxy/chain.hpp"
#include "proxy/redirect.hpp"

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

namespace {

// lifecycle.md 8.1: the attribute request.method.
std::optional<Verdict> override_method(Exchange& exchange) {
  std::optional<std::string_view> text = exchange.attributes.text("request.method");
  if (!text) return std::nullopt;
  http::Method method = http::method_of(*text);
  if (method == http::Method::other)
    return Verdict::fail(400, "INVALID_HTTP_METHOD", "Http method is not valid");
  exchange.request.method = method;
  exchange.request.method_text = *text;
  return std::nullopt;
}

}  // namespace

Async<Verdict> BackendInvoker::invoke(Exchange& exchange) {
  if (exchange.has_response) forget_answer(exchange);
  if (!exchange.attributes.entries().empty()) {
    if (std::optional<Verdict> refused = override_method(exchange)) return *std::move(refused);
  }
  Result<std::optional<Destination>> to = choose(exchange);
  if (!to) {
    Verdict verdict = Verdict::fail(400, "", "");
    verdict.failure().has_message = false;
    verdict.failure().reason =
        "cannot call the endpoint of request.endpoint: " + to.error().message;
    return verdict;
  }
  if (!*to) return no_endpoint(exchange);
  to_ = *std::move(to);
  return call(exchange);
}

Result<std::optional<Destination>> BackendInvoker::choose(Exchange& exchange) {
  if (std::exchange(moves_on_, false) && to_) {
    if (std::optional<Destination> next = next_behind(*to_, exchange)) return next;
  }
  return choose_destination(init_.revision, exchange, init_.elsewhere);
}

// compat: the v3 engine gives no key (lifecycle.md section 12).
Verdict BackendInvoker::no_endpoint(const Exchange& exchange) {
  std::optional<std::string_view> named = exchange.attributes.text("request.endpoint");
  std::uint64_t times = init_.api.no_endpoint.due(init_.reactor.now());
  if (times && named) {
    kLog.line(log::Level::warn, exchange.api.id,
              "the attribute request.endpoint, '{}', names no usable endpoint{}",
              named->substr(0, 200), log::times_since(times));
  } else if (times) {
    kLog.line(log::Level::warn, exchange.api.id, "group '{}' has no usable endpoint{}",
              init_.revision.groups.front().name, log::times_since(times));
  }
  Failure failure;
  failure.status = 503;
  if (!exchange.api.old_engine) failure.key = "NO_ENDPOINT_FOUND";
  failure.has_message = false;
  return Verdict::fail(std::move(failure));
}

void BackendInvoker::forget_answer(Exchange& exchange) {
  give_up();
  std::span<http::Header> fields = exchange.response.headers.entries();
  for (http::Header& field : fields.subspan(std::min(fields_before_, fields.size())))
    field.removed = true;
  exchange.response.status = 200;
  exchange.response.reason = {};
  exchange.response_body.set(nullptr);
  exchange.has_response = false;
}

namespace {

// compat: a chunked body without a byte is none (policies/connector-http.md, "Request", 4).
class BegunBody final : public http::Body {
 public:
  BegunBody(http::Body& rest, std::string_view first) : rest_(rest), first_(first) {}
  Async<Result<http::Chunk>> read() override {
    if (!first_.empty()) return Result<http::Chunk>(std::exchange(first_, {}));
    return rest_.read();
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool ready() const override { return !first_.empty() || rest_.ready(); }
  bool finished() const override { return first_.empty() && rest_.finished(); }
  http::Headers* trailers() override { return rest_.trailers(); }

 private:
  http::Body& rest_;
  std::string_view first_;
};

}  // namespace

// A gathered body can be sent again, by an invoker that tries again; a stream goes once, and nobody
// but the backend may read it from then on. CONNECT has none (RFC 9110 section 9.3.6): a backend
// that takes no length from it would take the client's body for another request.
http::Body* BackendInvoker::body_to_send(Exchange& exchange) const {
  policy::MessageBody& body = exchange.request_body;
  if (exchange.request.method == http::Method::connect) return nullptr;
  if (body.buffered()) body.replace(body.bytes());
  http::Body* sent = body.stream();
  if (!body.buffered()) body.set(nullptr);
  return sent;
}

Async<Result<http::Body*>> BackendInvoker::begun(Exchange& exchange, http::Body& body) {
  CO_TRY(std::string_view first, co_await body.read());
  if (first.empty()) co_return &exchange.own(std::make_unique<http::BytesBody>(first));
  co_return &exchange.own(std::make_unique<BegunBody>(body, first));
}

Async<Verdict> BackendInvoker::call(Exchange& exchange) {
  http::RequestHead request(exchange.arena);
  make_backend_request(exchange, *to_, init_.rules, request);
  fields_before_ = exchange.response.headers.entries().size();
  // What policies set on the response in the request phase stays beside what the backend sends
  // (lifecycle.md 8.4).
  http::ResponseHead answer(exchange.arena);
  bool merge = !exchange.response.headers.entries().empty();
  http::ResponseHead& into = merge ? answer : exchange.response;
  Result<http::Body*> body = body_to_send(exchange);
  if (*body && !(*body)->length() && (*body)->ready()) body = co_await begun(exchange, **body);
  if (!body) co_return body_failure(body.error());
  const bool follows =
      to_->backend->follow_redirects && may_follow(request, *body) && !init_.rules.upgrade;
  upstream_time_ = {};
  for (unsigned hops = 0;; ++hops) {
    const upstream::Endpoint& endpoint = *to_->endpoint;
    idle_timeout_ = endpoint.options().idle_timeout;
    tell_sizes();  // of a call before this one
    ClientMetrics::Call counted(init_.metrics, request.method,
                                {.remote = endpoint.remote(),
                                 .context_path = exchange.context_path,
                                 .raw_path = request.path});
    Result<void> called = co_await call_.start(init_.client, endpoint, request, *body, into, this);
    upstream_time_ += counted.elapsed();
    if (!called) co_return unanswered(exchange, called.error(), *co_await this_scope());
    answers_ = counted.answered(into.status);
    bool goes_on = follows && hops < kRedirectsMax && follow(into, init_.elsewhere, *to_, request);
    if (!goes_on) break;
    into.headers.clear();
    into.reason = {};
  }
  co_return answered(exchange, into);
}

Verdict BackendInvoker::unanswered(const Exchange& exchange, const Error& error,
                                   const Scope& scope) {
  const Error* body_error = call_.body_error();
  bool of_client = body_error && body_error->fault == Fault::client;
  // A flow that was told to stop is no fault of the backend.
  if (of_client || scope.cancelled()) {
    kLog.line(log::Level::debug, exchange.api.id, "backend {}: {}", to_->backend->name,
              error.message);
  } else {
    tell_failure(error);
  }
  Verdict verdict = of_client ? body_failure(*body_error) : failed(error);
  call_.finish();
  return verdict;
}

Verdict BackendInvoker::answered(Exchange& exchange, http::ResponseHead& head) {
  upstream_status_ = head.status;
  // compat: lifecycle.md 8.7 makes a failure of a handshake that the backend declines, with the
  // reason as its body; we pass the answer on, as the client needs its fields and its body.
  if (head.status == 101 && !init_.rules.upgrade) [[unlikely]] {
    Error unasked(ErrorCode::invalid, "the backend switched protocols unasked");
    tell_failure(unasked);
    return failed(unasked);
  }
  if (init_.client.trouble(*to_->endpoint).told) [[unlikely]]
    tell_recovery();
  remove_hop_by_hop(head.headers);
  http::Body* body = decoded(exchange, head);
  if (&head != &exchange.response) {
    exchange.response.headers.append_all(head.headers);
    exchange.response.status = head.status;
    exchange.response.reason = head.reason;
  }
  exchange.response_body.set(body);
  exchange.has_response = true;
  return Verdict::next();
}

// What the backend compressed because we asked for it (useCompression).
http::Body* BackendInvoker::decoded(Exchange& exchange, http::ResponseHead& head) {
  http::Body* body = call_.body();
  if (!body || !to_->backend->use_compression || head.status == 206) return body;
  std::optional<http::ContentCoding> coding = http::decodable_coding(head.headers);
  if (!coding) return body;
  head.headers.remove(http::HeaderId::content_encoding);
  head.headers.remove(http::HeaderId::content_length);
  return &exchange.own(http::decompress(init_.reactor, *body, *coding));
}

void BackendInvoker::tell_failure(const Error& error) {
  upstream::Trouble& trouble = init_.client.trouble(*to_->endpoint);
  std::uint64_t times = trouble.lines.due(init_.reactor.now());
  trouble.told |= times > 0;
  kLog.line(times > 0 ? log::Level::warn : log::Level::debug, init_.revision.info.id,
            "endpoint '{}'{}{}", to_->backend->name,
            failure_at(to_->endpoint->remote(), error.message), log::times_since(times));
}

void BackendInvoker::tell_recovery() {
  init_.client.trouble(*to_->endpoint).told = false;
  kLog.line(log::Level::info, init_.revision.info.id, "endpoint '{}' ({}) answers again",
            to_->backend->name, to_->endpoint->remote());
}

Verdict BackendInvoker::failed(const Error& error) const {
  Failure failure;
  failure.cause = error.code;
  // compat: a v2 endpoint has no failure of its own for handshakes.
  if (init_.rules.upgrade && !init_.rules.v2) {
    failure.key = "HTTP_PROXY_WEBSOCKET_FAILURE";
    failure.message = "Endpoint Websocket connection in error";
    return Verdict::fail(std::move(failure));
  }
  failure.status = backend_error_status(error.code);
  failure.refined_key = backend_error_key(error.code, true);
  failure.parent_key = backend_error_key(error.code, false);
  failure.key = init_.refined_error_keys ? failure.refined_key : failure.parent_key;
  failure.has_message = false;
  return Verdict::fail(std::move(failure));
}

}  // namespace perigee::proxy
