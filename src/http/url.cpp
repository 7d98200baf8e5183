#include "http/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "http/h1_scan.hpp"

namespace perigee::http {

namespace {

struct Scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array kSchemes = {Scheme{"http", 80}, Scheme{"https", 443}, Scheme{"ws", 80},
                                 Scheme{"wss", 443}, Scheme{"grpc", 80},   Scheme{"grpcs", 443}};

constexpr std::size_t kHostBytesMax = 255;

const Scheme* scheme_of(std::string_view name) {
  auto found = std::find_if(kSchemes.begin(), kSchemes.end(),
                            [&](const Scheme& scheme) { return scheme.name == name; });
  return found == kSchemes.end() ? nullptr : &*found;
}

// With "***" for user information, which has a password.
std::string shown(std::string_view url) {
  std::size_t scheme = url.find("://"), begin = scheme == url.npos ? 0 : scheme + 3;
  std::size_t at = url.substr(0, url.find_first_of("/?#", begin)).rfind('@');
  std::string text(url);
  if (at != url.npos && at >= begin) text.replace(begin, at - begin, "***");
  return text.substr(0, 200);
}

std::unexpected<Error> wrong(std::string_view url, std::string_view what) {
  std::string message = "the URL '";
  message.append(shown(url)).append("': ").append(what);
  return fail(ErrorCode::invalid, std::move(message));
}

bool is_ipv6(std::string_view literal) {
  in6_addr address;
  std::string text(literal.substr(0, literal.find('%')));
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '-' ||
           byte == '.' || byte == '_';
  });
}

// "host:port", "[::1]:port" or either without the port.
Result<void> parse_authority(std::string_view text, std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos)
    return wrong(text, "user information before '@' is not supported; use a header");
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    std::size_t close = authority.find(']');
    if (close == std::string_view::npos)
      return wrong(text, "']' is missing after the IPv6 address");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!is_ipv6(host)) return wrong(text, "an IPv6 address was expected between '[' and ']'");
    url.host_is_ipv6 = true;
    url.host = ascii_lower(host);
  } else {
    std::size_t colon = std::min(authority.find(':'), authority.size());
    port = authority.substr(colon);
    url.host = ascii_lower(authority.substr(0, colon));
    if (!is_host_name(url.host))
      return wrong(text, "the host may hold letters, digits, '-', '.' and '_' only");
  }
  if (url.host.empty()) return wrong(text, "a host was expected after '://'");
  if (url.host.size() > kHostBytesMax) return wrong(text, "the host is longer than 255 bytes");
  if (port.empty() || port == ":") return {};
  const char* end = port.data() + port.size();
  auto [stop, error] = std::from_chars(port.data() + 1, end, url.port);
  if (port.front() != ':' || stop != end || error != std::errc() || url.port == 0)
    return wrong(text, "a port from 1 to 65535 was expected after ':'");
  url.port_given = true;
  return {};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  std::size_t colon = text.find("://");
  if (colon == std::string_view::npos)
    return wrong(text, "an absolute URL was expected, such as http://host:8080/path");
  Url url;
  url.scheme = ascii_lower(text.substr(0, colon));
  const Scheme* scheme = scheme_of(url.scheme);
  if (!scheme) return wrong(text, "the scheme must be one of http, https, ws, wss, grpc, grpcs");
  url.port = scheme->port;

  const char* end = text.end();
  const char* stop = detail::scan_target(text.begin(), end);
  if (stop != end && *stop == '#') return wrong(text, "a fragment ('#') is never sent; remove it");
  if (stop != end) {
    return wrong(text, "byte " + std::to_string(stop - text.data()) +
                           " may not stand in a URL; write it as %XX");
  }

  std::string_view rest = text.substr(colon + 3);
  std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  TRY(parse_authority(text, rest.substr(0, authority_end), url));
  rest.remove_prefix(authority_end);
  std::size_t question = rest.find('?');
  url.path = rest.substr(0, question);
  url.has_query = question != std::string_view::npos;
  if (url.has_query) url.query = rest.substr(question + 1);
  return url;
}

namespace {

// "http:" of "http://a"; the letters before a colon that comes before any other delimiter.
bool has_scheme(std::string_view reference) {
  std::size_t colon = reference.find(':');
  return colon != std::string_view::npos && colon > 0 && reference.find_first_of("/?") > colon;
}

// RFC 3986 section 5.2.4, for a path that begins with '/'.
std::string without_dots(std::string_view path) {
  std::string kept;
  while (!path.empty()) {
    std::size_t end = std::min(path.find('/', 1), path.size());
    std::string_view segment = path.substr(0, end);  // with its '/' before it
    path.remove_prefix(end);
    if (segment == "/..") kept.resize(std::min(kept.rfind('/'), kept.size()));
    const bool dots = segment == "/." || segment == "/..";
    if (!dots) kept.append(segment);
    if (dots && path.empty()) kept.append("/");
  }
  return kept;
}

}  // namespace

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (has_scheme(reference)) return parse_url(reference);
  if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
  Url origin = base;
  origin.path = origin.query = "";
  origin.has_query = false;
  std::size_t question = std::min(reference.find('?'), reference.size());
  std::string path(reference.substr(0, question));
  std::string query(reference.substr(question));  // with its '?'
  if (path.empty()) {
    path = base.path;
    if (query.empty() && base.has_query) query = "?" + base.query;
  } else if (!path.starts_with('/')) {
    path = base.path.substr(0, base.path.rfind('/') + 1) + path;
    if (!path.starts_with('/')) path.insert(0, "/");
  }
  return parse_url(origin.text() + without_dots(path) + query);
}

std::string Url::authority() const {
  std::string text = host_is_ipv6 ? "[" + host + "]" : host;
  const Scheme* known = scheme_of(scheme);
  if (!known || known->port != port) text.append(":").append(std::to_string(port));
  return text;
}

std::string Url::text() const {
  std::string text = scheme + "://" + authority() + path;
  if (has_query) text.append("?").append(query);
  return text;
}

}  // namespace perigee::http
