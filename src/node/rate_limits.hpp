// What operators are shown of rate limits: /_node/ratelimit, the probe ratelimit-repository, and
// metrics. Filled by who joins the rooms.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "redis/directory.hpp"

namespace perigee::node {

struct RateLimits {
  std::string type = "none";  // ratelimit.type
  std::string problem;        // why the store does not count; empty: it does, or none is needed

  bool are_shared = false;  // with other gateways; the rest is about that
  std::string circuit;      // "closed": the store is asked
  std::uint32_t epoch = 0, outages = 0;
  Duration outage{};        // of the present one; 0: there is none
  Duration away{};          // all of them together
  std::uint32_t nodes = 1;  // that share the store
  std::uint64_t operations = 0, late = 0;
  std::uint64_t admitted_alone = 0, refused_alone = 0, undecided = 0;
  std::uint64_t refused_from_memory = 0, repaired = 0;
  redis::DirectoryState store;
};

std::string document_of(const RateLimits& limits);  // JSON
// As Prometheus text; nothing where no counts are shared.
std::string families_of(const RateLimits& limits, const std::string& common_labels);

}  // namespace perigee::node
