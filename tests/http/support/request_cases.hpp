// Requests as a stranger may send them: those that must be refused and those that must not. Used by
// the parser's tests, by the tests through a real server, and as the fuzzer's first corpus.
#pragma once

#include <span>
#include <string>

namespace perigee::http::test {

struct RefusedRequest {
  const char* name;
  std::string bytes;
  int status;
};
std::span<const RefusedRequest> refused_requests();

// Chunked bodies that break the rules behind a good head.
struct BrokenBody {
  const char* name;
  std::string bytes;
  int status;  // by the gateway
};
std::span<const BrokenBody> broken_chunked_bodies();

struct LegalRequest {
  const char* name;
  std::string bytes;
  std::string target;
  std::string authority;
  std::string body;  // after decoding
};
std::span<const LegalRequest> legal_requests();

}  // namespace perigee::http::test
