// Context paths and hosts as the router compares them (lifecycle.md 1.1).
#pragma once

#include <string>
#include <string_view>

namespace perigee::definition {

// "" becomes "/", a '/' is added at both ends when missing, runs of '/' are collapsed.
std::string normalised_path(std::string_view path);

// Without blanks around it, lower case; "" = any host.
std::string normalised_host(std::string_view host);

// Why `target` cannot be an endpoint's target, or "" when it can:
// scheme://host[:port][/path][?query]. A target that holds an expression is only known when the
// endpoint is made, and passes.
std::string target_fault(std::string_view target);

}  // namespace perigee::definition
