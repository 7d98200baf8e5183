#include "policy/exchange.hpp"

#include <algorithm>

#include "base/trim.hpp"
#include "base/uuid.hpp"

namespace perigee::policy {

Verdict Verdict::broken(const Error& error) {
  Failure failure;
  failure.message = "Internal Server Error";
  failure.cause = error.code;
  failure.reason = error.message;
  return fail(std::move(failure));
}

namespace {

// A client that leaves is no failure; http.requestTimeout and a replaced API are told elsewhere.
bool is_end(const Error& error) {
  switch (error.code) {
    case ErrorCode::client_gone:
    case ErrorCode::cancelled:
    case ErrorCode::timed_out:
      return true;
    case ErrorCode::closed:
    case ErrorCode::reset:
      return error.fault == Fault::client;
    default:
      return false;
  }
}

}  // namespace

Verdict body_failure(const Error& error) {
  Failure failure;
  failure.message = error.message;
  failure.cause = error.code;
  failure.key = error.key;
  if (!is_end(error) && error.key.empty())
    failure.reason = "cannot have the body that it needs: " + error.message;
  bool of_client = error.fault != Fault::upstream;
  failure.has_message = of_client;
  if (error.code == ErrorCode::limit) {
    failure.status = of_client ? 413 : 502;
  } else if (error.status != 0) {
    failure.status = error.status;
  } else {
    failure.status = of_client ? 400 : 502;
  }
  return Verdict::fail(std::move(failure));
}

std::uint64_t Worker::random() { return next_random(random_state); }

bool Worker::look_whether_turn_is_long() {
  constexpr Duration kTurnMax = 50ms;
  return turn_was_long = reactor.clock().now() - reactor.now() > kTurnMax;
}

const NameValue* find_by_name(const std::vector<NameValue>& sorted, std::string_view name) {
  auto found = std::lower_bound(
      sorted.begin(), sorted.end(), name,
      [](const NameValue& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != sorted.end() && found->name == name ? &*found : nullptr;
}

Exchange::Exchange(const Init& init)
    : arena(init.arena),
      worker(init.worker),
      request(init.request),
      response(init.response),
      request_body(*this),
      response_body(*this),
      stream(init.stream),
      api(init.api),
      node(init.node),
      attributes(init.arena),
      path_parameters(init.arena),
      variables(init.arena),
      clock_(init.clock),
      states_(&init.states),
      limits_(init.limits) {}

Exchange::~Exchange() {
  while (owned_) {
    Owned* owned = std::exchange(owned_, owned_->next);
    owned->destroy(owned->object);
  }
}

void Exchange::own_raw(void* object, void (*destroy)(void*)) {
  owned_ = new (arena.take(sizeof(Owned), alignof(Owned))) Owned{object, destroy, owned_};
}

bool Exchange::keeps(std::string_view text) const {
  auto is = [&](const MessageBody& body) {
    return body.buffered() && body.bytes().data() == text.data() &&
           body.bytes().size() == text.size();
  };
  return is(request_body) || is(response_body);
}

void Exchange::warn(std::string_view key, std::string_view message) {
  warnings_.push_back({arena.copy(key), arena.copy(message)});
}

void MessageBody::replace(std::string_view bytes) {
  bytes_ = bytes;
  buffered_ = true;
  stream_ = new (exchange_.arena.take(sizeof(http::BytesBody), alignof(http::BytesBody)))
      http::BytesBody(bytes);
}

Async<Result<std::string_view>> MessageBody::buffer() {
  if (buffered_) return Result<std::string_view>(bytes_);
  if (!stream_) return Result<std::string_view>(std::string_view());
  return read_whole();
}

namespace {

Async<Result<void>> without_bytes(Async<Result<std::string_view>> gathering) {
  CO_TRY(co_await gathering);
  co_return Result<void>{};
}

}  // namespace

bool is_stream(const http::Headers& headers) {
  constexpr std::string_view kGrpcWith = "application/grpc+";  // and the name of a message format
  if (headers.has(http::HeaderId::content_length)) return false;
  std::string_view type = headers.get(http::HeaderId::content_type).value_or("");
  type = trimmed(type.substr(0, type.find(';')));
  return http::equals_ignoring_case(type, "text/event-stream") ||
         http::equals_ignoring_case(type, "application/octet-stream") ||
         http::equals_ignoring_case(type, "application/grpc") ||
         http::equals_ignoring_case(type.substr(0, kGrpcWith.size()), kGrpcWith);
}

Async<Result<void>> gather_answer(Exchange& exchange) {
  MessageBody& body = exchange.response_body;
  if (body.buffered() || is_stream(exchange.response.headers)) return Result<void>{};
  return without_bytes(body.buffer());
}

Async<Result<std::string_view>> MessageBody::read_whole() {
  Result<std::string_view> bytes = co_await http::read_all(
      *stream_, exchange_.arena, exchange_.limits().buffered_body_bytes_max);
  if (!bytes) {
    bool of_request = this == &exchange_.request_body;
    if (bytes.error().code == ErrorCode::limit)
      bytes.error().fault = of_request ? Fault::client : Fault::upstream;
    co_return std::unexpected(std::move(bytes.error()));
  }
  replace(*bytes);
  co_return *bytes;
}

}  // namespace perigee::policy
