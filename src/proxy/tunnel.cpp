#include "proxy/tunnel.hpp"

namespace perigee::proxy {
namespace {

Async<void> relay(net::Reactor& reactor, net::Stream& from, net::Stream& to) {
  Buffer buffer(reactor.buffers());
  for (;;) {
    Result<std::size_t> got = co_await from.read(buffer);
    if (!got) {
      to.close(true);
      co_return;
    }
    if (*got == 0) {
      to.end();
      co_return;
    }
    Result<void> sent = co_await to.write(buffer.unread());
    if (!sent) {
      from.close(true);
      co_return;
    }
    buffer.drop();  // an idle tunnel holds no block
  }
}

}  // namespace

Async<void> relay_both_ways(net::Reactor& reactor, net::Stream& client, net::Stream& backend) {
  Task upload;
  upload.start(relay(reactor, client, backend));
  co_await relay(reactor, backend, client);
  // The backend is done, or broken off: a client that only listens would keep the tunnel open for
  // ever.
  Result<void> over = co_await upload.join();
  static_cast<void>(over);
}

}  // namespace perigee::proxy
