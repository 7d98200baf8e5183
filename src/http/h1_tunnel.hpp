// A stream whose first bytes were read already: an upgraded connection as a byte tunnel. Internal
// to http.
#pragma once

#include <algorithm>

#include "net/stream.hpp"

namespace perigee::http {

class TunnelStream final : public net::Stream {
 public:
  // Both belong to the connection, which outlives the tunnel.
  TunnelStream(net::Stream& stream, Buffer& received) : stream_(stream), received_(received) {}

  Async<Result<std::size_t>> read(Buffer& into) override {
    if (received_.empty()) return stream_.read(into);
    std::size_t bytes = std::min(into.room().size(), received_.size());
    into.append(received_.unread().substr(0, bytes));
    received_.consume(bytes);
    if (received_.empty()) received_.drop();
    return Result<std::size_t>(bytes);
  }
  bool readable() const override { return !received_.empty() || stream_.readable(); }
  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    return stream_.write(slices);
  }
  void end() override { stream_.end(); }
  void close(bool reset) override { stream_.close(reset); }
  bool closed() const override { return stream_.closed(); }
  bool hung_up() const override { return stream_.hung_up(); }
  void listen_for_hangup(net::HangupListener* listener) override {
    stream_.listen_for_hangup(listener);
  }
  net::Address local() const override { return stream_.local(); }
  net::Address remote() const override { return stream_.remote(); }
  const net::TlsInfo& tls() const override { return stream_.tls(); }
  const net::StreamCounters& counters() const override { return stream_.counters(); }

 private:
  net::Stream& stream_;
  Buffer& received_;
};

}  // namespace perigee::http
