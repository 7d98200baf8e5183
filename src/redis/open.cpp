#include "redis/open.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/socket.hpp"

namespace perigee::redis {

namespace {

constexpr net::SocketOptions kSocket{.no_delay = true,
                                     .keep_alive = true,
                                     .keep_alive_idle = 5s,
                                     .keep_alive_interval = 2s,
                                     .keep_alive_probes = 3,
                                     .user_timeout = 1s};
constexpr std::string_view kDefaultUser = "default";
constexpr Duration kWait = 1h;  // the deadline of a whole step ends the waits within it

// From Redis 6 on there is HELLO; before, and in RESP2, AUTH and CLIENT SETNAME.
std::vector<Command> greeting_of(const Greeting& greeting) {
  const Credentials& who = greeting.credentials;
  std::vector<Command> commands;
  if (greeting.resp == 3) {
    Command& hello = commands.emplace_back(Command{"HELLO", "3"});
    if (who.given())
      hello.add("AUTH").add(who.username.empty() ? kDefaultUser : who.username).add(who.password);
    hello.add("SETNAME").add(greeting.client_name);
    return commands;
  }
  if (who.given()) {
    Command& auth = commands.emplace_back(Command{"AUTH"});
    if (!who.username.empty()) auth.add(who.username);
    auth.add(who.password);
  }
  commands.push_back({"CLIENT", "SETNAME", greeting.client_name});
  return commands;
}

bool needs_no_password(const Failure& failure) {
  return failure.kind == FailureKind::refused &&
         (failure.message.contains("without any password configured") ||
          failure.message.contains("no password is set"));
}

// CLIENT SETNAME was refused, which is no reason to go.
bool may_be_nameless(const Failure& failure) {
  return failure.kind == FailureKind::refused || failure.message.starts_with("NOPERM");
}

// A plain server waits for the end of a line.
Failure handshake_failure(const Error& error) {
  Failure failure(error);
  if (failure.kind == FailureKind::timed_out)
    failure.message += " (in the TLS handshake: does the server speak TLS?)";
  return failure;
}

}  // namespace

Async<Expected<Connection::Owned>> connect(net::Reactor& reactor, net::Address address,
                                           std::string host, const Options& options) {
  Result<std::unique_ptr<net::Socket>> socket = co_await net::connect(reactor, address, kSocket);
  if (!socket) co_return std::unexpected(Failure(socket.error()));
  std::unique_ptr<net::Stream> stream = *std::move(socket);
  if (options.tls) {
    Result<std::unique_ptr<net::Stream>> secured =
        co_await net::tls_connect(options.tls, reactor, std::move(stream), std::move(host));
    if (!secured) co_return std::unexpected(handshake_failure(secured.error()));
    stream = *std::move(secured);
  }
  co_return Connection::make(reactor, std::move(stream));
}

Async<Expected<Greeted>> greet(Connection& connection, Greeting greeting,
                               std::span<const Command> more, std::span<Outcome> outcomes) {
  std::vector<Command> commands = greeting_of(greeting);
  const std::size_t own = commands.size();
  commands.insert(commands.end(), more.begin(), more.end());
  std::vector<Outcome> got(commands.size());
  co_await connection.exchange(commands, got, greeting.timeout);
  std::ranges::move(got.begin() + static_cast<std::ptrdiff_t>(own), got.end(), outcomes.begin());
  if (got[0]) co_return Greeted{};
  const Failure& why = got[0].error();
  if (greeting.resp == 3 && why.kind == FailureKind::refused) {
    greeting.resp = 2;  // "ERR unknown command" or NOPROTO
    co_return co_await greet(connection, std::move(greeting), more, outcomes);
  }
  if (needs_no_password(why)) co_return Greeted{.password_unused = true};
  const bool only_the_name = greeting.resp == 2 && !greeting.credentials.given();
  if (only_the_name && may_be_nameless(why)) co_return Greeted{};
  co_return std::unexpected(why);
}

std::optional<Duration> clock_offset(const Outcome& time, WallTime now, Duration round_trip) {
  if (!time) return std::nullopt;
  const auto seconds = time->at(0).number();
  const auto microseconds = time->at(1).number();
  constexpr std::int64_t kSecondsMax = 1LL << 33;  // the year 2242: nanoseconds do not overflow
  if (!seconds || !microseconds || *seconds < 0 || *seconds > kSecondsMax) return std::nullopt;
  const Duration theirs =
      std::chrono::seconds(*seconds) +
      std::chrono::microseconds(std::clamp<std::int64_t>(*microseconds, 0, 999'999));
  return theirs - (now.time_since_epoch() - round_trip / 2);
}

namespace {

enum Asked : std::uint8_t { kRole, kPing, kTime };  // and then scripts

std::vector<Command> questions(std::span<const Script* const> scripts_known) {
  std::vector<Command> commands{{"ROLE"}, {"PING"}, {"TIME"}};
  for (const Script* script : scripts_known) commands.push_back({"SCRIPT", "LOAD", script->text()});
  return commands;
}

Failure no_primary(std::string_view role_said) {
  return {FailureKind::not_primary, Executed::no,
          fmt::format("its role is \"{}\"", role_said.substr(0, 20))};
}

// A server may say that it is a primary and answer nothing else: PING tells that.
std::optional<Failure> why_not_usable(std::span<const Outcome> outcomes, Opened& opened) {
  const Outcome& said = outcomes[kRole];
  opened.notes.role_denied = !said && said.error().kind == FailureKind::denied;
  if (!said && !opened.notes.role_denied) return said.error();
  if (said && said->at(0).text() != "master") return no_primary(said->at(0).text());
  if (said) opened.replicas = said->at(2).size();
  const Outcome& alive = outcomes[kPing];
  if (!alive && alive.error().kind != FailureKind::denied) return alive.error();
  return std::nullopt;
}

// ROLE is one of the commands of administrators. Who may not ask for INFO either learns by
// READONLY.
Async<std::optional<Failure>> ask_info(Connection& connection) {
  const Command command{"INFO", "replication"};
  Outcome outcome;
  co_await connection.exchange({&command, 1}, {&outcome, 1}, kWait);
  if (!outcome && outcome.error().kind == FailureKind::denied) co_return std::nullopt;
  if (!outcome) co_return outcome.error();
  if (outcome->text().contains("role:slave")) co_return no_primary("slave");
  co_return std::nullopt;
}

Async<Expected<Opened>> open_address(net::Reactor& reactor, net::Address address, std::string host,
                                     const Options& options,
                                     std::span<const Script* const> scripts_known) {
  Expected<Connection::Owned> connected =
      co_await connect(reactor, address, std::move(host), options);
  if (!connected) co_return std::unexpected(std::move(connected.error()));
  Opened opened{.connection = *std::move(connected)};
  const std::vector<Command> commands = questions(scripts_known);
  std::vector<Outcome> outcomes(commands.size());
  const Instant sent = reactor.now();
  const Expected<Greeted> greeted = co_await greet(
      *opened.connection,
      {.credentials = options.data, .client_name = options.client_name, .timeout = kWait}, commands,
      outcomes);
  if (!greeted) co_return std::unexpected(greeted.error());
  if (auto why = why_not_usable(outcomes, opened)) co_return std::unexpected(*std::move(why));
  if (opened.notes.role_denied) {
    if (auto why = co_await ask_info(*opened.connection))
      co_return std::unexpected(*std::move(why));
  }
  opened.notes.password_unused = greeted->password_unused;
  opened.clock_offset =
      clock_offset(outcomes[kTime], reactor.wall(), reactor.now() - sent).value_or(Duration{});
  opened.notes.clock_denied =
      !outcomes[kTime] && outcomes[kTime].error().kind == FailureKind::denied;
  // A script that could not be loaded is sent when it is first called.
  co_return opened;
}

// Of several addresses, the one that got furthest tells what kind of failure it is.
void add_failure(Failure& all, const std::string& address, const Failure& failure) {
  all.kind = std::max(all.kind, failure.kind);
  all.message += fmt::format("{}{}: {}", all.message.empty() ? "" : "; ", address, failure.message);
}

}  // namespace

Async<Expected<Opened>> open_primary(net::Reactor& reactor, net::Names& names, Endpoint primary,
                                     const Options& options,
                                     std::span<const Script* const> scripts_known) {
  const Instant end = reactor.now() + options.connect_timeout;
  Scope* scope = co_await this_scope();
  net::Addresses addresses;
  {
    net::Deadline deadline(reactor, scope, options.connect_timeout, ErrorCode::unresolved,
                           "its name is not resolved in time", Fault::upstream);
    Result<net::Addresses> resolved = co_await names.resolve(primary.host, primary.port);
    if (!resolved) co_return std::unexpected(Failure(resolved.error()));
    addresses = *std::move(resolved);
  }
  Failure all;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const auto left = static_cast<long>(addresses->size() - i);
    net::Deadline deadline(reactor, scope, (end - reactor.now()) / left,
                           ErrorCode::connect_timed_out, "not connected and ready in time",
                           Fault::upstream);
    Expected<Opened> opened =
        co_await open_address(reactor, (*addresses)[i], primary.host, options, scripts_known);
    if (opened) co_return opened;
    add_failure(all, (*addresses)[i].text(), opened.error());
    // Told to stop, and not by this deadline.
    if (opened.error().kind == FailureKind::cancelled) break;
  }
  co_return std::unexpected(std::move(all));
}

}  // namespace perigee::redis
