// ip-filtering: lets requests through by the addresses that they come from.
// Spec: policies/others.md row 4. Docs: docs/policies/ip-filtering.md
#include <algorithm>
#include <array>

#include "base/trim.hpp"
#include "el/text.hpp"
#include "policies/catalog.hpp"
#include "policies/ip_block.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::size_t kHostBytesMax = 253;

enum class Families : std::uint8_t { ipv4, ipv6, all };

struct Entries {
  std::vector<IpBlock> blocks;
  std::vector<std::string> hosts;
  bool empty() const { return blocks.empty() && hosts.empty(); }
  std::size_t size() const { return blocks.size() + hosts.size(); }
};

struct List {
  Entries constant;
  std::vector<el::Template> expressions;
};

struct Config {
  List whitelist, blacklist;
  bool use_forwarded_for = false;
  bool use_custom_address = false;
  bool with_ends = false;
  Families families = Families::all;
  std::optional<el::Template> custom_address;
};

// The parts of a list with commas; empty ones are passed over.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::size_t comma = std::min(text.find(','), text.size());
    std::string_view part = trimmed(text.substr(0, comma));
    if (!part.empty()) parts.push_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// Not the forms of addresses that are none: "10.0.0", "1.2.3.4/40".
bool is_host_name(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto fits = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  };
  std::string_view last = text.substr(text.rfind('.') + 1);
  return text.size() <= kHostBytesMax && std::ranges::all_of(text, fits) &&
         !std::ranges::all_of(last, is_digit);
}

// False: `text` is nothing that can be listed.
bool add_entry(Entries& entries, std::string_view text, bool with_ends) {
  if (std::optional<IpBlock> block = IpBlock::parse(text, with_ends)) {
    entries.blocks.push_back(*block);
    return true;
  }
  if (!is_host_name(text)) return false;
  entries.hosts.emplace_back(text);
  return true;
}

void parse_constant(ConfigObject& from, std::string_view member, std::string_view text,
                    bool with_ends, Entries& into) {
  for (std::string_view part : parts_of(text)) {
    std::optional<IpBlock> block = IpBlock::parse(part, with_ends);
    if (!add_entry(into, part, with_ends)) {
      from.error(member, "found " + quoted(part) +
                             ", expected an address, a block of addresses (10.0.0.0/8) or a host "
                             "name");
    } else if (block && block->empty()) {
      from.warning(member, quoted(part) +
                               " matches no address: without 'isInclusiveHostCount' the first and "
                               "the last of a block do not belong to it");
    }
  }
}

List parse_list(ConfigObject& from, std::string_view member, bool with_ends) {
  List list;
  for (const std::string& text : from.texts(member)) {
    std::optional<el::Template> entry = from.compile(member, text);
    if (!entry) continue;
    if (entry->is_constant()) {
      parse_constant(from, member, text, with_ends, list.constant);
    } else {
      list.expressions.push_back(*std::move(entry));
    }
  }
  return list;
}

Config parse(ConfigObject& from, const policy::Services& services) {
  constexpr std::array<std::string_view, 3> kFamilies{"IPV4", "IPV6", "ALL"};
  Config config;
  config.with_ends = from.boolean("isInclusiveHostCount", false);
  config.whitelist = parse_list(from, "whitelistIps", config.with_ends);
  config.blacklist = parse_list(from, "blacklistIps", config.with_ends);
  config.use_forwarded_for = from.boolean("matchAllFromXForwardedFor", false);
  config.use_custom_address = from.boolean("useCustomIPAddress", false);
  config.custom_address = from.expression("customIPAddress");
  config.families = from.choice("lookupIpVersion", kFamilies, Families::all);
  from.finish();
  bool blank = !config.custom_address || is_blank(config.custom_address->source());
  if (config.use_custom_address && blank)
    from.error("customIPAddress", "required with 'useCustomIPAddress', but it is missing");
  for (auto [list, member] : {std::pair(&config.whitelist, "whitelistIps"),
                              std::pair(&config.blacklist, "blacklistIps")}) {
    if (services.resolver || list->constant.hosts.empty()) continue;
    from.error(member, "host name " + quoted(list->constant.hosts.front()) +
                           ": this gateway resolves no names for policies; list addresses");
  }
  return config;
}

