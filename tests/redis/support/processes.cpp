#include "tests/redis/support/processes.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

extern char** environ;

namespace perigee::redis::testing {

namespace {

using namespace std::chrono_literals;

constexpr auto kStartMax = 10s;
constexpr int kAttempts = 3;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

sockaddr_storage address_of(const std::string& ip, std::uint16_t port, socklen_t& bytes) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    bytes = sizeof v4;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr), 1);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    bytes = sizeof v6;
  }
  return storage;
}

bool listens(const std::string& ip, std::uint16_t port) {
  socklen_t bytes = 0;
  const sockaddr_storage to = address_of(ip, port, bytes);
  const int fd = ::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), bytes) == 0;
  ::close(fd);
  return connected;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

std::uint16_t free_port(const std::string& ip) {
  socklen_t bytes = 0;
  sockaddr_storage any = address_of(ip, 0, bytes);
  const int fd = ::socket(any.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&any), bytes), 0) << ip;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &bytes), 0);
  ::close(fd);
  return ntohs(any.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(any).sin_port
                                        : reinterpret_cast<sockaddr_in6&>(any).sin6_port);
}

std::string run(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), &::pclose);
  std::string text;
  std::array<char, 4096> bytes;
  while (const std::size_t got = ::fread(bytes.data(), 1, bytes.size(), pipe.get()))
    text.append(bytes.data(), got);
  return trimmed(text);
}

RedisServer::RedisServer(std::vector<std::string> settings, const std::string& ip,
                         std::uint16_t port)
    : settings_(std::move(settings)), ip_(ip), port_(port ? port : free_port(ip)) {
  start();
}

void RedisServer::start() {
  std::string configuration = "port " + std::to_string(port_) + "\nbind " + ip_ + "\ndir " +
                              folder_.path().string() + "\nlogfile log\nsave \"\"\n";
  for (const std::string& line : settings_) configuration += line + "\n";
  folder_.write("conf", configuration);
  std::string program = "redis-server", file = folder_.path("conf");
  char* arguments[] = {program.data(), file.data(), nullptr};
  ASSERT_EQ(::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments, environ), 0)
      << "redis-server is needed: scripts/setup installs it";
  const auto end = std::chrono::steady_clock::now() + kStartMax;
  while (!listens(ip_, port_)) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << run("tail -n 5 " + folder_.path("log"));
    std::this_thread::sleep_for(5ms);
  }
}

void RedisServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void RedisServer::stop() { EXPECT_EQ(::kill(pid_, SIGSTOP), 0); }
void RedisServer::resume() { EXPECT_EQ(::kill(pid_, SIGCONT), 0); }

std::string RedisServer::cli(const std::string& arguments) const {
  return run("timeout 5 redis-cli -h " + ip_ + " -p " + std::to_string(port_) +
             " --no-auth-warning " + cli_options + " " + arguments + " 2>&1");
}

std::string RedisServer::info(const std::string& field) const {
  const std::string all = "\n" + cli("INFO everything");
  const std::size_t at = all.find("\n" + field + ":");
  if (at == all.npos) return {};
  const std::size_t from = at + field.size() + 2;
  return trimmed(all.substr(from, all.find('\n', from) - from));
}

std::int64_t RedisServer::calls(const std::string& command) const {
  const std::string line = info("cmdstat_" + command);
  const std::size_t at = line.find("calls=");
  return at == line.npos ? 0 : std::stoll(line.substr(at + 6));
}

RedisHa::RedisHa(std::vector<std::string> settings) {
  const std::string all = joined(settings);
  one_address_ = all.contains("HOSTNAMES=1") || all.contains("ONE_ADDRESS=1");
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    // On one address each node has a port of its own, one after the other.
    port_ = free_port(one_address_ ? "127.0.0.1" : "127.0.0.11");
    sentinel_port_ = free_port(one_address_ ? "127.0.0.1" : "127.0.0.21");
    environment_ =
        "REDIS_HA_DIR=" + folder_.path("ha") + " REDIS_HA_PORT=" + std::to_string(port_) +
        " REDIS_HA_SENTINEL_PORT=" + std::to_string(sentinel_port_) + " REDIS_HA_QUIET=1 " + all;
    const std::string said = (*this)("up; echo code $?");
    if (said.ends_with("code 0")) return;
    EXPECT_LT(attempt, kAttempts) << said;
  }
}

RedisHa::~RedisHa() { (*this)("down"); }

std::string RedisHa::operator()(const std::string& command) const {
  return run(environment_ + " bash " + script(command));
}

void RedisHa::begin(const std::string& command) const {
  run(environment_ + " timeout 1 bash " + script(command));
}

std::string RedisHa::script(const std::string& command) const {
  const std::string here = __FILE__;
  return here.substr(0, here.rfind('/')) + "/redis-ha.sh " + command + " 2>&1";
}

std::string RedisHa::sentinel(int n) const {
  if (one_address_) return "127.0.0.1:" + std::to_string(sentinel_port_ + n - 1);
  return "127.0.0." + std::to_string(20 + n) + ":" + std::to_string(sentinel_port_);
}

}  // namespace perigee::redis::testing
