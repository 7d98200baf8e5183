#include "base/log.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/assert.hpp"
#include "base/log_file.hpp"
#include "base/log_line.hpp"
#include "base/log_outputs.hpp"

namespace perigee::log {
namespace {

using Levels = std::map<std::string, Level, std::less<>>;

constexpr std::string_view kOwnLogger = "io.gravitee.gateway.log";

std::string& thread_name() {
  thread_local std::string name =
      getpid() == gettid() ? "main" : "thread-" + std::to_string(gettid());
  return name;
}

Level level_of(const Levels& levels, std::string_view logger) {
  while (!logger.empty()) {
    if (auto found = levels.find(logger); found != levels.end()) return found->second;
    std::size_t dot = logger.rfind('.');
    logger = logger.substr(0, dot == logger.npos ? 0 : dot);
  }
  auto root = levels.find("ROOT");
  return root != levels.end() ? root->second : Level::warn;
}

// Writes as long as the reader takes bytes. A reader that stands still must not hold up the end of
// the process, so once `hurry` is set one pause of kPatience is the last. Gives the number of lines
// that could not be written.
std::size_t write_lines(int fd, std::string_view bytes, const std::atomic<bool>& hurry) {
  constexpr int kPauseMs = 200;
  constexpr int kPatienceMs = 2000;
  while (!bytes.empty()) {
    bool last = hurry.load();
    pollfd ready{fd, POLLOUT, 0};
    int found = poll(&ready, 1, last ? kPatienceMs : kPauseMs);
    if (found == 0 && last) break;
    if (found <= 0) continue;  // interrupted, or the reader pauses
    // A pipe that is ready takes this much without blocking (pipe(7)).
    ssize_t written = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      break;
    }
  }
  return static_cast<std::size_t>(std::ranges::count(bytes, '\n'));
}

// The state of the process's log. Lives until the very end: threads may write while the process
// exits.
class Log {
 public:
  static Log& get() {
    static Log* log = new Log;
    return *log;
  }

  void start(Settings settings, Outputs outputs) {
    set_levels(std::move(settings.levels));
    std::unique_lock lock(mutex_);
    PERIGEE_ASSERT(!writer_.joinable());
    if (outputs.pattern) {
      patterns_.push_back(std::make_unique<const Pattern>(*std::move(outputs.pattern)));
      pattern_ = patterns_.back().get();
    }
    console_ = outputs.console;
    if (!outputs.directory.empty()) file_.emplace(std::move(outputs.directory));
    fd_ = settings.fd;
    lines_queued_max_ = std::max<std::size_t>(settings.lines_queued_max, 1);
    format_ = settings.format;
    clock_ = settings.clock ? settings.clock : &system_clock_;
    hurry_ = false;
    running_ = true;
    start_writer();
  }

  void stop() {
    {
      std::unique_lock lock(mutex_);
      if (!running_) return;
      running_ = false;
      hurry_ = true;
    }
    changed_.notify_one();
    writer_.join();
    file_.reset();
    clock_ = &system_clock_;
    format_ = Format::pattern;
    pattern_ = nullptr;
  }

  void set_levels(Levels levels) {
    std::unique_lock lock(levels_mutex_);
    Level lowest = level_of(levels, "ROOT");
    for (const auto& [logger, level] : levels) lowest = std::min(lowest, level);
    levels_ = std::move(levels);
    lowest_ = lowest;
  }
  Levels levels() {
    std::unique_lock lock(levels_mutex_);
    return levels_;
  }
  // The usual refusal, a debug line of a logger nobody asked for, takes no lock.
  bool enabled(std::string_view logger, Level level) {
    if (level < lowest_.load(std::memory_order_relaxed)) return false;
    std::unique_lock lock(levels_mutex_);
    return level >= level_of(levels_, logger);
  }

  void write(Line line) {
    line.time = clock_.load()->wall();
    line.thread = thread_name();
    std::string text = looks(line);
    std::unique_lock lock(mutex_);
    if (!running_) {
      dropped_ += write_lines(STDERR_FILENO, text, hurry_);
      return;
    }
    if (queue_.size() == lines_queued_max_) {
      queue_.pop_front();
      ++dropped_;
      ++dropped_untold_;
    }
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) changed_.notify_one();
  }

