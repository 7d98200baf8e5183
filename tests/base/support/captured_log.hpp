// The log of a test: starts it into a file in memory, and gives what was written.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/log.hpp"

namespace perigee::log::testing {

class CapturedLog {
 public:
  CapturedLog() : file_(memfd_create("log", MFD_CLOEXEC)) {
    EXPECT_GE(file_, 0);
    start({.fd = file_});
  }
  ~CapturedLog() {
    stop();
    close(file_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // What was written since the last call.
  std::string take() {
    stop();
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = pread(file_, bytes, sizeof bytes, read_)) > 0; read_ += got)
      all.append(bytes, static_cast<std::size_t>(got));
    start({.fd = file_});
    return all;
  }

 private:
  int file_;
  off_t read_ = 0;
};

}  // namespace perigee::log::testing
