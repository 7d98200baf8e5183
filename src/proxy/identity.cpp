#include "proxy/identity.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <functional>

#include "base/trim.hpp"
#include "base/uuid.hpp"
#include "policy/query.hpp"

namespace perigee::proxy {
namespace {

std::string_view new_id(Arena& arena, policy::Worker& worker, IdFormat format) {
  std::uint64_t high = worker.random(), low = worker.random();
  if (format == IdFormat::hex) {
    std::span<char> text = arena.array<char>(32);
    write_hex(write_hex(text.data(), high, 16), low, 16);
    return {text.data(), text.size()};
  }
  std::span<char> text = arena.array<char>(kUuidBytes);
  write_uuid(text.first<kUuidBytes>(), high, low);
  return {text.data(), text.size()};
}

void add_id_header(http::Headers& headers, const http::OwnedHeaderName& name, OverrideMode mode,
                   std::string_view id) {
  switch (mode) {
    case OverrideMode::override_:
      headers.set_made(name, id);
      return;
    case OverrideMode::keep:
      return;
    case OverrideMode::merge:
      break;
  }
  const auto is_there = [&](const http::Header& header) {
    return header.is(name) && header.value() == id;
  };
  if (headers.has(name) && std::ranges::any_of(headers.entries(), is_there)) return;
  headers.add_made(name, id);
}

std::optional<std::string_view> given_identifier(const policy::Exchange& exchange,
                                                 const Options& options) {
  if (auto header = exchange.request.headers.get(options.client_header)) return header;
  if (exchange.request.query.find(options.client_header.text()) == std::string_view::npos)
    return std::nullopt;
  policy::QueryReader reader(exchange.request.query);
  while (std::optional<policy::QueryParameter> parameter = reader.next()) {
    if (parameter->name == options.client_header.text()) return parameter->value;
  }
  return std::nullopt;
}

}  // namespace

Ids identify(http::RequestHead& request, policy::Worker& worker, const Options& options) {
  Ids ids;
  ids.request = new_id(request.headers.arena(), worker, options.id_format);
  std::optional<std::string_view> given = request.headers.get(options.transaction_header);
  ids.transaction = given.value_or(ids.request);
  if (!given) request.headers.add_made(options.transaction_header, ids.request);
  request.headers.set_made(options.request_header, ids.request);
  return ids;
}

std::string_view client_address(const http::ServerExchange& exchange, const Options& options) {
  if (options.x_forward_enabled) {
    if (auto forwarded = exchange.request.headers.get(http::HeaderId::x_forwarded_for)) {
      std::string_view first = trimmed(forwarded->substr(0, forwarded->find(',')));
      if (std::count(first.begin(), first.end(), ':') == 1)
        first = first.substr(0, first.find(':'));
      if (!first.empty()) return first;
    }
  }
  std::span<char> text = exchange.arena.array<char>(46);
  return {text.data(), exchange.stream().remote().ip_into(text.data())};
}

std::string_view ClientIdentifiers::hash_of(std::string_view address) {
  Known& known = known_[std::hash<std::string_view>{}(address) % kKnown];
  if (known.address != address || address.empty()) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(address.data()), address.size(), digest);
    char* at = known.hash.data();
    for (unsigned char byte : digest) at = write_hex(at, byte, 2);
    known.address = address;
  }
  return {known.hash.data(), known.hash.size()};
}

ClientIdentifier ClientIdentifiers::identify(policy::Exchange& exchange, const Options& options) {
  std::string_view computed = exchange.subscription_id;
  if (computed.empty()) {
    computed = exchange.transaction_id;
  } else if (computed == exchange.remote_address) {
    computed = exchange.arena.copy(hash_of(computed));
  }
  std::optional<std::string_view> given = given_identifier(exchange, options);
  if (!given || given->empty()) return {computed, computed};
  bool ours_already =
      given->ends_with(exchange.transaction_id) ||
      (!exchange.subscription_id.empty() && given->ends_with(exchange.subscription_id));
  if (ours_already) return {*given, *given};
  return {exchange.arena.join(exchange.arena.join(*given, "-"), computed), *given};
}

void add_id_headers(const policy::Exchange& exchange, const Options& options) {
  add_id_header(exchange.response.headers, options.transaction_header, options.transaction_mode,
                exchange.transaction_id);
  add_id_header(exchange.response.headers, options.request_header, options.request_mode,
                exchange.request_id);
}

}  // namespace perigee::proxy
