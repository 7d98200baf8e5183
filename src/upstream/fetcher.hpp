// Fetcher: whole requests to any URL, for who wants an answer and not a stream: callouts of
// policies, health checks. One per worker, on a client of its own.
//
// Connections are pooled by destination (scheme, host, port, TLS). When there are too many
// destinations, the idle one that was called longest ago makes room.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/lru_map.hpp"
#include "upstream/client.hpp"

namespace perigee::upstream {

struct Fetch {
  std::string method = "GET";
  std::string url;  // http or https
  // Host is that of the URL unless it is here. Framing fields are ours.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout = 10s;  // from now to the last byte of the answer
  std::size_t answer_bytes_max = 1 << 20;
  std::shared_ptr<const net::TlsClientContext> tls;  // null: the system's authorities are trusted
  std::shared_ptr<const ForwardProxy> proxy;         // null: none
};

struct Fetched {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

class Fetcher {
 public:
  struct Options {
    std::size_t destinations_max = 64;
    std::size_t connections_max = 64;  // to one destination
    std::size_t waiting_max = 256;     // calls that wait for one of these
    ClientLimits limits;
  };
  Fetcher(net::Reactor& reactor, net::Names& names, net::TrustStores& trust_stores,
          Options options);
  // Nobody fetches any more.
  ~Fetcher();

  // Errors: those of Call::start(), invalid and unsupported (the request itself), limit (the answer
  // is too long, or every destination is in use), timed_out, and whatever ends the scope's wait.
  Async<Result<Fetched>> fetch(Fetch fetch);
  void close_idle() { client_.close_idle(); }
  std::size_t destinations() const { return destinations_.size(); }
  std::size_t connections() const { return client_.connections(); }

 private:
  struct Destination {
    std::shared_ptr<const Endpoint> endpoint;
    std::size_t in_use = 0;
  };
  class Use;
  Result<Destination*> destination(const http::Url& url, const Fetch& fetch);
  Result<EndpointOptions> options_for(const http::Url& url, const Fetch& fetch);

  net::Reactor& reactor_;
  net::TrustStores& trust_stores_;
  Options options_;
  EndpointRegistry registry_{1};
  Client client_;
  LruMap<Destination> destinations_;  // by what makes them the same
  std::shared_ptr<const net::TlsClientContext> system_tls_;
};

}  // namespace perigee::upstream
