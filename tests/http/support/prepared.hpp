// A handler that answers with what the test has prepared.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/http/support/world.hpp"

namespace perigee::http::test {

inline const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

struct Prepared : Handler {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;
  Body* body = nullptr;
  bool close = false;
  std::optional<Method> method;  // the request's, from then on
  std::vector<Error> errors;
  int calls = 0;
  ServerExchange* current = nullptr;

  Async<void> handle(ServerExchange& exchange) override {
    ++calls;
    current = &exchange;
    ResponseHead head(exchange.arena);
    head.status = status;
    for (const auto& [name, value] : fields) head.headers.add(HeaderName(name), value);
    if (close) exchange.close_after();
    if (method) exchange.request.method = *method;
    Result<void> sent = co_await exchange.respond(head, body);
    if (!sent) errors.push_back(sent.error());
    current = nullptr;
  }
};

}  // namespace perigee::http::test
