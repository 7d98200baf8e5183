#include <set>

#include "definition/names.hpp"
#include "plan/compile_parts.hpp"

namespace perigee::plan {
namespace {

void refuse(Problems& problems, const std::string& pointer, std::string_view what) {
  problems.error(pointer, std::string(what) + " is not supported by this version");
}

void refuse_endpoint_options(Problems& problems, const definition::EndpointOptions& options) {
  if (options.http.version == definition::HttpVersion::http_2)
    refuse(problems, options.pointer + "/http/version", "HTTP/2 to the backend");
}

// Endpoints may share the options of their group: each fault is told once.
void refuse_groups(Compilation& compilation) {
  Problems& problems = compilation.problems;
  std::set<std::string_view> looked_at;
  for (const definition::EndpointGroup& group : compilation.api.endpoint_groups) {
    for (const definition::Endpoint& endpoint : group.endpoints) {
      if (!is_for_tenant(endpoint, compilation.context.tenant)) continue;
      if (looked_at.insert(endpoint.options.pointer).second)
        refuse_endpoint_options(problems, endpoint.options);
    }
  }
}

}  // namespace

void refuse_unsupported(Compilation& compilation) {
  const definition::Api& api = compilation.api;
  Problems& problems = compilation.problems;
  refuse_groups(compilation);
  for (const definition::Resource& resource : api.resources) {
    if (resource.enabled)
      refuse(problems, resource.pointer, "resource type '" + resource.type + "'");
  }
  if (api.analytics && (api.analytics->logging.entrypoint || api.analytics->logging.endpoint)) {
    problems.warning(api.analytics->logging.pointer,
                     "payload and header logging is not done by this version: it has no reporter");
  }
}

}  // namespace perigee::plan
