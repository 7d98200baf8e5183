// Real Redis processes of this test alone, gone with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/base/support/folder.hpp"

namespace perigee::redis::testing {

// A port that was free on this address a moment ago.
std::uint16_t free_port(const std::string& ip = "127.0.0.1");

// What a command of the shell prints.
std::string run(const std::string& command);

// One redis-server.
class RedisServer {
 public:
  // `settings` are lines of its configuration: {"requirepass secret"}. Waits until it answers.
  explicit RedisServer(std::vector<std::string> settings = {}, const std::string& ip = "127.0.0.1",
                       std::uint16_t port = 0);
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  void start();
  void kill();    // SIGKILL
  void stop();    // SIGSTOP
  void resume();  // SIGCONT
  const std::string& ip() const { return ip_; }
  std::uint16_t port() const { return port_; }
  const TestFolder& folder() const { return folder_; }
  std::vector<std::string>& settings() { return settings_; }  // of the next start()

  // By redis-cli; arguments as in a shell.
  std::string cli(const std::string& arguments) const;
  // One field of INFO, such as "total_reads_processed".
  std::string info(const std::string& field) const;
  // How often a command was called: "eval", "script|load".
  std::int64_t calls(const std::string& command) const;
  // How redis-cli is to be called besides: "--tls --cacert ...".
  std::string cli_options;

 private:
  TestFolder folder_;
  std::vector<std::string> settings_;
  std::string ip_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

// A primary, replicas and sentinels, by redis-ha.sh beside this file.
class RedisHa {
 public:
  // As redis-ha.sh knows them: {"REDIS_HA_DOWN_AFTER_MS=500"}.
  explicit RedisHa(std::vector<std::string> settings = {});
  ~RedisHa();
  RedisHa(const RedisHa&) = delete;
  RedisHa& operator=(const RedisHa&) = delete;

  // "kill-primary", "heal fast"; gives what it prints.
  std::string operator()(const std::string& command) const;
  // The same, but does not wait for it to end well.
  void begin(const std::string& command) const;
  std::string primary() const { return (*this)("primary"); }  // "127.0.0.11:7000"
  std::string sentinel(int n) const;                          // "127.0.0.21:7001"; from 1
  std::uint16_t sentinel_port() const { return sentinel_port_; }
  std::string ca_file() const { return folder_.path("ha/tls/ca.crt"); }

 private:
  std::string script(const std::string& command) const;
  TestFolder folder_;
  std::string environment_;
  bool one_address_ = false;
  std::uint16_t port_ = 0, sentinel_port_ = 0;
};

}  // namespace perigee::redis::testing
