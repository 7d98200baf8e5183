#include "net/descriptors.hpp"

#include <linux/close_range.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/assert.hpp"

namespace perigee::net {
namespace {

struct Tables {
  std::mutex mutex;
  std::vector<int> common;
  std::vector<pid_t> left;  // threads with a table of their own
};

Tables& tables() {
  static Tables tables;
  return tables;
}

// Of a thread that left: its table ends with it.
struct Membership {
  pid_t thread = 0;
  ~Membership() {
    if (thread == 0) return;
    std::lock_guard lock(tables().mutex);
    std::erase(tables().left, thread);
  }
};
thread_local Membership membership;

#if defined(__has_feature) && __has_feature(thread_sanitizer)
constexpr bool kOneTableOnly = true;
#else
constexpr bool kOneTableOnly = false;
#endif

std::uint64_t entries(const std::string& folder) {
  std::error_code gone;  // a thread that has just ended
  const std::filesystem::directory_iterator begin(folder, gone);
  if (gone) return 0;
  return static_cast<std::uint64_t>(std::distance(begin, {}));
}

}  // namespace

CommonDescriptor::CommonDescriptor(int fd) : fd_(fd) {
  std::lock_guard lock(tables().mutex);
  PERIGEE_ASSERT(fd >= 0 && tables().left.empty());  // whoever left would not have it
  tables().common.push_back(fd);
}

CommonDescriptor::~CommonDescriptor() {
  std::lock_guard lock(tables().mutex);
  std::erase(tables().common, fd_);
  ::close(fd_);
}

bool leave_shared_descriptors(std::initializer_list<int> own) {
  if (kOneTableOnly) return false;
  std::lock_guard lock(tables().mutex);
  std::vector<int> kept = tables().common;
  kept.insert(kept.end(), own);
  kept.push_back(STDERR_FILENO);
  std::ranges::sort(kept);
  // From the top: the first call takes the table apart, the others close what lies between.
  if (::close_range(static_cast<unsigned>(kept.back()) + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0)
    return false;
  for (std::size_t i = kept.size() - 1; i > 0 && kept[i - 1] >= STDERR_FILENO; --i) {
    if (kept[i] - kept[i - 1] > 1)
      ::close_range(static_cast<unsigned>(kept[i - 1]) + 1, static_cast<unsigned>(kept[i]) - 1, 0);
  }
  membership.thread = ::gettid();
  tables().left.push_back(membership.thread);
  return true;
}

std::uint64_t open_descriptors(const MachineRoots& roots) {
  std::uint64_t open = entries(roots.proc + "/self/fd");
  std::lock_guard lock(tables().mutex);
  for (pid_t thread : tables().left)
    open += entries(roots.proc + "/self/task/" + std::to_string(thread) + "/fd");
  return open;
}

}  // namespace perigee::net
