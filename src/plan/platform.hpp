// Platform: what works in APIs and is deployed beside them: dictionaries, shared policy groups, the
// platform flows of organizations (api-definition.md 3 to 5), the hosts of access points.
// Immutable, part of a Plan.
//
// Groups and platform flows are revisions of their own, with flows and worker state but nothing
// else: a new one serves the next request, and no API is compiled again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "plan/revision.hpp"

namespace perigee::plan {

struct SharedGroup {
  policy::Phase phase = policy::Phase::request;
  std::shared_ptr<const ApiRevision> revision;  // one flow with the group's steps
};

class Platform {
 public:
  // Whether exchanges find nothing here. Hosts are for the routes.
  bool empty() const { return organizations_.empty() && groups_.empty() && dictionaries_.empty(); }
  // Null when there is none.
  std::shared_ptr<const policy::Dictionaries> dictionaries(std::string_view environment_id) const;
  const SharedGroup* group(std::string_view environment_id, std::string_view id) const;
  std::shared_ptr<const ApiRevision> organization(std::string_view id) const;
  bool has(const ApiRevision& revision) const;
  // Those that listener paths without a host are for; empty = any (lifecycle.md 1.1).
  const std::set<std::string>& hosts(std::string_view environment_id) const;
  using Hosts = std::map<std::string, std::set<std::string>, std::less<>>;
  const Hosts& hosts() const { return hosts_; }  // by environment

  void add_dictionary(const std::string& environment_id, const std::string& key,
                      policy::Dictionary dictionary);
  void add_group(const std::string& environment_id, const std::string& id, SharedGroup group) {
    groups_[environment_id][id] = std::move(group);
  }
  void add_organization(const std::string& id, std::shared_ptr<const ApiRevision> flows) {
    organizations_[id] = std::move(flows);
  }
  void add_host(const std::string& environment_id, const std::string& host) {
    hosts_[environment_id].insert(host);
  }

 private:
  std::map<std::string, std::shared_ptr<policy::Dictionaries>, std::less<>> dictionaries_;
  // By environment, then by id.
  std::map<std::string, std::map<std::string, SharedGroup, std::less<>>, std::less<>> groups_;
  std::map<std::string, std::shared_ptr<const ApiRevision>, std::less<>> organizations_;
  Hosts hosts_;
};

}  // namespace perigee::plan
