#include "net/tls_stream.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>

namespace perigee::net {

TlsStream::TlsStream(Reactor& reactor, std::unique_ptr<Stream> plain, TlsConnection connection)
    : connection_(std::move(connection)), plain_(std::move(plain)), wire_(reactor.buffers()) {
  connection_.reactor = &reactor;
}

TlsStream::~TlsStream() {
  // Otherwise OpenSSL takes the end for a failure and the session for spoilt.
  if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Result<void> TlsStream::open(SSL_CTX* context) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  if (!ssl_) return fail(ErrorCode::tls, openssl_reason());
  SSL_set_app_data(ssl_.get(), &connection_);
  BIO* bio = make_bio(wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl_.get()),
                             std::chrono::system_clock::to_time_t(
                                 std::chrono::time_point_cast<std::chrono::system_clock::duration>(
                                     connection_.reactor->wall())));
  return {};
}

Error TlsStream::peer_error(ErrorCode code, std::string_view what) const {
  const std::string who =
      connection_.server_name.empty()
          ? plain_->remote().text()
          : fmt::format("\"{}\" ({})", connection_.server_name, plain_->remote().text());
  return {code, fmt::format("TLS with {}: {}", who, what),
          connection_.server ? Fault::client : Fault::upstream};
}

// Handshake
// -----------------------------------------------------------------------------------------

Async<Result<void>> TlsStream::handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
    if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      Error error = peer_error(ErrorCode::tls, tls_error(connection_).message);
      broken_ = true;
      // The alert is a courtesy: whether it arrives changes nothing.
      static_cast<void>(co_await flush());
      co_return std::unexpected(std::move(error));
    }
    CO_TRY(co_await flush());
    if (why == SSL_ERROR_NONE) break;
    if (why == SSL_ERROR_WANT_WRITE) continue;
    CO_TRY(const std::size_t got, co_await plain_->read(wire_.in));
    if (got == 0) {
      co_return std::unexpected(
          peer_error(ErrorCode::closed, "the peer closed the connection during the handshake"));
    }
  }
  if (wire_.in.empty()) wire_.in.drop();
  note_agreement();
  co_return Result<void>{};
}

void TlsStream::note_agreement() {
  SSL* ssl = ssl_.get();
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const unsigned char* protocol = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &bytes);
  info_.secured = true;
  if (name) info_.server_name = name;
  if (bytes > 0) info_.alpn = {reinterpret_cast<const char*>(protocol), bytes};
  info_.version = SSL_get_version(ssl);
  info_.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
  info_.resumed = SSL_session_reused(ssl) == 1;
}

const TlsInfo& TlsStream::tls() const {
  if (peer_certificate_) return info_;
  // On demand: few ask, and the text costs memory.
  peer_certificate_ = std::make_unique<std::string>();
  OwnedCertificate certificate(SSL_get1_peer_certificate(ssl_.get()));
  if (certificate) {
    OwnedBio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate.get());
    char* text = nullptr;
    const long bytes = BIO_get_mem_data(bio.get(), &text);
    peer_certificate_->assign(text, static_cast<std::size_t>(bytes));
  }
  info_.peer_certificate_pem = *peer_certificate_;
  return info_;
}

const TlsStream::Subjects& TlsStream::subjects() const {
  if (subjects_) return *subjects_;
  auto subject = [](const X509* certificate) -> std::unique_ptr<const CertificateSubject> {
    if (!certificate) return nullptr;
    return std::make_unique<const CertificateSubject>(
        read_subject(X509_get_subject_name(certificate)));
  };
  subjects_ = std::make_unique<Subjects>(subject(SSL_get0_peer_certificate(ssl_.get())),
                                         subject(SSL_get_certificate(ssl_.get())));
  return *subjects_;
}

// Reading
// -------------------------------------------------------------------------------------------

Async<Result<std::size_t>> TlsStream::read(Buffer& into) {
  for (;;) {
    if (auto got = decrypt(into)) return *std::move(got);
    if (reader_has_to_send_) return send_and_read(into);
    Async<Result<std::size_t>> more = read_plain(into);
    if (!more.here()) return read_later(into, std::move(more));
    if (auto end = ended_by(more.take())) return std::unexpected(*std::move(end));
  }
}

