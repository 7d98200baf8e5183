// mock: answers instead of the backend. Spec: policies/others.md row 5. Docs: docs/policies/mock.md
#include "policies/catalog.hpp"
#include "policies/header_values.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kWarningKey = "MOCK_HEADER_FAILURE";

struct Config {
  int status = 200;
  std::vector<HeaderAssignment> headers;
  std::optional<el::Template> content;  // nullopt: an empty body
  std::string_view content_type;        // of a content without expressions
};

// The reference takes any number, its form a list of texts. What is below 200 is no answer: the
// client would wait for another one.
int status(ConfigObject& from) {
  constexpr Range kAnswers{200, 599};
  return static_cast<int>(from.number("status", 200, kAnswers));
}

bool is_json(std::string_view content) {
  auto document = JsonDocument::parse(content);
  return document && (document->root().is_object() || document->root().is_array());
}

// An element or a declaration at the beginning and a '>' at the end: a guess is enough, as the
// text is the operator's.
bool is_xml(std::string_view content) {
  constexpr std::string_view kSpaces = " \t\r\n";
  std::size_t begin = content.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return false;
  content = content.substr(begin, content.find_last_not_of(kSpaces) + 1 - begin);
  if (content.size() < 3 || content.front() != '<' || content.back() != '>') return false;
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return is_letter(content[1]) || content[1] == '_' || content[1] == '?' || content[1] == '!';
}

std::string_view content_type_of(std::string_view content) {
  if (is_json(content)) return "application/json";
  return is_xml(content) ? "text/xml" : "text/plain";
}

Config parse(ConfigObject& from) {
  Config config;
  config.status = status(from);
  config.headers = header_assignments(from, "headers");
  std::optional<el::Template> content = from.expression("content");
  if (content && !is_blank(content->source())) config.content = *std::move(content);
  if (config.content && config.content->is_constant())
    config.content_type = content_type_of(config.content->constant_text());
  from.finish();
  return config;
}

class MockInvoker final : public policy::Invoker {
 public:
  explicit MockInvoker(const Config& config) : config_(config) {}

  // The request's body is read as a backend would, so that what watches it sees all of it.
  Async<Verdict> invoke(Exchange& exchange) override {
    policy::MessageBody& body = exchange.request_body;
    if (body.stream() && !body.buffered()) {
      http::Body& stream = *body.stream();
      for (bool more = true; more;) {
        Result<http::Chunk> piece = co_await stream.read();
        if (!piece) co_return policy::body_failure(piece.error());
        more = !piece->empty();
      }
      body.set(nullptr);
    }
    co_return answer(exchange);
  }

 private:
  Verdict answer(Exchange& exchange) const {
    std::string_view content;
    if (config_.content) {
      Result<std::optional<std::string_view>> text =
          config_.content->text(exchange, exchange.arena);
      if (!text) return failure(text.error().message);
      content = text->value_or("");  // no value is an empty body
      if (!exchange.response.headers.has(http::HeaderId::content_type)) {
        exchange.response.headers.set_view(
            http::HeaderName("Content-Type"),
            config_.content_type.empty() ? content_type_of(content) : config_.content_type);
      }
    }
    exchange.response.status = config_.status;
    exchange.response.reason = {};
    exchange.response_body.replace(content);
    set_headers(exchange);
    exchange.has_response = true;
    return Verdict::next();
  }

  // A header whose expression fails is left out.
  void set_headers(Exchange& exchange) const {
    for (const HeaderAssignment& header : config_.headers) {
      Result<std::optional<std::string_view>> value = header_value(header, exchange);
      if (!value) {
        exchange.warn(kWarningKey, value.error().message);
      } else if (*value) {
        exchange.response.headers.set_made(header.name, **value);
      }
    }
  }

  static Verdict failure(std::string reason) {
    return Verdict::fail({.message = "Unable to evaluate body",
                          .cause = ErrorCode::evaluation,
                          .reason = std::move(reason)});
  }

  const Config& config_;  // of the policy, which outlives the exchange
};

class Mock final : public policy::Policy {
 public:
  explicit Mock(Config config) : config_(std::move(config)) {
    if (config_.content) needs_ = config_.content->needs();
    for (const HeaderAssignment& header : config_.headers) needs_.bits |= header.value.needs().bits;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.set_invoker(exchange.own(std::make_unique<MockInvoker>(config_)));
    return Verdict::next();
  }
  el::Needs needs(Phase phase) const override {
    return phase == Phase::request ? needs_ : el::Needs{};
  }

 private:
  Config config_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const Mock>(parse(from));
}

}  // namespace

policy::Registration mock() {
  return {.id = "mock",
          .make = &make,
          .scope = policy::ScopeRule::old_engine,
          .only = policy::Phase::request};
}

}  // namespace perigee::policies
