// Destination: which endpoint a request goes to, and what of the endpoint's target is replaced
// (lifecycle.md 8.1 and 8.2).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "plan/revision.hpp"
#include "policy/exchange.hpp"
#include "upstream/elsewhere.hpp"

namespace perigee::proxy {

// Texts live as long as the exchange.
struct Destination {
  const plan::Backend* backend = nullptr;  // whose options count
  std::size_t member = 0;                  // its place in its group
  const plan::BackendGroup* group = nullptr;
  // Whom to call: the backend's endpoint, or one like it at another origin.
  const upstream::Endpoint* endpoint = nullptr;
  std::shared_ptr<const upstream::Endpoint> elsewhere;
  std::string_view authority;
  std::string_view base_path;  // before `path`
  std::string_view path;
  std::string_view target_query;  // after the request's own parameters
  std::string_view custom_query;  // last
};

// Nothing when no endpoint can be used; an error for a URL that cannot be called.
Result<std::optional<Destination>> choose_destination(const plan::ApiRevision& revision,
                                                      policy::Exchange& exchange,
                                                      upstream::Elsewhere& elsewhere);
// `group`'s endpoint whose turn it is.
std::optional<Destination> take_turn(const plan::BackendGroup& group, policy::Exchange& exchange);
// The usable one that stands next behind `failed` in its group, round the end; nothing when there
// is no other.
std::optional<Destination> next_behind(const Destination& failed, policy::Exchange& exchange);

}  // namespace perigee::proxy
