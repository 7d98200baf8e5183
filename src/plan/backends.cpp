#include <fstream>
#include <sstream>

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
      case el::Access::api_property:
      case el::Access::property: {
        const policy::NameValue* found = policy::find_by_name(api_.properties, reference.name);
        if (!api_.has_properties) return el::Value::absent();
        return found ? el::Value::text(found->value) : el::Value::null();
      }
      default:
        return el::Value::absent();
    }
  }

 private:
  const policy::ApiInfo& api_;
  const Clock& clock_;
};

class Evaluator {
 public:
  explicit Evaluator(const Compilation& compilation)
      : variables_(compilation.revision.info, compilation.context.clock) {}

  Result<std::string> text(std::string_view source) {
    TRY(el::Template compiled, el::Template::compile(source, policy::template_options()));
    if (compiled.is_constant()) return std::string(source);
    TRY(std::optional<std::string_view> value, compiled.text(variables_, arena_));
    return std::string(value.value_or(""));
  }

 private:
  DeploymentVariables variables_;
  Arena arena_;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::not_found, "cannot read file '" + path + "'");
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

Result<std::string> content_or_file(const std::string& path, const std::string& content) {
  return path.empty() ? Result<std::string>(content) : read_file(path);
}

Result<std::shared_ptr<const net::TlsClientContext>> make_tls(const definition::SslOptions& ssl,
                                                              net::TrustStores& stores) {
  net::TlsClientContext::Options options{.trust_all = ssl.trust_all,
                                         .verify_host = ssl.hostname_verifier && !ssl.trust_all};
  if (!ssl.trust_all) {
    if (ssl.trust_store.type == StoreType::pem) {
      TRY(std::string pem, content_or_file(ssl.trust_store.path, ssl.trust_store.content));
      TRY(options.trust, stores.pem(pem));
    } else {
      TRY(options.trust, stores.system());
    }
  }
  if (ssl.key_store.type == StoreType::pem) {
    TRY(options.client.certificate,
        content_or_file(ssl.key_store.cert_path, ssl.key_store.cert_content));
    TRY(options.client.key, content_or_file(ssl.key_store.key_path, ssl.key_store.key_content));
  }
  return net::TlsClientContext::make(std::move(options));
}

std::string store_text(const definition::Store& store) {
  std::string text = std::to_string(static_cast<int>(store.type));
  for (const std::string* part : {&store.path, &store.content, &store.key_path, &store.key_content,
                                  &store.cert_path, &store.cert_content}) {
    text.append(1, '\x1f').append(*part);
  }
  return text;
}

std::string tls_text(const definition::SslOptions& ssl) {
  return std::to_string(ssl.trust_all) + std::to_string(ssl.hostname_verifier) +
         store_text(ssl.trust_store) + store_text(ssl.key_store);
}

// One TLS context for all endpoints that say the same.
Result<std::shared_ptr<const net::TlsClientContext>> tls_context(const definition::SslOptions& ssl,
                                                                 CompileContext& context) {
  std::weak_ptr<const net::TlsClientContext>& known = context.tls_contexts[tls_text(ssl)];
  if (std::shared_ptr<const net::TlsClientContext> alive = known.lock()) return alive;
  TRY(std::shared_ptr<const net::TlsClientContext> made, make_tls(ssl, context.trust_stores));
  known = made;
  return made;
}

// api-definition.md 1.3: keepAliveTimeout and idleTimeout are cut to whole seconds.
Duration whole_seconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

Result<upstream::EndpointOptions> endpoint_options(const definition::Endpoint& endpoint,
                                                   const std::string& target,
                                                   CompileContext& context) {
  const definition::HttpOptions& http = endpoint.options.http;
  upstream::EndpointOptions options;
  TRY(options.target, http::parse_url(target));
  options.connect_timeout = http.connect_timeout;
  options.read_timeout = http.read_timeout;
  options.idle_timeout = whole_seconds(http.idle_timeout);
  options.keep_alive_timeout = whole_seconds(http.keep_alive_timeout);
  options.keep_alive = http.keep_alive;
  options.connections_max = static_cast<std::size_t>(std::max(1, http.connections_max));
  if (http.wait_queue_max >= 0) options.waiting_max = static_cast<std::size_t>(http.wait_queue_max);
  options.lifetime_max = http.connection_lifetime_max;
  if (options.target.secured()) {
    TRY(options.tls, tls_context(endpoint.options.ssl, context));
  }
  for (std::int64_t number :
       {std::int64_t(options.connect_timeout.count()), std::int64_t(options.read_timeout.count()),
        std::int64_t(options.idle_timeout.count()),
        std::int64_t(options.keep_alive_timeout.count()), std::int64_t(options.keep_alive),
        std::int64_t(options.connections_max), std::int64_t(options.waiting_max),
        std::int64_t(options.lifetime_max.count())}) {
    options.fingerprint += std::to_string(number) + ' ';
  }
  options.fingerprint += options.target.scheme + "://" + options.target.authority();
  if (options.target.secured()) options.fingerprint += tls_text(endpoint.options.ssl);
  return options;
}

bool wanted_by(const definition::Endpoint& endpoint, const std::string& tenant) {
  return tenant.empty() || endpoint.tenants.empty() ||
         std::find(endpoint.tenants.begin(), endpoint.tenants.end(), tenant) !=
             endpoint.tenants.end();
}

Result<Backend> compile_backend(Compilation& compilation, const definition::EndpointGroup& group,
                                const definition::Endpoint& endpoint) {
  Evaluator evaluator(compilation);
  TRY(std::string target, evaluator.text(endpoint.target));
  TRY(upstream::EndpointOptions options, endpoint_options(endpoint, target, compilation.context));
  Backend backend;
  backend.name = endpoint.name;
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

}  // namespace

void compile_backends(Compilation& compilation) {
  ApiRevision& revision = compilation.revision;
  for (const definition::EndpointGroup& group : compilation.api.endpoint_groups) {
    BackendGroup& made = revision.groups.emplace_back();
    made.name = group.name;
    std::vector<std::shared_ptr<const upstream::Endpoint>> endpoints;
    for (const definition::Endpoint& endpoint : group.endpoints) {
      if (!wanted_by(endpoint, compilation.context.tenant)) continue;
      Result<Backend> backend = compile_backend(compilation, group, endpoint);
      if (!backend) {
        // api-definition.md 1.3: an invalid endpoint is skipped, the API is deployed.
        compilation.problems.warning(
            endpoint.pointer,
            "endpoint '" + endpoint.name + "' is left out: " + backend.error().message);
        continue;
      }
      endpoints.push_back(backend->endpoint);
      made.backends.push_back(*std::move(backend));
    }
    made.group =
        compilation.context.endpoints.group(compilation.api.id, group.name, std::move(endpoints));
  }
}

}  // namespace perigee::plan