// Some proxies tell the port too: "10.0.0.1:4711", "[2001:db8::1]:4711".
std::string_view without_port(std::string_view text) {
  std::size_t close = text.rfind(']'), colon = text.rfind(':');
  bool has_port = text.starts_with('[') ? close != text.npos && colon == close + 1
                                        : colon != text.npos && text.find(':') == colon;
  return has_port ? text.substr(0, colon) : text;
}

// Whom the request comes from, as it is told and as an address, if it is one.
struct Client {
  std::string_view text;
  std::optional<net::Address> address;
};

// One request, and what expressions put on the lists for it.
struct Case {
  std::vector<Client> clients;
  Entries white, black;
};

class IpFiltering final : public policy::Policy {
 public:
  IpFiltering(Config config, policy::Resolver* resolver)
      : config_(std::move(config)), resolver_(resolver) {
    if (config_.custom_address) needs_ = config_.custom_address->needs();
    for (const List* list : {&config_.whitelist, &config_.blacklist}) {
      for (const el::Template& entry : list->expressions) needs_.bits |= entry.needs().bits;
    }
  }

  Async<Verdict> on_request(Exchange& exchange) const override {
    Case request;
    Result<std::string_view> from = addresses(exchange);
    if (!from) return Verdict::broken(from.error());
    for (std::string_view part : parts_of(*from)) {
      if (request.clients.size() == exchange.limits().client_addresses_max)
        return refusal(exchange.remote_address);
      request.clients.push_back({part, net::Address::literal(without_port(part), 0)});
    }
    for (auto [list, entries] : {std::pair(&config_.blacklist, &request.black),
                                 std::pair(&config_.whitelist, &request.white)}) {
      Result<void> evaluated = evaluate(list->expressions, exchange, *entries);
      if (!evaluated) return Verdict::broken(evaluated.error());
    }
    return decide(exchange, std::move(request));
  }
  el::Needs needs(Phase phase) const override {
    return phase == Phase::request ? needs_ : el::Needs{};
  }

 private:
  Result<std::string_view> addresses(Exchange& exchange) const {
    if (config_.use_custom_address) {
      TRY(std::optional<std::string_view> text,
          config_.custom_address->text(exchange, exchange.arena));
      if (text) return *text;
      return fail(ErrorCode::evaluation, "'customIPAddress' came to nothing");
    }
    std::string_view all;
    if (config_.use_forwarded_for) {
      for (const http::Header& header : exchange.request.headers.entries()) {
        if (!header.is(http::HeaderId::x_forwarded_for)) continue;
        all = all.empty() ? header.value() : exchange.arena.join({all, ",", header.value()});
      }
    }
    return all.empty() ? exchange.remote_address : all;
  }

  Result<void> evaluate(const std::vector<el::Template>& expressions, Exchange& exchange,
                        Entries& into) const {
    const std::size_t limit = exchange.limits().listed_addresses_max;
    for (const el::Template& expression : expressions) {
      TRY(std::optional<std::string_view> text, expression.text(exchange, exchange.arena));
      for (std::string_view part : parts_of(text.value_or(""))) {
        if (into.size() == limit)
          return fail(ErrorCode::limit, "expressions give more than " + std::to_string(limit) +
                                            " addresses (perigee.limits.listedAddresses)");
        if (!add_entry(into, part, config_.with_ends))
          return fail(
              ErrorCode::evaluation,
              el::described(part) + " that an expression gave is no address and no host name");
      }
    }
    return {};
  }

