#include "proxy/failure_answer.hpp"

#include <array>
#include <vector>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/trim.hpp"

namespace perigee::proxy {

using policy::Exchange;
using policy::Failure;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.handlers.api.processor.error"};
const http::HeaderName kContentType("Content-Type");
constexpr std::array<std::string_view, 2> kJsonTypes{"application/json", "*/*"};

// Each media type of a line, without its parameters.
bool lists_json(std::string_view line) {
  while (!line.empty()) {
    std::size_t end = line.find(',');
    std::string_view type = line.substr(0, end);
    type = trimmed(type.substr(0, type.find(';')), " ");
    for (std::string_view json : kJsonTypes) {
      if (type == json) return true;
    }
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
  }
  return false;
}

std::vector<std::string_view> accept_lines(const http::Headers& request) {
  std::vector<std::string_view> lines;
  for (const http::Header& header : request.entries()) {
    if (header.is(http::HeaderId::accept)) lines.push_back(header.value());
  }
  return lines;
}

// What is evaluated before anything of the answer is touched.
struct Rendered {
  std::optional<std::string_view> body;
  std::vector<std::pair<http::HeaderName, std::string_view>> headers;
};

Result<Rendered> render(const plan::ResponseTemplate& made, Exchange& exchange) {
  Rendered rendered;
  for (const auto& [name, value] : made.headers) {
    TRY(std::optional<std::string_view> text, value.text(exchange, exchange.arena));
    if (text && !http::is_valid_header_value(*text))
      return fail(ErrorCode::evaluation,
                  "the value of header '" + name.text() + "' holds bytes that HTTP does not allow");
    if (text) rendered.headers.emplace_back(name, *text);
  }
  if (!made.body) return rendered;
  TRY(std::optional<std::string_view> body, made.body->text(exchange, exchange.arena));
  rendered.body = body.value_or("");
  return rendered;
}

// compat: the type is what the client said it takes, word for word.
FailureAnswer answer_by(const plan::ResponseTemplate& made, const Rendered& rendered,
                        Exchange& exchange) {
  http::ResponseHead& response = exchange.response;
  response.status = made.status;
  FailureAnswer answer{.body = rendered.body.value_or(""), .close = true};
  if (!rendered.body) return answer;
  response.headers.remove(http::HeaderId::content_encoding);
  if (auto accept = exchange.request.headers.get(http::HeaderId::accept)) {
    response.headers.set_view(kContentType, *accept);
  } else {
    response.headers.remove(kContentType);
  }
  for (const auto& [name, value] : rendered.headers) response.headers.set_view(name, value);
  return answer;
}

std::optional<FailureAnswer> by_template(Exchange& exchange, const Failure& failure,
                                         const plan::ResponseTemplates& templates) {
  if (templates.empty() || failure.key.empty()) return std::nullopt;
  bool of_backend = !failure.refined_key.empty();
  const plan::ResponseTemplate* made =
      templates.find(of_backend ? failure.refined_key : std::string_view(failure.key),
                     failure.parent_key, accept_lines(exchange.request.headers));
  if (!made) return std::nullopt;
  Result<Rendered> rendered = render(*made, exchange);
  if (rendered) return answer_by(*made, *rendered, exchange);
  kLog.line(log::Level::warn, exchange.api.id, "the response template of '{}' failed: {}",
            failure.key, rendered.error().message);
  return std::nullopt;
}

std::string_view standard_body(const Exchange& exchange, const Failure& failure, bool json) {
  if (!json || failure.content_type == "application/json") return failure.message;
  return exchange.arena.copy("{\"message\":" + json_quoted(failure.message) +
                             ",\"http_status_code\":" + std::to_string(failure.status) + "}");
}

}  // namespace

bool accepts_json(const http::Headers& request, bool old_engine) {
  for (std::string_view line : accept_lines(request)) {
    if (old_engine && lists_json(line)) return true;
    for (std::string_view json : kJsonTypes) {
      if (!old_engine && line.find(json) != std::string_view::npos) return true;
    }
  }
  return false;
}

FailureAnswer answer_failure(Exchange& exchange, const Failure& failure,
                             const plan::ResponseTemplates& templates) {
  exchange.failure = &failure;
  http::ResponseHead& response = exchange.response;
  response.reason = {};
  response.headers.remove(http::HeaderId::content_length);
  response.headers.remove(http::HeaderId::transfer_encoding);
  if (auto answer = by_template(exchange, failure, templates)) return *answer;
  response.status = failure.status;
  FailureAnswer answer;
  // The rest of a body that is too large is not read.
  answer.close = failure.status < 400 || failure.status >= 500 ||
                 failure.cause == ErrorCode::limit || exchange.api.old_engine;
  if (!failure.has_message) return answer;
  bool json = accepts_json(exchange.request.headers, exchange.api.old_engine);
  answer.body = exchange.arena.copy(standard_body(exchange, failure, json));
  response.headers.remove(http::HeaderId::content_encoding);
  response.headers.set_view(kContentType, json ? "application/json" : "text/plain");
  return answer;
}

}  // namespace perigee::proxy
