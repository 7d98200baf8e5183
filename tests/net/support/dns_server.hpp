// A small scripted DNS server on the loopback, UDP and TCP, with a thread of its own.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace perigee::net::testing {

struct DnsRecord {
  std::string data;  // "10.0.0.1", "2001:db8::1", or the name that it is an alias of
  int ttl = 60;
};

// What it says about one name.
struct DnsScript {
  std::vector<DnsRecord> a, aaaa;
  std::vector<DnsRecord> alias;  // a CNAME that comes before the addresses
  int failure = 0;               // RCODE: 2 = SERVFAIL, 3 = NXDOMAIN, 5 = REFUSED
  bool silent = false;
  bool truncated = false;  // over UDP, so that the client asks again over TCP
};

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void set(const std::string& name, DnsScript script);
  // Queries for A records of this name (each comes with one for AAAA records).
  int asked(const std::string& name);
  int asked_by_tcp();

 private:
  void run();
  void serve_udp();
  void serve_tcp();
  std::string answer(const std::string& query, bool by_tcp);  // empty = silence

  int udp_ = -1, tcp_ = -1, stop_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::map<std::string, DnsScript> scripts_;
  std::map<std::string, int> asked_;
  int asked_by_tcp_ = 0;
  std::thread thread_;
};

}  // namespace perigee::net::testing
