// in_order: calls that follow one another strictly, until one of them does not continue.
#pragma once

#include <cstddef>
#include <utility>

#include "base/async.hpp"
#include "policy/verdict.hpp"

namespace perigee::proxy {

// The part of in_order() that has a frame: from the call that waits on.
template <class Each>
Async<policy::Verdict> rest_in_order(Async<policy::Verdict> waiting, std::size_t at,
                                     std::size_t end, Each each) {
  policy::Verdict verdict = co_await waiting;
  while (verdict.continues() && ++at < end) verdict = co_await each(at);
  co_return verdict;
}

// each(0) to each(count - 1), every one an Async<Verdict>. There is no frame while none of them
// waits. What `each` refers to lives until all have ended.
template <class Each>
Async<policy::Verdict> in_order(std::size_t count, Each each) {
  for (std::size_t at = 0; at < count; ++at) {
    Async<policy::Verdict> running = each(at);
    if (!running.here()) return rest_in_order(std::move(running), at, count, each);
    policy::Verdict verdict = running.take();
    if (!verdict.continues()) return verdict;
  }
  return policy::Verdict::next();
}

}  // namespace perigee::proxy