Async<Result<std::size_t>> TlsStream::read_later(Buffer& into, Async<Result<std::size_t>> more) {
  if (auto end = ended_by(co_await more)) co_return std::unexpected(*std::move(end));
  co_return co_await read(into);
}

Async<Result<std::size_t>> TlsStream::send_and_read(Buffer& into) {
  reader_has_to_send_ = false;
  CO_TRY(co_await flush());
  co_return co_await read(into);
}

Async<Result<std::size_t>> TlsStream::read_plain(const Buffer& into) {
  // Who reads in bulk gets it in bulk; but nothing is leased for a wait.
  if (into.capacity() >= BufferPool::kLargeBytes && plain_->readable()) wire_.in.grow();
  return plain_->read(wire_.in);
}

std::optional<Error> TlsStream::ended_by(const Result<std::size_t>& got) {
  if (got && *got > 0) return std::nullopt;
  wire_.in.drop();
  if (!got) return got.error();
  return peer_error(ErrorCode::closed, "the peer hung up without a close_notify");
}

std::optional<Result<std::size_t>> TlsStream::decrypt(Buffer& into) {
  const bool leased = into.leased();
  std::size_t total = 0;
  std::optional<Result<std::size_t>> result;
  PERIGEE_ASSERT(!into.room().empty());
  do {
    const std::span<char> room = into.room();
    std::size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), room.data(), room.size(), &got) != 1) {
      result = no_more();
      break;
    }
    into.commit(got);
    total += got;
  } while (!into.room().empty() && holds_bytes());
  if (!holds_bytes()) {
    wire_.in.drop();
    // RELEASE_BUFFERS forgets the write buffer that a session ticket of TLS 1.3 makes it take.
    SSL_free_buffers(ssl_.get());
  }
  if (total == 0) {
    if (!leased) into.drop();
    return result;
  }
  // What came before the end or an error is given first; the next call meets those again.
  counters_.bytes_read += total;
  return total;
}

std::optional<Result<std::size_t>> TlsStream::no_more() {
  if (failure_) return std::unexpected(*failure_);
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
      return std::nullopt;
    case SSL_ERROR_WANT_WRITE:
      reader_has_to_send_ = true;
      return std::nullopt;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      broken_ = true;
      failure_ =
          std::make_unique<Error>(peer_error(ErrorCode::tls, tls_error(connection_).message));
      return std::unexpected(*failure_);
  }
}

bool TlsStream::readable() const { return holds_bytes() || told_the_end() || plain_->readable(); }

bool TlsStream::holds_bytes() const { return !wire_.in.empty() || SSL_pending(ssl_.get()) > 0; }

bool TlsStream::told_the_end() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TlsStream::hung_up() const { return plain_->hung_up() || told_the_end(); }

// Writing
// -------------------------------------------------------------------------------------------

Async<Result<void>> TlsStream::write(std::span<const std::string_view> slices) {
  return write(slices, false);
}

Async<Result<void>> TlsStream::write_soon(std::span<const std::string_view> slices) {
  return write(slices, true);
}

Async<Result<void>> TlsStream::write(std::span<const std::string_view> slices, bool soon) {
  PlainText text(slices);
  const bool nothing = text.next_bytes() == 0;
  while (!wire_.pinned) {
    if (auto encrypted = encrypt(text); !encrypted) return encrypted;
    if (wire_.out.empty())
      return nothing ? plain_->write(std::span<const std::string_view>()) : Result<void>{};
    const std::string_view records = wire_.out.unread();
    Async<Result<void>> sending =
        soon && text.next_bytes() == 0 ? plain_->write_soon({&records, 1}) : plain_->write(records);
    if (!sending.here()) return write_later(text.rest(), send(std::move(sending)));
    if (auto sent = sending.take(); !sent) {
      broken_ = true;
      return sent;
    }
    wire_.out.drop();
  }
  return write_later(text.rest(), flush());
}

