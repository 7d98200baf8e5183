// The http_server_* families of one server on one worker (runtime.md 3.6).
#pragma once

#include <array>
#include <memory>
#include <string>

#include "http/server.hpp"
#include "report/families.hpp"

namespace perigee::report {

class ServerMetrics final : public http::ServerObserver {
 public:
  // `local` is the configured "host:port", the reference's label value.
  ServerMetrics(Shard& shard, std::string local);

  void on_connection_opened() override { connections_.add(); }
  void on_connection_closed(const net::StreamCounters&) override { connections_.subtract(); }
  void on_bytes(std::uint64_t read, std::uint64_t written) override {
    bytes_read_.add(read);
    bytes_written_.add(written);
  }
  void on_request_begun(const http::ServerExchange& exchange) override { requests_active_.add(); }
  void on_request_ended(const http::ServerExchange& exchange, Instant now) override;
  void on_refused(int status, std::string_view why) override { errors_.add(); }
  void on_reset() override { resets_.add(); }
  void on_upgraded() override { websockets_.add(); }
  void on_upgrade_ended() override { websockets_.subtract(); }
  void on_shed() override { shed_.add(); }

 private:
  struct Answers {
    Series* count = nullptr;
    Series* time = nullptr;
    Series* bytes = nullptr;
  };
  static constexpr std::size_t kMethods = 10;
  static constexpr int kStatuses = 600;
  Answers& answers(http::Method method, int status);
  Series& request_bytes(http::Method method);
  void count_answer(const Answers& answers, Series& request_bytes,
                    const http::ServerExchange& exchange, Instant now);
  // With labels that are those of one request: nothing to remember.
  void count_by_request(const http::ServerExchange& exchange, Instant now);

  Shard& shard_;
  std::string local_;
  const bool by_request_;  // remote, path or route is shown
  Cell& connections_;
  Cell& websockets_;
  Cell& requests_active_;
  Cell& bytes_read_;
  Cell& bytes_written_;
  Cell& errors_;
  Cell& resets_;
  Cell& shed_;
  std::array<Series*, kMethods> request_bytes_{};
  std::array<std::unique_ptr<std::array<Answers, kStatuses>>, kMethods>
      answers_;  // by method, made when first used
};

}  // namespace perigee::report
