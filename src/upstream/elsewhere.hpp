// Elsewhere: endpoints at origins that requests name themselves (a policy set request.endpoint to a
// URL): the options of an endpoint of the API, another target. One per worker, which keeps them,
// and so their connections, for the next request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "upstream/endpoint.hpp"

namespace perigee::upstream {

class Elsewhere {
 public:
  // Past `endpoints_max` the one that was used longest ago is given up.
  explicit Elsewhere(std::size_t endpoints_max) : endpoints_max_(endpoints_max) {}

  // Only scheme, host and port of `url` count.
  Result<std::shared_ptr<const Endpoint>> endpoint(const Endpoint& like, http::Url url);
  // Before the registry of the endpoints goes.
  void clear() { kept_.clear(); }
  std::size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    std::shared_ptr<const Endpoint> endpoint;
    std::uint64_t used = 0;
  };
  void make_room();

  std::size_t endpoints_max_;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, Kept> kept_;
};

}  // namespace perigee::upstream
