// Who and what a request is: its ids, the client's address and identifier (lifecycle.md sections 3
// and 6).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.hpp"
#include "policy/exchange.hpp"
#include "proxy/options.hpp"

namespace perigee::proxy {

struct Ids {
  std::string_view request;
  std::string_view transaction;
  std::string_view trace;  // W3C traceparent; empty: not wanted
};

// Makes the request id and sets both request headers (lifecycle.md section 3, step 2).
Ids identify(http::RequestHead& request, policy::Worker& worker, const Options& options);

// The first entry of X-Forwarded-For (an IPv4 ":port" removed), else the peer's address.
std::string_view client_address(const http::ServerExchange& exchange, const Options& options);

// lifecycle.md section 6: what the exchange goes by, and what the answer says (as the client gave
// it).
struct ClientIdentifier {
  std::string_view of_exchange;
  std::string_view told;
};

// SHA-256 of addresses is remembered per worker.
class ClientIdentifiers {
 public:
  ClientIdentifier identify(policy::Exchange& exchange, const Options& options);

 private:
  struct Known {
    std::string address;
    std::array<char, 64> hash;
  };
  static constexpr std::size_t kKnown = 256;  // by hash of the address; the last one stays
  std::string_view hash_of(std::string_view address);
  std::vector<Known> known_ = std::vector<Known>(kKnown);
};

// Transaction and request id on the answer, by their override modes (lifecycle.md section 9).
void add_id_headers(const policy::Exchange& exchange, const Options& options);

}  // namespace perigee::proxy
