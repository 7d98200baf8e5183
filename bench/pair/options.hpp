// The command line of `pair`: every option has a value, `--name value`.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace perigee::bench {

struct Options {
  std::vector<double> proxy_ports = {28182};  // connections are shared out among them in turn
  std::uint16_t listen_port = 29100;
  std::size_t connections = 64;  // 0: only the backend runs
  double seconds = 3;            // a measured part
  double warm_seconds = 1;       // before the first
  // > 0: so many measured parts, one for each line at standard input. "ready" at standard output
  // says that the first may begin, "done" that one has ended; nothing is sent in between.
  std::uint64_t turns = 0;
  double settle_seconds = 0;   // at the beginning of a turn, before its measured part
  std::uint64_t requests = 0;  // > 0: end after so many responses, all of them measured
  double rate_per_second = 0;  // > 0: open loop, evenly spaced arrivals
  // Open loop: between arrivals the core is left to others, at the price of some microseconds.
  bool sleeps = false;
  std::size_t keys = 0;            // > 0: so many keys in turn in the header X-Key
  std::vector<double> key_shares;  // or as many as these, drawn
  std::size_t request_bytes = 0;   // request body; > 0 makes it a POST
  std::size_t response_bytes = 1024;
  pid_t pid = 0;  // the proxy whose process tree is accounted
  std::string target = "/orders/v2/customers/8812/orders?limit=20&cursor=eyJpZCI6MTIzfQ";
  std::string trusted_certificate;  // set: TLS to the proxy
  std::string backend_target;       // what the request target begins with at the backend
  std::string backend_header;       // a line that must arrive at the backend
  std::string client_header;        // a line that must arrive at the client
  std::string record;               // a file for every request; then any status is an answer
};

Options parse(int argc, char** argv);

}  // namespace perigee::bench
