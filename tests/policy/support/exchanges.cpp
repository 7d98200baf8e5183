#include "tests/policy/support/exchanges.hpp"

#include "base/log.hpp"

namespace perigee::policy::testing {

Exchanges::Exchanges() { log::reconfigure({{"ROOT", log::Level::off}}); }

Exchange& Exchanges::exchange() {
  if (made) return *made;
  states.emplace(slots, worker);
  pipe = net::make_pipe(reactor, connection);
  made.emplace(Exchange::Init{.arena = arena,
                              .worker = worker,
                              .clock = clock,
                              .request = request,
                              .response = response,
                              .stream = *pipe.first,
                              .api = api,
                              .node = node,
                              .states = *states,
                              .limits = limits});
  return *made;
}

std::string Exchanges::eval(std::string_view text) {
  auto compiled = el::Template::compile(text, template_options());
  if (!compiled) return "error: " + compiled.error().message;
  auto value = compiled->text(exchange(), arena);
  if (!value) return "error: " + value.error().message;
  return *value ? std::string(**value) : "<null>";
}

Async<Result<http::Chunk>> SlowBody::read() {
  Completion<Result<void>> next_turn;
  EXPECT_TRUE(reactor_.post([&] { next_turn.complete({}); }));
  CO_TRY(co_await next_turn);
  if (next_ < pieces_.size()) co_return Result<http::Chunk>(pieces_[next_++]);
  if (failure_) co_return std::unexpected(*failure_);
  co_return Result<http::Chunk>(http::Chunk());
}

}  // namespace perigee::policy::testing
