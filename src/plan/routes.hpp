// Routes: host and path to the API that serves them (lifecycle.md 1.1 to 1.3).
//
// An index whose answers equal scanning all listener paths in the order of lifecycle.md 1.2 (or 1.3
// in overlapping mode): with overlapping off the shortest of several matching context paths wins,
// with overlapping on the longest. Of equal paths the older claim answers (ListenerPath::claim). A
// path without a host is for the access points of its API's environment, when that has any.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plan/platform.hpp"
#include "plan/revision.hpp"

namespace perigee::plan {

// Whether requests through each of the servers `ids` come in through one of `all`; empty = every
// server.
bool covers(const std::vector<std::string>& all, const std::vector<std::string>& ids);

// The keys are of the configuration: nobody can choose many that collide.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const;
};

struct Route {
  std::uint32_t revision = 0;              // index into Plan::revisions()
  const ListenerPath* listener = nullptr;  // owned by that revision
};

// A path of an API that another API answers, partly or always.
struct RouteWarning {
  enum class Kind : std::uint8_t {
    taken,   // the same path has an older claim
    hidden,  // a shorter path answers every request
  };
  std::uint32_t revision = 0;  // whose path it is
  Kind kind = Kind::taken;
  std::string text;  // names both APIs and their files, and which of them answers
};

class Routes {
 public:
  Routes() = default;
  Routes(const std::vector<std::shared_ptr<const ApiRevision>>& revisions, bool overlapping,
         const Platform& platform = {});

  // `authority` is Host with its port when one was sent; `path` is raw. Null when nothing matches.
  const Route* match(std::string_view authority, std::string_view path,
                     std::string_view server_id) const;
  // By revision. Both APIs stay deployed.
  const std::vector<RouteWarning>& warnings() const { return warnings_; }
  std::span<const RouteWarning> warnings_of(std::uint32_t revision) const;

 private:
  using Revisions = std::vector<std::shared_ptr<const ApiRevision>>;
  // Context paths without their last '/', which view those of listeners; routes of equal paths by
  // their claims.
  struct Paths {
    std::unordered_map<std::string_view, std::vector<Route>, TextHash> by_path;
    std::size_t segments_max = 0;
    std::uint64_t segments_seen = 0;  // a bit for each number of segments that a path has
    static std::uint64_t bit(std::size_t segments) {
      return std::uint64_t{1} << std::min<std::size_t>(segments, 63);
    }
  };
  using Hosts = std::unordered_map<std::string, Paths, TextHash, std::equal_to<>>;
  const Route* match_paths(const Paths& paths, std::string_view path,
                           std::string_view server_id) const;
  const Route* match_wildcards(std::string_view host, std::string_view path,
                               std::string_view server_id) const;
  Paths& paths_of(std::string_view host);
  // A route and one host that it is for; empty = any.
  struct Place {
    Route route;
    std::string_view host;
    const Paths* paths = nullptr;
  };
  void add(const Route& route, std::string_view host, std::vector<Place>& places);
  void sort();
  void warn(const Revisions& revisions, const Place& place);
  static const Route* hider(const Paths& paths, const Route& route);
  static const Route* taker(const Paths& paths, const Route& route);

  bool overlapping_ = false;
  Hosts by_host_;
  Hosts by_suffix_;                        // overlapping: "*.acme.com" as ".acme.com"
  std::vector<std::size_t> suffix_sizes_;  // descending, each once
  Paths any_host_;
  std::vector<RouteWarning> warnings_;
};

}  // namespace perigee::plan
