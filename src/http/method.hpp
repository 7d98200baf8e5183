// HTTP methods, RFC 9110 section 9. A token that is none of them is `other` and keeps its text.
#pragma once

#include <cstdint>
#include <string_view>

namespace perigee::http {

enum class Method : std::uint8_t {
  other,
  connect,
  del,
  get,
  head,
  options,
  patch,
  post,
  put,
  trace
};

Method method_of(std::string_view token);   // case-sensitive
std::string_view to_string(Method method);  // "GET"; "OTHER" for other

// RFC 9110 section 9.2.2: sending it twice has the effect of sending it once.
constexpr bool is_idempotent(Method method) {
  return method == Method::get || method == Method::head || method == Method::options ||
         method == Method::put || method == Method::del || method == Method::trace;
}

enum class Version : std::uint8_t { http_1_0, http_1_1, http_2 };
std::string_view to_string(Version version);  // "HTTP_1_1", as expressions show it

}  // namespace perigee::http
