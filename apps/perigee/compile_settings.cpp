#include "apps/perigee/compile_settings.hpp"

namespace perigee::apps {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : ",").append(text);
  return all;
}

}  // namespace

Result<SystemProxy> system_proxy_of(const config::Settings& settings) {
  const config::SystemProxy& from = settings.system_proxy;
  if (!from.is_there()) return SystemProxy();
  auto proxy = std::make_shared<upstream::ForwardProxy>(
      upstream::ForwardProxy{.type = static_cast<upstream::ForwardProxy::Type>(from.type),
                             .host = from.host,
                             .port = from.port,
                             .username = from.username,
                             .password = from.password});
  TRY(upstream::check_proxy(*proxy));
  return proxy;
}

void apply_settings(plan::CompileContext& context, const config::Settings& settings) {
  const config::Identity& identity = settings.identity;
  if (!identity.tags.empty()) context.tags = definition::ShardingTags::parse(joined(identity.tags));
  context.tenant = identity.tenant;
  context.system_proxy = system_proxy_of(settings).value_or(nullptr);
  context.overlapping = settings.api.allow_overlapping_context;
  context.properties_secret = settings.api.properties_secret;
  for (const config::HttpServer& server : settings.servers) context.servers.push_back(server.id);
}

definition::ReadOptions read_options(const config::Sync& sync) {
  definition::ReadOptions options;
  options.open_plan = sync.local_open_plan;
  return options;
}

}  // namespace perigee::apps
