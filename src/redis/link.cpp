#include "redis/link.hpp"

#include <algorithm>

#include "redis/directory_impl.hpp"
#include "redis/open.hpp"

namespace perigee::redis {

namespace {

constexpr Duration kRoleAgain = 100ms;  // a promoted replica, a server that reads its data
constexpr Duration kOddEvery = 100ms;   // such replies may come with every command
constexpr Duration kLivedEnough = 1s;   // such a connection was no mistake
constexpr int kScriptTries = 2;

Failure not_connected() { return {FailureKind::not_connected, Executed::no}; }

bool is_soon_over(const Failure& why) {
  return why.kind == FailureKind::not_primary || why.kind == FailureKind::loading;
}

bool lacks_script(const Outcome& outcome) {
  return !outcome && outcome.error().kind == FailureKind::no_script;
}

}  // namespace

Link::Link(Init init)
    : reactor_(init.reactor),
      options_(init.directory.impl_->options),
      scripts_(std::move(init.scripts)),
      observer_(init.observer),
      board_(init.directory.impl_->board),
      directory_(init.directory.impl_->door),
      id_(++init.directory.impl_->links_made),
      names_(reactor_, init.directory.impl_->resolver),
      cadence_(options_->seed + id_),
      door_(std::make_shared<net::Door<Link>>(reactor_, *this)) {
  directory_->post([id = id_, door = door_](Directory::Impl& impl) { impl.join(id, door); });
  running_.start(run());
}

Link::~Link() {
  door_->close();
  directory_->post([id = id_](Directory::Impl& impl) { impl.part(id); });
  running_.reset();
  pulse_.reset();
  connection_.reset();  // ends the calls
}

// Calls
// -------------------------------------------------------------------------------------------

Async<Outcome> Link::call(const Command& command, Duration timeout) {
  if (!connected()) return Outcome(std::unexpected(not_connected()));
  return call_one(command, timeout);
}

Async<Outcome> Link::call_one(const Command& command, Duration timeout) {
  Outcome outcome;
  co_await call({&command, 1}, {&outcome, 1}, timeout);
  co_return outcome;
}

Async<void> Link::call(std::span<const Command> commands, std::span<Outcome> outcomes,
                       Duration timeout) {
  if (!connected()) {
    std::ranges::fill(outcomes, Outcome(std::unexpected(not_connected())));
    co_return;
  }
  const Instant end = reactor_.now() + timeout;
  const std::uint64_t connection = connections_;
  std::uint64_t sent_from = connection_->next_number();
  co_await connection_->exchange(commands, outcomes, timeout);
  for (int tries = 0; tries < kScriptTries; ++tries) {
    const bool again = std::ranges::any_of(outcomes, &lacks_script);
    if (!again || connection != connections_ || !connected() || reactor_.now() >= end) co_return;
    sent_from = co_await call_again(commands, outcomes, sent_from, end - reactor_.now());
  }
}

// Those whose script the server did not know: none of them was executed.
Async<std::uint64_t> Link::call_again(std::span<const Command> commands,
                                      std::span<Outcome> outcomes, std::uint64_t sent_from,
                                      Duration timeout) {
  std::vector<Command> again;
  std::vector<std::size_t> places;
  const std::uint64_t first = connection_->next_number();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!lacks_script(outcomes[i])) continue;
    const bool known = knows_text(*commands[i].script(), sent_from, first);
    again.push_back(known ? commands[i] : commands[i].with_text());
    places.push_back(i);
  }
  std::vector<Outcome> got(again.size());
  co_await connection_->exchange(again, got, timeout);
  for (std::size_t i = 0; i < got.size(); ++i) outcomes[places[i]] = std::move(got[i]);
  co_return first;
}

// Whether the text was sent after the command that did not find it. If not, it is to be now.
bool Link::knows_text(const Script& script, std::uint64_t sent_from, std::uint64_t next) {
  const auto sent =
      std::ranges::find(texts_sent_, &script, [](const auto& it) { return it.first; });
  if (sent == texts_sent_.end()) {
    texts_sent_.emplace_back(&script, next);
    return false;
  }
  if (sent->second >= sent_from) return true;
  sent->second = next;
  return false;
}

// The connection
// --------------------------------------------------------------------------------

