#include <algorithm>

#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

struct Remembered {
  std::uint64_t context;
  std::string server_name;
  OwnedSession session;
};
thread_local std::vector<Remembered> sessions;  // the most recently used last

auto find(std::uint64_t context, std::string_view server_name) {
  return std::ranges::find_if(sessions, [&](const Remembered& one) {
    return one.context == context && one.server_name == server_name;
  });
}

}  // namespace

void remember_session(std::uint64_t context, std::string_view server_name, OwnedSession session) {
  forget_session(context, server_name);
  if (sessions.size() >= kSessionsPerThread) sessions.erase(sessions.begin());
  sessions.push_back({context, std::string(server_name), std::move(session)});
}

SSL_SESSION* recall_session(std::uint64_t context, std::string_view server_name) {
  auto found = find(context, server_name);
  if (found == sessions.end()) return nullptr;
  std::rotate(found, found + 1, sessions.end());
  return sessions.back().session.get();
}

void forget_session(std::uint64_t context, std::string_view server_name) {
  if (auto found = find(context, server_name); found != sessions.end()) sessions.erase(found);
}

}  // namespace perigee::net
