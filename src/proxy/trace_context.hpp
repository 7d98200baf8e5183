// W3C Trace Context, level 1 (lifecycle.md section 3, step 6): every request that leaves the
// gateway belongs to a trace. The gateway records no spans, so it never becomes a parent itself.
#pragma once

#include <string_view>

#include "http/message.hpp"
#include "policy/worker.hpp"

namespace perigee::proxy {

// "00-<32 digits>-<16 digits>-<2 digits>": lower-case hexadecimal, neither id all zeros, no version
// ff. A later version may go on behind another '-'; version 00 may not.
bool is_valid_traceparent(std::string_view text);

// The trace of this request: the client's when it is valid and the only one, else a new one, which
// is not sampled and takes the client's `tracestate` away. Lives as long as the request.
std::string_view continue_trace(http::RequestHead& request, policy::Worker& worker);

}  // namespace perigee::proxy
