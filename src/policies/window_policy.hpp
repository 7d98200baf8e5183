// WindowPolicy: what rate-limit, quota and spike-arrest have in common. They count requests in
// windows, and differ in how long a window is and in what they tell of it.
#pragma once

#include "policies/counting.hpp"
#include "policies/period.hpp"
#include "policy/policy.hpp"

namespace perigee::policies {

// What all of them are configured with.
struct WindowConfig {
  ErrorStrategy error_strategy = ErrorStrategy::pass;
  bool strict = true;
  bool add_headers = false;
  bool present = false;  // compat: without the block that says what is counted, requests get 500
  CounterKey key;
  Amount limit;
  PeriodRule period;
};
struct WindowForm {
  std::string_view id;     // of the policy
  std::string_view block;  // the member that says what is counted: "rate"
  std::string_view type;   // of keys: "rl"
  bool add_headers;        // by default
  const PeriodUnits& units;
  FailureNames names;
};
WindowConfig parse_window_config(policy::ConfigObject& from, const WindowForm& form,
                                 const policy::Services& services);

class WindowPolicy : public policy::Policy {
 public:
  WindowPolicy(WindowConfig config, const WindowForm& form, const policy::Services& services);
  Async<policy::Verdict> on_request(policy::Exchange& exchange) const final;
  el::Needs needs(policy::Phase phase) const final;

 protected:
  // One request, with its limits evaluated.
  struct Asked {
    std::int64_t limit = 0;  // in the window
    std::int64_t window_ms = 0;
    Period period;                 // as configured
    std::int64_t whole_limit = 0;  // in the period
  };
  // What is told of the window. Not counted: nobody knows.
  struct Told {
    std::optional<std::int64_t> count;
    std::int64_t remaining = 0;
    std::int64_t reset_ms = -1;
  };
  // `asked` comes with the period and the limit in it.
  virtual Result<Asked> window_of(policy::Exchange& exchange, Period period,
                                  std::int64_t limit) const = 0;
  virtual void show(policy::Exchange& exchange, const Asked& asked, const Told& told) const = 0;
  virtual policy::Failure refusal(const Asked& asked) const = 0;
  bool adds_headers() const { return config_.add_headers; }

 private:
  Result<Asked> ask(policy::Exchange& exchange) const;
  Async<policy::Verdict> decide_later(policy::Exchange& exchange, Asked asked,
                                      Async<Result<policy::Count>> counting) const;
  policy::Verdict decide(policy::Exchange& exchange, const Asked& asked,
                         const Result<policy::Count>& counted) const;
  policy::Verdict on_store_failure(policy::Exchange& exchange, const Asked& asked) const;
  void show_counted(policy::Exchange& exchange, const Asked& asked,
                    const policy::Count& count) const;

  WindowConfig config_;
  const WindowForm& form_;
  policy::Counters* counters_;
};

}  // namespace perigee::policies