Async<void> Link::run() {
  for (;;) {
    news_ = board_->read();
    if (news_.number == 0) {  // on_news() ends the wait, unless its mail was lost
      static_cast<void>(co_await net::sleep_for(reactor_, options_->idle_max));
      continue;
    }
    Expected<Opened> opened =
        co_await open_primary(reactor_, names_, news_.primary, *options_, scripts_);
    if (has_news()) continue;  // it was to a former primary
    if (opened && opened->connection->closed())
      opened = std::unexpected(Failure(FailureKind::lost, Executed::no, "closed at once"));
    if (opened) {
      const Instant since = reactor_.now();
      const Failure why = co_await serve(*std::move(opened));
      if (reactor_.now() - since >= kLivedEnough) cadence_.reset();
      if (has_news() || reactor_.now() - since >= kLivedEnough) continue;
      co_await pause_after(why);
    } else {
      report({.kind = LinkReport::Kind::failed, .failure = opened.error()});
      co_await pause_after(opened.error());
    }
  }
}

// Until the connection ends; tells why.
Async<Failure> Link::serve(Opened opened) {
  ++connections_;
  connection_epoch_ = board_->epoch();
  leaving_ = false;
  texts_sent_.clear();
  clock_offset_ = opened.clock_offset;
  clock_denied_ = opened.notes.clock_denied;
  connection_ = std::move(opened.connection);
  connection_->set_owner(this);
  connection_->set_limits({.commands_max = options_->commands_outstanding_max,
                           .bytes_max = options_->bytes_outstanding_max,
                           .age_max = options_->reply_age_max});
  report({.kind = LinkReport::Kind::connected,
          .replicas = opened.replicas,
          .clock_offset = opened.clock_offset,
          .notes = opened.notes});
  if (observer_) observer_->on_connected();
  pulse_.start(pulse());
  static_cast<void>(co_await closed_);
  pulse_.reset();
  co_return give_up(closed_by_);
}

Failure Link::give_up(Failure why) {
  connection_.reset();
  board_->note_loss(connection_epoch_);
  if (!has_news()) report({.kind = LinkReport::Kind::lost, .failure = why});
  if (observer_) observer_->on_lost(why);
  return why;
}

// Ended early by on_news().
Async<void> Link::pause_after(const Failure& why) {
  const Duration time = is_soon_over(why)           ? cadence_.around(kRoleAgain)
                        : why.is_of_configuration() ? cadence_.next_of_configuration()
                                                    : cadence_.next();
  static_cast<void>(co_await net::sleep_for(reactor_, time));
}

// An idle connection is asked whether it still lives, and what time the server has.
Async<void> Link::pulse() {
  Instant clock_due = reactor_.now() + options_->clock_every;
  for (;;) {
    static_cast<void>(co_await net::sleep_for(reactor_, cadence_.around(options_->idle_max)));
    if (has_news()) door_->post([](Link& link) { link.on_news(); });  // its mail was lost
    const bool asks_clock = reactor_.now() >= clock_due && !clock_denied_;
    // Half of it: it is looked at only so often.
    const bool idle = reactor_.now() - connection_->last_reply() >= options_->idle_max / 2;
    if (!asks_clock && !idle) continue;
    const Command command{asks_clock ? "TIME" : "PING"};
    const Instant sent = reactor_.now();
    Outcome outcome;
    co_await connection_->exchange({&command, 1}, {&outcome, 1}, options_->reply_age_max);
    if (!asks_clock) continue;
    clock_due = reactor_.now() + options_->clock_every;
    if (const auto offset = redis::clock_offset(outcome, reactor_.wall(), reactor_.now() - sent))
      clock_offset_ = *offset;
  }
}

void Link::on_news() {
  if (!has_news()) return;
  if (connection_ && !connection_->closed()) {
    connection_->close({FailureKind::lost, Executed::unknown, "the primary is another one now"});
  } else {
    running_.scope().interrupt(Error(ErrorCode::cancelled, "the primary is another one now"));
  }
}

// What has come with the odd reply is still read.
void Link::leave(const Failure& why) {
  if (std::exchange(leaving_, true)) return;
  door_->post([why](Link& link) {
    if (link.leaving_ && link.connection_) link.connection_->close(why);
  });
}

void Link::report(LinkReport report) {
  report.link = id_;
  report.number = news_.number;
  directory_->post([report = std::move(report)](Directory::Impl& impl) { impl.take(report); });
}

void Link::on_closed(const Failure& why) {
  closed_by_ = why;
  closed_.complete({});
}

void Link::on_reply(Duration after) {
  if (observer_) observer_->on_reply(after);
}

void Link::on_error_reply(const Failure& failure) {
  if (observer_) observer_->on_error_reply(failure);
  if (is_soon_over(failure)) return leave(failure);
  const bool is_usual = failure.kind == FailureKind::no_script;
  if (is_usual || reactor_.now() < odd_told_ + kOddEvery) return;
  odd_told_ = reactor_.now();
  report({.kind = LinkReport::Kind::odd, .failure = failure});
}

}  // namespace perigee::redis