  std::uint64_t dropped() const { return dropped_; }

 private:
  // Signals are for the threads that expect them; a reader that went away is seen as EPIPE.
  void start_writer() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    writer_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void run() {
    name_thread("log");
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !queue_.empty() || !running_; });
      if (queue_.empty()) return;
      std::deque<std::string> lines = std::exchange(queue_, {});
      std::uint64_t dropped = std::exchange(dropped_untold_, 0);
      lock.unlock();
      write_batch(lines, dropped);
      lock.lock();
    }
  }

  void write_batch(const std::deque<std::string>& lines, std::uint64_t dropped) {
    std::string bytes;
    if (dropped > 0) {
      std::string message = std::to_string(dropped) +
                            " lines were dropped before this one: the queue of the log was full";
      bytes = own_line(message);
    }
    for (const std::string& line : lines) bytes += line;
    if (console_) dropped_ += write_lines(fd_, bytes, hurry_);
    if (file_) write_file(bytes);
  }

  // A file that cannot be written is told once on the console, even when that is off otherwise.
  void write_file(std::string_view bytes) {
    std::string before = file_->problem();
    if (file_->write(bytes, clock_.load()->wall())) return;
    dropped_ += static_cast<std::size_t>(std::ranges::count(bytes, '\n'));
    if (file_->problem() != before) write_lines(fd_, own_line(file_->problem()), hurry_);
  }

  std::string own_line(const std::string& message) const {
    return looks(Line{clock_.load()->wall(), Level::warn, thread_name(), {}, kOwnLogger, message});
  }
  std::string looks(const Line& line) const {
    const Pattern* pattern = pattern_;
    Format format = format_;
    return pattern && format == Format::pattern ? pattern->formatted(line)
                                                : formatted(line, format);
  }

  std::mutex levels_mutex_;
  Levels levels_ = Settings{}.levels;
  std::atomic<Level> lowest_ = Level::info;

  const SystemClock system_clock_;
  std::atomic<const Clock*> clock_ = &system_clock_;
  std::atomic<Format> format_ = Format::pattern;
  std::atomic<const Pattern*> pattern_ = nullptr;  // null: the default one
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<bool> running_ = false;
  std::atomic<bool> hurry_ = true;  // nobody waits for a stuck reader before start and after stop

  std::mutex mutex_;  // of the queue
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  std::size_t lines_queued_max_ = 0;
  std::uint64_t dropped_untold_ = 0;
  int fd_ = STDOUT_FILENO;
  bool console_ = true;
  std::vector<std::unique_ptr<const Pattern>> patterns_;  // some thread may still use an older one
  std::optional<RollingFile> file_;                       // of the writer's thread
  std::thread writer_;
};

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::trace:
      return "TRACE";
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO";
    case Level::warn:
      return "WARN";
    case Level::error:
      return "ERROR";
    case Level::off:
      return "OFF";
  }
  return "OFF";
}

void start(Settings settings) { Log::get().start(std::move(settings), {}); }
void start(Settings settings, Outputs outputs) {
  Log::get().start(std::move(settings), std::move(outputs));
}
void stop() { Log::get().stop(); }
void reconfigure(std::map<std::string, Level, std::less<>> levels) {
  Log::get().set_levels(std::move(levels));
}
std::map<std::string, Level, std::less<>> levels() { return Log::get().levels(); }
std::uint64_t lines_dropped() { return Log::get().dropped(); }

void name_thread(std::string name) {
  constexpr std::size_t kKernelBytesMax = 15;
  pthread_setname_np(pthread_self(), name.substr(0, kKernelBytesMax).c_str());
  thread_name() = std::move(name);
}

bool enabled(std::string_view logger, Level level) { return Log::get().enabled(logger, level); }

void write(std::string_view logger, Level level, std::string_view api_id, std::string message) {
  constexpr std::size_t kMessageBytesMax = 16 * 1024;
  if (message.size() > kMessageBytesMax) {
    std::size_t cut = message.size() - kMessageBytesMax;
    message.resize(kMessageBytesMax);
    message += "... (" + std::to_string(cut) + " bytes more)";
  }
  Log::get().write(Line{{}, level, {}, api_id, logger, message});
}

}  // namespace perigee::log
