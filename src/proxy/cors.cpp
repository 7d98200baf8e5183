#include "proxy/cors.hpp"

#include "base/trim.hpp"
namespace perigee::proxy {

using policy::Exchange;
using policy::Verdict;

namespace {

const http::HeaderName kOrigin("Origin");
const http::HeaderName kRequestMethod("Access-Control-Request-Method");
const http::HeaderName kRequestHeaders("Access-Control-Request-Headers");
const http::HeaderName kRequestPrivateNetwork("Access-Control-Request-Private-Network");
const http::HeaderName kAllowOrigin("Access-Control-Allow-Origin");
const http::HeaderName kAllowCredentials("Access-Control-Allow-Credentials");
const http::HeaderName kAllowMethods("Access-Control-Allow-Methods");
const http::HeaderName kAllowHeaders("Access-Control-Allow-Headers");
const http::HeaderName kExposeHeaders("Access-Control-Expose-Headers");
const http::HeaderName kMaxAge("Access-Control-Max-Age");
const http::HeaderName kAllowPrivateNetwork("Access-Control-Allow-Private-Network");

class Answers200 final : public policy::Invoker {
 public:
  Async<Verdict> invoke(Exchange& exchange) override {
    exchange.response.status = 200;
    exchange.has_response = true;
    return Verdict::next();
  }
};

bool allows_headers(const plan::Cors& cors, std::string_view list) {
  while (!list.empty()) {
    std::size_t end = list.find(',');
    std::string_view name = trimmed(list.substr(0, end));
    if (!name.empty() && !cors.allows_header(name)) return false;
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return true;
}

bool allows_preflight(const plan::Cors& cors, const http::Headers& request) {
  return cors.allows_origin(*request.get(kOrigin)) &&
         cors.allows_method(*request.get(kRequestMethod)) &&
         allows_headers(cors, request.get(kRequestHeaders).value_or(""));
}

void set_unless_empty(http::Headers& headers, const http::HeaderName& name,
                      std::string_view value) {
  if (!value.empty()) headers.set_view(name, value);
}

}  // namespace

bool is_preflight(const http::RequestHead& request) {
  return request.method == http::Method::options && request.headers.has(kOrigin) &&
         request.headers.has(kRequestMethod);
}

Verdict answer_preflight(const plan::Cors& cors, Exchange& exchange) {
  exchange.application_id = "1";
  const http::Headers& request = exchange.request.headers;
  if (!allows_preflight(cors, request)) {
    Verdict refused = Verdict::fail(400, "CORS_PREFLIGHT_FAILED", "");
    refused.failure().has_message = false;
    return refused;
  }
  http::Headers& answer = exchange.response.headers;
  if (cors.allow_credentials) answer.set_view(kAllowCredentials, "true");
  answer.set_view(kAllowOrigin, *request.get(kOrigin));
  set_unless_empty(answer, kAllowMethods, cors.allow_methods);
  set_unless_empty(answer, kAllowHeaders, cors.allow_headers);
  set_unless_empty(answer, kMaxAge, cors.max_age);
  if (cors.allow_private_network && request.get(kRequestPrivateNetwork) == "true")
    answer.set_view(kAllowPrivateNetwork, "true");
  exchange.response.status = 200;
  if (!cors.run_policies) return Verdict::end();
  exchange.set_invoker(exchange.own(std::make_unique<Answers200>()));
  return Verdict::next();
}

void add_cors_headers(const plan::Cors& cors, Exchange& exchange) {
  http::Headers& answer = exchange.response.headers;
  std::optional<std::string_view> origin = exchange.request.headers.get(kOrigin);
  if (!origin || !cors.allows_origin(*origin)) {
    for (const http::HeaderName* name : {&kAllowCredentials, &kAllowOrigin, &kExposeHeaders})
      answer.remove(*name);
    return;
  }
  if (cors.allow_credentials) answer.set_view(kAllowCredentials, "true");
  answer.set_view(kAllowOrigin, *origin);
  set_unless_empty(answer, kExposeHeaders, cors.expose_headers);
}

}  // namespace perigee::proxy
