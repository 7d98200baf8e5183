#include "upstream/fetcher.hpp"

namespace perigee::upstream {

namespace {

std::unexpected<Error> wrong_request(std::string what) {
  return fail(ErrorCode::invalid, std::move(what));
}

constexpr http::HeaderIds kFraming{http::HeaderId::content_length,
                                   http::HeaderId::transfer_encoding, http::HeaderId::connection};

// A body is usual with these: none is told by a length of 0 (RFC 9110 section 8.6).
bool usually_has_body(http::Method method) {
  return method == http::Method::post || method == http::Method::put ||
         method == http::Method::patch;
}

Result<void> fill_headers(const Fetch& fetch, const http::Url& url, http::RequestHead& request) {
  http::Headers& headers = request.headers;
  headers.add(http::HeaderName("Host"), url.authority());
  for (const auto& [name, value] : fetch.headers) {
    if (!http::is_valid_header_name(name))
      return wrong_request("'" + name.substr(0, 100) + "' is no header name");
    if (!http::is_valid_header_value(value))
      return wrong_request("the value of header '" + name + "' has bytes that HTTP does not allow");
    http::HeaderName known(name);
    if (kFraming.contains(known.id)) continue;
    if (known.id == http::HeaderId::host) {
      headers.set(known, value);
    } else {
      headers.add(known, value);
    }
  }
  if (fetch.body.empty() && usually_has_body(request.method))
    headers.add(http::HeaderName("Content-Length"), "0");
  return {};
}

// Views into `url` and `fetch`, which outlive the head.
Result<void> fill(const Fetch& fetch, const http::Url& url, http::RequestHead& request) {
  if (!http::is_valid_header_name(fetch.method))
    return wrong_request("'" + fetch.method.substr(0, 100) + "' is no method");
  request.method_text = fetch.method;
  request.method = http::method_of(fetch.method);
  request.scheme = url.scheme;
  request.path = url.path.empty() ? "/" : std::string_view(url.path);
  request.query = url.query;
  request.has_query = url.has_query;
  Arena& arena = request.headers.arena();
  request.target = arena.join({request.path, url.has_query ? "?" : "", request.query});
  request.authority = arena.copy(url.authority());
  return fill_headers(fetch, url, request);
}

void take_head(const http::ResponseHead& head, Fetched& fetched) {
  fetched.status = head.status;
  for (const http::Header& header : head.headers.entries()) {
    if (!header.removed) fetched.headers.emplace_back(header.name(), header.value());
  }
}

}  // namespace

// Keeps a destination from making room while a call uses it.
class Fetcher::Use {
 public:
  explicit Use(Destination& destination) : destination_(destination) { ++destination_.in_use; }
  ~Use() { --destination_.in_use; }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  Destination& destination_;
};

Fetcher::Fetcher(net::Reactor& reactor, net::Names& names, net::TrustStores& trust_stores,
                 Options options)
    : reactor_(reactor),
      trust_stores_(trust_stores),
      options_(options),
      client_(reactor, names, 1, options.limits, nullptr),
      destinations_(options.destinations_max) {
  registry_.on_retired(
      [this](std::uint32_t slot, std::uint64_t generation) { client_.drop(slot, generation); });
}

Fetcher::~Fetcher() { destinations_.clear(); }

Async<Result<Fetched>> Fetcher::fetch(Fetch fetch) {
  CO_TRY(http::Url url, http::parse_url(fetch.url));
  CO_TRY(Destination * to, destination(url, fetch));
  Use use(*to);
  Arena arena;
  http::RequestHead request(arena);
  CO_TRY(fill(fetch, url, request));
  net::Deadline deadline(reactor_, co_await this_scope(), fetch.timeout, ErrorCode::timed_out,
                         "no whole answer within the time for it", Fault::upstream);
  http::BytesBody body(fetch.body);
  http::ResponseHead response(arena);
  Call call(arena);
  CO_TRY(co_await call.start(client_, *to->endpoint, request, fetch.body.empty() ? nullptr : &body,
                             response, nullptr));
  if (response.status == 101)
    co_return fail(ErrorCode::invalid, to->endpoint->remote() + ": switched protocols unasked",
                   Fault::upstream);
  Fetched fetched;
  take_head(response, fetched);
  if (http::Body* answer = call.body()) {
    Result<std::string_view> bytes =
        co_await http::read_all(*answer, arena, fetch.answer_bytes_max);
    if (!bytes) {
      bytes.error().fault = Fault::upstream;  // also when it is too long
      co_return std::unexpected(std::move(bytes.error()).in(to->endpoint->remote()));
    }
    fetched.body = *bytes;
  }
  co_return fetched;
}

Result<Fetcher::Destination*> Fetcher::destination(const http::Url& url, const Fetch& fetch) {
  TRY(EndpointOptions options, options_for(url, fetch));
  if (Destination* known = destinations_.find(options.fingerprint)) return known;
  auto idle = [](const Destination& one) { return one.in_use == 0; };
  if (destinations_.full() && !destinations_.drop_oldest(idle)) {
    return fail(ErrorCode::limit, "calls to " + std::to_string(destinations_.size()) +
                                      " destinations are under way, no more are made at a time");
  }
  std::string key = options.fingerprint;
  auto endpoint = registry_.endpoint({}, {}, std::move(options));
  return &destinations_.add(std::move(key), {.endpoint = std::move(endpoint)});
}

Result<EndpointOptions> Fetcher::options_for(const http::Url& url, const Fetch& fetch) {
  if (url.scheme != "http" && url.scheme != "https")
    return fail(ErrorCode::unsupported,
                "the URL's scheme is '" + url.scheme + "'; expected http or https");
  EndpointOptions options{.target = url,
                          .read_timeout = 0s,  // the call has its own limit
                          .connections_max = options_.connections_max,
                          .waiting_max = options_.waiting_max};
  if (url.secured()) {
    if (!fetch.tls && !system_tls_) {
      net::TlsClientContext::Options system;
      TRY(system.trust, trust_stores_.system());
      TRY(system_tls_, net::TlsClientContext::make(std::move(system)));
    }
    options.tls = fetch.tls ? fetch.tls : system_tls_;
  }
  options.proxy = fetch.proxy;
  // A context's address names it as long as its destination holds it.
  options.fingerprint = url.scheme + " " + url.host + " " + std::to_string(url.port) + " " +
                        std::to_string(reinterpret_cast<std::uintptr_t>(options.tls.get()));
  if (options.proxy) options.fingerprint += " " + options.proxy->fingerprint();
  return options;
}

}  // namespace perigee::upstream
