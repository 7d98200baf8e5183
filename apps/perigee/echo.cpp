// perigee echo: an upstream for examples, tests and first steps. Answers every request with what it
// received, as JSON.
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "apps/perigee/commands.hpp"
#include "apps/perigee/listeners.hpp"
#include "base/json.hpp"
#include "http/server.hpp"

namespace perigee::apps {
namespace {

constexpr std::size_t kBodyBytesMax = 1 << 20;

std::string described(const http::RequestHead& request, std::string_view body,
                      std::string_view name) {
  std::string text = "{\n";
  auto member = [&text](std::string_view key, std::string_view value) {
    text.append("  ")
        .append(json_quoted(key))
        .append(": ")
        .append(json_quoted(value))
        .append(",\n");
  };
  if (!name.empty()) member("server", name);
  member("method", request.method_text);
  member("path", request.path);
  member("query", request.query);
  text += "  \"headers\": {";
  bool first = true;
  for (const http::Header& header : request.headers.entries()) {
    text.append(first ? "\n    " : ",\n    ")
        .append(json_quoted(header.name()))
        .append(": ")
        .append(json_quoted(header.value()));
    first = false;
  }
  text += first ? "},\n" : "\n  },\n";
  return text.append("  \"body\": ").append(json_quoted(body)).append("\n}\n");
}

class Echo final : public http::Handler {
 public:
  explicit Echo(std::string name) : name_(std::move(name)) {}

  Async<void> handle(http::ServerExchange& exchange) override {
    http::ResponseHead response(exchange.arena);
    std::string_view body;
    if (exchange.body) {
      Result<std::string_view> read =
          co_await http::read_all(*exchange.body, exchange.arena, kBodyBytesMax);
      if (!read) {
        response.status = read.error().code == ErrorCode::limit ? 413 : 400;
        co_await answer(exchange, response, read.error().message + "\n");
        co_return;
      }
      body = *read;
    }
    response.headers.add_view(http::HeaderName("Content-Type"), "application/json");
    co_await answer(exchange, response, described(exchange.request, body, name_));
  }

 private:
  static Async<void> answer(http::ServerExchange& exchange, http::ResponseHead& response,
                            std::string text) {
    http::BytesBody body(text);
    Result<void> sent = co_await exchange.respond(response, &body);
    if (!sent) std::fprintf(stderr, "the client left: %s\n", sent.error().message.c_str());
  }
  std::string name_;
};

// Ends the loop at SIGTERM or SIGINT.
class StopSignal final : private net::Source {
 public:
  explicit StopSignal(net::Reactor& reactor) : reactor_(reactor) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    reactor_.add(fd_, *this);
  }
  ~StopSignal() {
    reactor_.remove(fd_, *this);
    close(fd_);
  }

 private:
  void on_events(std::uint32_t) override {
    signalfd_siginfo info;
    while (read(fd_, &info, sizeof info) == sizeof info) reactor_.stop();
  }
  net::Reactor& reactor_;
  int fd_ = -1;
};

int run(const std::string& host, std::uint16_t port, const std::string& name) {
  std::optional<net::Address> address =
      net::Address::literal(host == "localhost" ? "127.0.0.1" : host, port);
  if (!address) {
    std::fprintf(stderr, "perigee echo: --host: '%s' is not an IP address or localhost\n",
                 host.c_str());
    return kUsage;
  }
  signal(SIGPIPE, SIG_IGN);
  SystemClock clock;
  net::Reactor reactor(clock);
  StopSignal stop(reactor);
  Echo echo(name);
  http::Server server(reactor, {}, echo, nullptr, nullptr);
  Result<void> listening = nobody_listens_on(*address);
  if (listening) listening = server.listen(*address);
  if (!listening) {
    std::fprintf(stderr, "perigee echo: %s\n", listening.error().message.c_str());
    return kFailed;
  }
  std::printf("perigee echo listens on http://%s\n", server.address().text().c_str());
  std::fflush(stdout);
  reactor.run();
  return kDone;
}

}  // namespace

Run add_echo(CLI::App& app) {
  struct Options {
    std::string host = "127.0.0.1";
    int port = 8090;
    std::string name;
  };
  auto options = std::make_shared<Options>();
  app.add_option("--host", options->host, "Address to listen on")
      ->type_name("IP")
      ->capture_default_str();
  app.add_option("--port", options->port, "Port to listen on; 0 takes a free one")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535).description(""))
      ->capture_default_str();
  app.add_option("--name", options->name, "Told in every answer as \"server\"");
  return [options] {
    return run(options->host, static_cast<std::uint16_t>(options->port), options->name);
  };
}

}  // namespace perigee::apps
