// Descriptor tables: a thread may leave the table that the process's threads share.
//
// A system call on a table of one thread need not hold on to the file that it works on, which saves
// a worker about 2 % of a proxied request (docs/decisions.md). The price: a number means nothing in
// another thread's table, so what a worker uses, it opens itself.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "net/machine.hpp"

namespace perigee::net {

// A descriptor that threads which leave take with them: what they wake each other with. Owns it,
// in the table of the thread that made it. Must be made before the first thread leaves.
class CommonDescriptor {
 public:
  explicit CommonDescriptor(int fd);
  ~CommonDescriptor();
  CommonDescriptor(const CommonDescriptor&) = delete;
  CommonDescriptor& operator=(const CommonDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Gives the calling thread a table of its own for the rest of its life: in it are 0, 1, 2, all
// common descriptors and `own`, under the numbers that they had. RLIMIT_NOFILE then counts for this
// table alone. False: the kernel (before 5.9) or a seccomp profile forbids it, or ThreadSanitizer
// watches, which knows one table only; the thread goes on with the shared one.
bool leave_shared_descriptors(std::initializer_list<int> own);

// Descriptors that are open in the shared table and in those of threads that left it.
std::uint64_t open_descriptors(const MachineRoots& roots = {});

}  // namespace perigee::net
