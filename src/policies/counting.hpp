// What the policies that count have in common: whose counter it is, numbers that expressions give,
// and how their failures are worded. Spec: policies/ratelimit-common.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/config_object.hpp"
#include "policy/exchange.hpp"
#include "policy/services.hpp"
#include "policy/verdict.hpp"

namespace perigee::policies {

// `key` and `useKeyOnly`: whose counter it is.
class CounterKey {
 public:
  // `type` is "rl", "q", "sa" or "tb".
  static CounterKey parse(policy::ConfigObject& from, std::string_view type,
                          const policy::Services& services);
  Result<std::string_view> of(policy::Exchange& exchange) const;
  el::Needs needs() const;

 private:
  Result<std::optional<std::string_view>> custom(policy::Exchange& exchange) const;

  // Not set when it is a constant: then it stands in end_.
  std::optional<el::Template> custom_;
  bool custom_only_ = false;
  std::string custom_text_;  // a constant one
  std::string end_;          // ":rl", after a constant "key": ":key:rl"
  std::string own_;          // ":<place of the step>" when steps are counted apart
  std::string usual_end_;    // end_ and own_ in one piece: nothing stands between them, mostly
};

// A number that is written down, or that an expression gives when none is.
class Amount {
 public:
  static Amount parse(policy::ConfigObject& from, std::string_view member,
                      std::string_view dynamic_member);
  // Nothing is 0.
  Result<std::int64_t> of(const policy::Exchange& exchange) const;
  el::Needs needs() const;

 private:
  std::int64_t fixed_ = 0;
  std::optional<el::Template> dynamic_;
};

enum class ErrorStrategy : std::uint8_t { block, pass };
ErrorStrategy error_strategy(policy::ConfigObject& from);

// How a policy names its failures.
struct FailureNames {
  std::string_view prefix;      // "RATE_LIMIT": of keys
  std::string_view subject;     // "Rate limit"
  std::string_view no_service;  // the message when nobody counts
  std::string_view warning;     // "RATE_LIMIT_NOT_APPLIED"
};
// 500: `reason` is for the log.
policy::Verdict server_error(const FailureNames& names, std::string message,
                             std::string reason = {});
// For errors of expressions and rules.
policy::Verdict unknown_error(const FailureNames& names, const Error& error);
policy::Verdict blocked(const FailureNames& names);
void warn_not_applied(const FailureNames& names, policy::Exchange& exchange);
// The exchange ended while it waited to be counted.
policy::Verdict ended(const Error& error);

// Seconds from one instant to another, rounded up; at least 0.
std::int64_t seconds_until(std::int64_t end_ms, std::int64_t now_ms);
std::string_view decimal(Arena& arena, std::int64_t number);

void set_number(policy::Exchange& exchange, const http::HeaderName& name, std::int64_t number);

// The IETF fields of one step (draft-ietf-httpapi-ratelimit-headers).
struct IetfFields {
  std::string_view policy;  // the id of the policy names it
  std::int64_t quota = 0;
  std::int64_t window_seconds = 0;  // 0: less than a second, not told
  std::int64_t remaining = 0;
  std::int64_t reset_seconds = 0;
};
void add_ietf_fields(policy::Exchange& exchange, const IetfFields& fields);
void set_retry_after(policy::Exchange& exchange, std::int64_t seconds);

}  // namespace perigee::policies
