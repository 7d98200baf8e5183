// latency: makes requests wait. Spec: policies/others.md row 25. Docs: docs/policies/latency.md
#include <algorithm>
#include <array>

#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

enum class Unit : std::uint8_t { milliseconds, seconds };

Duration parse(ConfigObject& from) {
  constexpr std::array<std::string_view, 2> kUnits{"MILLISECONDS", "SECONDS"};
  constexpr Range kAny{0, std::numeric_limits<std::int64_t>::max()};
  std::int64_t time = from.number("time", 100, kAny);
  Unit unit = from.choice("timeUnit", kUnits, Unit::milliseconds);
  from.finish();
  Duration one = unit == Unit::seconds ? Duration(1s) : Duration(1ms);
  return std::min<std::int64_t>(time, Duration::max() / one) * one;
}

class Latency final : public policy::Policy {
 public:
  explicit Latency(Duration time) : time_(time) {}
  Async<Verdict> on_request(Exchange& exchange) const override { return wait(exchange, time_); }

 private:
  // Ended early by whatever ends the exchange, which says then how it is answered.
  static Async<Verdict> wait(Exchange& exchange, Duration time) {
    Result<void> waited = co_await net::sleep_for(exchange.worker.reactor, time);
    if (waited) co_return Verdict::next();
    co_return Verdict::fail({.message = "Internal Server Error", .cause = waited.error().code});
  }

  Duration time_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const Latency>(parse(from));
}

}  // namespace

policy::Registration latency() {
  return {.id = "latency", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
