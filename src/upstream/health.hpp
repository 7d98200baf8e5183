// HealthChecks: asks backends how they are, and takes those that are not well out of the load
// balancers (api-definition.md 1.12).
//
// One per process, on one thread; load balancers of all workers read Endpoint::usable(). What is
// known of an endpoint stays as long as the endpoint does, so that a redeploy that does not change
// it begins nothing anew.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "el/expression.hpp"
#include "upstream/cron.hpp"
#include "upstream/fetcher.hpp"

namespace perigee::upstream {

enum class HealthState : std::uint8_t { up, transitionally_down, down, transitionally_up };
std::string_view to_string(HealthState state);  // "TRANSITIONALLY_DOWN"

// What is asked, and what is a good answer.
struct HealthCheck {
  Cron schedule;
  Fetch request;
  el::Template assertion;  // on #response
  unsigned success_threshold = 2;
  unsigned failure_threshold = 3;
  std::string fingerprint;  // everything above as text
};

// What the answers so far make of an endpoint.
class Health {
 public:
  HealthState state() const { return state_; }
  bool usable() const {
    return state_ == HealthState::up || state_ == HealthState::transitionally_down;
  }
  void note(bool good, const HealthCheck& check);

 private:
  HealthState state_ = HealthState::up;
  // compat: each is reset only when it reaches its threshold (Health.CountsGoOnAcrossStates).
  unsigned successes_ = 0;
  unsigned failures_ = 0;
};

struct CheckedEndpoint {
  std::string api_id;
  std::string name;
  std::shared_ptr<const Endpoint> endpoint;
  std::shared_ptr<const HealthCheck> check;
};

class HealthObserver {
 public:
  virtual ~HealthObserver() = default;
  // At the start of checks, at each change, and (as usable) when they end.
  virtual void on_health(const CheckedEndpoint& endpoint, bool usable) = 0;
};

class HealthChecks {
 public:
  struct Options {
    Duration jitter = 1s;    // checks of one API come up to so much later than their schedule says
    std::uint64_t seed = 0;  // of the jitter
  };
  HealthChecks(net::Reactor& reactor, Fetcher& fetcher, HealthObserver* observer, Options options);
  ~HealthChecks();

  // What is to be checked from now on. An endpoint that is no longer among them is usable.
  void set(std::vector<CheckedEndpoint> endpoints);

 private:
  struct Runner;
  void begin(Runner& runner, CheckedEndpoint endpoint);
  void end(Runner& runner);
  Async<void> run(Runner& runner);
  Async<Result<void>> wait_until(WallTime due);
  Async<Result<void>> ask(const HealthCheck& check);
  void note(Runner& runner, const Result<void>& answer);
  Duration offset_of(const std::string& api_id) const;

  net::Reactor& reactor_;
  Fetcher& fetcher_;
  HealthObserver* observer_;
  Options options_;
  std::map<const Endpoint*, std::unique_ptr<Runner>> runners_;
};

}  // namespace perigee::upstream
