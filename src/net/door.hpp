// Door: the way to an object that lives on another reactor's thread and may be gone by now.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "net/reactor.hpp"

namespace perigee::net {

template <class T>
class Door : public std::enable_shared_from_this<Door<T>> {
 public:
  Door(Reactor& reactor, T& object) : reactor_(&reactor), object_(&object) {}

  // From any thread: runs work(object) on the object's thread, unless the object dies before.
  // False when it is gone already or its mailbox is full.
  template <class Work>
  bool post(Work work) {
    std::lock_guard lock(mutex_);
    if (!reactor_) return false;
    return reactor_->post([self = this->shared_from_this(), work = std::move(work)]() mutable {
      if (self->object_) work(*self->object_);
    });
  }
  // By the dying object, on its own thread.
  void close() {
    std::lock_guard lock(mutex_);
    reactor_ = nullptr;
    object_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Reactor* reactor_;  // under mutex_
  T* object_;         // touched on the object's own thread only
};

}  // namespace perigee::net
