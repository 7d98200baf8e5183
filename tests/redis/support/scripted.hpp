// A server whose every reply the test decides, for what a real one cannot be made to say.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/socket.hpp"
#include "redis/reply_parser.hpp"

namespace perigee::redis::testing {

class ScriptedServer {
 public:
  using Words = std::vector<std::string>;
  // Gives the bytes that answer a command; empty: none.
  using Answer = std::function<std::string(const Words&)>;
  ScriptedServer(net::Reactor& reactor, Answer answer) : reactor_(reactor), answer_(answer) {
    auto opened = net::Listener::open(
        reactor, net::Address::loopback(0), {},
        [this](std::unique_ptr<net::Socket> socket) { accept(std::move(socket)); });
    EXPECT_TRUE(opened);
    listener_ = std::move(*opened);
  }
  std::uint16_t port() const { return listener_->address().port(); }
  std::size_t connections() const { return clients_.size(); }

  // To those who have subscribed to something.
  void publish(const std::string& bytes) {
    for (const auto& client : clients_) {
      if (client->subscribed) client->publishing.start(write(*client, bytes));
    }
  }

  // What a good primary says at first; empty for other commands.
  static std::string greeting(const Words& words) {
    if (words[0] == "HELLO") return "%1\r\n+proto\r\n:3\r\n";
    if (words[0] == "ROLE") return "*3\r\n$6\r\nmaster\r\n:1\r\n*0\r\n";
    if (words[0] == "PING") return "+PONG\r\n";
    if (words[0] == "TIME") return "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n";
    if (words[0] == "SCRIPT") return "$1\r\nx\r\n";
    return {};
  }

 private:
  struct Client {
    std::unique_ptr<net::Socket> socket;
    Task serving, publishing;
    bool subscribed = false;
  };
  static Async<void> write(Client& client, std::string bytes) {
    static_cast<void>(co_await client.socket->write(bytes));
  }
  void accept(std::unique_ptr<net::Socket> socket) {
    Client& client = *clients_.emplace_back(std::make_unique<Client>());
    client.socket = std::move(socket);
    client.serving.start(serve(client));
  }
  Async<void> serve(Client& client) {
    ReplyParser parser;  // a command is what an array of texts is in a reply
    Buffer buffer(reactor_.buffers());
    for (;;) {
      const Result<std::size_t> got = co_await client.socket->read(buffer);
      if (!got || *got == 0) co_return client.socket->close();
      std::string answers;
      while (!buffer.empty()) {
        const Result<std::size_t> used = parser.feed(buffer.unread());
        if (!used) co_return client.socket->close();
        buffer.consume(*used);
        if (!parser.complete()) continue;
        const Reply command = parser.take();
        Words words;
        for (Value word : command.value()) words.emplace_back(word.text());
        client.subscribed |= words[0] == "SUBSCRIBE";
        answers += answer_(words);
      }
      buffer.drop();
      if (answers.empty()) continue;
      if (!co_await client.socket->write(answers)) co_return;
    }
  }

  net::Reactor& reactor_;
  Answer answer_;
  std::unique_ptr<net::Listener> listener_;
  std::deque<std::unique_ptr<Client>> clients_;
};

}  // namespace perigee::redis::testing
