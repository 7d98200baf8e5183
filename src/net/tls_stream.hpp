// TlsStream: a Stream that speaks TLS over another. Internal; made by tls_accept and tls_connect.
//
// All calls into OpenSSL are synchronous and work on wire_; waiting is done on the plain stream
// only. So a reader and a writer never meet inside OpenSSL.
#pragma once

#include <optional>

#include "net/tls_openssl.hpp"
#include "net/tls_wire.hpp"

namespace perigee::net {

class TlsStream final : public Stream {
 public:
  TlsStream(Reactor& reactor, std::unique_ptr<Stream> plain, TlsConnection connection);
  ~TlsStream() override;

  Result<void> open(SSL_CTX* context);
  SSL* ssl() { return ssl_.get(); }
  Async<Result<void>> handshake();

  Async<Result<std::size_t>> read(Buffer& into) override;
  bool readable() const override;
  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override;
  Async<Result<void>> write_soon(std::span<const std::string_view> slices) override;
  void end() override;
  void close(bool reset = false) override;
  bool closed() const override { return plain_->closed(); }
  bool hung_up() const override;
  void listen_for_hangup(HangupListener* listener) override { plain_->listen_for_hangup(listener); }
  Address local() const override { return plain_->local(); }
  Address remote() const override { return plain_->remote(); }
  const TlsInfo& tls() const override;
  const CertificateSubject* peer_subject() const override { return subjects().peer.get(); }
  const CertificateSubject* own_subject() const override { return subjects().own.get(); }
  const StreamCounters& counters() const override { return counters_; }

 private:
  class Sending;
  struct Subjects {
    std::unique_ptr<const CertificateSubject> peer, own;
  };
  const Subjects& subjects() const;

  void note_agreement();
  Error peer_error(ErrorCode code, std::string_view what) const;

  Async<Result<std::size_t>> read_later(Buffer& into, Async<Result<std::size_t>> more);
  Async<Result<std::size_t>> send_and_read(Buffer& into);
  Async<Result<std::size_t>> read_plain(const Buffer& into);
  std::optional<Error> ended_by(const Result<std::size_t>& got);  // got = of the plain stream
  std::optional<Result<std::size_t>> decrypt(Buffer& into);       // nullopt: needs more records
  std::optional<Result<std::size_t>> no_more();
  bool holds_bytes() const;  // read from the plain stream and not given yet
  bool told_the_end() const;

  Async<Result<void>> write(std::span<const std::string_view> slices, bool soon);
  Async<Result<void>> write_later(std::vector<std::string_view> slices, Async<Result<void>> before);
  Result<void> encrypt(PlainText& text);  // until wire_.out is full
  Async<Result<void>> flush();
  Async<Result<void>> send(Async<Result<void>> sending);
  Result<void> sent(std::size_t bytes, Result<void> result);

  void put_close_notify();
  Async<void> end_later(Async<Result<void>> sending);

  TlsConnection connection_;
  std::unique_ptr<Stream> plain_;
  TlsWire wire_;
  OwnedSsl ssl_;
  mutable TlsInfo info_;
  mutable std::unique_ptr<std::string> peer_certificate_;
  mutable std::unique_ptr<Subjects> subjects_;
  StreamCounters counters_;
  std::unique_ptr<Error> failure_;  // of OpenSSL, for good
  bool broken_ = false;             // nothing can be sent any more
  bool ended_ = false;              // our side
  bool reader_has_to_send_ = false;
  Completion<Result<void>> sent_;  // the other flow's send
  std::unique_ptr<Task> ending_;
};

}  // namespace perigee::net
