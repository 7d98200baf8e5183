#include <algorithm>
#include <tuple>

#include "http/url.hpp"
#include "plan/compile_parts.hpp"

namespace perigee::plan {
namespace {

using definition::StoreType;

// What an endpoint's expressions may read when it is made: the API and its properties.
class DeploymentVariables final : public el::Variables {
 public:
  DeploymentVariables(const policy::ApiInfo& api, const Clock& clock) : api_(api), clock_(clock) {}
  const Clock& clock() const override { return clock_; }
  el::Value read(const el::Reference& reference, Arena&) const override {
    switch (reference.access) {
      case el::Access::api:
        return el::Value::bean(el::Bean::api);
      case el::Access::api_id:
        return el::Value::text(api_.id);
      case el::Access::api_name:
        return el::Value::text(api_.name);
      case el::Access::api_version:
        return el::Value::text(api_.version);
      case el::Access::api_properties:
      case el::Access::properties:
        return api_.properties_fault.empty() ? el::Value::absent() : el::Value::failed();
      case el::Access::api_property:
      case el::Access::property: {
        if (!api_.properties_fault.empty()) return el::Value::failed();
        const policy::NameValue* found = policy::find_by_name(api_.properties, reference.name);
        if (!api_.has_properties) return el::Value::absent();
        return found ? el::Value::text(found->value) : el::Value::null();
      }
      default:
        return el::Value::absent();
    }
  }
  std::string why_failed(const el::Reference&) const override { return api_.properties_fault; }

 private:
  const policy::ApiInfo& api_;
  const Clock& clock_;
};

// Evaluates the texts of an endpoint, once, when it is made, and reads its files.
class Evaluator {
 public:
  explicit Evaluator(const Compilation& compilation)
      : variables_(compilation.revision.info, compilation.context.clock),
        files_(compilation.revision.files) {}

  Result<std::string> text(std::string_view source) {
    if (source.empty()) return std::string();
    TRY(el::Template compiled, el::Template::compile(source, policy::template_options()));
    if (compiled.is_constant()) return std::string(compiled.constant_text());
    if (compiled.needs().has(el::Needs::secrets))
      return fail(ErrorCode::unsupported,
                  "expressions over #secrets are not supported by this version");
    TRY(std::optional<std::string_view> value, compiled.text(variables_, arena_));
    return std::string(value.value_or(""));
  }

  Result<std::string> file(const std::string& path) {
    Result<std::string> bytes = read_source_file(path);
    SourceFile seen = seen_as(path, bytes);
    if (std::ranges::find(files_, seen) == files_.end()) files_.push_back(std::move(seen));
    return bytes;
  }

 private:
  DeploymentVariables variables_;
  std::vector<SourceFile>& files_;
  Arena arena_;
};

Result<std::string> content_or_file(const std::string& path, const std::string& content,
                                    Evaluator& evaluator) {
  if (path.empty()) return evaluator.text(content);
  TRY(std::string file, evaluator.text(path));
  return evaluator.file(file);
}

// What the TLS of an endpoint is made of: the contents of its files, so that a new file is a
// change.
struct TlsParts {
  bool trust_all = false;
  bool verify_host = true;
  bool own_trust = false;
  std::string trust;
  net::PemPair client;

