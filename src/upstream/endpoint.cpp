#include "upstream/endpoint.hpp"

#include "upstream/group.hpp"

namespace perigee::upstream {

Endpoint::Endpoint(EndpointRegistry& registry, EndpointOptions options, std::uint32_t slot,
                   std::uint64_t generation)
    : registry_(registry), options_(std::move(options)), slot_(slot), generation_(generation) {
  const http::Url& target = options_.target;
  remote_ = (target.host_is_ipv6 ? "[" + target.host + "]" : target.host) + ":" +
            std::to_string(target.port);
}

Endpoint::~Endpoint() { registry_.retire(*this); }

Result<std::shared_ptr<const Endpoint>> Endpoint::at(http::Url origin) const {
  if (origin.scheme.starts_with("grpc"))
    return fail(ErrorCode::unsupported, "gRPC to the backend is not supported by this version");
  EndpointOptions options = options_;
  options.tls = origin.secured() ? options_.tls_elsewhere : nullptr;
  if (origin.secured() && !options.tls)
    return fail(ErrorCode::unsupported, "no TLS was prepared for " + origin.text() +
                                            ": nothing of this API is known to name other targets");
  options.target = std::move(origin);
  options.fingerprint += "\n" + options.target.text();
  return registry_.endpoint("elsewhere", std::to_string(generation_), std::move(options));
}

void Endpoint::set_usable(bool usable) const {
  if (usable_.exchange(usable) != usable) ++registry_.health_changes_;
}

std::shared_ptr<const Endpoint> EndpointRegistry::endpoint(const std::string& api_id,
                                                           const std::string& name,
                                                           EndpointOptions options) {
  std::string identity = api_id + '\n' + name + '\n' + options.fingerprint;
  std::unique_lock lock(mutex_);
  if (auto found = endpoints_.find(identity); found != endpoints_.end()) {
    if (std::shared_ptr<const Endpoint> alive = found->second.lock()) return alive;
  }
  forget_dead();
  std::uint32_t slot = slots_;
  if (free_slots_.empty()) {
    ++slots_;
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  ++alive_;
  std::shared_ptr<const Endpoint> made(
      new Endpoint(*this, std::move(options), slot, ++generations_));
  endpoints_[std::move(identity)] = made;
  return made;
}

std::shared_ptr<const Group> EndpointRegistry::group(const std::string& api_id,
                                                     const std::string& name,
                                                     std::vector<Member> members, Balance balance) {
  std::string identity = api_id + '\n' + name + '\n' + std::to_string(static_cast<int>(balance));
  for (const Member& member : members) {
    identity += '\n' + std::to_string(member.endpoint->generation());
    if (is_weighted(balance)) identity += ' ' + std::to_string(member.weight);
    if (member.secondary) identity += " secondary";
  }
  std::unique_lock lock(mutex_);
  if (auto found = groups_.find(identity); found != groups_.end()) {
    if (std::shared_ptr<const Group> alive = found->second.lock()) return alive;
  }
  auto made = std::make_shared<const Group>(std::move(members), balance, workers_, health_changes_);
  groups_[std::move(identity)] = made;
  return made;
}

std::size_t EndpointRegistry::alive() const {
  std::unique_lock lock(mutex_);
  return alive_;
}

void EndpointRegistry::retire(const Endpoint& endpoint) {
  // The callback runs before the slot is free again, so that workers see "drop" before any new user
  // of the slot.
  if (retired_) retired_(endpoint.slot(), endpoint.generation());
  std::unique_lock lock(mutex_);
  --alive_;
  free_slots_.push_back(endpoint.slot());
}

// Dead entries are swept now and then, so that ten thousand redeploys leave no trail.
void EndpointRegistry::forget_dead() {
  constexpr std::size_t kSweepEvery = 64;
  if (++made_since_sweep_ < kSweepEvery + alive_ / 8) return;
  made_since_sweep_ = 0;
  std::erase_if(endpoints_, [](const auto& entry) { return entry.second.expired(); });
  std::erase_if(groups_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace perigee::upstream
