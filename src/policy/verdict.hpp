// Verdict: what a step decided. Continue, end the chain normally, or fail (lifecycle.md section 7,
// "Interruption semantics").
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace perigee::policy {

// A failure for the error path (lifecycle.md section 10): response templates choose by key, else
// the standard answer.
struct Failure {
  int status = 500;
  std::string key;  // empty: none
  // Of a failed backend call: the key of both lines (lifecycle.md 8.5), for response templates.
  std::string_view refined_key, parent_key;
  std::string message;      // see has_message
  bool has_message = true;  // false: the answer has no body
  std::string
      content_type;  // "application/json": the message is sent as it is to clients that take JSON
  std::vector<std::pair<std::string, std::string>> parameters;
  ErrorCode cause = ErrorCode::other;  // for refined keys and metrics
  // What went wrong, for the log and not for the client. Empty: nothing that an operator must see.
  std::string reason;
};

class [[nodiscard]] Verdict {
 public:
  static Verdict next() { return Verdict(Kind::next, nullptr); }
  // The response is what the policy built; the backend is not called, response flows do not run.
  static Verdict end() { return Verdict(Kind::end, nullptr); }
  static Verdict fail(Failure failure) {
    return Verdict(Kind::fail, std::make_unique<Failure>(std::move(failure)));
  }
  static Verdict fail(int status, std::string key, std::string message) {
    Failure failure;
    failure.status = status;
    failure.key = std::move(key);
    failure.message = std::move(message);
    return fail(std::move(failure));
  }
  // An exception of the reference: 500, no key, "Internal Server Error"; `error` is the reason.
  static Verdict broken(const Error& error);

  bool continues() const { return kind_ == Kind::next; }
  bool ends() const { return kind_ == Kind::end; }
  bool failed() const { return kind_ == Kind::fail; }
  bool has_reason() const { return failed() && !failure_->reason.empty(); }
  const Failure& failure() const { return *failure_; }
  Failure& failure() { return *failure_; }

 private:
  enum class Kind : std::uint8_t { next, end, fail };
  Verdict(Kind kind, std::unique_ptr<Failure> failure)
      : failure_(std::move(failure)), kind_(kind) {}
  std::unique_ptr<Failure> failure_;
  Kind kind_;
};

}  // namespace perigee::policy
