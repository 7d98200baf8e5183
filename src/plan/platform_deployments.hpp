// PlatformDeployments: what of the platform is deployed, by its source. Lives on the build thread,
// inside Deployments.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plan/compile.hpp"
#include "plan/platform.hpp"

namespace perigee::plan {

class PlatformDeployments {
 public:
  // An envelope whose subject is no API and that deploys it. What is wrong goes to `problems`; with
  // an error the source's previous version stays. True when something changed.
  bool apply(const std::string& source, const definition::Envelope& envelope,
             CompileContext& context, std::vector<Problem>& problems);
  bool has(const std::string& source) const { return entries_.contains(source); }
  // By source, or by an event that names its subject. True when something was there.
  bool remove(const std::string& source);
  bool undeploy(const definition::Envelope& envelope);

  Platform platform() const;

 private:
  struct Entry {
    definition::Subject subject = definition::Subject::dictionary;
    std::string id;
    std::string content;  // hash of what it was made from
    std::function<void(Platform&)> add;
  };
  bool has_all_access_points() const;
  static void tell_removal(const std::string& source, const Entry& entry);

  std::map<std::string, Entry> entries_;  // by source
};

}  // namespace perigee::plan
