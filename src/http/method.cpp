#include "http/method.hpp"

#include <array>

#include "base/assert.hpp"

namespace perigee::http {

namespace {
constexpr std::array<std::string_view, 10> kMethods = {
    "OTHER", "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"};
}  // namespace

Method method_of(std::string_view token) {
  if (token == "GET") return Method::get;
  for (std::size_t i = 1; i < kMethods.size(); ++i) {
    if (kMethods[i] == token) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view to_string(Method method) {
  PERIGEE_ASSERT(static_cast<std::size_t>(method) < kMethods.size());
  return kMethods[static_cast<std::size_t>(method)];
}

std::string_view to_string(Version version) {
  switch (version) {
    case Version::http_1_0:
      return "HTTP_1_0";
    case Version::http_1_1:
      return "HTTP_1_1";
    case Version::http_2:
      return "HTTP_2";
  }
  return {};
}

}  // namespace perigee::http
