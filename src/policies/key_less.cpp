// key-less: secures a plan by asking for nothing. Spec: lifecycle.md section 5.
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

class KeyLess final : public policy::Policy, private policy::Security {
 public:
  const policy::Security* security() const override { return this; }
  // Nobody is known: the client stands for its subscription.
  Async<policy::Verdict> on_request(policy::Exchange& exchange) const override {
    exchange.application_id = "1";
    exchange.subscription_id = exchange.remote_address;
    return policy::Verdict::next();
  }

 private:
  int order() const override { return 1000; }
  bool needs_subscription() const override { return false; }
  Async<Result<policy::Token>> token(policy::Exchange&) const override {
    return Result<policy::Token>(policy::Token{.state = policy::Token::State::found});
  }
};

std::unique_ptr<const policy::Policy> make(policy::ConfigObject from, const policy::Services&) {
  from.finish();
  return std::make_unique<const KeyLess>();
}

}  // namespace

policy::Registration key_less() { return {"key-less", &make}; }

}  // namespace perigee::policies
