// Elsewhere: endpoints at origins that requests name themselves (a policy set request.endpoint to a
// URL): the options of an endpoint of the API, another target. One per worker, which keeps them,
// and so their connections, for the next request.
#pragma once

#include <memory>

#include "base/lru_map.hpp"
#include "upstream/endpoint.hpp"

namespace perigee::upstream {

class Elsewhere {
 public:
  explicit Elsewhere(std::size_t endpoints_max) : kept_(endpoints_max) {}

  // Only scheme, host and port of `url` count.
  Result<std::shared_ptr<const Endpoint>> endpoint(const Endpoint& like, http::Url url);
  // Before the registry of the endpoints goes.
  void clear() { kept_.clear(); }
  std::size_t size() const { return kept_.size(); }

 private:
  LruMap<std::shared_ptr<const Endpoint>> kept_;
};

}  // namespace perigee::upstream
