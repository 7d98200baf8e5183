// The built-in policies: one file each, one line in list.inc each.
#pragma once

#include "policy/catalog.hpp"

namespace perigee::policies {

policy::Catalog catalog();

#define POLICY(name) policy::Registration name();
#include "policies/list.inc"
#undef POLICY

}  // namespace perigee::policies
