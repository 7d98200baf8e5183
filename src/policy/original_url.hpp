// The attribute request.original-url: what the client asked for, as far as the proxies before this
// gateway tell (lifecycle.md section 3, step 5).
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace perigee::policy {

// Scheme, Host and URI, overridden by Forwarded, or by X-Forwarded-Proto and -Host with -Port and
// -Prefix. Of fields with several entries the first counts.
std::string_view original_url(const http::RequestHead& request, Arena& arena);

}  // namespace perigee::policy
