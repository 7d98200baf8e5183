// policy-override-request-method: the backend is called with another method.
// Spec: policies/others.md row 20, lifecycle.md 8.1. Docs:
// docs/policies/policy-override-request-method.md
#include <array>

#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

constexpr std::string_view kAttribute = "gravitee.attribute.request.method";
constexpr std::array<std::string_view, 9> kMethods{"GET",  "POST",    "PUT",     "DELETE", "PATCH",
                                                   "HEAD", "CONNECT", "OPTIONS", "TRACE"};

std::string_view parse(ConfigObject& from) {
  std::string_view method = kMethods[from.choice("method", kMethods, std::size_t{0})];
  from.finish();
  return method;
}

class OverrideRequestMethod final : public policy::Policy {
 public:
  explicit OverrideRequestMethod(std::string_view method) : method_(method) {}

  // The attribute is for the invoker, the request's own method for later conditions and steps.
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.attributes.set(kAttribute, method_);
    exchange.request.method = http::method_of(method_);
    exchange.request.method_text = method_;
    return Verdict::next();
  }

 private:
  std::string_view method_;  // of kMethods
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const OverrideRequestMethod>(parse(from));
}

}  // namespace

policy::Registration policy_override_request_method() {
  return {.id = "policy-override-request-method", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
