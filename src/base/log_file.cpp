#include "base/log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/log_date.hpp"

namespace perigee::log {
namespace {

constexpr std::string_view kPrefix = "gravitee_";
constexpr std::string_view kSuffix = ".log";

bool is_ours(std::string_view name) {
  constexpr std::string_view kDay = "0000-00-00";
  if (name.size() != kPrefix.size() + kDay.size() + kSuffix.size()) return false;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return false;
  std::string_view day = name.substr(kPrefix.size(), kDay.size());
  for (std::size_t i = 0; i < day.size(); ++i) {
    bool digit = day[i] >= '0' && day[i] <= '9';
    if (kDay[i] == '-' ? day[i] != '-' : !digit) return false;
  }
  return true;
}

}  // namespace

RollingFile::~RollingFile() {
  if (fd_ >= 0) close(fd_);
}

bool RollingFile::write(std::string_view bytes, WallTime now) {
  std::string day;
  append_date(day, "yyyy-MM-dd", now, false);
  if ((fd_ < 0 || day != day_) && !open_day(day)) return false;
  while (!bytes.empty()) {
    ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return failed("cannot be written");
    }
  }
  problem_.clear();
  return true;
}

bool RollingFile::open_day(const std::string& day) {
  if (fd_ >= 0) close(fd_);
  std::error_code error;
  std::filesystem::create_directories(directory_, error);  // open() says what is wrong
  path_ = directory_ + "/" + std::string(kPrefix) + day + std::string(kSuffix);
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd_ < 0) return failed("cannot be opened");
  day_ = day;
  remove_old();
  return true;
}

void RollingFile::remove_old() {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory_, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    if (std::string name = entry->path().filename(); is_ours(name)) names.push_back(name);
  }
  std::ranges::sort(names);  // by day
  for (std::size_t i = 0; i + kFilesMax < names.size(); ++i) {
    std::filesystem::remove(directory_ + "/" + names[i], error);
  }
}

bool RollingFile::failed(const std::string& what) {
  problem_ = path_ + ": " + what + ": " + std::strerror(errno);
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  return false;
}

}  // namespace perigee::log
