#include "report/server_metrics.hpp"

namespace perigee::report {
namespace {

bool shows_any(const LabelChoice& choice, std::initializer_list<std::string_view> labels) {
  for (std::string_view label : labels) {
    if (choice.shows(Category::http_server, label)) return true;
  }
  return false;
}

}  // namespace

ServerMetrics::ServerMetrics(Shard& shard, std::string local)
    : shard_(shard),
      local_(std::move(local)),
      by_remote_(shows_any(shard.choice(), {"remote"})),
      by_request_(shows_any(shard.choice(), {"remote", "path", "route"})),
      shed_(shard.series(kConnectionsShed, {local_}).cell()) {
  if (by_remote_) return;
  for (std::size_t family = 0; family < kOfRemote; ++family)
    of_remotes_[family] = &find_of_remote(static_cast<OfRemote>(family), "");
  // What has not happened yet is told as 0 where the labels are known; most requests are GET.
  if (!shows_any(shard.choice(), {"class"})) shard.series(kServerErrors, {local_, "", ""});
  if (by_request_) return;
  for (const Family* family : {&kServerActiveRequests, &kServerRequestResets})
    shard.series(*family, {local_, "", "", "GET"});
}

Cell& ServerMetrics::find_of_remote(OfRemote family, std::string remote) {
  static constexpr const Family* kFamilies[kOfRemote] = {
      &kServerActiveConnections, &kServerActiveWebSockets, &kServerBytesRead, &kServerBytesWritten};
  return shard_.series(*kFamilies[family], {local_, std::move(remote)}).cell();
}

std::string ServerMetrics::remote_of(const http::ServerExchange& exchange) const {
  return by_remote_ ? exchange.stream().remote().text() : std::string();
}

std::string ServerMetrics::path_of(const http::ServerExchange& exchange) const {
  return std::string(shard_.choice().raw_path() ? exchange.request.path : exchange.route);
}

Cell& ServerMetrics::requests_active(const http::ServerExchange& exchange) {
  const http::Method method = exchange.request.method;
  Cell*& known = requests_active_[static_cast<std::size_t>(method)];
  if (known && !by_request_) return *known;
  known = &shard_
               .series(kServerActiveRequests, {local_, remote_of(exchange), path_of(exchange),
                                               std::string(http::to_string(method))})
               .cell();
  return *known;
}

// By the end policies may have changed what the labels come from: the cell is kept.
void ServerMetrics::on_request_begun(http::ServerExchange& exchange) {
  Cell& active = requests_active(exchange);
  active.add();
  exchange.observed = &active;
}

void ServerMetrics::on_reset(const http::ServerExchange& exchange) {
  shard_
      .series(kServerRequestResets, {local_, remote_of(exchange), path_of(exchange),
                                     std::string(http::to_string(exchange.request.method))})
      .cell()
      .add();
}

// Of class: the status of the refusal; "closed" for a connection that gets none.
void ServerMetrics::on_refused(const net::Address& remote, int status, std::string_view) {
  shard_
      .series(kServerErrors, {local_, by_remote_ ? remote.text() : std::string(),
                              status == 0 ? "closed" : std::to_string(status)})
      .cell()
      .add();
}

ServerMetrics::Answers& ServerMetrics::answers(http::Method method, int status) {
  auto& of_method = answers_[static_cast<std::size_t>(method)];
  if (!of_method) of_method = std::make_unique<std::array<Answers, kStatuses>>();
  Answers& found = (*of_method)[static_cast<std::size_t>(status)];
  if (!found.count) {
    std::vector<std::string> labels = {
        local_, "", "", "", std::string(http::to_string(method)), std::to_string(status)};
    found.count = &shard_.series(kServerRequests, labels);
    found.time = &shard_.series(kServerResponseTime, labels);
    found.bytes = &shard_.series(kServerResponseBytes, labels);
  }
  return found;
}

Series& ServerMetrics::request_bytes(http::Method method) {
  Series*& series = request_bytes_[static_cast<std::size_t>(method)];
  if (!series)
    series =
        &shard_.series(kServerRequestBytes, {local_, "", "", std::string(http::to_string(method))});
  return *series;
}

void ServerMetrics::on_request_ended(const http::ServerExchange& exchange, Instant now) {
  if (exchange.observed) static_cast<Cell*>(exchange.observed)->subtract();
  int status = exchange.status_sent;
  if (status < 100 || status >= kStatuses)
    return;  // the client left before an answer: on_reset tells
  if (by_request_) return count_by_request(exchange, now);
  count_answer(answers(exchange.request.method, status), request_bytes(exchange.request.method),
               exchange, now);
}

void ServerMetrics::count_answer(const Answers& answers, Series& request_bytes,
                                 const http::ServerExchange& exchange, Instant now) {
  answers.count->cell().add();
  answers.time->record(static_cast<std::uint64_t>(exchange.answer_time(now).count()), now);
  answers.bytes->record(exchange.response_body_bytes, now);
  request_bytes.record(exchange.request_body_bytes, now);
}

void ServerMetrics::count_by_request(const http::ServerExchange& exchange, Instant now) {
  const std::string remote = remote_of(exchange);
  const std::string route(exchange.route);
  const std::string path = path_of(exchange);
  const std::string method(http::to_string(exchange.request.method));
  const std::vector<std::string> labels = {local_, remote, route,
                                           path,   method, std::to_string(exchange.status_sent)};
  Answers answers{.count = &shard_.series(kServerRequests, labels),
                  .time = &shard_.series(kServerResponseTime, labels),
                  .bytes = &shard_.series(kServerResponseBytes, labels)};
  count_answer(answers, shard_.series(kServerRequestBytes, {local_, remote, path, method}),
               exchange, now);
}

}  // namespace perigee::report
