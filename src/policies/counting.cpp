#include "policies/counting.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "el/text.hpp"

namespace perigee::policies {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

namespace {

constexpr std::string_view kPlan = "gravitee.attribute.plan";
constexpr std::string_view kSubscription = "gravitee.attribute.user-id";
constexpr std::string_view kApi = "gravitee.attribute.api";
constexpr std::string_view kResolvedPath = "gravitee.attribute.resolved-path";
constexpr std::string_view kClientId = "oauth.client_id";

const http::HeaderName kRetryAfter(http::HeaderId::retry_after);
const http::HeaderName kRateLimit("RateLimit");
const http::HeaderName kRateLimitPolicy("RateLimit-Policy");

// A step may have set it; the core's own stands elsewhere.
std::string_view attribute(const Exchange& exchange, std::string_view name,
                           std::string_view of_core) {
  return exchange.attributes.text(name).value_or(of_core);
}

// Whom the counter belongs to, before the key of the configuration: two texts, one after the other.
struct Owner {
  std::string_view name, subscription;
};
Owner owner_of(const Exchange& exchange) {
  std::string_view plan = attribute(exchange, kPlan, exchange.plan_id);
  if (!plan.empty()) {
    std::string_view subscription = attribute(exchange, kSubscription, exchange.subscription_id);
    return {plan, subscription.empty() ? "null" : subscription};
  }
  if (std::optional<std::string_view> client = exchange.attributes.text(kClientId))
    return {*client, {}};
  return {attribute(exchange, kApi, exchange.api.id), {}};
}

// ":" and the hash of the path that path mappings of v2 flows resolved; nothing without one.
std::string_view path_part(Exchange& exchange) {
  std::optional<std::string_view> path = exchange.attributes.text(kResolvedPath);
  if (!path) return {};
  return exchange.arena.join(":", decimal(exchange.arena, el::java_hash(*path)));
}

}  // namespace

CounterKey CounterKey::parse(ConfigObject& from, std::string_view type,
                             const policy::Services& services) {
  CounterKey parsed;
  std::optional<el::Template> key = from.expression("key");
  parsed.custom_only_ = from.boolean("useKeyOnly", false) && key && !key->source().empty();
  parsed.end_ = ":" + std::string(type);
  if (key && !key->is_constant()) {
    parsed.custom_ = std::move(key);
  } else if (key) {
    parsed.custom_text_ = key->constant_text();
    if (!parsed.custom_only_ && !el::is_blank(parsed.custom_text_))
      parsed.end_ = ":" + parsed.custom_text_ + parsed.end_;
  }
  bool separate = services.counters && services.counters->options().separate;
  if (separate) parsed.own_ = ":" + from.pointer();
  parsed.usual_end_ = parsed.end_ + parsed.own_;
  return parsed;
}

Result<std::optional<std::string_view>> CounterKey::custom(Exchange& exchange) const {
  if (!custom_) return std::optional<std::string_view>();
  return custom_->text(exchange, exchange.arena);
}

Result<std::string_view> CounterKey::of(Exchange& exchange) const {
  TRY(std::optional<std::string_view> custom, custom(exchange));
  Arena& arena = exchange.arena;
  if (custom_only_) return arena.join({custom.value_or(custom_text_), usual_end_});
  const Owner owner = owner_of(exchange);
  const bool has_custom = custom && !el::is_blank(*custom);
  std::string_view path = path_part(exchange);
  if (!has_custom && path.empty()) return arena.join({owner.name, owner.subscription, usual_end_});
  std::string_view colon = has_custom ? ":" : "", text = has_custom ? *custom : "";
  return arena.join({owner.name, owner.subscription, colon, text, end_, path, own_});
}

el::Needs CounterKey::needs() const { return custom_ ? custom_->needs() : el::Needs{}; }

Amount Amount::parse(ConfigObject& from, std::string_view member, std::string_view dynamic_member) {
  Amount parsed;
  parsed.fixed_ = from.number(member, 0);
  if (parsed.fixed_ < 0) from.warning(member, "less than 0 counts as 0");
  parsed.dynamic_ = from.expression(dynamic_member);
  return parsed;
}

Result<std::int64_t> Amount::of(const Exchange& exchange) const {
  if (fixed_ > 0 || !dynamic_) return std::max<std::int64_t>(fixed_, 0);
  TRY(std::optional<std::int64_t> given, dynamic_->integer(exchange, exchange.arena));
  return given.value_or(0);
}

el::Needs Amount::needs() const {
  return dynamic_ && fixed_ <= 0 ? dynamic_->needs() : el::Needs{};
}

ErrorStrategy error_strategy(ConfigObject& from) {
  constexpr std::array<std::string_view, 2> kNames{"BLOCK_ON_INTERNAL_ERROR",
                                                   "FALLBACK_PASS_TROUGH"};
  return from.choice("errorStrategy", kNames, ErrorStrategy::pass);
}

Verdict server_error(const FailureNames& names, std::string message, std::string reason) {
  policy::Failure failure;
  failure.key = std::string(names.prefix) + "_SERVER_ERROR";
  failure.message = std::move(message);
  failure.reason = std::move(reason);
  return Verdict::fail(std::move(failure));
}

Verdict unknown_error(const FailureNames& names, const Error& error) {
  return server_error(names, "Unknown error", error.message);
}

Verdict blocked(const FailureNames& names) {
  return Verdict::fail(429, std::string(names.prefix) + "_BLOCK_ON_INTERNAL_ERROR",
                       std::string(names.subject) + " blocked the query due to internal error");
}

void warn_not_applied(const FailureNames& names, Exchange& exchange) {
  exchange.warn(names.warning, "Request passes although it could not be counted");
}

Verdict ended(const Error& error) {
  return Verdict::fail({.message = "Internal Server Error", .cause = error.code});
}

std::int64_t seconds_until(std::int64_t end_ms, std::int64_t now_ms) {
  return std::max<std::int64_t>(end_ms - now_ms + 999, 0) / 1000;
}

std::string_view decimal(Arena& arena, std::int64_t number) {
  constexpr std::size_t kDigits = 20;  // of the smallest, with its sign
  char* begin = static_cast<char*>(arena.take(kDigits, 1));
  char* end = std::to_chars(begin, begin + kDigits, number).ptr;
  return {begin, static_cast<std::size_t>(end - begin)};
}

void set_number(Exchange& exchange, const http::HeaderName& name, std::int64_t number) {
  exchange.response.headers.set_made(name, decimal(exchange.arena, number));
}

void add_ietf_fields(Exchange& exchange, const IetfFields& fields) {
  Arena& arena = exchange.arena;
  std::string_view window;
  if (fields.window_seconds > 0) window = arena.join(";w=", decimal(arena, fields.window_seconds));
  http::Headers& headers = exchange.response.headers;
  headers.add_made(kRateLimitPolicy, arena.join({"\"", fields.policy,
                                                 "\";q=", decimal(arena, fields.quota), window}));
  headers.add_made(kRateLimit,
                   arena.join({"\"", fields.policy, "\";r=", decimal(arena, fields.remaining),
                               ";t=", decimal(arena, fields.reset_seconds)}));
}

void set_retry_after(Exchange& exchange, std::int64_t seconds) {
  set_number(exchange, kRetryAfter, seconds);
}

}  // namespace perigee::policies
