#include "node/node_api.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/log.hpp"
#include "node/scrape_body.hpp"
#include "policy/query.hpp"

namespace perigee::node {
namespace {

constexpr log::Logger kLog{"io.gravitee.node.management.http.NodeManagement"};
constexpr std::size_t kBodyBytesMax = 64 << 10;
constexpr std::string_view kPrefix = "/_node";
constexpr std::string_view kThreadDumpPath = "/_node/threaddump";
constexpr std::string_view kHeapDumpPath = "/_node/heapdump";
constexpr Duration kReportTime = 1s;  // for workers to tell what they do
constexpr std::string_view kScrapePath = "/_node/metrics/prometheus";

// What is larger than the reader takes stays as it is: it holds texts of strangers.
std::string pretty(std::string compact) {
  Result<JsonDocument> document = JsonDocument::parse(compact);
  return document ? document->root().dump_pretty() : std::move(compact);
}

std::string member(std::string_view name, std::string_view text) {
  return json_quoted(name) + ":" + json_quoted(text);
}

std::string list(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts)
    json.append(json.size() > 1 ? "," : "").append(json_quoted(text));
  return json + "]";
}

std::string hostname() {
  char name[256] = "localhost";
  gethostname(name, sizeof name - 1);
  return name;
}

// "?probes=a,b", comma separated and repeatable.
std::vector<std::string> probes_of(std::string_view query) {
  std::vector<std::string> ids;
  policy::QueryReader reader(query);
  while (std::optional<policy::QueryParameter> parameter = reader.next()) {
    if (parameter->name != "probes") continue;
    std::string_view rest = parameter->value;
    while (!rest.empty()) {
      std::size_t end = rest.find(',');
      if (end != 0) ids.emplace_back(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  return ids;
}

http::ServerOptions server_options(const config::NodeApi& settings, const config::Limits& limits) {
  http::ServerOptions options;
  options.id = "node";
  options.limits.headers_max = limits.headers_max;
  options.connections_max = 1000;
  options.head_timeout = limits.head_timeout;
  options.idle_timeout = settings.idle_timeout;
  return options;
}

}  // namespace

NodeApi::NodeApi(net::Reactor& ops, Init init)
    : reactor_(ops),
      init_(std::move(init)),
      authentication_({.required = init_.settings.node_api.basic_authentication,
                       .users = init_.settings.node_api.users,
                       .anonymous_paths = init_.settings.node_api.anonymous_paths}),
      process_(init_.workers),
      health_(ops, init_.settings.health, process_),
      shard_(init_.registry.make_shard()),
      metrics_(shard_,
               init_.settings.node_api.host + ":" + std::to_string(init_.settings.node_api.port)),
      begun_(ops.now()),
      hostname_(hostname()) {
  health_.set_rate_limits([this]() -> Health::Result {
    const RateLimits limits = init_.rate_limits();
    if (!limits.problem.empty()) return {false, limits.problem};
    return {true, limits.type == "redis" ? "" : "RateLimit type is " + limits.type};
  });
}

NodeApi::~NodeApi() = default;

Result<void> NodeApi::start(const net::Address& address,
                            std::shared_ptr<const net::TlsServerContext> tls) {
  const config::NodeApi& settings = init_.settings.node_api;
  server_ = std::make_unique<http::Server>(
      reactor_, server_options(settings, init_.settings.limits), *this, &metrics_, std::move(tls));
  auto weak = settings.users.find("admin");
  if (settings.basic_authentication && weak != settings.users.end() &&
      weak->second == "adminadmin" && !address.ip().starts_with("127.")) {
    kLog.warn(
        "services.core.http.authentication: user 'admin' has the shipped password and the node API "
        "listens on {}; set another password",
        address.text());
  }
  Result<void> listening = server_->listen(address);
  if (!listening)
    return std::unexpected(std::move(listening.error()).in("services.core.http.port"));
  return {};
}

void NodeApi::stop() {
  if (server_) {
    server_->close_all();
    server_.reset();
  }
  plan_ = std::make_shared<const plan::Plan>();
}

void NodeApi::set_plan(std::shared_ptr<const plan::Plan> plan) {
  plan_ = std::move(plan);
  ++plans_taken_;
}

void NodeApi::set_sync_ready() {
  sync_ready_ = true;
  health_.set_sync_ready();
}

Async<void> NodeApi::handle(http::ServerExchange& exchange) {
  switch (authentication_.check(exchange.request.path, exchange.request.headers,
                                exchange.stream().remote().ip(), reactor_.now())) {
    case Authentication::Verdict::refused:
      co_return co_await send(exchange, {401, "", ""}, true);
    case Authentication::Verdict::too_many_attempts:
      co_return co_await send(exchange, {429, "", ""}, false);
    case Authentication::Verdict::allowed:
      break;
  }
  if (exchange.request.path == "/_node/health" && init_.settings.health.enabled &&
      exchange.request.method == http::Method::get) {
    auto results = co_await health_.evaluate(probes_of(exchange.request.query));
    co_return co_await send(exchange, health(results), false);
  }
  if (is_scrape(exchange.request)) co_return co_await scrape(exchange);
  if (is_dump(exchange.request)) {
    Answer dumped = co_await dump(exchange.request.path);
    co_return co_await send(exchange, std::move(dumped), false);
  }
  std::string_view body;
  if (exchange.body) {
    Result<std::string_view> read =
        co_await http::read_all(*exchange.body, exchange.arena, kBodyBytesMax);
    if (!read) co_return co_await send(exchange, {413, "text/plain", read.error().message}, false);
    body = *read;
  }
  co_await send(exchange, route(exchange.request, body), false);
}

bool NodeApi::is_scrape(const http::RequestHead& request) const {
  const config::Metrics& metrics = init_.settings.metrics;
  return request.path == kScrapePath && request.method == http::Method::get && metrics.enabled &&
         metrics.prometheus;
}

// A scrape holds a copy of all numbers until the last byte of it has been taken, so there are only
// so many at once.
Async<void> NodeApi::scrape(http::ServerExchange& exchange) {
  const int scrapes_max = init_.settings.metrics.scrapes_max;
  if (scrapes_ >= scrapes_max) {
    std::string told = "Too Many Requests - limit of " + std::to_string(scrapes_max) +
                       " for path " + std::string(kScrapePath);
    co_return co_await send(exchange, {429, "text/plain", std::move(told)}, false);
  }
  struct Counted {
    explicit Counted(int& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    int& count_;
  } counted(scrapes_);
  ScrapeBody body(reactor_,
                  FamiliesText(init_.registry.collect(reactor_.now()), common_labels(),
                               naming_of(init_.settings.metrics.naming_version)),
                  own_metrics());
  http::ResponseHead response(exchange.arena);
  response.status = 200;
  response.headers.add_view(http::HeaderName("Content-Type"),
                            "text/plain; version=0.0.4; charset=utf-8");
  Result<void> sent = co_await exchange.respond(response, &body);
  if (!sent) kLog.debug("a scrape was cut off: {}", sent.error().message);
}

bool NodeApi::is_dump(const http::RequestHead& request) const {
  if (request.method != http::Method::get) return false;
  const config::NodeApi& settings = init_.settings.node_api;
  return (settings.threaddump && request.path == kThreadDumpPath) ||
         (settings.heapdump && request.path == kHeapDumpPath);
}

Async<NodeApi::Answer> NodeApi::dump(std::string_view path) {
  std::vector<WorkerReport> reports = co_await ask_workers();
  if (path == kThreadDumpPath)
    co_return Answer{200, "text/plain;charset=UTF-8", thread_dump(reports)};
  co_return Answer{200, "application/octet-stream",
                   heap_dump(process_.look(reactor_.now()), reports)};
}

// The reports that come in time: of a worker that is stuck, that is what a dump is to tell.
Async<std::vector<WorkerReport>> NodeApi::ask_workers() {
  struct Round {
    std::vector<WorkerReport> reports;
    std::size_t asked = 0;
    Completion<Result<void>> all_told;
  };
  if (!init_.ask_workers) co_return std::vector<WorkerReport>();
  auto round = std::make_shared<Round>();
  round->asked = init_.ask_workers([weak = std::weak_ptr(round)](WorkerReport report) {
    std::shared_ptr<Round> here = weak.lock();
    if (!here) return;  // came too late
    here->reports.push_back(std::move(report));
    if (here->reports.size() == here->asked && here->all_told.waiting())
      here->all_told.complete({});
  });
  net::Deadline deadline(reactor_, co_await this_scope(), kReportTime, ErrorCode::timed_out,
                         "a worker gave no report in time", Fault::ours);
  if (round->reports.size() < round->asked) {
    Result<void> told = co_await round->all_told;
    if (!told) kLog.warn("dump: {}", told.error().message);
  }
  co_return std::move(round->reports);
}

Async<void> NodeApi::send(http::ServerExchange& exchange, Answer answer, bool challenge) {
  http::ResponseHead response(exchange.arena);
  response.status = answer.status;
  if (!answer.content_type.empty())
    response.headers.add(http::HeaderName("Content-Type"), answer.content_type);
  if (challenge)
    response.headers.add_view(http::HeaderName("WWW-Authenticate"), "Basic realm=\"gravitee.io\"");
  http::BytesBody body(answer.body);
  Result<void> sent = co_await exchange.respond(response, &body);
  if (!sent) kLog.debug("an answer was cut off: {}", sent.error().message);
}

NodeApi::Answer NodeApi::route(const http::RequestHead& request, std::string_view body) {
  const Answer not_found{404, "", ""};
  std::string_view path = request.path;
  if (path == "/_node/logging") return logging(request, body);
  if (request.method != http::Method::get || !path.starts_with(kPrefix)) return not_found;
  path.remove_prefix(kPrefix.size());
  if (path.empty() || path == "/") return node();
  if (path == "/configuration") return configuration();
  if (path == "/apis") return apis();
  if (path.starts_with("/apis/")) return api(path.substr(6));
  if (path == "/sync") return sync();
  if (path == "/ratelimit")
    return {200, "application/json", pretty(document_of(init_.rate_limits()))};
  if (path == "/monitor" && init_.settings.monitoring.enabled) return monitor();
  if (path == "/license")
    return {200, "application/json", R"({"tier":"universe","product":"perigee"})"};
  return not_found;
}

NodeApi::Answer NodeApi::node() const {
  const config::Identity& identity = init_.settings.identity;
  std::string version = "{" + member("BUILD_ID", init_.revision) + "," +
                        member("BUILD_NUMBER", init_.product_version) + "," +
                        member("MAJOR_VERSION", init_.node.version) + "," +
                        member("REVISION", init_.revision) + "}";
  std::string metadata = "{\"organizations\":" + list(identity.organizations) +
                         ",\"environments\":" + list(identity.environments);
  for (const auto& [name, value] : identity.metadata) metadata += "," + member(name, value);
  return {200, "application/json",
          pretty("{" + member("id", init_.node.id) + "," +
                 member("name", "Gravitee.io - API Gateway") + ",\"metadata\":" + metadata +
                 "},\"version\":" + version + "," + member("product", "perigee") + "," +
                 member("productVersion", init_.product_version) + "}")};
}

NodeApi::Answer NodeApi::health(
    const std::vector<std::pair<std::string, Health::Result>>& results) const {
  Answer answer;
  answer.body = "{";
  for (const auto& [id, result] : results) {
    if (!result.healthy) answer.status = 500;
    answer.body += (answer.body.size() > 1 ? "," : "") + json_quoted(id) +
                   ":{\"healthy\":" + (result.healthy ? "true" : "false");
    if (!result.message.empty()) answer.body += "," + member("message", result.message);
    answer.body += "}";
  }
  answer.body += "}";
  return answer;
}

NodeApi::Answer NodeApi::configuration() const {
  std::string json = "{";
  for (const auto& [key, value] : init_.tree.rows(init_.settings.compat.configuration_secrets)) {
    json += (json.size() > 1 ? "," : "") + member(key, value);
  }
  return {200, "application/json", json + "}"};
}

// GET shows the explicit levels; POST of the same shape sets them, an empty or unknown level resets
// (runtime.md 3.5).
NodeApi::Answer NodeApi::logging(const http::RequestHead& request, std::string_view body) {
  if (request.method == http::Method::post) {
    Result<JsonDocument> document = JsonDocument::parse(body);
    if (!document || !document->root().is_object()) {
      return {400, "text/plain",
              "expected a JSON object of logger names and levels" +
                  (document ? "" : ": " + document.error().message) + "\n"};
    }
    auto levels = log::levels();
    for (const JsonMember& entry : document->root().members()) {
      Json value(entry.value);
      levels.erase(std::string(entry.name));
      constexpr log::Level kLevels[] = {log::Level::trace, log::Level::debug, log::Level::info,
                                        log::Level::warn,  log::Level::error, log::Level::off};
      for (log::Level level : kLevels) {
        if (value.is_text() && http::equals_ignoring_case(value.text(), log::to_string(level)))
          levels[std::string(entry.name)] = level;
      }
    }
    log::reconfigure(std::move(levels));
  } else if (request.method != http::Method::get) {
    return {404, "", ""};
  }
  std::string json = "{";
  for (const auto& [name, level] : log::levels())
    json += (json.size() > 1 ? "," : "") + member(name, log::to_string(level));
  return {200, "application/json", json + "}"};
}

NodeApi::Answer NodeApi::apis() const {
  std::string json = "[";
  auto begin = [&json] { json += json.size() > 1 ? ",{" : "{"; };
  for (std::uint32_t index = 0; index < plan_->revisions().size(); ++index) {
    const auto& revision = plan_->revisions()[index];
    begin();
    json += member("id", revision->info.id) + "," + member("name", revision->info.name) + "," +
            member("version", revision->info.version);
    json += "," + member("state", "deployed") + "," + member("revision", revision->revision) + "," +
            member("source", revision->source);
    std::vector<std::string> warnings = revision->warnings;
    for (const plan::RouteWarning& warning : plan_->routes().warnings_of(index))
      warnings.push_back(warning.text);
    if (!warnings.empty()) json += ",\"warnings\":" + list(warnings);
    json += "}";
  }
  for (const plan::Refusal& refusal : plan_->refusals()) {
    begin();
    if (refusal.subject != definition::Subject::api)
      json += member("kind", to_string(refusal.subject)) + ",";
    if (!refusal.api_id.empty()) json += member("id", refusal.api_id) + ",";
    if (!refusal.api_name.empty()) json += member("name", refusal.api_name) + ",";
    json += member("state", "refused") + "," + member("source", refusal.source) +
            ",\"previousServes\":" + (refusal.previous_serves ? "true" : "false");
    json += ",\"reasons\":" + list(refusal.reasons) + "}";
  }
  return {200, "application/json", pretty(json + "]")};
}

NodeApi::Answer NodeApi::api(std::string_view id) const {
  const plan::ApiRevision* revision = plan_->find(id);
  if (!revision) return {404, "", ""};
  return {200, "application/json", pretty(revision->definition)};
}

NodeApi::Answer NodeApi::sync() const {
  std::string json =
      std::string("{\"initialDone\":") + (sync_ready_ ? "true" : "false") +
      ",\"counter\":" + std::to_string(plans_taken_) +
      ",\"nextSyncTime\":-1,\"lastOnError\":false,\"lastErrorMessage\":null,\"totalOnErrors\":0}";
  return {sync_ready_ ? 200 : 503, "application/json", json};
}

NodeApi::Answer NodeApi::monitor() {
  const Instant now = reactor_.now();
  if (monitored_.empty() || now - monitored_at_ >= init_.settings.monitoring.delay) {
    monitored_ = monitor_document(
        {.at = reactor_.wall(), .uptime = now - begun_, .process = process_.look(now)});
    monitored_at_ = now;
  }
  return {200, "application/json", monitored_};
}

std::string NodeApi::common_labels() const {
  return "application=\"gio-apim-gateway\",instance=\"" + escaped_label(hostname_) + "\"";
}

// What no series of the registry tells.
std::string NodeApi::own_metrics() {
  const std::string common = common_labels();
  std::string text = process_families(process_.look(reactor_.now()), process_.cpus(), common);
  text += "# HELP node_health Health of a probe\n# TYPE node_health gauge\n";
  for (const auto& [id, result] : health_.latest()) {
    text +=
        "node_health{" + common + ",probe=\"" + id + "\"} " + (result.healthy ? "1" : "0") + "\n";
  }
  append_gauge(text, "perigee_apis_deployed", "APIs that are served", common,
               static_cast<double>(plan_->revisions().size()));
  append_gauge(text, "perigee_apis_refused",
               "Definitions that are not served in their newest version", common,
               static_cast<double>(plan_->refusals().size()));
  append_gauge(text, "perigee_metrics_dropped_series", "Series over perigee.metrics.maxSeries",
               common, static_cast<double>(init_.registry.series_dropped()));
  append_gauge(text, "perigee_log_lines_dropped", "Log lines lost to a full queue", common,
               static_cast<double>(log::lines_dropped()));
  return text + families_of(init_.rate_limits(), common);
}

}  // namespace perigee::node
