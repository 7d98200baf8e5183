// Absolute URLs of endpoints, RFC 3986, as far as HTTP uses them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace perigee::http {

struct Url {
  std::string scheme;      // lower case
  std::string host;        // lower case; an IPv6 literal without its brackets
  std::uint16_t port = 0;  // of the scheme when absent
  bool port_given = false;
  bool host_is_ipv6 = false;
  std::string path;   // as written, may be empty
  std::string query;  // without '?'
  bool has_query = false;

  bool secured() const { return scheme.size() > 2 && scheme.back() == 's'; }
  // What goes into Host: the port only when it is not the scheme's default.
  std::string authority() const;
  std::string text() const;
};

// Errors name what is wrong and where. User info and fragments are refused.
Result<Url> parse_url(std::string_view text);

// Where a reference (a Location) leads that was found at `base`: RFC 3986 section 5.2. A fragment
// is cut off.
Result<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace perigee::http
