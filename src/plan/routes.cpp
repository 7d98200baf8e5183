#include "plan/routes.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"

namespace perigee::plan {
namespace {

constexpr std::size_t kHostBytesMax = 320;  // longer authorities match no host

// Lower-cased into `storage`; empty when it is too long.
std::string_view lower_case(std::string_view text, std::array<char, kHostBytesMax>& storage) {
  if (text.size() > storage.size()) return {};
  std::transform(text.begin(), text.end(), storage.begin(), [](char c) { return ascii_lower(c); });
  return {storage.data(), text.size()};
}

std::string_view without_port(std::string_view authority) {
  std::size_t colon = authority.rfind(':');
  bool inside_literal =
      authority.find(']', colon == std::string_view::npos ? 0 : colon) != std::string_view::npos;
  return colon == std::string_view::npos || inside_literal ? authority : authority.substr(0, colon);
}

bool serves(const Route& route, std::string_view server_id) {
  const std::vector<std::string>& servers = route.listener->servers;
  return servers.empty() || std::find(servers.begin(), servers.end(), server_id) != servers.end();
}

// Whether `route` has no server that `other` has not.
bool covers(const Route& other, const Route& route) {
  return plan::covers(other.listener->servers, route.listener->servers);
}

bool share_a_server(const Route& a, const Route& b) {
  return a.listener->servers.empty() || b.listener->servers.empty() ||
         std::ranges::any_of(a.listener->servers,
                             [&](const std::string& server) { return serves(b, server); });
}

// Without its last '/'.
std::string_view key_of(const ListenerPath& listener) {
  return std::string_view(listener.path).substr(0, listener.path.size() - 1);
}

}  // namespace

bool covers(const std::vector<std::string>& all, const std::vector<std::string>& ids) {
  return all.empty() || (!ids.empty() && std::ranges::all_of(ids, [&](const std::string& id) {
           return std::ranges::find(all, id) != all.end();
         }));
}

std::size_t TextHash::operator()(std::string_view text) const {
  return XXH3_64bits(text.data(), text.size());
}

Routes::Routes(const Revisions& revisions, bool overlapping, const Platform& platform)
    : overlapping_(overlapping) {
  std::vector<Place> places;
  places.reserve(revisions.size());
  any_host_.by_path.reserve(revisions.size());
  for (std::uint32_t index = 0; index < revisions.size(); ++index) {
    const ApiRevision& revision = *revisions[index];
    const std::set<std::string>& hosts = platform.hosts(revision.info.environment_id);
    for (const ListenerPath& listener : *revision.listeners) {
      Route route{index, &listener};
      if (!listener.host.empty() || hosts.empty()) {
        add(route, listener.host, places);
      } else {
        for (const std::string& host : hosts) add(route, host, places);
      }
    }
  }
  sort();
  for (const Place& place : places) warn(revisions, place);
}

Routes::Paths& Routes::paths_of(std::string_view host) {
  if (overlapping_) host = without_port(host);
  if (host.empty()) return any_host_;
  if (!overlapping_ || !host.starts_with('*')) return by_host_[std::string(host)];
  host.remove_prefix(1);
  suffix_sizes_.push_back(host.size());
  return by_suffix_[std::string(host)];
}

// Hosts that differ only in their port are one place in overlapping mode.
void Routes::add(const Route& route, std::string_view host, std::vector<Place>& places) {
  Paths& paths = paths_of(host);
  std::string_view key = key_of(*route.listener);
  std::vector<Route>& there = paths.by_path[key];
  if (!there.empty() && there.back().listener == route.listener) return;
  auto segments = static_cast<std::size_t>(std::count(key.begin(), key.end(), '/'));
  paths.segments_max = std::max(paths.segments_max, segments);
  paths.segments_seen |= Paths::bit(segments);
  there.push_back(route);
  places.push_back({route, host, &paths});
}

void Routes::sort() {
  std::sort(suffix_sizes_.rbegin(), suffix_sizes_.rend());
  suffix_sizes_.erase(std::unique(suffix_sizes_.begin(), suffix_sizes_.end()), suffix_sizes_.end());
  auto by_claim = [](Paths& paths) {
    for (auto& [key, routes] : paths.by_path) {
      std::ranges::sort(routes, {}, [](const Route& route) {
        return std::pair(route.listener->claim, route.revision);
      });
    }
  };
  for (Hosts* hosts : {&by_host_, &by_suffix_}) {
    for (auto& [host, paths] : *hosts) by_claim(paths);
  }
  by_claim(any_host_);
}

// A route of another API that answers every request to this one because its path is shorter. Null
// also when a shorter path of the same API does.
const Route* Routes::hider(const Paths& paths, const Route& route) {
  std::string_view key = key_of(*route.listener);
  std::size_t end = 0;
  for (std::size_t segments = 0; end < key.size(); ++segments) {
    auto found = (paths.segments_seen & Paths::bit(segments)) != 0
                     ? paths.by_path.find(key.substr(0, end))
                     : paths.by_path.end();
    if (found != paths.by_path.end()) {
      for (const Route& shorter : found->second) {
        if (covers(shorter, route)) return shorter.revision == route.revision ? nullptr : &shorter;
      }
    }
    end = std::min(key.find('/', end + 1), key.size());
  }
  return nullptr;
}

// A route of another API with the same path and an older claim, for a server that both have.
const Route* Routes::taker(const Paths& paths, const Route& route) {
  for (const Route& older : paths.by_path.find(key_of(*route.listener))->second) {
    if (older.listener == route.listener) return nullptr;
    bool same_api = older.revision == route.revision;
    if (same_api && covers(older, route)) return nullptr;
    if (!same_api && share_a_server(older, route)) return &older;
  }
  return nullptr;
}

void Routes::warn(const Revisions& revisions, const Place& place) {
  const Route& route = place.route;
  auto named = [&](const Route& of) {
    const ApiRevision& revision = *revisions[of.revision];
    return "API " + revision.info.id + " (" + revision.source + ")";
  };
  auto path = [&] {
    return named(route) + ": path '" + route.listener->path + "' on " +
           (place.host.empty() ? "any host" : "host '" + std::string(place.host) + "'");
  };
  if (const Route* shorter = overlapping_ ? nullptr : hider(*place.paths, route)) {
    warnings_.push_back({route.revision, RouteWarning::Kind::hidden,
                         path() + " is never reached: " + named(*shorter) +
                             " answers, as its path '" + shorter->listener->path +
                             "' is shorter, and the shorter one wins unless "
                             "api.allowOverlappingContext is true"});
  } else if (const Route* older = taker(*place.paths, route)) {
    warnings_.push_back({route.revision, RouteWarning::Kind::taken,
                         path() + " is already served by " + named(*older) +
                             ", which goes on answering; give one of them another path or host"});
  }
}

std::span<const RouteWarning> Routes::warnings_of(std::uint32_t revision) const {
  return std::ranges::equal_range(warnings_, revision, {}, &RouteWarning::revision);
}

const Route* Routes::match(std::string_view authority, std::string_view path,
                           std::string_view server_id) const {
  if (!by_host_.empty() || !by_suffix_.empty()) {
    std::array<char, kHostBytesMax> storage;
    std::string_view host = lower_case(overlapping_ ? without_port(authority) : authority, storage);
    // "*acme.com" stands before "acme.com", as it does before every shorter suffix.
    for (const Hosts* hosts : {&by_suffix_, &by_host_}) {
      auto found = hosts->find(host);
      if (found == hosts->end()) continue;
      if (const Route* route = match_paths(found->second, path, server_id)) return route;
    }
    if (const Route* route = match_wildcards(host, path, server_id)) return route;
  }
  return match_paths(any_host_, path, server_id);
}

// The longest suffix is the most specific one.
const Route* Routes::match_wildcards(std::string_view host, std::string_view path,
                                     std::string_view server_id) const {
  for (std::size_t size : suffix_sizes_) {
    if (size > host.size()) continue;
    auto found = by_suffix_.find(host.substr(host.size() - size));
    if (found == by_suffix_.end()) continue;
    if (const Route* route = match_paths(found->second, path, server_id)) return route;
  }
  return nullptr;
}

// Context path C matches when the path begins with C or equals C without its last '/': so each
// prefix that ends before a '/', and the whole path, is looked up.
const Route* Routes::match_paths(const Paths& paths, std::string_view path,
                                 std::string_view server_id) const {
  const Route* longest = nullptr;
  std::size_t end = 0;
  for (std::size_t segments = 0; segments <= paths.segments_max; ++segments) {
    end = segments == 0 ? 0 : path.find('/', end + 1);
    std::string_view key = path.substr(0, end);
    bool whole = end == std::string_view::npos;
    if (whole && path.ends_with('/')) break;
    if (segments == 0 && !path.empty() && path.front() != '/') break;
    auto found = (paths.segments_seen & Paths::bit(segments)) != 0 ? paths.by_path.find(key)
                                                                   : paths.by_path.end();
    if (found != paths.by_path.end()) {
      for (const Route& route : found->second) {
        if (!serves(route, server_id)) continue;
        if (!overlapping_) return &route;
        longest = &route;
        break;
      }
    }
    if (whole) break;
  }
  return longest;
}

}  // namespace perigee::plan
