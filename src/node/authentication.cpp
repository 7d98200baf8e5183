#include "node/authentication.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

constexpr log::Logger kLog{"io.gravitee.node.management.http.NodeManagement"};

// Looks at every byte, whatever the first difference is.
bool equal_in_constant_time(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

}  // namespace

bool Authentication::known(std::string_view credentials) const {
  bool found = false;
  for (const auto& [name, password] : options_.users) {
    found |= equal_in_constant_time(credentials, name + ":" + password);
  }
  return found;
}

unsigned& Authentication::failures_of(std::string_view client_ip, Instant now) {
  if (now - second_ >= 1s) {
    second_ = now;
    failures_.clear();
  }
  if (auto found = failures_.find(client_ip); found != failures_.end()) return found->second;
  return failures_[failures_.size() < kAddressesMax ? std::string(client_ip) : std::string()];
}

void Authentication::count_failure(unsigned& failures, std::string_view client_ip, Instant now) {
  if (++failures != kFailuresPerSecondMax + 1) return;
  std::uint64_t times = braked_lines_.due(now);
  if (times == 0) return;
  kLog.warn(
      "{} sent wrong credentials more than {} times in a second; its requests are answered 429 for "
      "the rest of that second, right credentials included{}",
      client_ip, kFailuresPerSecondMax, log::times_since(times));
}

Authentication::Verdict Authentication::check(std::string_view path, const http::Headers& headers,
                                              std::string_view client_ip, Instant now) {
  if (!options_.required) return Verdict::allowed;
  const std::vector<std::string>& open = options_.anonymous_paths;
  if (std::find(open.begin(), open.end(), path) != open.end()) return Verdict::allowed;
  unsigned& failures = failures_of(client_ip, now);
  if (failures > kFailuresPerSecondMax) return Verdict::too_many_attempts;
  std::string_view given = headers.get(http::HeaderId::authorization).value_or("");
  constexpr std::string_view kScheme = "Basic ";
  bool basic = given.size() > kScheme.size() &&
               http::equals_ignoring_case(given.substr(0, kScheme.size()), kScheme);
  if (basic && known(decode_base64(given.substr(kScheme.size())))) return Verdict::allowed;
  if (!given.empty()) count_failure(failures, client_ip, now);
  return Verdict::refused;
}

}  // namespace perigee::node
