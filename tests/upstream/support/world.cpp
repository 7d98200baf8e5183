#include "tests/upstream/support/world.hpp"

namespace perigee::upstream::testing {

void FedBody::feed(std::string bytes) {
  pieces_.push_back(std::move(bytes));
  if (fed_.waiting()) fed_.complete({});
}

void FedBody::fail(Error error) {
  pieces_.push_back(std::unexpected(std::move(error)));
  if (fed_.waiting()) fed_.complete({});
}

Async<Result<http::Chunk>> FedBody::read() {
  if (pieces_.empty()) return take();
  Result<std::string> next = std::move(pieces_.front());
  pieces_.pop_front();
  if (!next) return std::unexpected(std::move(next.error()));
  piece_ = *std::move(next);
  if (length_) *length_ -= piece_.size();
  return Result<http::Chunk>(piece_);
}

Async<Result<http::Chunk>> FedBody::take() {
  CO_TRY(co_await fed_);
  co_return co_await read();
}

namespace {

void fill(http::RequestHead& request, std::string_view method) {
  request.method_text = method;
  request.method = method == "POST"  ? http::Method::post
                   : method == "PUT" ? http::Method::put
                                     : http::Method::get;
  request.target = request.path = "/x";
  request.headers.add(http::HeaderName("Host"), "backend");
}

}  // namespace

Going::Going(Client& client, const Endpoint& endpoint, std::string_view method, http::Body* body)
    : run_((fill(request, method),
            call.start(client, endpoint, request, body, response, nullptr))) {}

std::string Going::body(net::Reactor& reactor) {
  std::string whole;
  for (http::Body* body = call.body(); body;) {
    net::testing::Running<Result<http::Chunk>> reading(body->read());
    EXPECT_TRUE(net::testing::turn_until(reactor, [&] { return reading.done(); }));
    if (!reading.value()) return whole + "!";
    if (reading.value()->empty()) break;
    whole += *reading.value();
  }
  return whole;
}

EndpointOptions Upstream::options_to(std::uint16_t port, std::string host) const {
  EndpointOptions options;
  options.target = {.scheme = "http", .host = std::move(host), .port = port};
  options.fingerprint = "to " + options.target.host + std::to_string(port);
  return options;
}

std::shared_ptr<const Endpoint> Upstream::endpoint(EndpointOptions options, std::string name) {
  return registry.endpoint("api", name, std::move(options));
}

Peer& Upstream::asked(RawBackend& backend, std::size_t n) {
  EXPECT_TRUE(until([&] {
    return backend.connections.size() > n && !backend.connections[n]->head().empty();
  })) << "the backend was not asked";
  return *backend.connections.at(n);
}

void Upstream::exchange(RawBackend& backend, const Endpoint& to, std::size_t connection) {
  if (backend.connections.size() > connection) backend.connections[connection]->received.clear();
  Going going(client, to);
  asked(backend, connection).send(kOk);
  EXPECT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.status(), 200);
  EXPECT_EQ(going.body(reactor), "ok");
}

// Whatever a test did: nothing is left of it.
void Upstream::TearDown() {
  client_owned.reset();
  EXPECT_EQ(observed.opened, observed.closed);
  EXPECT_EQ(observed.queued, 0);
  names.reset();
  resolver.reset();
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
  EXPECT_EQ(reactor.timers().armed(), 0u);
  EXPECT_EQ(reactor.sources(), 0u);
  reactor_owned.reset();
  EXPECT_EQ(net::testing::open_descriptors(), descriptors_before);
  EXPECT_EQ(FrameRecycler::alive(), frames_before);
}

}  // namespace perigee::upstream::testing
