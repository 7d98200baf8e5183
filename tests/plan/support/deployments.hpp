// Deployments under test, and the plan that they published last.
#pragma once

#include <string>
#include <vector>

#include "plan/deployments.hpp"
#include "tests/plan/support/workshop.hpp"

namespace perigee::plan::testing {

class DeploymentsTest : public ::testing::Test {
 protected:
  // What a plan serves: "id@source".
  std::vector<std::string> served() {
    deployments.publish();
    std::vector<std::string> list;
    for (const auto& revision : plan->revisions())
      list.push_back(revision->info.id + "@" + revision->source);
    return list;
  }
  std::string answering(std::string_view path, std::string_view server = "") {
    const Route* route = plan->routes().match("h", path, server);
    return route ? plan->revisions()[route->revision]->info.id : "";
  }
  const ApiRevision* find(std::string_view id) { return plan->find(id); }
  void apply(const std::string& source, const Slots& slots) {
    deployments.apply(source, envelope_of(definition::definition(slots)));
  }
  void apply_text(const std::string& source, const std::string& text) {
    deployments.apply(source, envelope_of(text));
  }
  std::string event(std::string_view type, std::string_view definition,
                    std::string_view more = "") {
    return R"({"apiEvent": {"type": ")" + std::string(type) +
           R"(", "properties": {"api_id": "a1", "deployment_number": "7"},
              "payload": {"id": "a1", "definitionVersion": "V4", )" +
           std::string(more) + R"("definition": )" + json_quoted(definition) + "}}}";
  }

  Workshop shop;
  std::shared_ptr<const Plan> plan = std::make_shared<const Plan>();
  int published = 0;
  Deployments deployments{shop.context, false, [this](std::shared_ptr<const Plan> next) {
                            plan = std::move(next);
                            ++published;
                          }};
};

}  // namespace perigee::plan::testing
