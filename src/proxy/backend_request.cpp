#include "proxy/backend_request.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "policy/query.hpp"

namespace perigee::proxy {

using http::Header;
using http::HeaderId;
using policy::QueryParameter;
using policy::QueryReader;

namespace {

const http::HeaderName kHost("Host");
const http::HeaderName kAcceptEncoding("Accept-Encoding");

constexpr http::HeaderIds kHopByHop{HeaderId::connection,
                                    HeaderId::keep_alive,
                                    HeaderId::proxy_authorization,
                                    HeaderId::te,
                                    HeaderId::proxy_authenticate,
                                    HeaderId::proxy_connection,
                                    HeaderId::trailer,
                                    HeaderId::transfer_encoding,
                                    HeaderId::upgrade,
                                    HeaderId::http2_settings};

constexpr http::HeaderIds kKeptWhenNamed{HeaderId::connection, HeaderId::upgrade, HeaderId::host};

// The usual values name none.
bool names_fields(std::string_view connection) {
  return !connection.empty() && !http::equals_ignoring_case(connection, "keep-alive") &&
         !http::equals_ignoring_case(connection, "close");
}

// What does not concern the backend is marked as removed, when there may be any.
void remove_hop_by_hop(const plan::Backend& backend, const BackendRequestRules& rules,
                       http::Headers& headers) {
  if (backend.use_compression) {
    headers.set_made(kAcceptEncoding, "deflate, gzip");
  } else if (!backend.propagate_accept_encoding) {
    headers.remove(HeaderId::accept_encoding);
  }
  if (!headers.may_have_any(kHopByHop)) return;
  for (Header& header : headers.entries()) {
    bool kept_for_upgrade =
        rules.upgrade && (header.id == HeaderId::connection || header.id == HeaderId::upgrade);
    if (kHopByHop.contains(header.id) && !kept_for_upgrade) header.removed = true;
  }
}

std::string_view host_for(const policy::Exchange& exchange, const Destination& destination,
                          const BackendRequestRules& rules) {
  std::string_view now = exchange.request.headers.get(HeaderId::host).value_or("");
  if (now.empty() || rules.v2) return destination.authority;
  if (now != rules.original_host) return now;  // a policy changed it
  // Of an absolute target when there was one, whatever Host says (RFC 9112 section 3.2.2): the
  // backend must see the host that the API was chosen by.
  return destination.backend->propagate_client_host ? exchange.request.authority
                                                    : destination.authority;
}

std::string_view written(Arena& arena, const std::vector<QueryParameter>& parameters,
                         const std::vector<std::size_t>& order) {
  std::size_t size = 0;
  for (const QueryParameter& parameter : parameters)
    size += parameter.name.size() + parameter.value.size() + 2;
  std::span<char> text = arena.array<char>(size);
  char* at = text.data();
  auto put = [&at](std::string_view part) { at = std::copy(part.begin(), part.end(), at); };
  for (std::size_t i = 0; i < order.size(); ++i) {
    const QueryParameter& parameter = parameters[order[i]];
    if (i > 0) put("&");
    put(parameter.name);
    if (parameter.has_value) put("=");
    put(parameter.value);
  }
  return {text.data(), static_cast<std::size_t>(at - text.data())};
}

// The order of parameters with equal names side by side, names in first-seen order. n log n: the
// client chooses n.
std::vector<std::size_t> grouped(const std::vector<QueryParameter>& parameters) {
  std::vector<std::size_t> by_name(parameters.size());
  std::iota(by_name.begin(), by_name.end(), 0);
  std::sort(by_name.begin(), by_name.end(), [&](std::size_t a, std::size_t b) {
    int order = parameters[a].name.compare(parameters[b].name);
    return order != 0 ? order < 0 : a < b;
  });
  std::vector<std::size_t> first_seen(parameters.size());
  for (std::size_t i = 0; i < by_name.size(); ++i) {
    bool same = i > 0 && parameters[by_name[i]].name == parameters[by_name[i - 1]].name;
    first_seen[by_name[i]] = same ? first_seen[by_name[i - 1]] : by_name[i];
  }
  std::vector<std::size_t> order = std::move(by_name);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return first_seen[a] != first_seen[b] ? first_seen[a] < first_seen[b] : a < b;
  });
  return order;
}

// Nothing to group or to rewrite: a few parameters, separated by '&', each name once.
bool is_simple(std::string_view query) {
  constexpr std::size_t kFew = 8;
  for (char special : {';', '#'}) {
    if (query.find(special) != std::string_view::npos) return false;
  }
  std::string_view names[kFew];
  std::size_t count = 0;
  for (bool more = !query.empty(); more;) {
    std::size_t end = query.find('&');
    more = end != std::string_view::npos;
    std::string_view name = query.substr(0, std::min(end, query.find('=')));
    bool seen = std::find(names, names + count, name) != names + count;
    bool nothing = end == 0 || query.empty();
    if (nothing || seen || count == kFew) return false;
    names[count++] = name;
    if (more) query.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

void remove_named_fields(http::Headers& headers) {
  if (!headers.may_have_any({HeaderId::connection})) return;
  for (const Header& connection : headers.entries()) {
    if (connection.id != HeaderId::connection || connection.removed) continue;
    if (!names_fields(connection.value())) continue;
    for (Header& field : headers.entries()) {
      if (!kKeptWhenNamed.contains(field.id) &&
          http::list_has_token(connection.value(), field.name()))
        field.removed = true;
    }
  }
}

std::string_view merge_queries(Arena& arena, std::span<const std::string_view> queries) {
  std::string_view only;
  std::size_t filled = 0;
  for (std::string_view query : queries) {
    if (query.empty()) continue;
    only = query;
    ++filled;
  }
  if (filled == 0 || (filled == 1 && is_simple(only))) return only;
  std::vector<QueryParameter> parameters;
  for (std::string_view query : queries) {
    QueryReader reader(query);
    while (std::optional<QueryParameter> parameter = reader.next())
      parameters.push_back(*parameter);
  }
  return written(arena, parameters, grouped(parameters));
}

void make_backend_request(const policy::Exchange& exchange, const Destination& destination,
                          const BackendRequestRules& rules, http::RequestHead& to) {
  const http::RequestHead& from = exchange.request;
  const plan::Backend& backend = *destination.backend;
  Arena& arena = to.headers.arena();
  to.method = from.method;
  to.method_text = from.method_text;
  to.version = http::Version::http_1_1;
  to.authority = host_for(exchange, destination, rules);
  std::array<std::string_view, 3> queries{from.query, destination.target_query,
                                          destination.custom_query};
  if (rules.v2) std::swap(queries[0], queries[1]);
  to.query = merge_queries(arena, queries);
  to.has_query = !to.query.empty();
  bool rooted =
      (destination.base_path.empty() ? destination.path : destination.base_path).starts_with('/');
  to.target = arena.join({rooted ? "" : "/", destination.base_path, destination.path,
                          to.has_query ? "?" : "", to.query});
  std::size_t after_path = to.has_query ? to.query.size() + 1 : 0;
  to.path = to.target.substr(0, to.target.size() - after_path);
  to.headers.append_all(from.headers);
  remove_hop_by_hop(backend, rules, to.headers);
  if (to.authority == backend.authority) {
    to.headers.set_made(kHost, to.authority);  // of a URL that was read
  } else {
    to.headers.set_view(kHost, to.authority);
  }
  for (const auto& [name, value] : backend.headers) to.headers.set_view(name, value);
}

}  // namespace perigee::proxy
