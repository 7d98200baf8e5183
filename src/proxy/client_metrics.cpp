#include "proxy/client_metrics.hpp"

namespace perigee::proxy {
namespace {

constexpr std::string_view kLocal = "?";  // the reference's label of every client

report::Cell& cell(report::Shard& shard, const report::Family& family) {
  return shard.series(family, {std::string(kLocal)}).cell();
}

}  // namespace

ClientMetrics::ClientMetrics(report::Shard& shard, net::Reactor& reactor)
    : shard_(shard),
      reactor_(reactor),
      connections_(cell(shard, report::kClientActiveConnections)),
      websockets_(cell(shard, report::kClientActiveWebSockets)),
      requests_active_(cell(shard, report::kClientActiveRequests)),
      queued_(cell(shard, report::kClientQueuePending)),
      errors_(cell(shard, report::kClientErrors)),
      bytes_read_(cell(shard, report::kClientBytesRead)),
      bytes_written_(cell(shard, report::kClientBytesWritten)),
      queue_time_(shard.series(report::kClientQueueTime, {std::string(kLocal)})) {}

ClientMetrics::Answers& ClientMetrics::answers(http::Method method, int status) {
  auto& of_method = answers_[static_cast<std::size_t>(method)];
  if (!of_method) of_method = std::make_unique<std::array<Answers, kStatuses>>();
  Answers& found = (*of_method)[static_cast<std::size_t>(status)];
  if (!found.count) {
    std::vector<std::string> labels = {std::string(kLocal), std::string(http::to_string(method)),
                                       std::to_string(status)};
    found.count = &shard_.series(report::kClientResponses, labels);
    found.time = &shard_.series(report::kClientResponseTime, labels);
    found.request_bytes = &shard_.series(report::kClientRequestBytes, {labels[0], labels[1]});
    found.response_bytes = &shard_.series(report::kClientResponseBytes, labels);
  }
  return found;
}

ClientMetrics::Call::Call(ClientMetrics& metrics, http::Method method)
    : metrics_(metrics), method_(method), begun_(metrics.reactor_.now()) {
  metrics_.requests_active_.add();
  report::Cell*& requests = metrics_.requests_[static_cast<std::size_t>(method)];
  if (!requests) {
    requests = &metrics_.shard_
                    .series(report::kClientRequests,
                            {std::string(kLocal), std::string(http::to_string(method))})
                    .cell();
  }
  requests->add();
}

Duration ClientMetrics::Call::elapsed() const { return metrics_.reactor_.now() - begun_; }

const ClientMetrics::Answers* ClientMetrics::Call::answered(int status) {
  if (status < 0 || status >= kStatuses) return nullptr;
  Answers& answers = metrics_.answers(method_, status);
  answers.count->cell().add();
  answers.time->record(static_cast<std::uint64_t>(elapsed().count()), metrics_.reactor_.now());
  return &answers;
}

}  // namespace perigee::proxy
