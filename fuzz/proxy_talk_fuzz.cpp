// room: upstream
//
// What a proxy on the way to a backend says: the tunnel is made, or there is a reason, however its
// words are cut; nothing that it said stays behind for the backend's first answer.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/assert.hpp"
#include "net/pipe.hpp"
#include "upstream/forward_proxy.hpp"

using namespace perigee;
using upstream::ForwardProxy;

namespace {

using Made = Result<std::unique_ptr<net::Stream>>;

Async<void> make(const ForwardProxy& proxy, const http::Url& target, net::Reactor& reactor,
                 std::unique_ptr<net::Stream> stream, std::optional<Made>& made) {
  made.emplace(co_await upstream::tunnel_through(proxy, target, reactor, std::move(stream)));
}

Async<void> say(net::Stream& to, std::string_view bytes) {
  static_cast<void>(co_await to.write(bytes));
}

// The reason; empty when there is a tunnel.
std::string talk(ForwardProxy::Type type, const http::Url& target, std::string_view answers,
                 std::size_t read_bytes_max) {
  FakeClock clock;
  net::Reactor reactor(clock);
  ForwardProxy proxy{.type = type, .host = "proxy", .port = 3128, .username = "u", .password = "p"};
  if (type == ForwardProxy::Type::socks4) proxy.password.clear();
  net::Pipe pipe = net::make_pipe(reactor, {.read_bytes_max = read_bytes_max});
  std::optional<Made> made;
  Task making, saying;
  saying.start(say(*pipe.second, answers));
  making.start(make(proxy, target, reactor, std::move(pipe.first), made));
  for (std::size_t i = 0; i < answers.size() + 8; ++i) reactor.turn(0ms);
  pipe.second->end();
  for (std::size_t i = 0; i < answers.size() + 8; ++i) reactor.turn(0ms);
  PERIGEE_ASSERT(made.has_value());
  if (*made) return "";
  PERIGEE_ASSERT(!made->error().message.empty());
  return made->error().message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 1024) return 0;
  std::string answers(reinterpret_cast<const char*>(bytes + 1), size - 1);
  auto type = static_cast<ForwardProxy::Type>(bytes[0] % 3);
  http::Url target =
      *http::parse_url((bytes[0] & 4) != 0 ? "https://10.0.0.1/" : "https://backend/");
  // Cut anywhere it is a tunnel at most where it is one in whole: what comes behind the last word
  // may not be there yet.
  bool whole = talk(type, target, answers, answers.size() + 1).empty();
  bool cut = talk(type, target, answers, 1).empty();
  PERIGEE_ASSERT(!whole || cut);
  return 0;
}
