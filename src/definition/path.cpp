#include "definition/path.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "definition/names.hpp"

namespace perigee::definition {
namespace {

constexpr std::array<std::string_view, 6> kSchemes{"http", "https", "ws", "wss", "grpc", "grpcs"};

bool is_port(std::string_view text) {
  unsigned port = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// "host", "host:port", "[v6]" or "[v6]:port".
std::string authority_fault(std::string_view authority) {
  std::size_t at = authority.rfind('@');
  if (at != authority.npos) authority.remove_prefix(at + 1);
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    std::size_t close = authority.find(']');
    if (close == authority.npos) return "the '[' of its IPv6 address is not closed";
    host_end = close + 1 == authority.size() ? authority.npos : close + 1;
    if (host_end != authority.npos && authority[host_end] != ':') {
      return "expected ':' and a port after the IPv6 address";
    }
  }
  if (authority.empty() || host_end == 0) return "the host is missing";
  if (host_end == authority.npos || is_port(authority.substr(host_end + 1))) return {};
  return "expected a port from 1 to 65535 after the host";
}

}  // namespace

std::string normalised_path(std::string_view path) {
  std::string to = "/";
  for (char c : path) {
    if (c != '/' || to.back() != '/') to += c;
  }
  if (to.back() != '/') to += '/';
  return to;
}

std::string normalised_host(std::string_view host) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t first = host.find_first_not_of(kBlanks);
  if (first == host.npos) return {};
  std::string to(host.substr(first, host.find_last_not_of(kBlanks) - first + 1));
  for (char& c : to) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return to;
}

std::string target_fault(std::string_view target) {
  if (target.find("{#") != target.npos) return {};
  std::size_t colon = target.find("://");
  std::string_view scheme = target.substr(0, colon == target.npos ? 0 : colon);
  if (index_of(scheme, kSchemes) == kNoName) {
    return "expected scheme://host[:port][/path][?query] with a scheme of " + listed(kSchemes);
  }
  bool odd = std::ranges::any_of(target, [](unsigned char c) { return c <= ' ' || c == 0x7F; });
  if (odd) return "it holds a blank or a control character";
  std::string_view rest = target.substr(colon + 3);
  return authority_fault(rest.substr(0, rest.find_first_of("/?#")));
}

}  // namespace perigee::definition
