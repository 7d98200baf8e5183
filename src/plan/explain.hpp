// explain: a compiled API as a person would draw it: where it is reached, who may come in, which
// steps run in which order, where requests go.
#pragma once

#include <string>

#include "plan/revision.hpp"

namespace perigee::plan {

// Lines with a line end each. Shows no values of headers, properties or TLS material.
std::string explain(const ApiRevision& revision);

}  // namespace perigee::plan
