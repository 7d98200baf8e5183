#include "report/server_metrics.hpp"

namespace perigee::report {

ServerMetrics::ServerMetrics(Shard& shard, std::string local)
    : shard_(shard),
      local_(std::move(local)),
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
    std::vector<std::string> labels = {local_, std::string(http::to_string(method)),
                                       std::to_string(status)};
    found.count = &shard_.series(kServerRequests, labels);
    found.time = &shard_.series(kServerResponseTime, labels);
    found.bytes = &shard_.series(kServerResponseBytes, labels);
  }
  return found;
}

Series& ServerMetrics::request_bytes(http::Method method) {
  Series*& series = request_bytes_[static_cast<std::size_t>(method)];
  if (!series)
    series = &shard_.series(kServerRequestBytes, {local_, std::string(http::to_string(method))});
  return *series;
}

void ServerMetrics::on_request_ended(const http::ServerExchange& exchange, Instant now) {
  requests_active_.subtract();
  int status = exchange.status_sent;
  if (status < 100 || status >= kStatuses)
    return;  // the client left before an answer: on_reset tells
  Answers& answers = this->answers(exchange.request.method, status);
  answers.count->cell().add();
  answers.time->record(static_cast<std::uint64_t>((now - exchange.arrived).count()), now);
  answers.bytes->record(exchange.response_body_bytes, now);
  request_bytes(exchange.request.method).record(exchange.request_body_bytes, now);
}

}  // namespace perigee::report
