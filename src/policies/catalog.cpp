#include "policies/catalog.hpp"

namespace perigee::policies {

policy::Catalog catalog() {
  return policy::Catalog{
#define POLICY(name) name(),
#include "policies/list.inc"
#undef POLICY
  };
}

}  // namespace perigee::policies
