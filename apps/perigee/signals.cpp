#include "apps/perigee/signals.hpp"

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace perigee::apps {

Signals::Signals(net::Reactor& reactor, OnSignal on_signal)
    : reactor_(reactor), on_signal_(std::move(on_signal)) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  PERIGEE_ASSERT(fd_ >= 0);
  reactor_.add(fd_, *this);
}

Signals::~Signals() {
  reactor_.remove(fd_, *this);
  close(fd_);
}

void Signals::on_events(std::uint32_t) {
  signalfd_siginfo info;
  while (read(fd_, &info, sizeof info) == sizeof info) {
    auto number = static_cast<int>(info.ssi_signo);
    if (number != SIGCHLD) {
      on_signal_(number);
      continue;
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace perigee::apps
