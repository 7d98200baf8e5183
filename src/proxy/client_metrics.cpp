#include "proxy/client_metrics.hpp"

namespace perigee::proxy {
namespace {

using report::Category;

constexpr std::string_view kLocal = "?";  // the reference's label of every client

bool shows(const report::Shard& shard, std::string_view label) {
  return shard.choice().shows(Category::http_client, label);
}

}  // namespace

ClientMetrics::ClientMetrics(report::Shard& shard, net::Reactor& reactor)
    : shard_(shard),
      reactor_(reactor),
      by_remote_(shows(shard, "remote")),
      by_call_(by_remote_ || shows(shard, "path")) {
  if (by_remote_) return;
  for (std::size_t family = 0; family < kOfRemote; ++family)
    of_remotes_[family] = &find_of(static_cast<OfRemote>(family), "");
  if (!shows(shard, "class"))
    errors_ = &shard_.series(report::kClientErrors, {std::string(kLocal), "", ""});
}

report::Series& ClientMetrics::find_of(OfRemote family, std::string_view remote) {
  static constexpr const report::Family* kFamilies[kOfRemote] = {
      &report::kClientActiveConnections, &report::kClientActiveWebSockets,
      &report::kClientQueuePending,      &report::kClientQueueTime,
      &report::kClientBytesRead,         &report::kClientBytesWritten};
  return shard_.series(*kFamilies[family], {std::string(kLocal), std::string(remote)});
}

void ClientMetrics::on_error(std::string_view remote, ErrorCode code) {
  report::Series& errors =
      errors_ ? *errors_
              : shard_.series(report::kClientErrors, {std::string(kLocal), std::string(remote),
                                                      std::string(to_string(code))});
  errors.cell().add();
}

std::vector<std::string> ClientMetrics::labels(http::Method method, const Target& target) const {
  std::string_view path = shard_.choice().raw_path() ? target.raw_path : target.context_path;
  return {std::string(kLocal), std::string(target.remote), std::string(path),
          std::string(http::to_string(method))};
}

ClientMetrics::Begun ClientMetrics::find_begun(http::Method method, const Target& target) {
  std::vector<std::string> values = labels(method, target);
  return {.count = &shard_.series(report::kClientRequests, values).cell(),
          .active = &shard_.series(report::kClientActiveRequests, values).cell()};
}

ClientMetrics::Answers ClientMetrics::find_answers(http::Method method, int status,
                                                   const Target& target) {
  std::vector<std::string> values = labels(method, target);
  report::Series& request_bytes = shard_.series(report::kClientRequestBytes, values);
  values.push_back(std::to_string(status));
  return {.count = &shard_.series(report::kClientResponses, values),
          .time = &shard_.series(report::kClientResponseTime, values),
          .request_bytes = &request_bytes,
          .response_bytes = &shard_.series(report::kClientResponseBytes, values)};
}

ClientMetrics::Begun ClientMetrics::begun(http::Method method, const Target& target) {
  if (by_call_) return find_begun(method, target);
  Begun& known = begun_[static_cast<std::size_t>(method)];
  if (!known.count) known = find_begun(method, target);
  return known;
}

ClientMetrics::Answers ClientMetrics::answers(http::Method method, int status,
                                              const Target& target) {
  if (by_call_) return find_answers(method, status, target);
  auto& of_method = answers_[static_cast<std::size_t>(method)];
  if (!of_method) of_method = std::make_unique<std::array<Answers, kStatuses>>();
  Answers& known = (*of_method)[static_cast<std::size_t>(status)];
  if (!known.count) known = find_answers(method, status, target);
  return known;
}

ClientMetrics::Call::Call(ClientMetrics& metrics, http::Method method, const Target& target)
    : metrics_(metrics), method_(method), target_(target), begun_(metrics.reactor_.now()) {
  Begun begun = metrics_.begun(method, target);
  active_ = begun.active;
  active_->add();
  begun.count->add();
}

Duration ClientMetrics::Call::elapsed() const { return metrics_.reactor_.now() - begun_; }

ClientMetrics::Answers ClientMetrics::Call::answered(int status) {
  if (status < 0 || status >= kStatuses) return {};
  Answers answers = metrics_.answers(method_, status, target_);
  answers.count->cell().add();
  answers.time->record(static_cast<std::uint64_t>(elapsed().count()), metrics_.reactor_.now());
  return answers;
}

}  // namespace perigee::proxy
