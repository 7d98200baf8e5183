// An in-memory pair of streams, for the tests of higher rooms.
//
// What one end writes the other reads, through a bounded channel each way: a full channel makes the
// writer wait. As with sockets, an end learns of the other's doings in the next turn of the
// reactor, never inside the other's call. The ends may be destroyed in any order.
#pragma once

#include <memory>

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::net {

struct PipeOptions {
  std::size_t capacity = 64 * 1024;                           // bytes on the way, each direction
  std::size_t read_bytes_max = static_cast<std::size_t>(-1);  // 1 = one byte at a time
  Address first = Address::loopback(1), second = Address::loopback(2);  // who they say they are
  TlsInfo tls;  // what both ends say; its views must outlive them
  const CertificateSubject *peer_subject = nullptr, *own_subject = nullptr;  // the same
};

struct Pipe {
  std::unique_ptr<Stream> first, second;
};

Pipe make_pipe(Reactor& reactor, PipeOptions options = {});

}  // namespace perigee::net
