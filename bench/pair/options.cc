#include "pair/options.hpp"

#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "pair/stream.hpp"

namespace perigee::bench {
namespace {

double number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || value < 0) fail("expected a number, not '" + text + "'");
  return value;
}

template <typename T>
std::function<void(const std::string&)> to_number(T& field) {
  return [&field](const std::string& text) { field = static_cast<T>(number(text)); };
}

// "1,2,3".
std::function<void(const std::string&)> to_numbers(std::vector<double>& field) {
  return [&field](const std::string& text) {
    field.clear();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) field.push_back(number(part));
    if (field.empty()) fail("expected numbers, not '" + text + "'");
  };
}

std::function<void(const std::string&)> to_text(std::string& field) {
  return [&field](const std::string& text) { field = text; };
}

}  // namespace

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::function<void(const std::string&)>> setters{
      {"--proxy", to_numbers(options.proxy_ports)},
      {"--listen", to_number(options.listen_port)},
      {"--conns", to_number(options.connections)},
      {"--secs", to_number(options.seconds)},
      {"--warm", to_number(options.warm_seconds)},
      {"--turns", to_number(options.turns)},
      {"--settle", to_number(options.settle_seconds)},
      {"--requests", to_number(options.requests)},
      {"--rate", to_number(options.rate_per_second)},
      {"--sleeps", to_number(options.sleeps)},
      {"--keys", to_number(options.keys)},
      {"--key-shares", to_numbers(options.key_shares)},
      {"--post", to_number(options.request_bytes)},
      {"--size", to_number(options.response_bytes)},
      {"--pid", to_number(options.pid)},
      {"--path", to_text(options.target)},
      {"--tls", to_text(options.trusted_certificate)},
      {"--record", to_text(options.record)},
      {"--want-target", to_text(options.backend_target)},
      {"--want-request", to_text(options.backend_header)},
      {"--want-response", to_text(options.client_header)},
  };
  for (int i = 1; i < argc; i += 2) {
    const auto setter = setters.find(argv[i]);
    if (setter == setters.end()) fail("unknown option " + std::string(argv[i]));
    if (i + 1 == argc) fail("option " + setter->first + " needs a value");
    setter->second(argv[i + 1]);
  }
  return options;
}

}  // namespace perigee::bench
