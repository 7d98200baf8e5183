// What lies between OpenSSL and the plain stream, without OpenSSL's headers. Internal.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"

struct bio_st;

namespace perigee::net {

constexpr std::size_t kTlsRecordBytesMax = 16 * 1024;  // plain text of one record
// What a record may add, with a key update before it.
constexpr std::size_t kTlsRecordOverhead = 512;

// Records on their way. The buffers are leased while there are some.
struct TlsWire {
  explicit TlsWire(BufferPool& pool) : in(pool), out(pool) {}
  bool make_room(std::size_t bytes);  // in `out`; false: send first

  Buffer in, out;
  bool pinned = false;  // the plain stream is reading from `out`, which must not move
};

// A BIO that reads from wire.in and appends to wire.out. SSL_set_bio() takes it.
bio_st* make_bio(TlsWire& wire);

// Plain text to send, cut into records: small slices (a head, a chunk's frame) share one.
class PlainText {
 public:
  // Borrows the span.
  explicit PlainText(std::span<const std::string_view> slices) : slices_(slices) {}
  std::size_t next_bytes() const;  // of the next record, 0 at the end
  // The next record's text: in place when one slice has it all, else gathered in `scratch`.
  std::string_view take(std::size_t bytes, Buffer& scratch);
  // What is left, for a wait that outlives the span.
  std::vector<std::string_view> rest() const {
    std::vector<std::string_view> left(slices_.begin() + static_cast<std::ptrdiff_t>(at_),
                                       slices_.end());
    if (!left.empty()) left.front().remove_prefix(skip_);
    return left;
  }

 private:
  std::string_view front() const { return slices_[at_].substr(skip_); }
  std::string_view cut(std::size_t bytes_max);
  void pass_empty();

  std::span<const std::string_view> slices_;
  std::size_t at_ = 0, skip_ = 0;  // the slice, and what of it is gone
};

}  // namespace perigee::net
