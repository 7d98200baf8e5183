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
      by_request_(shows_any(shard.choice(), {"remote", "path", "route"})),
      connections_(shard.series(kServerActiveConnections, {local_}).cell()),
      websockets_(shard.series(kServerActiveWebSockets, {local_}).cell()),
      requests_active_(shard.series(kServerActiveRequests, {local_}).cell()),
      bytes_read_(shard.series(kServerBytesRead, {local_}).cell()),
      bytes_written_(shard.series(kServerBytesWritten, {local_}).cell()),
      errors_(shard.series(kServerErrors, {local_}).cell()),
      resets_(shard.series(kServerRequestResets, {local_}).cell()),
      shed_(shard.series(kConnectionsShed, {local_}).cell()) {}

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
  requests_active_.subtract();
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
  const std::string remote =
      shows_any(shard_.choice(), {"remote"}) ? exchange.stream().remote().text() : std::string();
  const std::string route(exchange.route);
  const std::string path = shard_.choice().raw_path() ? std::string(exchange.request.path) : route;
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
