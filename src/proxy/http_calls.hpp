// HttpCalls: the HTTP client that policies are given. One for the process; behind it, each worker
// has a fetcher of its own.
#pragma once

#include <vector>

#include "policy/services.hpp"
#include "upstream/fetcher.hpp"

namespace perigee::proxy {

class HttpCalls final : public policy::HttpClient {
 public:
  // Before the first call, in the order of the workers. Outlives the last call.
  void set_system_proxy(std::shared_ptr<const upstream::ForwardProxy> proxy) {
    system_proxy_ = std::move(proxy);
  }
  void add(upstream::Fetcher& fetcher) { fetchers_.push_back(&fetcher); }
  Async<Result<policy::HttpAnswer>> call(policy::Worker& worker, policy::HttpCall call) override;

 private:
  std::vector<upstream::Fetcher*> fetchers_;
  std::shared_ptr<const upstream::ForwardProxy> system_proxy_;
};

}  // namespace perigee::proxy