  std::string text() const {
    std::string all;
    for (bool flag : {trust_all, verify_host, own_trust}) all += flag ? '1' : '0';
    for (const std::string* part : {&trust, &client.certificate, &client.key})
      all.append(1, '\x1f').append(*part);
    return all;
  }
};

Result<TlsParts> tls_parts(const definition::SslOptions& ssl, Evaluator& evaluator) {
  TlsParts parts{.trust_all = ssl.trust_all,
                 .verify_host = ssl.hostname_verifier && !ssl.trust_all};
  const definition::Store& trust = ssl.trust_store;
  parts.own_trust = !ssl.trust_all && trust.type == StoreType::pem;
  if (parts.own_trust) {
    TRY(parts.trust, content_or_file(trust.path, trust.content, evaluator));
  }
  const definition::Store& key = ssl.key_store;
  if (key.type == StoreType::pem) {
    TRY(parts.client.certificate, content_or_file(key.cert_path, key.cert_content, evaluator));
    TRY(parts.client.key, content_or_file(key.key_path, key.key_content, evaluator));
  }
  return parts;
}

// TlsClientContext shares what is equal.
Result<std::shared_ptr<const net::TlsClientContext>> make_tls(TlsParts parts,
                                                              net::TrustStores& stores) {
  net::TlsClientContext::Options options{.trust_all = parts.trust_all,
                                         .verify_host = parts.verify_host,
                                         .client = std::move(parts.client)};
  if (parts.own_trust) {
    TRY(options.trust, stores.pem(parts.trust));
  } else if (!parts.trust_all) {
    TRY(options.trust, stores.system());
  }
  return net::TlsClientContext::make(std::move(options));
}

// api-definition.md 1.3: keepAliveTimeout and idleTimeout are cut to whole seconds. But a part of a
// second is not none at all, which 0 says.
Duration whole_seconds(std::chrono::milliseconds time) {
  if (time > 0ms && time < 1s) return 1s;
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

std::string numbers_of(const upstream::EndpointOptions& options) {
  std::string text;
  for (Duration time : {options.connect_timeout, options.read_timeout, options.idle_timeout,
                        options.keep_alive_timeout, options.lifetime_max})
    text += std::to_string(time.count()) + ' ';
  for (std::size_t number :
       {std::size_t(options.keep_alive), options.connections_max, options.waiting_max})
    text += std::to_string(number) + ' ';
  return text;
}

Result<std::shared_ptr<const upstream::ForwardProxy>> proxy_of(
    Compilation& compilation, const definition::EndpointOptions& options, Evaluator& evaluator) {
  const definition::ProxyOptions& from = options.proxy;
  if (!from.enabled) return nullptr;
  if (from.use_system_proxy) {
    if (!compilation.context.system_proxy)
      compilation.problems.warning(options.pointer + "/proxy/useSystemProxy",
                                   "the proxy is left out: the configuration has no "
                                   "system.proxy.host and system.proxy.port");
    return compilation.context.system_proxy;
  }
  auto proxy = std::make_shared<upstream::ForwardProxy>();
  proxy->type = static_cast<upstream::ForwardProxy::Type>(from.type);
  proxy->port = from.port;
  TRY(proxy->host, evaluator.text(from.host));
  TRY(proxy->username, evaluator.text(from.username));
  TRY(proxy->password, evaluator.text(from.password));
  TRY(upstream::check_proxy(*proxy));
  return proxy;
}

Result<upstream::EndpointOptions> endpoint_options(Compilation& compilation,
                                                   const definition::Endpoint& endpoint,
                                                   const std::string& target,
                                                   Evaluator& evaluator) {
  const definition::HttpOptions& http = endpoint.options.http;
  upstream::EndpointOptions options;
  TRY(options.target, http::parse_url(target));
  if (options.target.scheme.starts_with("grpc"))
    return fail(ErrorCode::unsupported, "gRPC to the backend is not supported by this version");
  options.connect_timeout = http.connect_timeout;
  options.read_timeout = http.read_timeout;
  options.idle_timeout = whole_seconds(http.idle_timeout);
  options.keep_alive_timeout = whole_seconds(http.keep_alive_timeout);
  options.keep_alive = http.keep_alive;
  options.connections_max = static_cast<std::size_t>(std::max(1, http.connections_max));
  if (http.wait_queue_max >= 0) options.waiting_max = static_cast<std::size_t>(http.wait_queue_max);
  options.lifetime_max = http.connection_lifetime_max;
  options.fingerprint = numbers_of(options) + options.target.text();
  TRY(options.proxy, proxy_of(compilation, endpoint.options, evaluator));
  if (options.proxy) options.fingerprint += '\x1f' + options.proxy->fingerprint();
  if (options.target.secured() || compilation.reroutes) {
    TRY(TlsParts parts, tls_parts(endpoint.options.ssl, evaluator));
    options.fingerprint += '\x1f' + parts.text();
    TRY(options.tls_elsewhere, make_tls(std::move(parts), compilation.context.trust_stores));
  }
  if (options.target.secured()) options.tls = options.tls_elsewhere;
  return options;
}

Result<Backend> compile_backend(Compilation& compilation, const definition::EndpointGroup& group,
                                const definition::Endpoint& endpoint) {
  Evaluator evaluator(compilation);
  TRY(std::string target, evaluator.text(endpoint.target));
  TRY(upstream::EndpointOptions options,
      endpoint_options(compilation, endpoint, target, evaluator));
  Backend backend;
  backend.name = endpoint.name;
  backend.target = options.target.text();
  backend.authority = options.target.authority();
  backend.target_path = options.target.path;
  backend.target_query = options.target.query;
  const definition::HttpOptions& http = endpoint.options.http;
  backend.propagate_client_host = http.propagate_client_host;
  backend.propagate_accept_encoding =
      http.propagate_client_accept_encoding && !http.use_compression;
  for (const definition::Header& header : endpoint.options.headers) {
    TRY(std::string value, evaluator.text(header.value));
    if (!http::is_valid_header_name(header.name) || !http::is_valid_header_value(value)) {
      return fail(ErrorCode::invalid,
                  "header '" + header.name + "' has a name or value that HTTP does not allow");
    }
    backend.headers.emplace_back(http::OwnedHeaderName(header.name), std::move(value));
  }
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

}  // namespace perigee::plan
