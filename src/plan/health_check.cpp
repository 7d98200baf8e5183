// The health check of an endpoint (api-definition.md 1.12). A broken one leaves its endpoint
// unchecked and in use, as upstream does.
#include "definition/names.hpp"
#include "plan/evaluator.hpp"
#include "upstream/health.hpp"

namespace perigee::plan {
namespace {

constexpr std::string_view kDefaultAssertion = "#response.status == 200";
constexpr Duration kTimeoutWithoutLimit = 10s;  // of endpoints that would wait for ever

// The reference takes an assertion with and without the braces of an expression.
std::string with_braces(std::string_view assertion) {
  if (is_blank(assertion)) assertion = kDefaultAssertion;
  if (assertion.find("{#") != std::string_view::npos || assertion.starts_with('{'))
    return std::string(assertion);
  return "{(" + std::string(assertion) + ")}";
}

// `target` is a URL, or a path: in place of that of the endpoint, or behind it.
Result<http::Url> url_of(const definition::HealthCheck& check, const std::string& target,
                         const http::Url& endpoint) {
  if (target.find("://") != std::string::npos) return http::parse_url(target);
  http::Url origin = endpoint;
  origin.scheme = endpoint.secured() ? "https" : "http";  // of wss and ws
  origin.path = origin.query = "";
  origin.has_query = false;
  std::string before = check.override_endpoint_path ? "" : endpoint.path;
  if (before.ends_with('/')) before.pop_back();
  if (!target.empty() && target.front() != '/' && target.front() != '?') before += '/';
  return http::parse_url(origin.text() + before + target);
}

// In the letters of HTTP; one of which we know nothing stays as it is written.
std::string method_of(const definition::HealthCheck& check) {
  std::size_t known = definition::index_of(check.method, definition::kMethodNames);
  return known == definition::kNoName ? check.method : std::string(definition::kMethodNames[known]);
}

Result<upstream::Fetch> request_of(const definition::HealthCheck& check,
                                   const upstream::EndpointOptions& options, Evaluator& evaluator) {
  upstream::Fetch request{.method = method_of(check),
                          .timeout = options.read_timeout > 0s
                                         ? options.connect_timeout + options.read_timeout
                                         : kTimeoutWithoutLimit,
                          .proxy = options.proxy};
  TRY(std::string target, evaluator.text(check.target, "target"));
  TRY(http::Url url, url_of(check, target, options.target));
  if (url.scheme != "http" && url.scheme != "https")
    return fail(ErrorCode::invalid, "the target is no URL of http or https");
  request.url = url.text();
  // To another host the system's authorities count.
  if (url.secured() && url.authority() == options.target.authority()) request.tls = options.tls;
  if (!http::is_valid_header_name(request.method))
    return fail(ErrorCode::invalid, "'" + request.method + "' is no method");
  for (const definition::Header& header : check.headers) {
    TRY(std::string value, evaluator.text(header.value, "header '" + header.name + "'"));
    if (!http::is_valid_header_name(header.name) || !http::is_valid_header_value(value))
      return fail(ErrorCode::invalid,
                  "header '" + header.name + "' has a name or value that HTTP does not allow");
    request.headers.emplace_back(header.name, std::move(value));
  }
  TRY(request.body, evaluator.text(check.body, "body"));
  return request;
}

std::string fingerprint_of(const definition::HealthCheck& check,
                           const upstream::HealthCheck& made) {
  std::string text = check.schedule;
  auto add = [&](std::string_view part) { text.append(1, '\x1f').append(part); };
  add(made.request.method);
  add(made.request.url);
  for (const auto& [name, value] : made.request.headers) {
    add(name);
    add(value);
  }
  add(made.request.body);
  add(made.assertion.source());
  add(std::to_string(made.success_threshold));
  add(std::to_string(made.failure_threshold));
  return text;
}

Result<std::shared_ptr<const upstream::HealthCheck>> make(const definition::HealthCheck& check,
                                                          const upstream::EndpointOptions& options,
                                                          Evaluator& evaluator) {
  TRY(upstream::Cron schedule, upstream::Cron::parse(check.schedule));
  TRY(upstream::Fetch request, request_of(check, options, evaluator));
  Result<el::Template> assertion =
      el::Template::compile(with_braces(check.assertion), policy::template_options());
  if (!assertion) return std::unexpected(std::move(assertion).error().in("assertion"));
  auto made = std::make_shared<upstream::HealthCheck>(
      upstream::HealthCheck{.schedule = schedule,
                            .request = std::move(request),
                            .assertion = *std::move(assertion),
                            .success_threshold = static_cast<unsigned>(check.success_threshold),
                            .failure_threshold = static_cast<unsigned>(check.failure_threshold)});
  made->fingerprint = fingerprint_of(check, *made);
  return made;
}

}  // namespace

std::shared_ptr<const upstream::HealthCheck> compile_health_check(
    Compilation& compilation, const definition::Endpoint& endpoint,
    const upstream::EndpointOptions& options, Evaluator& evaluator) {
  if (!endpoint.health_check) return nullptr;
  const definition::HealthCheck& check = *endpoint.health_check;
  Result<std::shared_ptr<const upstream::HealthCheck>> made = make(check, options, evaluator);
  if (!made) {
    compilation.problems.warning(
        check.pointer, "endpoint '" + endpoint.name + "' is not checked: " + made.error().message);
    return nullptr;
  }
  if (definition::index_of(check.method, definition::kMethodNames) == definition::kNoName)
    compilation.problems.warning(check.pointer + "/method",
                                 "unknown method '" + check.method + "', endpoint '" +
                                     endpoint.name + "' is asked with it" +
                                     did_you_mean(check.method, definition::kMethodNames));
  for (std::string_view warning : std::span((*made)->assertion.warnings()))
    compilation.problems.warning(check.pointer + "/assertion", std::string(warning));
  return *made;
}

}  // namespace perigee::plan
