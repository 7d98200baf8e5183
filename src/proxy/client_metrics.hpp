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

  void on_connection_opened(std::string_view) override { connections_.add(); }
  void on_connection_closed(std::string_view, const net::StreamCounters&) override {
    connections_.subtract();
  }
  void on_bytes(std::string_view, std::uint64_t read, std::uint64_t written) override {
    bytes_read_.add(read);
    bytes_written_.add(written);
  }
  void on_waited(std::string_view, Duration waited) override {
    queue_time_.record(static_cast<std::uint64_t>(waited.count()), reactor_.now());
  }
  void on_queued(std::string_view, int delta) override {
    queued_.add(static_cast<std::uint64_t>(delta));
  }
  void on_error(std::string_view, ErrorCode) override { errors_.add(); }

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
    explicit WebSocket(ClientMetrics& metrics) : metrics_(metrics) { metrics_.websockets_.add(); }
    ~WebSocket() { metrics_.websockets_.subtract(); }
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

   private:
    ClientMetrics& metrics_;
  };

  // One call, counted while it lives.
  class Call {
   public:
    Call(ClientMetrics& metrics, http::Method method);
    ~Call() { metrics_.requests_active_.subtract(); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Duration elapsed() const;
    const Answers* answered(int status);  // null for a status that is not counted

   private:
    ClientMetrics& metrics_;
    http::Method method_;
    Instant begun_;
  };

 private:
  static constexpr std::size_t kMethods = 10;
  static constexpr int kStatuses = 600;
  Answers& answers(http::Method method, int status);

  report::Shard& shard_;
  net::Reactor& reactor_;
  report::Cell& connections_;
  report::Cell& websockets_;
  report::Cell& requests_active_;
  report::Cell& queued_;
  report::Cell& errors_;
  report::Cell& bytes_read_;
  report::Cell& bytes_written_;
  report::Series& queue_time_;
  std::array<report::Cell*, kMethods> requests_{};
  std::array<std::unique_ptr<std::array<Answers, kStatuses>>, kMethods> answers_;
};

}  // namespace perigee::proxy
