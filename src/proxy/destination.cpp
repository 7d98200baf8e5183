#include "proxy/destination.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/hex.hpp"

namespace perigee::proxy {

using plan::Backend;
using plan::BackendGroup;
using policy::Exchange;

namespace {

// The parts of a text that a policy left in the attribute request.endpoint.
struct Custom {
  std::string_view scheme;  // of an absolute URL; empty: not one
  std::string_view name;    // of an endpoint or a group
  std::string_view rest;    // the text itself, or what follows the name
};

// Of v4 URLs the first four.
constexpr std::array<std::string_view, 6> kSchemes{"http", "https", "ws", "wss", "grpc", "grpcs"};

Custom read(std::string_view text, bool v2) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || text.front() == '/') return {.rest = text};
  std::string_view before = text.substr(0, colon), after = text.substr(colon + 1);
  auto schemes = std::span(kSchemes).first(v2 ? 6 : 4);
  if (after.starts_with("//") && std::ranges::find(schemes, before) != schemes.end())
    return {.scheme = before, .rest = text};
  return {.name = before, .rest = after};
}

Destination at(const BackendGroup& group, std::size_t member, const Exchange& exchange) {
  const Backend& backend = group.backends[member];
  Destination to;
  to.backend = &backend;
  to.member = member;
  to.group = &group;
  to.endpoint = backend.endpoint.get();
  to.authority = backend.authority;
  to.base_path = backend.target_path;
  to.path = exchange.path_info;
  to.target_query = backend.target_query;
  return to;
}

std::optional<Destination> named(const plan::ApiRevision& revision, std::string_view name,
                                 Exchange& exchange) {
  const plan::BackendName* found = revision.find_backend(name);
  if (!found) return std::nullopt;
  const BackendGroup& group = revision.groups[found->group];
  if (!found->member) return take_turn(group, exchange);
  if (!group.backends[*found->member].endpoint->usable()) return std::nullopt;
  return at(group, *found->member, exchange);
}

// Without the fragment, which no server is sent. Expressions decode: a space in what they matched
// would end the target. Nobody means a control character.
Result<std::string_view> as_target(std::string_view text, Arena& arena) {
  text = text.substr(0, text.find('#'));
  auto may_stand = [](char c) { return c > 0x20 && c < 0x7f; };
  if (std::ranges::all_of(text, may_stand)) return text;
  if (std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }))
    return fail(ErrorCode::invalid, "it holds a control character");
  return arena.copy(percent_encoded(text, may_stand));
}

void set_custom_path(Destination& to, std::string_view text) {
  std::size_t question = text.find('?');
  to.path = text.substr(0, question);
  if (question != std::string_view::npos) to.custom_query = text.substr(question + 1);
}

// In v2 the options are those of the first endpoint that the URL begins with, else of the first.
std::optional<Destination> options_for(const plan::ApiRevision& revision, std::string_view url,
                                       Exchange& exchange) {
  const BackendGroup& group = revision.groups.front();
  if (!revision.is_v2) return take_turn(group, exchange);
  if (group.backends.empty()) return std::nullopt;
  auto fits = [&](const Backend& backend) { return url.starts_with(backend.target); };
  auto found = std::ranges::find_if(group.backends, fits);
  if (found == group.backends.end()) found = group.backends.begin();
  return at(group, static_cast<std::size_t>(found - group.backends.begin()), exchange);
}

Result<std::optional<Destination>> absolute(const plan::ApiRevision& revision,
                                            std::string_view text, Exchange& exchange,
                                            upstream::Elsewhere& elsewhere) {
  TRY(std::string_view target, as_target(text, exchange.arena));
  TRY(http::Url url, http::parse_url(target));
  std::optional<Destination> to = options_for(revision, text, exchange);
  if (!to) return to;
  to->authority = exchange.arena.copy(revision.host_of(url));
  to->base_path = exchange.arena.copy(url.path);
  to->path = {};
  to->target_query = {};
  to->custom_query = exchange.arena.copy(url.query);
  TRY(to->elsewhere, elsewhere.endpoint(*to->endpoint, std::move(url)));
  to->endpoint = to->elsewhere.get();
  return to;
}

}  // namespace

std::optional<Destination> take_turn(const BackendGroup& group, Exchange& exchange) {
  std::optional<std::size_t> member =
      group.group->next(exchange.worker.index, exchange.worker.random());
  if (!member) return std::nullopt;
  return at(group, *member, exchange);
}

std::optional<Destination> next_behind(const Destination& failed, Exchange& exchange) {
  const std::vector<Backend>& all = failed.group->backends;
  for (std::size_t step = 1; step < all.size(); ++step) {
    std::size_t member = (failed.member + step) % all.size();
    if (all[member].endpoint->usable()) return at(*failed.group, member, exchange);
  }
  return std::nullopt;
}

Result<std::optional<Destination>> choose_destination(const plan::ApiRevision& revision,
                                                      Exchange& exchange,
                                                      upstream::Elsewhere& elsewhere) {
  std::optional<std::string_view> text;
  if (!exchange.attributes.entries().empty()) text = exchange.attributes.text("request.endpoint");
  if (!text) return take_turn(revision.groups.front(), exchange);
  Custom custom = read(*text, revision.is_v2);
  if (!custom.scheme.empty()) return absolute(revision, *text, exchange, elsewhere);
  std::optional<Destination> to = custom.name.empty() ? take_turn(revision.groups.front(), exchange)
                                                      : named(revision, custom.name, exchange);
  if (!to) return to;
  TRY(std::string_view target, as_target(custom.rest, exchange.arena));
  set_custom_path(*to, target);
  const el::Value* overrides = exchange.attributes.get("request.endpoint.override");
  if (overrides && overrides->is_boolean() && overrides->as_boolean()) to->base_path = {};
  return to;
}

}  // namespace perigee::proxy
