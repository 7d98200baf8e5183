#include "upstream/elsewhere.hpp"

namespace perigee::upstream {

Result<std::shared_ptr<const Endpoint>> Elsewhere::endpoint(const Endpoint& like, http::Url url) {
  url.path.clear();
  url.query.clear();
  url.has_query = false;
  std::string key = std::to_string(like.generation()) + ' ' + url.text();
  if (const std::shared_ptr<const Endpoint>* kept = kept_.find(key)) return *kept;
  TRY(std::shared_ptr<const Endpoint> made, like.at(std::move(url)));
  return kept_.add(std::move(key), std::move(made));
}

}  // namespace perigee::upstream
