// explain: a compiled API as a person would draw it: where it is reached, who may come in, which
// steps run in which order, where requests go.
#pragma once

#include <string>

#include "plan/platform.hpp"
#include "plan/revision.hpp"

namespace perigee::plan {

// Lines with a line end each, with the organization's flows and the steps of shared policy groups
// that `platform` has. Shows no values of headers, properties or TLS material.
std::string explain(const ApiRevision& revision, const Platform& platform);

}  // namespace perigee::plan
