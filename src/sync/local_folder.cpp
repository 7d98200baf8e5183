#include "sync/local_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/log.hpp"

namespace perigee::sync {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.services.localregistry"};

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail(ErrorCode::not_found, std::string("cannot be opened: ") + std::strerror(errno));
  std::string bytes;
  char block[64 * 1024];
  ssize_t got = 0;
  while ((got = read(fd, block, sizeof block)) > 0 && bytes.size() <= bytes_max)
    bytes.append(block, static_cast<std::size_t>(got));
  int error = errno;
  close(fd);
  if (got < 0)
    return fail(ErrorCode::other, std::string("cannot be read: ") + std::strerror(error));
  if (bytes.size() > bytes_max)
    return fail(ErrorCode::limit, "is longer than " + std::to_string(bytes_max) + " bytes");
  return bytes;
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

bool has_errors(const definition::Envelope& envelope) {
  return std::any_of(envelope.problems.begin(), envelope.problems.end(),
                     [](const definition::Problem& problem) {
                       return problem.severity == definition::Severity::error;
                     });
}

}  // namespace

LocalFolder::LocalFolder(net::Reactor& build, plan::Deployments& deployments, Options options,
                         std::function<void()> first_round_done)
    : reactor_(build),
      deployments_(deployments),
      options_(std::move(options)),
      first_round_done_(std::move(first_round_done)),
      scan_timer_([](void* self) { static_cast<LocalFolder*>(self)->scan(); }, this) {}

LocalFolder::~LocalFolder() {
  *alive_ = false;
  unwatch();
}

void LocalFolder::start() { scan(); }

void LocalFolder::watch() {
  if (inotify_ >= 0) return;
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return;  // the periodic look still sees every change
  constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                    IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  watch_ = inotify_add_watch(fd, options_.path.c_str(), kEvents);
  if (watch_ < 0) {
    close(fd);
    return;
  }
  inotify_ = fd;
  reactor_.add(inotify_, *this);
}

void LocalFolder::unwatch() {
  if (inotify_ < 0) return;
  reactor_.remove(inotify_, *this);
  close(std::exchange(inotify_, -1));
}

// What changed is found by looking; the events only say when.
void LocalFolder::on_events(std::uint32_t) {
  alignas(inotify_event) char events[4096];
  bool gone = false;
  ssize_t got = 0;
  while ((got = read(inotify_, events, sizeof events)) > 0) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events + at);
      gone = gone || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  if (gone) unwatch();
  scan_later(10ms);
}

void LocalFolder::scan_later(Duration after) {
  Instant at = reactor_.now() + after;
  if (!scan_timer_.armed() || scan_timer_.deadline() > at) reactor_.timers().arm(scan_timer_, at);
}

bool LocalFolder::list(std::map<std::string, Seen>& found) {
  DIR* directory = opendir(options_.path.c_str());
  if (!directory) {
    if (!std::exchange(missing_told_, true)) {
      kLog.error(
          "the folder of API definitions '{}' cannot be read: {}; it is looked at again every {} s",
          options_.path, std::strerror(errno), options_.poll_interval / 1s);
    }
    return false;
  }
  missing_told_ = false;
  while (const dirent* entry = readdir(directory)) {
    std::string name = entry->d_name;
    if (name.starts_with('.') || !name.ends_with(".json")) continue;
    struct stat facts{};
    if (fstatat(dirfd(directory), name.c_str(), &facts, 0) != 0 || !S_ISREG(facts.st_mode))
      continue;
    found[name] = {facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
                   nanoseconds(facts.st_mtim), nanoseconds(facts.st_ctim)};
  }
  closedir(directory);
  return true;
}

void LocalFolder::scan() {
  ++rounds_;
  watch();  // before looking, so that no change falls between
  scan_later(options_.poll_interval);
  std::map<std::string, Seen> found;
  if (list(found)) {
    for (auto entry = seen_.begin(); entry != seen_.end();) {
      if (found.contains(entry->first)) {
        ++entry;
        continue;
      }
      deployments_.remove(source(entry->first));
      entry = seen_.erase(entry);
    }
    for (const auto& [file, facts] : found) {
      auto known = seen_.find(file);
      if (known != seen_.end() && known->second == facts) continue;
      seen_[file] = facts;
      changed_.insert(file);
    }
  }
  if (!working_) work();
}

void LocalFolder::work() {
  working_ = true;
  reactor_.refresh_time();
  Instant end = reactor_.now() + options_.slice;
  while (!changed_.empty() && reactor_.now() < end) {
    std::string file = std::move(changed_.extract(changed_.begin()).value());
    if (seen_.contains(file)) apply(file);
    reactor_.refresh_time();
  }
  bool done = changed_.empty();
  if (done || reactor_.now() - published_ >= options_.publish_interval) {
    deployments_.publish();
    published_ = reactor_.now();
  }
  if (!done) return work_later();
  working_ = false;
  if (first_round_done_ && !missing_told_) std::exchange(first_round_done_, nullptr)();
}

void LocalFolder::work_later() {
  bool taken = reactor_.post([this, alive = alive_] {
    if (*alive) work();
  });
  if (taken) return;
  working_ = false;
  scan_later(options_.slice);
}

bool LocalFolder::is_young(const Seen& seen) const {
  std::int64_t now = reactor_.clock().wall().time_since_epoch().count();
  return now - seen.modified_ns < options_.settle_time.count();
}

void LocalFolder::apply(const std::string& file) {
  Result<std::string> bytes = read_file(source(file), options_.read.limits.definition_bytes_max);
  bool faulty = !bytes;
  definition::Envelope envelope;
  if (bytes) {
    auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        reactor_.clock().wall().time_since_epoch());
    envelope = definition::read_envelope(*bytes, {.read = options_.read, .now = now});
    faulty = has_errors(envelope);
  }
  // Perhaps only half of it is there: another look soon, without a word.
  if (faulty && is_young(seen_[file])) {
    seen_[file] = Seen{};
    return scan_later(options_.settle_time);
  }
  if (bytes) {
    deployments_.apply(source(file), envelope);
  } else {
    deployments_.refuse(source(file), bytes.error().message);
  }
}

}  // namespace perigee::sync
