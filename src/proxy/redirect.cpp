#include "proxy/redirect.hpp"

namespace perigee::proxy {
namespace {

const http::HeaderName kHost("Host");

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool same_origin(const http::Url& a, const http::Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

void remove_what_is_for(const plan::Backend& backend, http::Headers& headers) {
  for (http::HeaderId id :
       {http::HeaderId::authorization, http::HeaderId::cookie, http::HeaderId::proxy_authorization})
    headers.remove(id);
  for (const auto& [name, value] : backend.headers) headers.remove(name);
}

// The endpoint of this origin; false when there can be none.
bool turn_to(const http::Url& url, upstream::Elsewhere& elsewhere, Destination& to) {
  const upstream::Endpoint& own = *to.backend->endpoint;
  if (same_origin(url, own.options().target)) {
    to.endpoint = &own;
    return true;
  }
  Result<std::shared_ptr<const upstream::Endpoint>> other = elsewhere.endpoint(own, url);
  if (!other) return false;
  to.elsewhere = *std::move(other);
  to.endpoint = to.elsewhere.get();
  return true;
}

void aim(const http::Url& url, http::RequestHead& request) {
  Arena& arena = request.headers.arena();
  request.authority = arena.copy(url.authority());
  request.path = arena.copy(url.path.empty() ? "/" : url.path);
  request.query = arena.copy(url.query);
  request.has_query = url.has_query;
  request.target = arena.join({request.path, url.has_query ? "?" : "", request.query});
  request.headers.set_made(kHost, request.authority);
}

}  // namespace

bool may_follow(const http::RequestHead& request, const http::Body* body) {
  return !body && (request.method == http::Method::get || request.method == http::Method::head);
}

bool follow(const http::ResponseHead& answer, upstream::Elsewhere& elsewhere, Destination& to,
            http::RequestHead& request) {
  if (!is_redirect(answer.status)) return false;
  std::optional<std::string_view> location = answer.headers.get(http::HeaderId::location);
  if (!location) return false;
  http::Url from = to.endpoint->options().target;
  from.path = request.path;
  from.query = request.query;
  from.has_query = request.has_query;
  Result<http::Url> url = http::resolve_url(from, *location);
  if (!url || (url->scheme != "http" && url->scheme != "https")) return false;
  const bool leaves = !same_origin(*url, from);
  if (leaves && !turn_to(*url, elsewhere, to)) return false;
  if (leaves) remove_what_is_for(*to.backend, request.headers);
  aim(*url, request);
  return true;
}

}  // namespace perigee::proxy
