// `perigee check` of API definitions: compiled as the gateway would that watches their folder.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/settings.hpp"
#include "plan/compile.hpp"
#include "plan/platform_deployments.hpp"
#include "policy/catalog.hpp"
#include "proxy/http_calls.hpp"
#include "proxy/name_lookups.hpp"

namespace perigee::apps {

// The definitions of one folder.
class DefinitionFolder {
 public:
  using Tell = std::function<void(config::Severity, const std::string& text)>;
  // `settings` is null when no configuration is known; it outlives the folder.
  DefinitionFolder(const config::Settings* settings, Tell tell);

  void check(const std::string& path);
  // What only shows when all are served together. `name` is that of the folder.
  void check_together(const std::string& name);
  // Each API that would be served, drawn (plan/explain.hpp).
  std::string explained() const;

 private:
  void tell_problems(const std::string& path, const std::vector<Problem>& problems);
  void check_further(const std::string& path, definition::Envelope envelope);
  void note(const std::string& path, std::shared_ptr<const plan::ApiRevision> revision);

  const config::Settings* settings_;
  Tell tell_;
  SystemClock clock_;
  policy::Catalog catalog_;
  upstream::EndpointRegistry endpoints_{1};
  net::TrustStores stores_;
  proxy::HttpCalls http_;  // of no worker: nothing is called
  proxy::NameLookups names_;
  plan::CompileContext context_;
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions_;
  plan::PlatformDeployments platform_;
  std::map<std::string, std::string> files_;  // API id to file
};

}  // namespace perigee::apps