Async<Result<void>> TlsStream::write_later(std::vector<std::string_view> slices,
                                           Async<Result<void>> before) {
  CO_TRY(co_await before);
  PlainText text(slices);
  for (;;) {
    const Result<void> encrypted = encrypt(text);
    // What is there goes out even when there will be no more: it may be our close_notify.
    CO_TRY(co_await flush());
    if (!encrypted || text.next_bytes() == 0) co_return encrypted;
  }
}

Result<void> TlsStream::encrypt(PlainText& text) {
  if (broken_ || ended_) {
    return std::unexpected(
        peer_error(ErrorCode::closed, "nothing can be sent on this connection any more"));
  }
  Buffer scratch(wire_.out.pool());
  for (std::size_t bytes = text.next_bytes(); bytes > 0; bytes = text.next_bytes()) {
    if (!wire_.make_room(bytes + kTlsRecordOverhead)) break;
    const std::string_view piece = text.take(bytes, scratch);
    std::size_t written = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &written) != 1 ||
        written != piece.size()) {
      broken_ = true;
      return std::unexpected(peer_error(ErrorCode::tls, tls_error(connection_).message));
    }
    counters_.bytes_written += written;
  }
  return {};
}

// One flow sends at a time, the other waits for it.
Async<Result<void>> TlsStream::flush() {
  while (!wire_.out.empty()) {
    if (wire_.pinned) {
      CO_TRY(co_await sent_);
    } else {
      CO_TRY(co_await send(plain_->write(wire_.out.unread())));
    }
  }
  if (ended_) plain_->end();
  co_return Result<void>{};
}

// Keeps the records in place while the plain stream has them. A send that ends early has spoilt the
// connection: nobody knows which part of a record is under way.
class TlsStream::Sending {
 public:
  explicit Sending(TlsStream& stream) : stream_(stream), bytes_(stream.wire_.out.size()) {
    stream.wire_.pinned = true;
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  ~Sending() {
    if (!over_) static_cast<void>(stream_.sent(bytes_, fail(ErrorCode::cancelled, "cancelled")));
  }
  Result<void> end(Result<void> result) {
    over_ = true;
    return stream_.sent(bytes_, std::move(result));
  }

 private:
  TlsStream& stream_;
  std::size_t bytes_;
  bool over_ = false;
};

Async<Result<void>> TlsStream::send(Async<Result<void>> sending) {
  Sending in_flight(*this);
  co_return in_flight.end(co_await sending);
}

Result<void> TlsStream::sent(std::size_t bytes, Result<void> result) {
  wire_.pinned = false;
  if (result) {
    wire_.out.consume(bytes);
  } else {
    broken_ = true;
    wire_.out.drop();
  }
  if (wire_.out.empty()) wire_.out.drop();
  if (sent_.waiting()) sent_.complete(result);
  return result;
}

// Ending
// --------------------------------------------------------------------------------------------

void TlsStream::put_close_notify() {
  if (broken_ || !SSL_is_init_finished(ssl_.get())) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsStream::end() {
  if (ended_ || plain_->closed()) return;
  put_close_notify();
  ended_ = true;
  if (wire_.pinned) return;  // whoever sends goes on with it, see flush()
  Async<Result<void>> sending = plain_->write(wire_.out.unread());
  if (sending.here()) {
    wire_.out.drop();
    return plain_->end();
  }
  ending_ = std::make_unique<Task>();
  ending_->start(end_later(send(std::move(sending))));
}

Async<void> TlsStream::end_later(Async<Result<void>> sending) {
  // A failure leaves nothing to do here: whoever reads learns it.
  if (co_await sending) static_cast<void>(co_await flush());
}

void TlsStream::close(bool reset) {
  if (plain_->closed()) return;
  if (!reset && !wire_.pinned) {
    if (!ended_) put_close_notify();
    // What the kernel does not take now is lost, as it is for a plain stream's unsent bytes.
    if (!wire_.out.empty()) static_cast<void>(plain_->write(wire_.out.unread()).here());
    wire_.out.drop();
  }
  ended_ = true;
  plain_->close(reset);  // may resume who destroys us
}

}  // namespace perigee::net
