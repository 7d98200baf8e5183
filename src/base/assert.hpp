// PERIGEE_ASSERT: a broken invariant is a bug of ours and ends the process, in release builds too.
// Assert what we built, never what a stranger sent.
#pragma once

namespace perigee {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace perigee

#define PERIGEE_ASSERT(condition)                                                                  \
  (__builtin_expect(!(condition), 0) ? ::perigee::assertion_failed(#condition, __FILE__, __LINE__) \
                                     : void())
