// The server that a case reaches: the backend of its API, and what else it calls by HTTP.
//
// It answers in the order of its scripts and notes what it got. Lives on the reactor of the
// gateway under test; a delay is waited for on the same clock, which whoever runs the case moves.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "http/server.hpp"
#include "tests/compat/compare.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

class StubServer final : public http::Handler {
 public:
  explicit StubServer(net::Reactor& reactor);

  std::uint16_t port() const { return address_.port(); }
  // Listens no more when the answers are a refusal; the port stays the same.
  void set_backend(Answers answers);
  void set_routes(std::vector<Route> routes) { routes_ = std::move(routes); }
  void forget_backend_requests() { backend_request_.reset(); }

  // The last request that no route took; since forget_backend_requests().
  const std::optional<Received>& backend_request() const { return backend_request_; }
  const std::map<std::string, std::int64_t>& route_calls() const { return route_calls_; }
  bool delaying() const { return delaying_ > 0; }

  Async<void> handle(http::ServerExchange& exchange) override;

 private:
  void listen();
  Answer next_answer(const Received& request, std::string_view path);
  Async<void> answer(http::ServerExchange& exchange, Answer answer);

  net::Reactor& reactor_;
  net::Address address_;
  std::unique_ptr<http::Server> server_;
  Answers backend_ = {Answer{}};
  std::size_t backend_calls_ = 0;
  std::vector<Route> routes_;
  std::map<std::string, std::int64_t> route_calls_;
  std::optional<Received> backend_request_;
  int delaying_ = 0;
};

// A port of the loopback that is taken, and on which nobody listens.
class ClosedPort {
 public:
  ClosedPort();
  ~ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace perigee::compat
