// The request and the response of a run: what is sent, and what must arrive at the other side.
//
// Framing is Content-Length only: a proxy that changes it is told so and the run ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace perigee::bench {

struct Expectation {
  std::size_t body_bytes = 0;
  std::string target_prefix;  // requests only; empty: anything
  std::string header;         // a whole "name: value" line, compared without case; empty: none
};

std::string render_request(std::string_view target, std::size_t body_bytes);
std::string render_response(std::size_t body_bytes);

// Why a head does not meet the expectation; empty when it does.
std::string check(std::string_view head, const Expectation& expected);

int status_of(std::string_view response_head);  // 0: none
inline bool is_success(std::string_view response_head) { return status_of(response_head) == 200; }

// The number in a header, and `otherwise` without it.
std::int64_t number_in(std::string_view head, std::string_view header, std::int64_t otherwise);

}  // namespace perigee::bench
