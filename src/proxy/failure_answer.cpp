#include "proxy/failure_answer.hpp"

#include "base/json.hpp"

namespace perigee::proxy {

bool accepts_json(const http::Headers& request) {
  for (const http::Header& header : request.entries()) {
    if (!header.is(http::HeaderId::accept)) continue;
    bool json = header.value().find("application/json") != std::string_view::npos;
    if (json || header.value().find("*/*") != std::string_view::npos) return true;
  }
  return false;
}

FailureAnswer answer_failure(policy::Exchange& exchange, const policy::Failure& failure) {
  http::ResponseHead& response = exchange.response;
  response.status = failure.status;
  response.reason = {};
  FailureAnswer answer;
  // The rest of a body that is too large is not read.
  answer.close = failure.status < 400 || failure.status >= 500 || failure.cause == ErrorCode::limit;
  response.headers.remove(http::HeaderId::content_length);
  response.headers.remove(http::HeaderId::transfer_encoding);
  if (!failure.has_message) return answer;
  bool json = accepts_json(exchange.request.headers);
  std::string body = failure.message;
  if (json && failure.content_type != "application/json") {
    body = "{\"message\":" + json_quoted(failure.message) +
           ",\"http_status_code\":" + std::to_string(failure.status) + "}";
  }
  answer.body = exchange.arena.copy(body);
  response.headers.remove(http::HeaderId::content_encoding);
  response.headers.set_view(http::HeaderName("Content-Type"),
                            json ? "application/json" : "text/plain");
  return answer;
}

}  // namespace perigee::proxy
