#include "policy/original_url.hpp"

#include "base/trim.hpp"

namespace perigee::policy {
namespace {

const http::HeaderName kForwarded("Forwarded");
const http::HeaderName kProto("X-Forwarded-Proto");
const http::HeaderName kHost("X-Forwarded-Host");
const http::HeaderName kPort("X-Forwarded-Port");
const http::HeaderName kPrefix("X-Forwarded-Prefix");

struct Origin {
  std::string_view scheme;
  std::string_view host;  // with its port, if it has one
};

std::string_view first_entry(std::string_view list) {
  return trimmed(list.substr(0, list.find(',')));
}

std::string_view unquoted(std::string_view text) {
  bool quotes = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  return quotes ? text.substr(1, text.size() - 2) : text;
}

void take(std::string_view pair, Origin& origin) {
  std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return;
  std::string_view name = trimmed(pair.substr(0, equals));
  std::string_view value = unquoted(trimmed(pair.substr(equals + 1)));
  if (http::equals_ignoring_case(name, "proto")) origin.scheme = value;
  if (http::equals_ignoring_case(name, "host")) origin.host = value;
}

// RFC 7239: "for=1.2.3.4;proto=https;host=a, for=..": the first element is the client's. compat: a
// value without ';' may list its pairs with ','.
void follow_forwarded(std::string_view value, Origin& origin) {
  bool has_elements = value.find(';') != std::string_view::npos;
  if (has_elements) value = value.substr(0, value.find(','));
  for (const char separator = has_elements ? ';' : ','; !value.empty();) {
    std::size_t end = value.find(separator);
    take(value.substr(0, end), origin);
    value = end == std::string_view::npos ? std::string_view() : value.substr(end + 1);
  }
}

bool has_port(std::string_view host) {
  std::size_t colon = host.rfind(':');
  return colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
}

bool is_told(std::string_view port, std::string_view scheme) {
  return !port.empty() &&
         ((scheme == "http" && port != "80") || (scheme == "https" && port != "443"));
}

}  // namespace

std::string_view original_url(const http::RequestHead& request, Arena& arena) {
  const http::Headers& headers = request.headers;
  auto text = [&](const http::HeaderName& name) { return headers.get(name).value_or(""); };
  Origin origin{.scheme = request.scheme, .host = request.authority};
  std::string_view forwarded = text(kForwarded), proto = text(kProto), host = text(kHost);
  bool is_forwarded = !forwarded.empty() || !proto.empty() || !host.empty();
  if (!forwarded.empty()) {
    follow_forwarded(forwarded, origin);
  } else if (is_forwarded) {
    if (!proto.empty()) origin.scheme = first_entry(proto);
    if (!host.empty()) origin.host = first_entry(host);
  }
  bool whole = origin.host.find("://") != std::string_view::npos;
  std::string_view url = whole ? origin.host : arena.join({origin.scheme, "://", origin.host});
  if (!is_forwarded) return arena.join(url, request.target);
  std::string_view port = first_entry(text(kPort));
  std::string_view after_scheme = url.substr(url.find("://") + 3);
  if (is_told(port, origin.scheme) && !has_port(after_scheme)) url = arena.join({url, ":", port});
  return arena.join({url, first_entry(text(kPrefix)), request.target});
}

}  // namespace perigee::policy
