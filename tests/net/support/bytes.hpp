// Bytes that tests send and read back.
#pragma once

#include <string>

#include "base/async.hpp"
#include "base/buffer.hpp"
#include "net/stream.hpp"

namespace perigee::net::testing {

inline std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

inline Async<Result<std::string>> read_all(Stream& stream, BufferPool& pool) {
  std::string all;
  for (;;) {
    Buffer buffer(pool);
    CO_TRY(const std::size_t bytes, co_await stream.read(buffer));
    if (bytes == 0) co_return all;
    all += buffer.unread();
  }
}

}  // namespace perigee::net::testing
