#include "net/tls_wire.hpp"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace perigee::net {

bool TlsWire::make_room(std::size_t bytes) {
  if (out.room().size() >= bytes) return true;
  if (!pinned) out.grow();
  return out.room().size() >= bytes;
}

namespace {

int bio_read(BIO* bio, char* to, std::size_t room, std::size_t* got) {
  auto& wire = *static_cast<TlsWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = std::min(room, wire.in.size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(to, wire.in.unread().data(), *got);
  wire.in.consume(*got);
  return 1;
}

int bio_write(BIO* bio, const char* from, std::size_t bytes, std::size_t* taken) {
  auto& wire = *static_cast<TlsWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  wire.make_room(bytes);
  *taken = std::min(bytes, wire.out.room().size());
  if (*taken == 0) {
    BIO_set_retry_write(bio);
    return 0;
  }
  wire.out.append({from, *taken});
  return 1;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "perigee");
  BIO_meth_set_read_ex(method, &bio_read);
  BIO_meth_set_write_ex(method, &bio_write);
  BIO_meth_set_ctrl(method, &bio_control);
  return method;
}

}  // namespace

bio_st* make_bio(TlsWire& wire) {
  static BIO_METHOD* const method = make_method();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

std::size_t PlainText::next_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t i = at_; i < slices_.size() && bytes < skip_ + kTlsRecordBytesMax; ++i) {
    bytes += slices_[i].size();
  }
  return std::min(bytes - skip_, kTlsRecordBytesMax);
}

std::string_view PlainText::take(std::size_t bytes, Buffer& scratch) {
  if (front().empty()) pass_empty();
  if (front().size() >= bytes) return cut(bytes);
  scratch.drop();
  while (scratch.size() < bytes) scratch.append(cut(bytes - scratch.size()));
  return scratch.unread();
}

std::string_view PlainText::cut(std::size_t bytes_max) {
  pass_empty();
  const std::string_view piece = front().substr(0, bytes_max);
  skip_ += piece.size();
  return piece;
}

void PlainText::pass_empty() {
  while (front().empty()) {
    ++at_;
    skip_ = 0;
  }
}

}  // namespace perigee::net
