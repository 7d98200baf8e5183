#include "policies/window_policy.hpp"

#include <algorithm>

namespace perigee::policies {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

WindowConfig parse_window_config(ConfigObject& from, const WindowForm& form,
                                 const policy::Services& services) {
  WindowConfig config;
  config.error_strategy = error_strategy(from);
  config.strict = !from.boolean("async", false);
  config.add_headers = from.boolean("addHeaders", form.add_headers);
  ConfigObject block = from.object(form.block);
  config.present = block.present();
  config.key = CounterKey::parse(block, form.type, services);
  config.limit = Amount::parse(block, "limit", "dynamicLimit");
  config.period = PeriodRule::parse(block, form.units);
  block.finish();
  from.finish();
  if (!config.present) from.warning(form.block, "missing: every request will be answered with 500");
  return config;
}

WindowPolicy::WindowPolicy(WindowConfig config, const WindowForm& form,
                           const policy::Services& services)
    : config_(std::move(config)), form_(form), counters_(services.counters) {}

el::Needs WindowPolicy::needs(policy::Phase phase) const {
  el::Needs needs;
  if (phase == policy::Phase::request)
    needs.bits =
        config_.key.needs().bits | config_.limit.needs().bits | config_.period.needs().bits;
  return needs;
}

Result<WindowPolicy::Asked> WindowPolicy::ask(Exchange& exchange) const {
  TRY(Period period, config_.period.of(exchange));
  TRY(std::int64_t limit, config_.limit.of(exchange));
  return window_of(exchange, period, limit);
}

Async<Verdict> WindowPolicy::on_request(Exchange& exchange) const {
  if (!counters_ || !config_.present)
    return server_error(form_.names, std::string(form_.names.no_service));
  Result<std::string_view> key = config_.key.of(exchange);
  if (!key) return unknown_error(form_.names, key.error());
  Result<Asked> asked = ask(exchange);
  if (!asked) return unknown_error(form_.names, asked.error());
  Async<Result<policy::Count>> counting =
      counters_->add(exchange.worker,
                     {.key = *key,
                      .limit = static_cast<std::uint64_t>(std::max<std::int64_t>(asked->limit, 0)),
                      .reset_ms = epoch_ms(exchange.arrived_wall) + asked->window_ms,
                      .subscription = exchange.subscription_id,
                      .strict = config_.strict});
  if (counting.here()) return decide(exchange, *asked, counting.take());
  return decide_later(exchange, *asked, std::move(counting));
}

Async<Verdict> WindowPolicy::decide_later(Exchange& exchange, Asked asked,
                                          Async<Result<policy::Count>> counting) const {
  co_return decide(exchange, asked, co_await counting);
}

Verdict WindowPolicy::decide(Exchange& exchange, const Asked& asked,
                             const Result<policy::Count>& counted) const {
  if (!counted) return ended(counted.error());
  switch (counted->outcome) {
    case policy::Counted::uncounted:
      return Verdict::next();
    case policy::Counted::failed:
      return on_store_failure(exchange, asked);
    case policy::Counted::counted:
      break;
  }
  show_counted(exchange, asked, *counted);
  return counted->allowed() ? Verdict::next() : Verdict::fail(refusal(asked));
}

Verdict WindowPolicy::on_store_failure(Exchange& exchange, const Asked& asked) const {
  if (config_.error_strategy == ErrorStrategy::block) return blocked(form_.names);
  show(exchange, asked, {.remaining = asked.limit});
  warn_not_applied(form_.names, exchange);
  return Verdict::next();
}

void WindowPolicy::show_counted(Exchange& exchange, const Asked& asked,
                                const policy::Count& count) const {
  Told told{.count = static_cast<std::int64_t>(count.value),
            .remaining = static_cast<std::int64_t>(count.remaining()),
            .reset_ms = count.reset_ms};
  show(exchange, asked, told);
  const policy::CounterOptions& options = counters_->options();
  if (!options.ietf_fields && !options.retry_after) [[likely]]
    return;
  std::int64_t seconds = seconds_until(count.reset_ms, epoch_ms(exchange.worker.reactor.wall()));
  if (options.ietf_fields) {
    add_ietf_fields(exchange, {.policy = form_.id,
                               .quota = asked.limit,
                               .window_seconds = asked.window_ms / 1000,
                               .remaining = told.remaining,
                               .reset_seconds = seconds});
  }
  if (options.retry_after && !count.allowed()) set_retry_after(exchange, seconds);
}

}  // namespace perigee::policies
