#include "sync/local_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/file.hpp"
#include "base/log.hpp"

namespace perigee::sync {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.services.localregistry"};
constexpr Duration kEventsDelay = 10ms;  // what comes together is looked at together
constexpr std::size_t kNamedMax = 64;    // beyond, one look at the whole folder is cheaper

bool is_definition(std::string_view name) {
  return !name.starts_with('.') && name.ends_with(".json");
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

LocalFolder::LocalFolder(net::Reactor& build, plan::Deployments& deployments, Options options,
                         std::function<void()> first_round_done)
    : reactor_(build),
      deployments_(deployments),
      options_(std::move(options)),
      first_round_done_(std::move(first_round_done)),
      scan_timer_([](void* self) { static_cast<LocalFolder*>(self)->scan(); }, this),
      named_timer_([](void* self) { static_cast<LocalFolder*>(self)->look_at_named(); }, this) {}

LocalFolder::~LocalFolder() {
  *alive_ = false;
  unwatch();
}

void LocalFolder::start() { scan(); }

bool LocalFolder::is_watched(const struct stat& folder) const {
  return inotify_ >= 0 && folder.st_dev == watched_device_ && folder.st_ino == watched_inode_;
}

// The path may lead to another folder than before: then that one is watched.
void LocalFolder::watch() {
  struct stat folder{};
  if (stat(options_.path.c_str(), &folder) != 0) return;
  if (is_watched(folder)) return;
  unwatch();
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return;  // the periodic look still sees every change
  constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                    IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (inotify_add_watch(fd, options_.path.c_str(), kEvents) < 0 || !reactor_.add(fd, *this)) {
    close(fd);
    return;
  }
  inotify_ = fd;
  watched_device_ = folder.st_dev;
  watched_inode_ = folder.st_ino;
}

void LocalFolder::unwatch() {
  if (inotify_ < 0) return;
  reactor_.remove(inotify_, *this);
  close(std::exchange(inotify_, -1));
}

// What changed is found by looking; the events say when and where.
void LocalFolder::on_events(std::uint32_t) {
  alignas(inotify_event) char events[4096];
  bool gone = false, anywhere = false;
  ssize_t got = 0;
  while ((got = read(inotify_, events, sizeof events)) > 0) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events + at);
      gone = gone || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
      std::string_view name = event->len > 0 ? event->name : "";
      if (is_definition(name)) named_.emplace(name);
      anywhere |= name.empty() || (has_links_ && !is_definition(name));
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  if (gone) unwatch();
  if (gone || anywhere || named_.size() > kNamedMax) {
    scan_later(kEventsDelay);
  } else if (!named_.empty() && !named_timer_.armed()) {
    reactor_.timers().arm(named_timer_, reactor_.now() + kEventsDelay);
  }
}

void LocalFolder::scan_later(Duration after) {
  Instant at = reactor_.now() + after;
  if (!scan_timer_.armed() || scan_timer_.deadline() > at) reactor_.timers().arm(scan_timer_, at);
}

std::string LocalFolder::unreadable(const Options& options, int error) {
  return "the folder of API definitions '" + options.path +
         "' cannot be read: " + std::strerror(error) + "; it is looked at again every " +
         std::to_string(options.poll_interval / 1ms) + " ms";
}

// Nothing when no file has this name.
std::optional<LocalFolder::Seen> LocalFolder::look_at(int folder, const std::string& name) {
  struct stat facts{};
  if (fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (S_ISLNK(facts.st_mode)) {
    has_links_ = true;
    if (fstatat(folder, name.c_str(), &facts, 0) != 0) return std::nullopt;
  }
  if (!S_ISREG(facts.st_mode)) return std::nullopt;
  return Seen{facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
              nanoseconds(facts.st_mtim), nanoseconds(facts.st_ctim)};
}

bool LocalFolder::list(std::map<std::string, Seen>& found) {
  DIR* directory = opendir(options_.path.c_str());
  if (!directory) {
    if (!std::exchange(missing_told_, true)) {
      kLog.error("{}", unreadable(options_, errno));
    }
    return false;
  }
  missing_told_ = false;
  has_links_ = false;
  while (const dirent* entry = readdir(directory)) {
    std::string name = entry->d_name;
    if (!is_definition(name)) continue;
    if (std::optional<Seen> seen = look_at(dirfd(directory), name)) found[name] = *seen;
  }
  closedir(directory);
  return true;
}

void LocalFolder::scan() {
  ++rounds_;
  watch();  // before looking, so that no change falls between
  scan_later(options_.poll_interval);
  named_timer_.disarm();
  named_.clear();
  std::map<std::string, Seen> found;
  if (list(found)) {
    std::erase_if(files_, [&](const auto& file) {
      if (found.contains(file.first)) return false;
      forget(file.first);
      return true;
    });
    for (const auto& [name, seen] : found) note(name, seen);
  }
  if (!working_) work();
}

// Only what events named: one of thousands of files is found as fast as the only one.
void LocalFolder::look_at_named() {
  int folder = open(options_.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat facts{};
  bool is_the_watched = folder >= 0 && fstat(folder, &facts) == 0 && is_watched(facts);
  std::map<std::string, std::optional<Seen>> found;
  for (const std::string& name : std::exchange(named_, {})) {
    if (is_the_watched) found[name] = look_at(folder, name);
  }
  if (folder >= 0) close(folder);
  if (!is_the_watched) return scan();
  ++rounds_;
  for (const auto& [name, seen] : found) {
    if (!seen && files_.erase(name) > 0) forget(name);
  }
  for (const auto& [name, seen] : found) {
    if (seen) note(name, *seen);
  }
  if (!working_) work();
}

void LocalFolder::forget(const std::string& name) {
  deployments_.remove(source(name));
  removed_ = true;
}

void LocalFolder::note(const std::string& name, const Seen& seen) {
  auto [known, is_new] = files_.try_emplace(name);
  File& file = known->second;
  bool same = !is_new && file.seen == seen;
  if (same && !file.unsettled) return;
  if (!same) file = {seen, reactor_.now(), false};
  changed_.insert(name);
}

void LocalFolder::work() {
  working_ = true;
  reactor_.refresh_time();
  Instant end = reactor_.now() + options_.slice;
  while (!changed_.empty() && reactor_.now() < end) {
    std::string name = std::move(changed_.extract(changed_.begin()).value());
    if (files_.contains(name)) apply(name);
    reactor_.refresh_time();
  }
  bool done = changed_.empty();
  bool publishes_early = !removed_ && reactor_.now() - published_ >= options_.publish_interval;
  if (done || publishes_early) {
    deployments_.publish();
    published_ = reactor_.now();
    removed_ = false;
  }
  if (!done) return work_later();
  working_ = false;
  if (first_round_done_ && round_done()) std::exchange(first_round_done_, nullptr)();
}

bool LocalFolder::round_done() const {
  return !missing_told_ && std::none_of(files_.begin(), files_.end(),
                                        [](const auto& file) { return file.second.unsettled; });
}

void LocalFolder::work_later() {
  bool taken = reactor_.post([this, alive = alive_] {
    if (*alive) work();
  });
  if (taken) return;
  working_ = false;
  scan_later(options_.slice);
}

// By the file's own time, or, where that is of no use, by how long it has been seen unchanged.
bool LocalFolder::is_settled(const File& file) const {
  Duration age =
      reactor_.clock().wall().time_since_epoch() - std::chrono::nanoseconds(file.seen.modified_ns);
  return age >= options_.settle_time || reactor_.now() - file.since >= options_.settle_time;
}

void LocalFolder::apply(const std::string& name) {
  Result<std::string> bytes = read_file(source(name), options_.read.limits.file_bytes_max);
  definition::Envelope envelope;
  if (bytes) {
    auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        reactor_.clock().wall().time_since_epoch());
    envelope =
        definition::read_envelope(*bytes, {.read = options_.read, .now = now, .apis_only = false});
  }
  File& file = files_[name];
  // What is no JSON may be half of a file: another look soon, without a word.
  bool whole = bytes && envelope.document;
  file.unsettled = !whole && !is_settled(file);
  if (file.unsettled) return scan_later(options_.settle_time);
  if (bytes) {
    deployments_.apply(source(name), envelope);
  } else {
    deployments_.refuse(source(name), bytes.error().message);
  }
}

}  // namespace perigee::sync
