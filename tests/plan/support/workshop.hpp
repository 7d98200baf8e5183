// Where definitions are compiled in tests: fake policies, a registry, a clock that stands.
//
// The fakes: "key-less" (secures plans, order 1000), "early" (the same, order -100), "api-key"
// (needs a subscription), "transform-headers" and "mark" (steps). A step refuses a configuration
// whose member `wrong` is true, says that it needs the request body when `body` is, TLS when
// `tls` is, and secrets when `secrets` is; other members are warnings.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "plan/compile.hpp"
#include "tests/definition/support/definitions.hpp"

namespace perigee::plan::testing {

using definition::errors;
using definition::printed;
using definition::problem_is;
using definition::Slots;
using definition::warnings;

struct Workshop {
  Workshop();
  Compiled compile(const std::string& text);
  Compiled compile(const Slots& slots) { return compile(definition::definition(slots)); }
  // A revision that must not be refused.
  std::shared_ptr<const ApiRevision> revision(const Slots& slots = {});

  FakeClock clock;
  policy::Catalog catalog;
  upstream::EndpointRegistry endpoints{2};
  net::TrustStores trust_stores;
  CompileContext context{
      .clock = clock, .catalog = catalog, .endpoints = endpoints, .trust_stores = trust_stores};
};

definition::Envelope envelope_of(const std::string& text);

}  // namespace perigee::plan::testing
