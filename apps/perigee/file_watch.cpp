#include "apps/perigee/file_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace perigee::apps {
namespace {

void append_state(std::string& to, const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) {
    to += path + " is not there\n";
    return;
  }
  to += fmt::format("{} {} {} {} {} {} {}\n", path, found.st_dev, found.st_ino, found.st_size,
                    found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_nsec);
  if (!S_ISDIR(found.st_mode)) return;
  std::set<std::string> inside;  // in one order
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error), end;
  for (; !error && entry != end; entry.increment(error)) inside.insert(entry->path());
  for (const std::string& file : inside) {
    if (stat(file.c_str(), &found) == 0 && !S_ISDIR(found.st_mode)) append_state(to, file);
  }
}

}  // namespace

FileWatch::FileWatch(net::Reactor& reactor, std::vector<std::string> paths,
                     std::function<void()> changed)
    : reactor_(reactor),
      paths_(std::move(paths)),
      changed_(std::move(changed)),
      seen_(state()),
      timer_([](void* self) { static_cast<FileWatch*>(self)->look(); }, this) {
  reactor_.timers().arm(timer_, reactor_.now() + kInterval);
}

void FileWatch::look() {
  reactor_.timers().arm(timer_, reactor_.now() + kInterval);
  std::string now = state();
  if (now == seen_) return;
  seen_ = std::move(now);
  changed_();
}

std::string FileWatch::state() const {
  std::string all;
  for (const std::string& path : paths_) append_state(all, path);
  return all;
}

}  // namespace perigee::apps
