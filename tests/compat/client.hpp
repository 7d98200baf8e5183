// A client of the gateway: writes one request as the case says, byte for byte, and reads its
// answer.
#pragma once

#include <memory>
#include <string>

#include "base/async.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

struct ClientAnswer {
  int status = 0;
  NameValues headers;
  std::string body;
  bool whole = false;
};

// "GET /api HTTP/1.1\r\n..". Adds Host and the framing of a body where the case names none.
std::string request_bytes(const Request& request);
// What the bytes of an answer say so far; `ended`: no more will come. Interim answers are left out.
ClientAnswer read_answer(std::string_view bytes, bool to_head, bool ended);

class Client {
 public:
  Client(net::Reactor& reactor, std::unique_ptr<net::Stream> stream, const Request& request);

  bool over() const { return answer_.whole || ended_; }
  const ClientAnswer& answer() const { return answer_; }

 private:
  Async<void> talk();

  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  std::string request_;
  bool to_head_;
  std::string received_;
  ClientAnswer answer_;
  bool ended_ = false;
  Task talking_;
};

}  // namespace perigee::compat
