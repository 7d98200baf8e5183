#include "redis/sentinel.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "redis/open.hpp"

namespace perigee::redis {

namespace {

constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kOthersMax = 64;
constexpr std::string_view kPromotes = "+failover-state-wait-promotion";
constexpr std::array<std::string_view, 5> kChannels{"+switch-master", "-sdown", "+odown", "+reboot",
                                                    kPromotes};

enum Question : std::uint8_t { kMaster, kAddress, kOthers, kQuestions };

// The epoch is asked before the address: of a switch in between, the new address comes with the old
// epoch and is asked for again, while the old address with the new epoch would be believed.
std::vector<Command> questions(std::string_view master) {
  return {{"SENTINEL", "MASTER", master},
          {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master},
          {"SENTINEL", "SENTINELS", master}};
}

bool is_of_host(unsigned char c) { return c > ' ' && c < 0x7f; }

std::optional<Endpoint> endpoint_of(std::string_view host, std::int64_t port) {
  const bool good = !host.empty() && host.size() <= kHostBytesMax &&
                    std::ranges::all_of(host, is_of_host) && port > 0 && port <= 0xffff;
  if (!good) return std::nullopt;
  return Endpoint{std::string(host), static_cast<std::uint16_t>(port)};
}

std::optional<Endpoint> endpoint_of(Value host, Value port) {
  return endpoint_of(host.text(), port.number().value_or(0));
}

// Sentinels never forget each other; those that are down are not worth asking.
std::vector<Endpoint> others_of(Value list) {
  std::vector<Endpoint> others;
  for (const Value other : list) {
    if (others.size() == kOthersMax) break;
    if (other.field("flags").text().contains("s_down")) continue;
    if (auto endpoint = endpoint_of(other.field("ip"), other.field("port")))
      others.push_back(*std::move(endpoint));
  }
  return others;
}

bool says_unknown(const Outcome& outcome) {
  return !outcome && outcome.error().message.contains("No such master");
}

bool is_fatal(const Outcome& outcome) {
  if (outcome || says_unknown(outcome)) return false;
  return outcome.error().kind != FailureKind::refused;
}

// "mymaster 10.0.0.1 6379 10.0.0.2 6379", "master mymaster 10.0.0.1 6379"
bool is_about(std::string_view payload, std::string_view master) {
  constexpr std::string_view kType = "master ";
  if (payload.starts_with(kType)) payload.remove_prefix(kType.size());
  return payload.starts_with(master) &&
         (payload.size() == master.size() || payload[master.size()] == ' ');
}

// "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"
std::optional<Endpoint> promoted_in(std::string_view payload, std::string_view master) {
  enum Word : std::uint8_t { kType, kName, kHost, kPort, kAt, kMasterName, kWords };
  std::array<std::string_view, kWords> words;
  for (std::string_view& word : words) {
    word = payload.substr(0, payload.find(' '));
    payload.remove_prefix(std::min(payload.size(), word.size() + 1));
  }
  if (words[kAt] != "@" || words[kMasterName] != master) return std::nullopt;
  std::int64_t port = 0;
  const auto [stopped, error] = std::from_chars(words[kPort].begin(), words[kPort].end(), port);
  if (error != std::errc() || stopped != words[kPort].end()) return std::nullopt;
  return endpoint_of(words[kHost], port);
}

}  // namespace

Sentinel::Sentinel(net::Reactor& reactor, const Options& options, SentinelOwner& owner,
                   net::Address address, std::string host)
    : reactor_(reactor),
      options_(options),
      owner_(owner),
      address_(address),
      host_(std::move(host)),
      patience_(options.seed) {}

void Sentinel::ask() {
  if (reactor_.now() < not_before_) return;
  awaited_ = true;
  if (asking_.running()) {
    ask_again_ = true;
  } else {
    asking_.start(run_asking());
  }
}

// Asked again while it was being asked: the answer on its way may be older than the reason.
Async<void> Sentinel::run_asking() {
  do {
    ask_again_ = false;
    take(co_await question());
    awaited_ = ask_again_;
    if (!awaited_) owner_.on_answer(*this);
  } while (ask_again_);
}

Async<Expected<std::vector<Outcome>>> Sentinel::question() {
  const std::vector<Command> commands = questions(options_.master);
  std::vector<Outcome> outcomes(commands.size());
  if (asks_ && !asks_->closed()) {
    co_await asks_->exchange(commands, outcomes, options_.sentinel_reply_timeout);
  } else {
    Expected<Connection::Owned> opened = co_await open(3, commands, outcomes);
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    asks_ = *std::move(opened);
  }
  for (const Outcome& outcome : outcomes) {
    if (is_fatal(outcome)) co_return std::unexpected(outcome.error());
  }
  co_return outcomes;
}

void Sentinel::take(const Expected<std::vector<Outcome>>& answer) {
  reachable_ = answer.has_value();
  vote_.reset();
  if (answer) {
    patience_.reset();
    take_vote(*answer);
    if (!listening_.running()) listening_.start(listen());
    return;
  }
  asks_.reset();
  problem_ = answer.error();
  if (problem_->is_of_configuration())
    not_before_ = reactor_.now() + patience_.next_of_configuration();
}

void Sentinel::take_vote(const std::vector<Outcome>& outcomes) {
  problem_.reset();
  const Outcome& address = outcomes[kAddress];
  if (says_unknown(outcomes[kMaster]) || (address && address->is_null())) {
    problem_ = Failure(FailureKind::unknown_master, Executed::no,
                       "it knows no primary \"" + options_.master + "\"");
    return;
  }
  const auto endpoint = address ? endpoint_of(address->at(0), address->at(1)) : std::nullopt;
  if (!outcomes[kMaster]) {
    problem_ = outcomes[kMaster].error();
    return;
  }
  const Value master = outcomes[kMaster]->value();
  const auto epoch = master.field("config-epoch").number();
  if (!endpoint || !epoch) {
    problem_ = Failure(FailureKind::refused, Executed::no, "its answer is not understood");
    return;
  }
  vote_ = Vote{*endpoint, *epoch};
  replicas_ = master.field("num-slaves").number().value_or(0);
  if (outcomes[kOthers]) others_ = others_of(outcomes[kOthers]->value());
}

Async<Expected<Connection::Owned>> Sentinel::open(int resp, std::span<const Command> commands,
                                                  std::span<Outcome> outcomes) {
  const bool may_borrow = !options_.sentinel.given() && options_.data.given();
  const Credentials borrowed{.username = {}, .password = options_.data.password};
  if (may_borrow && owner_.sends_redis_password())
    co_return co_await open_as(borrowed, resp, commands, outcomes);
  Expected<Connection::Owned> opened =
      co_await open_as(options_.sentinel, resp, commands, outcomes);
  const bool wants_password = !opened && opened.error().message.starts_with("NOAUTH");
  if (!wants_password || !may_borrow) co_return opened;
  // compat: the reference sends Redis's password to sentinels.
  Expected<Connection::Owned> again = co_await open_as(borrowed, resp, commands, outcomes);
  if (again) {
    owner_.on_redis_password(*this);
  } else if (again.error().kind == FailureKind::denied) {
    again.error().message =
        "it wants a password, none is configured for sentinels, and Redis's is wrong: " +
        again.error().message;
  }
  co_return again;
}

Async<Expected<Connection::Owned>> Sentinel::open_as(Credentials credentials, int resp,
                                                     std::span<const Command> commands,
                                                     std::span<Outcome> outcomes) {
  Connection::Owned connection;
  {
    net::Deadline deadline(reactor_, co_await this_scope(), options_.sentinel_connect_timeout,
                           ErrorCode::connect_timed_out, "not connected in time", Fault::upstream);
    Expected<Connection::Owned> connected =
        co_await redis::connect(reactor_, address_, host_, options_);
    if (!connected) co_return std::unexpected(std::move(connected.error()));
    connection = *std::move(connected);
  }
  const Expected<Greeted> greeted = co_await greet(*connection,
                                                   {.credentials = std::move(credentials),
                                                    .client_name = options_.client_name,
                                                    .resp = resp,
                                                    .timeout = options_.sentinel_reply_timeout},
                                                   commands, outcomes);
  if (!greeted) co_return std::unexpected(greeted.error());
  if (greeted->password_unused) owner_.on_password_unused(*this);
  co_return std::move(connection);
}

// Until the connection ends. It is begun again when the sentinel has answered the next time.
Async<void> Sentinel::listen() {
  std::vector<Command> commands;
  for (const std::string_view channel : kChannels) commands.push_back({"SUBSCRIBE", channel});
  std::vector<Outcome> outcomes(commands.size());
  Expected<Connection::Owned> opened = co_await open(2, commands, outcomes);
  if (!opened || !std::ranges::all_of(outcomes, &Outcome::has_value)) co_return;
  listens_ = *std::move(opened);
  if (listens_->closed()) co_return;
  listens_->listen();
  listens_->set_owner(this);
  static_cast<void>(co_await listening_ended_);
  listens_.reset();
}

void Sentinel::on_closed(const Failure&) { listening_ended_.complete({}); }

void Sentinel::on_message(Value message) {
  if (message.at(0).text() != "message") return;
  const std::string_view channel = message.at(1).text(), payload = message.at(2).text();
  if (channel == kPromotes) {
    const auto replica = promoted_in(payload, options_.master);
    if (replica) owner_.on_promotion(*this, *replica);
  } else if (is_about(payload, options_.master)) {
    owner_.on_hint(*this, channel);
  }
}

}  // namespace perigee::redis
