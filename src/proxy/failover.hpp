// Failover: the backend call, tried again when it fails, behind a circuit breaker
// (lifecycle.md 8.6).
#pragma once

#include "proxy/backend.hpp"
#include "proxy/breaker.hpp"

namespace perigee::proxy {

class FailoverInvoker final : public policy::Invoker {
 public:
  FailoverInvoker(const plan::Failover& rules, BackendInvoker& backend, Breakers& breakers,
                  net::Reactor& reactor)
      : rules_(rules), backend_(backend), breakers_(breakers), reactor_(reactor) {}
  Async<policy::Verdict> invoke(policy::Exchange& exchange) override;

 private:
  Async<policy::Verdict> attempts(policy::Exchange& exchange);
  Async<policy::Verdict> attempt(policy::Exchange& exchange);
  bool counts_as_failure(policy::Exchange& exchange) const;

  const plan::Failover& rules_;
  BackendInvoker& backend_;
  Breakers& breakers_;
  net::Reactor& reactor_;
};

}  // namespace perigee::proxy
