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

  void on_connection_opened(const net::Stream& stream) override {
    of_remote(kConnections, stream).add();
  }
  void on_connection_closed(const net::Stream& stream) override {
    of_remote(kConnections, stream).subtract();
  }
  void on_bytes(const net::Stream& stream, std::uint64_t read, std::uint64_t written) override {
    of_remote(kBytesRead, stream).add(read);
    of_remote(kBytesWritten, stream).add(written);
  }
  void on_request_begun(http::ServerExchange& exchange) override;
  void on_request_ended(const http::ServerExchange& exchange, Instant now) override;
  void on_refused(const net::Address& remote, int status, std::string_view why) override;
  void on_reset(const http::ServerExchange& exchange) override;
  void on_upgraded(const http::ServerExchange& exchange) override {
    of_remote(kWebSockets, exchange.stream()).add();
  }
  void on_upgrade_ended(const http::ServerExchange& exchange) override {
    of_remote(kWebSockets, exchange.stream()).subtract();
  }
  void on_shed() override { shed_.add(); }

 private:
  struct Answers {
    Series* count = nullptr;
    Series* time = nullptr;
    Series* bytes = nullptr;
  };
  enum OfRemote : std::uint8_t { kConnections, kWebSockets, kBytesRead, kBytesWritten };
  static constexpr std::size_t kOfRemote = 4;
  static constexpr std::size_t kMethods = 10;
  static constexpr int kStatuses = 600;
  Cell& of_remote(OfRemote family, const net::Stream& stream) {
    return of_remotes_[family] ? *of_remotes_[family]
                               : find_of_remote(family, stream.remote().text());
  }
  Cell& find_of_remote(OfRemote family, std::string remote);
  Cell& requests_active(const http::ServerExchange& exchange);
  Answers& answers(http::Method method, int status);
  Series& request_bytes(http::Method method);
  void count_answer(const Answers& answers, Series& request_bytes,
                    const http::ServerExchange& exchange, Instant now);
  // With labels that are those of one request: nothing to remember.
  void count_by_request(const http::ServerExchange& exchange, Instant now);
  // Values of labels; empty when they are not shown.
  std::string remote_of(const http::ServerExchange& exchange) const;
  std::string path_of(const http::ServerExchange& exchange) const;

  Shard& shard_;
  std::string local_;
  const bool by_remote_;   // the label is shown
  const bool by_request_;  // remote, path or route is
  Cell& shed_;
  std::array<Cell*, kOfRemote> of_remotes_{};  // while by_remote_ is false
  // While by_request_ is false; by method, made when first used.
  std::array<Cell*, kMethods> requests_active_{};
  std::array<Series*, kMethods> request_bytes_{};
  std::array<std::unique_ptr<std::array<Answers, kStatuses>>, kMethods>
      answers_;  // by method, made when first used
};

}  // namespace perigee::report
