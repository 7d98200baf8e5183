// Deployments: which definition of which source is served now. Lives on the build thread.
//
// Takes envelopes from whoever learned of them, compiles them, keeps the previous version of an API
// whose new one is refused, and publishes a new Plan on demand. Sources are names of files (or of
// whatever brought the definition), one API each.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/compile.hpp"
#include "plan/plan.hpp"
#include "plan/platform_deployments.hpp"

namespace perigee::plan {

class Deployments {
 public:
  using Publish = std::function<void(std::shared_ptr<const Plan>)>;
  Deployments(CompileContext context, bool overlapping, Publish publish);

  // A source's definition is there or has changed: an API's, or something of the platform.
  // Everything wrong with it goes to the log and into the plan's refusals.
  void apply(const std::string& source, const definition::Envelope& envelope);
  // The source could not be read; what it deployed before goes on serving.
  void refuse(const std::string& source, std::string reason);
  // The source is gone: its API is undeployed. Paths that it was served on are free for others.
  void remove(const std::string& source);
  // Files that definitions name (trust stores, keys) may have become others: what was made from
  // those is made anew. An API that would lose an endpoint by it goes on as it is. True when there
  // is something to publish.
  bool refresh_files();
  std::set<std::string> files() const;  // that refresh_files() looks at
  // Makes a plan of what is deployed and gives it away, when anything changed since the last one.
  void publish();

  std::size_t deployed() const;

 private:
  struct Entry {
    std::shared_ptr<const ApiRevision> revision;  // served
    std::string content;                          // hash of what it was made from
    std::optional<Refusal> refusal;
    // A definition whose API id another source serves; it has its turn when that one gives it up.
    std::unique_ptr<definition::Envelope> waiting;
    // What the revision was made from, when files have a part in it.
    std::unique_ptr<definition::Envelope> envelope;
  };
  void apply_platform(const std::string& source, const definition::Envelope& envelope);
  bool is_served(const Entry& entry, const definition::Envelope& envelope) const;
  void deploy(const std::string& source, Entry& entry, const definition::Envelope& envelope);
  void serve(const std::string& source, Entry& entry, std::shared_ptr<ApiRevision> revision);
  void claim_paths(ApiRevision& revision);
  void warn_of_routes(const Routes& routes);
  void refresh(const std::string& source, Entry& entry);
  void undeploy(Entry& entry);
  void erase(const std::string& source);
  // `untold`: why, when no line of the log has told it yet.
  void refuse(const std::string& source, Entry& entry, Refusal refusal,
              const std::string& untold = {});
  std::vector<std::string> waiting_for(const std::string& api_id) const;
  void let_waiting_deploy();
  void log_problems(const std::string& source, const std::string& id,
                    const std::vector<Problem>& problems,
                    definition::Subject subject = definition::Subject::api) const;

  CompileContext context_;
  bool overlapping_;
  Publish publish_;
  std::map<std::string, Entry> entries_;  // by source
  PlatformDeployments platform_;
  std::map<std::string, std::string> sources_;  // API id -> source that serves it
  std::set<std::string> given_up_;              // API ids that may be waited for
  // What an API has once been served on stays its own until it is gone when a plan is made: a file
  // may be renamed in between. By API id, then "host path".
  struct Claim {
    std::vector<std::string> servers;
    std::uint64_t number = 0;
  };
  using Claims = std::multimap<std::string, Claim>;
  std::map<std::string, Claims> claims_;
  std::set<std::string> gone_;  // API ids undeployed since the last plan
  std::uint64_t claims_made_ = 0;
  std::shared_ptr<const Index> index_;  // null: APIs or paths are others than in the last plan
  std::set<std::string> told_;          // warnings of the last plan's routes
  bool changed_ = true;
};

}  // namespace perigee::plan
