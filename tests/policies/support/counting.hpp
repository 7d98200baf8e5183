// One policy that counts, and requests to it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/policies/support/services.hpp"

namespace perigee::policies::testing {

constexpr std::int64_t kNowMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

struct Counting {
  explicit Counting(policy::CounterOptions options = {});
  void make(std::string_view id, std::string_view configuration);
  // Makes the exchange and gives it to the policy. A later one stands in its place.
  policy::Verdict ask();
  policy::Verdict ask(std::string_view id, std::string_view configuration) {
    make(id, configuration);
    return ask();
  }
  // Whatever comes of it.
  void count() { static_cast<void>(ask()); }
  void count(std::string_view id, std::string_view configuration) {
    static_cast<void>(ask(id, configuration));
  }
  // Those of the answer, joined by " | "; "-" without any.
  std::string header(std::string_view name) const;
  std::string warnings() const;  // their keys
  // An attribute as text; "-" when it is not there.
  std::string attribute(std::string_view name) const;
  void advance(Duration by);

  policy::testing::Exchanges x;
  FakeCounters counters;
  bool has_counters = true;
  std::map<std::string, std::string> attributes;  // of each exchange
  Made made;
};

// "429 KEY: message {name=value,..}", or "next".
std::string told(const policy::Verdict& verdict);

}  // namespace perigee::policies::testing
