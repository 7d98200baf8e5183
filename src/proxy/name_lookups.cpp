#include "proxy/name_lookups.hpp"

namespace perigee::proxy {

Async<Result<net::Addresses>> NameLookups::resolve(policy::Worker& worker, std::string name) {
  PERIGEE_ASSERT(worker.index < names_.size());
  co_return co_await names_[worker.index]->resolve(name, 0);
}

}  // namespace perigee::proxy