  // Black first, then white. Every host that is listed must have addresses.
  Async<Verdict> decide(Exchange& exchange, Case request) const {
    const Entries &white = config_.whitelist.constant, &black = config_.blacklist.constant;
    for (const Client& client : request.clients) {
      if (lists(black, client) || lists(request.black, client)) return refusal(client.text);
    }
    bool hosts = !white.hosts.empty() || !request.white.hosts.empty() || !black.hosts.empty() ||
                 !request.black.hosts.empty();
    if (hosts) return decide_with_hosts(exchange, std::move(request));
    bool filters = !white.empty() || !request.white.empty();
    if (filters && !white_listed(request)) return refusal(told(request));
    return Verdict::next();
  }

  Async<Verdict> decide_with_hosts(Exchange& exchange, Case request) const {
    const std::array black{&config_.blacklist.constant, &std::as_const(request.black)};
    for (const Entries* entries : black) {
      Result<bool> found = co_await hosts_list(exchange, *entries, request);
      if (!found) co_return unresolved(exchange, found.error());
      if (*found) co_return refusal(exchange.remote_address);
    }
    bool filters = !config_.whitelist.constant.empty() || !request.white.empty();
    bool allowed = !filters || white_listed(request);
    const std::array white{&config_.whitelist.constant, &std::as_const(request.white)};
    for (const Entries* entries : white) {
      Result<bool> found = co_await hosts_list(exchange, *entries, request);
      if (!found) co_return unresolved(exchange, found.error());
      allowed = allowed || *found;
    }
    co_return allowed ? Verdict::next() : refusal(told(request));
  }

  // Whether one of the hosts has the address of a client. Looks at all of them.
  Async<Result<bool>> hosts_list(Exchange& exchange, const Entries& entries,
                                 const Case& request) const {
    bool found = false;
    for (const std::string& host : entries.hosts) {
      CO_TRY(net::Addresses addresses, co_await resolve(exchange, host));
      bool any = false;  // of the wanted families
      for (const net::Address& address : *addresses) {
        if (!wanted(address)) continue;
        any = true;
        found = found || std::ranges::any_of(request.clients, [&](const Client& client) {
                  return client.address && *client.address == address;
                });
      }
      if (!any) co_return fail(ErrorCode::unresolved, host + " has no address that is looked for");
    }
    co_return found;
  }

  Async<Result<net::Addresses>> resolve(Exchange& exchange, const std::string& host) const {
    if (resolver_) return resolver_->resolve(exchange.worker, host);
    return Result<net::Addresses>(
        fail(ErrorCode::unsupported, host + ": this gateway resolves no names for policies"));
  }

  bool wanted(const net::Address& address) const {
    if (config_.families == Families::all) return true;
    return (address.family() == AF_INET6) == (config_.families == Families::ipv6);
  }

  static bool lists(const Entries& entries, const Client& client) {
    return client.address && std::ranges::any_of(entries.blocks, [&](const IpBlock& block) {
             return block.contains(*client.address);
           });
  }

  bool white_listed(const Case& request) const {
    return std::ranges::any_of(request.clients, [&](const Client& client) {
      return lists(config_.whitelist.constant, client) || lists(request.white, client);
    });
  }

  static std::string told(const Case& request) {
    std::string text;
    for (const Client& client : request.clients)
      text.append(text.empty() ? "" : ", ").append(client.text);
    return text;
  }

  static Verdict refusal(std::string_view address) {
    return Verdict::fail(403, "",
                         "Your IP (" + std::string(address) +
                             ") or some proxies whereby your request pass through are not allowed "
                             "to reach this resource.");
  }

  static Verdict unresolved(const Exchange& exchange, const Error& error) {
    Verdict verdict = refusal(exchange.remote_address);
    verdict.failure().cause = error.code;
    verdict.failure().reason = "cannot resolve a listed host: " + error.message;
    return verdict;
  }

  Config config_;
  policy::Resolver* resolver_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const IpFiltering>(parse(from, services), services.resolver);
}

}  // namespace

policy::Registration ip_filtering() {
  return {.id = "ip-filtering", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
