// Prints the tables of hostile and of odd requests, for tests that send them to the whole program:
// one case a line, kind and fields separated by blanks, bytes in hexadecimal ("-" for none).
#include <cstdio>
#include <string>

#include "tests/http/support/request_cases.hpp"

namespace {

std::string hexadecimal(std::string_view bytes) {
  if (bytes.empty()) return "-";
  std::string text;
  for (unsigned char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

int main() {
  using namespace perigee::http::test;
  for (const RefusedRequest& row : refused_requests())
    std::printf("refused %s %s %d\n", row.name, hexadecimal(row.bytes).c_str(), row.status);
  for (const BrokenBody& row : broken_chunked_bodies())
    std::printf("broken %s %s %d\n", row.name, hexadecimal(row.bytes).c_str(), row.status);
  for (const LegalRequest& row : legal_requests()) {
    std::printf("legal %s %s %s %s\n", row.name, hexadecimal(row.bytes).c_str(),
                hexadecimal(row.target).c_str(), hexadecimal(row.body).c_str());
  }
}
