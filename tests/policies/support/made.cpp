#include "tests/policies/support/made.hpp"

#include "policies/catalog.hpp"

namespace perigee::policies::testing {

policy::Services services_of(policy::testing::Exchanges& x) {
  return {.clock = x.clock, .api = x.api, .slots = x.slots};
}

Made make(std::string_view id, std::string_view configuration, const policy::Services& services) {
  static const policy::Catalog known = catalog();
  Made made;
  auto document = JsonDocument::parse(configuration);
  EXPECT_TRUE(document) << configuration;
  made.document = std::make_shared<const JsonDocument>(*std::move(document));
  const policy::Registration* registration = known.find(id);
  EXPECT_NE(registration, nullptr) << id;
  Problems problems;
  policy::ConfigObject from(made.document->root(), problems);
  policy::scope_of(from, *registration, services.api.old_engine);
  made.policy = registration->make(from, services);
  if (problems.has_errors()) made.policy = nullptr;
  for (const Problem& problem : std::move(problems).take()) {
    auto& texts = problem.severity == Severity::error ? made.errors : made.warnings;
    texts.push_back(problem.pointer + ": " + problem.message);
  }
  return made;
}

}  // namespace perigee::policies::testing
