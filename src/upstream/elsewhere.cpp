#include "upstream/elsewhere.hpp"

#include <algorithm>

namespace perigee::upstream {

Result<std::shared_ptr<const Endpoint>> Elsewhere::endpoint(const Endpoint& like, http::Url url) {
  url.path.clear();
  url.query.clear();
  url.has_query = false;
  std::string key = std::to_string(like.generation()) + ' ' + url.text();
  auto found = kept_.find(key);
  if (found == kept_.end()) {
    TRY(std::shared_ptr<const Endpoint> made, like.at(std::move(url)));
    make_room();
    found = kept_.emplace(std::move(key), Kept{std::move(made)}).first;
  }
  found->second.used = ++uses_;
  return found->second.endpoint;
}

void Elsewhere::make_room() {
  if (kept_.size() < std::max<std::size_t>(endpoints_max_, 1)) return;
  auto used = [](const auto& entry) { return entry.second.used; };
  kept_.erase(std::ranges::min_element(kept_, {}, used));
}

}  // namespace perigee::upstream
