// BackendInvoker: the invoker that ends every chain: picks an endpoint, calls it, brings its answer
// (lifecycle.md section 8).
#pragma once

#include "http/server.hpp"
#include "plan/revision.hpp"
#include "policy/exchange.hpp"
#include "proxy/backend_request.hpp"
#include "proxy/client_metrics.hpp"
#include "proxy/destination.hpp"
#include "proxy/worker_plan.hpp"
#include "upstream/client.hpp"

namespace perigee::proxy {

class BackendInvoker final : public policy::Invoker, private http::InterimSink {
 public:
  struct Init {
    upstream::Client& client;
    upstream::Elsewhere& elsewhere;
    ClientMetrics& metrics;
    http::ServerExchange& server_exchange;  // for interim answers
    const plan::ApiRevision& revision;
    ApiSeries& api;
    net::Reactor& reactor;
    BackendRequestRules rules;
    bool refined_error_keys;
  };
  explicit BackendInvoker(const Init& init) : init_(init), call_(init.server_exchange.arena) {}
  ~BackendInvoker() override { tell_sizes(); }

  // May be invoked again: after a failure, and after an answer, which is then forgotten.
  Async<policy::Verdict> invoke(policy::Exchange& exchange) override;
  // The next time the group's endpoint behind the one that was called, instead of whose turn it is.
  void move_on() { moves_on_ = true; }
  // After a 101.
  net::Stream* tunnel() { return call_.tunnel(); }
  // How long a tunnel may be without a byte; 0 = for ever.
  Duration idle_timeout() const { return idle_timeout_; }
  // The answer comes from somewhere else: the backend need not go on.
  void give_up() {
    tell_sizes();
    call_.finish();
  }
  // Logs that the body of its answer broke, at a bounded rate as every failure of a backend.
  void tell_broken(const Error& error) { tell_failure(error); }
  // Whom the request was sent to; null when none was asked.
  const plan::Backend* called() const { return to_ ? to_->backend : nullptr; }
  const upstream::Endpoint* called_endpoint() const { return to_ ? to_->endpoint : nullptr; }
  // What the backend took until its head was there; 0 when it was not called.
  Duration upstream_time() const { return upstream_time_; }
  int upstream_status() const { return upstream_status_; }

 private:
  Async<Result<void>> on_interim(const http::ResponseHead& head) override {
    return init_.server_exchange.inform(head);
  }
  Result<std::optional<Destination>> choose(policy::Exchange& exchange);
  Async<policy::Verdict> call(policy::Exchange& exchange);
  Async<Result<http::Body*>> begun(policy::Exchange& exchange, http::Body& body);
  http::Body* decoded(policy::Exchange& exchange, http::ResponseHead& head);
  policy::Verdict unanswered(const policy::Exchange& exchange, const Error& error,
                             const Scope& scope);
  policy::Verdict answered(policy::Exchange& exchange, http::ResponseHead& head);
  policy::Verdict no_endpoint(const policy::Exchange& exchange);
  void forget_answer(policy::Exchange& exchange);
  http::Body* body_to_send(policy::Exchange& exchange) const;
  policy::Verdict failed(const Error& error) const;
  void tell_failure(const Error& error);
  void tell_recovery();
  void tell_sizes() {
    if (!answers_.count) return;
    init_.metrics.tell_sizes(std::exchange(answers_, {}), call_.request_body_bytes(),
                             call_.response_body_bytes());
  }

  Init init_;
  upstream::Call call_;
  ClientMetrics::Answers answers_;  // of the call, until its sizes are told
  std::optional<Destination> to_;   // of the last call
  std::size_t fields_before_ = 0;   // of the answer's head, before the backend's
  bool moves_on_ = false;
  Duration idle_timeout_{};
  Duration upstream_time_{};
  int upstream_status_ = 0;
};

// The error key that a code has (lifecycle.md 8.5), of the 4.9 line or refined.
std::string_view backend_error_key(ErrorCode code, bool refined);

}  // namespace perigee::proxy
