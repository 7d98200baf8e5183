// Basic authentication of the node API (runtime.md 3.1): constant-time comparison, anonymous paths,
// a brake on guessing, per address, so that nobody can lock the probes of others out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/line_rate.hpp"
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

  void set_users(std::map<std::string, std::string> users) { options_.users = std::move(users); }

  enum class Verdict : std::uint8_t { allowed, refused, too_many_attempts };
  Verdict check(std::string_view path, const http::Headers& headers, std::string_view client_ip,
                Instant now);

 private:
  static constexpr unsigned kFailuresPerSecondMax = 20;
  static constexpr std::size_t kAddressesMax = 1000;  // counted apart; the others share one count
  void count_failure(unsigned& failures, std::string_view client_ip, Instant now);
  bool known(std::string_view credentials) const;
  unsigned& failures_of(std::string_view client_ip, Instant now);
  Options options_;
  Instant second_{};
  std::map<std::string, unsigned, std::less<>> failures_;  // of this second, by address
  log::LineRate braked_lines_;
};

}  // namespace perigee::node
