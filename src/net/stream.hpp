// Stream: bytes both ways, whatever carries them (a socket, TLS over one, a pipe in a test).
//
// read() waits until there is something to read and only then leases a block, so that an idle
// stream holds no buffer. One reader and one writer at a time; both may wait together. A wait ends
// with an error when its scope is cancelled; the stream stays usable then, except that a cancelled
// write may have sent a part.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "net/address.hpp"

namespace perigee::net {

struct StreamCounters {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
};

// Told once per listen_for_hangup() when the peer has ended its side or reset and nobody reads,
// also when bytes are still unread (so that a waiting exchange can be ended). May destroy the
// stream.
class HangupListener {
 public:
  virtual void on_hangup() = 0;
  // Bytes have arrived and nobody reads (every time, until the listener is taken off). May destroy
  // the stream.
  virtual void on_readable() {}

 protected:
  ~HangupListener() = default;
};

// What TLS agreed on; empty for plain streams. Views live as long as the stream.
struct TlsInfo {
  bool secured = false;
  std::string_view server_name;  // SNI
  std::string_view alpn;
  std::string_view version;  // "TLSv1.3"
  std::string_view cipher;
  bool resumed = false;
  std::string_view peer_certificate_pem;  // empty when the peer sent none
};

struct CertificateSubject;  // certificate_subject.hpp

class Stream {
 public:
  virtual ~Stream() = default;

  // Appends what is there to `into` (at most its room, at least one byte); 0 = the peer ended its
  // side. Errors: reset, tls, and whatever ends the scope's wait.
  virtual Async<Result<std::size_t>> read(Buffer& into) = 0;
  // True when a read would not wait. Does not ask the kernel.
  virtual bool readable() const = 0;
  // Writes all of the slices, gathered. The bytes must live until it ends; the span itself only for
  // the call. Errors: reset, closed.
  virtual Async<Result<void>> write(std::span<const std::string_view> slices) = 0;
  Async<Result<void>> write(std::string_view bytes);
  // For the last bytes of a message: the same, except that a stream may keep a few KiB, say that
  // they are written, and send them at the end of the loop's turn, together with what other streams
  // keep. write() and end() come behind them; a write() of nothing ends when they are sent.
  virtual Async<Result<void>> write_soon(std::span<const std::string_view> slices) {
    return write(slices);
  }
  // Ends our side after what was written (FIN; close_notify first on TLS).
  virtual void end() = 0;
  // Closes now; with `reset`, the peer sees a reset and unsent bytes are dropped. Waits end with
  // `closed`.
  virtual void close(bool reset = false) = 0;
  virtual bool closed() const = 0;
  // The peer ended its side or the stream broke (as far as events told).
  virtual bool hung_up() const = 0;
  virtual void listen_for_hangup(HangupListener* listener) = 0;  // null stops

  virtual Address local() const = 0;
  virtual Address remote() const = 0;
  virtual const TlsInfo& tls() const = 0;
  // Whom the certificates of a TLS connection are for, read from them when it is first asked; null
  // when that side has none. They live as long as the stream.
  virtual const CertificateSubject* peer_subject() const { return nullptr; }
  virtual const CertificateSubject* own_subject() const { return nullptr; }
  virtual const StreamCounters& counters() const = 0;
};

}  // namespace perigee::net
