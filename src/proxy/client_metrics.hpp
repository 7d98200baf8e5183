// The http_client_* families of one worker (runtime.md 3.6).
#pragma once

#include <array>
#include <memory>

#include "http/method.hpp"
#include "net/reactor.hpp"
#include "report/families.hpp"
#include "upstream/client.hpp"

namespace perigee::proxy {

class ClientMetrics final : public upstream::ClientObserver {
 public:
  ClientMetrics(report::Shard& shard, net::Reactor& reactor);

  void on_connection_opened(std::string_view remote) override {
    of(kConnections, remote).cell().add();
  }
  void on_connection_closed(std::string_view remote, const net::StreamCounters&) override {
    of(kConnections, remote).cell().subtract();
  }
  void on_bytes(std::string_view remote, std::uint64_t read, std::uint64_t written) override {
    of(kBytesRead, remote).cell().add(read);
    of(kBytesWritten, remote).cell().add(written);
  }
  void on_waited(std::string_view remote, Duration waited) override {
    of(kQueueTime, remote).record(static_cast<std::uint64_t>(waited.count()), reactor_.now());
  }
  void on_queued(std::string_view remote, int delta) override {
    of(kQueued, remote).cell().add(static_cast<std::uint64_t>(delta));
  }
  void on_error(std::string_view remote, ErrorCode code) override;

  // Whom a call goes to, and for what: values of labels, which are copied if they are shown.
  struct Target {
    std::string_view remote;        // "host:port"
    std::string_view context_path;  // of the API
    std::string_view raw_path;
  };
  // The series of the answers with one method and status.
  struct Answers {
    report::Series* count = nullptr;
    report::Series* time = nullptr;
    report::Series* request_bytes = nullptr;  // of the method
    report::Series* response_bytes = nullptr;
  };
  // Of the bodies of an answered call, when it is over.
  void tell_sizes(const Answers& answers, std::uint64_t request, std::uint64_t response) {
    answers.request_bytes->record(request, reactor_.now());
    answers.response_bytes->record(response, reactor_.now());
  }

  // An upgraded connection, counted while it lives.
  class WebSocket {
   public:
    WebSocket(ClientMetrics& metrics, std::string_view remote)
        : cell_(metrics.of(kWebSockets, remote).cell()) {
      cell_.add();
    }
    ~WebSocket() { cell_.subtract(); }
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

   private:
    report::Cell& cell_;
  };

  // One call, counted while it lives.
  class Call {
   public:
    Call(ClientMetrics& metrics, http::Method method, const Target& target);
    ~Call() { active_->subtract(); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Duration elapsed() const;
    Answers answered(int status);  // of nulls for a status that is not counted

   private:
    ClientMetrics& metrics_;
    http::Method method_;
    Target target_;
    report::Cell* active_;
    Instant begun_;
  };

 private:
  enum OfRemote : std::uint8_t {
    kConnections,
    kWebSockets,
    kQueued,
    kQueueTime,
    kBytesRead,
    kBytesWritten
  };
  static constexpr std::size_t kOfRemote = 6;
  static constexpr std::size_t kMethods = 10;
  static constexpr int kStatuses = 600;
  struct Begun {
    report::Cell* count = nullptr;
    report::Cell* active = nullptr;
  };
  report::Series& of(OfRemote family, std::string_view remote) {
    return of_remotes_[family] ? *of_remotes_[family] : find_of(family, remote);
  }
  report::Series& find_of(OfRemote family, std::string_view remote);
  Begun begun(http::Method method, const Target& target);
  Answers answers(http::Method method, int status, const Target& target);
  Begun find_begun(http::Method method, const Target& target);
  Answers find_answers(http::Method method, int status, const Target& target);
  std::vector<std::string> labels(http::Method method, const Target& target) const;

  report::Shard& shard_;
  net::Reactor& reactor_;
  const bool by_remote_;                                 // the label is shown
  const bool by_call_;                                   // remote or path is
  std::array<report::Series*, kOfRemote> of_remotes_{};  // while by_remote_ is false
  report::Series* errors_ = nullptr;                     // while neither remote nor class is shown
  // While by_call_ is false; by method, made when first used.
  std::array<Begun, kMethods> begun_{};
  std::array<std::unique_ptr<std::array<Answers, kStatuses>>, kMethods> answers_;
};

}  // namespace perigee::proxy
