// The log's file of today: gravitee_YYYY-MM-DD.log in one directory (runtime.md 2.10).
//
// A new day begins a new file, by local time; the newest 30 are kept. Lives on the log's thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace perigee::log {

class RollingFile {
 public:
  static constexpr std::size_t kFilesMax = 30;

  explicit RollingFile(std::string directory) : directory_(std::move(directory)) {}
  ~RollingFile();
  RollingFile(const RollingFile&) = delete;
  RollingFile& operator=(const RollingFile&) = delete;

  // False: not all of `bytes` was written; problem() says why. The next call tries again.
  bool write(std::string_view bytes, WallTime now);
  const std::string& problem() const { return problem_; }

 private:
  bool open_day(const std::string& day);
  void remove_old();
  bool failed(const std::string& what);

  std::string directory_;
  std::string day_;  // of the open file
  std::string path_;
  int fd_ = -1;
  std::string problem_;
};

}  // namespace perigee::log
