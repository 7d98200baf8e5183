#include <algorithm>
#include <tuple>

#include "plan/compile_parts.hpp"
#include "plan/evaluator.hpp"

namespace perigee::plan {
namespace {

using BackendHeaders = decltype(Backend::headers);

Result<BackendHeaders> backend_headers(const std::vector<definition::Header>& from,
                                       Evaluator& evaluator) {
  BackendHeaders made;
  std::string wrong;
  for (const definition::Header& header : from) {
    TRY(std::string value, evaluator.text(header.value, "header '" + header.name + "'"));
    if (!http::is_valid_header_name(header.name) || !http::is_valid_header_value(value))
      wrong += (wrong.empty() ? "" : ", ") + ("header '" + header.name) + "'";
    made.emplace_back(http::OwnedHeaderName(header.name), std::move(value));
  }
  if (wrong.empty()) return made;
  return fail(ErrorCode::invalid, wrong + ": a name or value that HTTP does not allow");
}

Result<Backend> compile_backend(Compilation& compilation, const definition::EndpointGroup& group,
                                const definition::Endpoint& endpoint) {
  Evaluator evaluator(compilation);
  TRY(std::string target, evaluator.text(endpoint.target, "target"));
  TRY(upstream::EndpointOptions options,
      endpoint_options(compilation, endpoint, target, evaluator));
  Backend backend;
  backend.name = endpoint.name;
  backend.target = options.target.text();
  backend.authority = compilation.revision.host_of(options.target);
  backend.target_path = options.target.path;
  backend.target_query = options.target.query;
  const definition::HttpOptions& http = endpoint.options.http;
  backend.propagate_client_host = http.propagate_client_host;
  backend.use_compression = http.use_compression;
  backend.follow_redirects = http.follow_redirects;
  backend.propagate_accept_encoding =
      http.propagate_client_accept_encoding && !http.use_compression;
  TRY(backend.headers, backend_headers(endpoint.options.headers, evaluator));
  backend.health_check = compile_health_check(compilation, endpoint, options, evaluator);
  backend.endpoint = compilation.context.endpoints.endpoint(
      compilation.api.id, group.name + "/" + endpoint.name, std::move(options));
  return backend;
}

// api-definition.md 1.3: an invalid endpoint is skipped, the API is deployed.
void tell_left_out(Compilation& compilation, const definition::Endpoint& endpoint,
                   const Error& error) {
  if (error.code == ErrorCode::unsupported) {
    compilation.problems.error(endpoint.pointer, error.message);
  } else {
    compilation.problems.warning(endpoint.pointer,
                                 "endpoint '" + endpoint.name + "' is left out: " + error.message);
  }
}

// The API is deployed all the same (api-definition.md 1.3).
void warn_of_no_endpoint(Compilation& compilation, const definition::EndpointGroup& group) {
  compilation.problems.warning(group.pointer + "/endpoints",
                               "group '" + group.name +
                                   "' has no usable endpoint: its requests are answered with 503 "
                                   "NO_ENDPOINT_FOUND");
}

upstream::Balance balance_of(definition::LoadBalancer balancer) {
  switch (balancer) {
    case definition::LoadBalancer::round_robin:
      return upstream::Balance::round_robin;
    case definition::LoadBalancer::random:
      return upstream::Balance::random;
    case definition::LoadBalancer::weighted_round_robin:
      return upstream::Balance::weighted_round_robin;
    case definition::LoadBalancer::weighted_random:
      return upstream::Balance::weighted_random;
  }
  return upstream::Balance::round_robin;
}

void compile_group(Compilation& compilation, const definition::EndpointGroup& group) {
  BackendGroup made;
  made.name = group.name;
  std::vector<upstream::Member> members;
  Problems::Mark mark = compilation.problems.mark();
  for (const definition::Endpoint& endpoint : group.endpoints) {
    if (!is_for_tenant(endpoint, compilation.context.tenant)) continue;
    Result<Backend> backend = compile_backend(compilation, group, endpoint);
    if (!backend) {
      tell_left_out(compilation, endpoint, backend.error());
      continue;
    }
    members.push_back({.endpoint = backend->endpoint,
                       .weight = static_cast<std::uint32_t>(std::max(1, endpoint.weight)),
                       .secondary = endpoint.secondary});
    made.backends.push_back(*std::move(backend));
  }
  bool refused = compilation.problems.has_errors_since(mark);
  if (made.backends.empty() && !refused) warn_of_no_endpoint(compilation, group);
  made.group = compilation.context.endpoints.group(
      compilation.api.id, group.name, std::move(members), balance_of(group.load_balancer));
  compilation.revision.groups.push_back(std::move(made));
}

// Groups and endpoints share one name space; of equal names an endpoint's counts, then the first.
void fill_backend_names(ApiRevision& revision) {
  std::vector<BackendName>& names = revision.backend_names;
  for (std::uint32_t group = 0; group < revision.groups.size(); ++group) {
    const std::vector<Backend>& backends = revision.groups[group].backends;
    for (std::uint32_t member = 0; member < backends.size(); ++member)
      names.push_back({backends[member].name, group, member});
    names.push_back({revision.groups[group].name, group, std::nullopt});
  }
  std::ranges::sort(names, {}, [](const BackendName& name) {
    return std::tuple(std::string_view(name.name), !name.member, name.group, name.member);
  });
}

}  // namespace

bool is_for_tenant(const definition::Endpoint& endpoint, const std::string& tenant) {
  return tenant.empty() || endpoint.tenants.empty() ||
         std::find(endpoint.tenants.begin(), endpoint.tenants.end(), tenant) !=
             endpoint.tenants.end();
}

void compile_backends(Compilation& compilation) {
  for (const definition::EndpointGroup& group : compilation.api.endpoint_groups)
    compile_group(compilation, group);
  fill_backend_names(compilation.revision);
}

const BackendName* ApiRevision::find_backend(std::string_view name) const {
  auto found = std::ranges::lower_bound(backend_names, name, {}, &BackendName::name);
  return found != backend_names.end() && found->name == name ? &*found : nullptr;
}

// compat: in v2, 80 and 443 are the usual ports of every scheme (policies/connector-http.md).
std::string ApiRevision::host_of(const http::Url& url) const {
  std::string host = url.authority();
  if (!is_v2 || (url.port != 80 && url.port != 443)) return host;
  const std::string port = ":" + std::to_string(url.port);
  return host.ends_with(port) ? host.substr(0, host.size() - port.size()) : host;
}

}  // namespace perigee::plan
