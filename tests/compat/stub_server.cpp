#include "tests/compat/stub_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>

#include "base/assert.hpp"

namespace perigee::compat {
namespace {

constexpr std::size_t kBodyBytesMax = 16 << 20;

std::string gzipped(std::string_view text) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  PERIGEE_ASSERT(
      deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string bytes(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  PERIGEE_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

Received received(const http::RequestHead& head, std::string_view body) {
  Received request;
  request.method = head.method_text;
  request.path = head.target;
  request.body = body;
  for (const http::Header& header : head.headers.entries()) {
    if (!header.removed) request.headers.emplace_back(header.name(), header.value());
  }
  return request;
}

const Answer& at_call(const Answers& answers, std::size_t call) {
  return answers[std::min(call, answers.size() - 1)];
}

}  // namespace

StubServer::StubServer(net::Reactor& reactor)
    : reactor_(reactor), address_(net::Address::loopback(0)) {
  listen();
}

void StubServer::listen() {
  server_ =
      std::make_unique<http::Server>(reactor_, http::ServerOptions{}, *this, nullptr, nullptr);
  Result<void> listening = server_->listen(address_);
  PERIGEE_ASSERT(listening);
  address_ = server_->address();
}

void StubServer::set_backend(Answers answers) {
  backend_ = std::move(answers);
  backend_calls_ = 0;
  bool refuses = backend_.front().refuse;
  if (refuses && server_) {
    server_->close_all();
    server_.reset();
  } else if (!refuses && !server_) {
    listen();
  }
}

Answer StubServer::next_answer(const Received& request, std::string_view path) {
  auto route = std::ranges::find(routes_, path, &Route::path);
  if (route != routes_.end()) {
    std::int64_t call = route_calls_[route->path]++;
    return at_call(route->answers, static_cast<std::size_t>(call));
  }
  backend_request_ = request;
  return at_call(backend_, backend_calls_++);
}

Async<void> StubServer::handle(http::ServerExchange& exchange) {
  Result<std::string_view> body = std::string_view();
  if (exchange.body) body = co_await http::read_all(*exchange.body, exchange.arena, kBodyBytesMax);
  Received request = received(exchange.request, body.value_or(std::string_view()));
  co_await answer(exchange, next_answer(request, exchange.request.path));
}

Async<void> StubServer::answer(http::ServerExchange& exchange, Answer answer) {
  if (answer.delay > 0ms) {
    ++delaying_;
    Result<void> waited = co_await net::sleep_for(reactor_, answer.delay);
    --delaying_;
    if (!waited) co_return;
  }
  http::ResponseHead head(exchange.arena);
  head.status = answer.status;
  for (const auto& [name, value] : answer.headers) head.headers.add(http::HeaderName(name), value);
  std::string bytes = answer.gzip ? gzipped(answer.body) : answer.body;
  http::BytesBody body(bytes);
  Result<void> sent = co_await exchange.respond(head, &body);
  static_cast<void>(sent);  // a gateway that does not wait for it is what the case is about
}

ClosedPort::ClosedPort() {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  PERIGEE_ASSERT(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  PERIGEE_ASSERT(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
}

ClosedPort::~ClosedPort() { ::close(descriptor_); }

}  // namespace perigee::compat
