#include "base/lru_map.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

thread_local LruMap<OwnedSession> sessions(kSessionsPerThread);

std::string key_of(std::uint64_t context, std::string_view server_name) {
  return std::to_string(context).append(1, ' ').append(server_name);
}

}  // namespace

void remember_session(std::uint64_t context, std::string_view server_name, OwnedSession session) {
  sessions.get(key_of(context, server_name)) = std::move(session);
}

SSL_SESSION* recall_session(std::uint64_t context, std::string_view server_name) {
  OwnedSession* found = sessions.find(key_of(context, server_name));
  return found ? found->get() : nullptr;
}

void forget_session(std::uint64_t context, std::string_view server_name) {
  sessions.erase(key_of(context, server_name));
}

}  // namespace perigee::net
