#include "tests/plan/support/workshop.hpp"

#include "base/log.hpp"

namespace perigee::plan::testing {
namespace {

using policy::ConfigObject;
using policy::Policy;
using policy::Services;
using Made = std::unique_ptr<const Policy>;

class Marker final : public Policy {
 public:
  explicit Marker(el::Needs needs) : needs_(needs) {}
  el::Needs needs(policy::Phase) const override { return needs_; }

 private:
  el::Needs needs_;
};

Made make_marker(ConfigObject from, const Services&) {
  if (from.boolean("wrong", false)) from.error("wrong", "found true, expected false");
  el::Needs needs;
  if (from.boolean("body", false)) needs.add(el::Needs::request_body);
  if (from.boolean("tls", false)) needs.add(el::Needs::tls);
  if (from.boolean("secrets", false)) needs.add(el::Needs::secrets);
  from.finish();
  return std::make_unique<const Marker>(needs);
}

class Door final : public Policy, private policy::Security {
 public:
  Door(int order, bool needs_subscription)
      : order_(order), needs_subscription_(needs_subscription) {}
  const Security* security() const override { return this; }

 private:
  int order() const override { return order_; }
  bool needs_subscription() const override { return needs_subscription_; }
  Async<Result<policy::Token>> token(policy::Exchange&) const override {
    return Result<policy::Token>(policy::Token{});
  }
  int order_;
  bool needs_subscription_;
};

template <int kOrder, bool kSubscription>
Made make_door(ConfigObject from, const Services&) {
  if (from.boolean("wrong", false)) from.error("", "this door cannot be built");
  return std::make_unique<const Door>(kOrder, kSubscription);
}

}  // namespace

Workshop::Workshop()
    : catalog{{"key-less", &make_door<1000, false>},
              {"early", &make_door<-100, false>},
              {"api-key", &make_door<500, true>},
              {"transform-headers", &make_marker},
              {"mark", &make_marker}} {
  log::reconfigure({{"ROOT", log::Level::off}});
}

definition::Envelope envelope_of(const std::string& text) {
  return definition::read_envelope(text, {});
}

Compiled Workshop::compile(const std::string& text) {
  definition::Envelope envelope = envelope_of(text);
  if (!envelope.api) {
    ADD_FAILURE() << printed(envelope.problems);
    return {};
  }
  return plan::compile(envelope, "file.json", context);
}

std::shared_ptr<const ApiRevision> Workshop::revision(const Slots& slots) {
  Compiled compiled = compile(slots);
  EXPECT_TRUE(compiled.revision) << printed(compiled.problems);
  return compiled.revision;
}

}  // namespace perigee::plan::testing
