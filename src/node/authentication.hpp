// Basic authentication of the node API (runtime.md 3.1): constant-time comparison, anonymous paths,
// a brake on guessing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "http/headers.hpp"

namespace perigee::node {

class Authentication {
 public:
  struct Options {
    bool required = true;
    std::map<std::string, std::string> users;  // name to password
    std::vector<std::string> anonymous_paths;
  };
  explicit Authentication(Options options) : options_(std::move(options)) {}

  enum class Verdict : std::uint8_t { allowed, refused, too_many_attempts };
  Verdict check(std::string_view path, const http::Headers& headers, Instant now);

 private:
  static constexpr unsigned kFailuresPerSecondMax = 20;
  bool known(std::string_view credentials) const;
  Options options_;
  Instant second_{};
  unsigned failures_ = 0;
};

// Base64, RFC 4648 section 4; empty when the text is not valid.
std::string decode_base64(std::string_view text);

}  // namespace perigee::node
