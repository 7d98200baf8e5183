#include "config/mask.hpp"

#include <algorithm>
#include <array>

#include "config/values.hpp"

namespace perigee::config {
namespace {

constexpr std::array<std::string_view, 9> kWords = {"password",   "passphrase",    "passwd",
                                                    "pwd",        "secret",        "token",
                                                    "credential", "authorization", "jaas"};

bool is_secret_word(std::string_view word) {
  if (std::ranges::any_of(kWords, [&](auto known) { return word.contains(known); })) return true;
  return word == "pass" || word.ends_with("key");
}

// "mongodb://user:pw@host" -> "mongodb://user:********@host"
std::string without_url_password(std::string_view value) {
  std::string result(value);
  for (auto at = result.find("://"); at != std::string::npos; at = result.find("://", at + 3)) {
    const auto begin = at + 3;
    const auto authority_end = std::min(result.find_first_of("/?# ", begin), result.size());
    const auto sign = result.rfind('@', authority_end);
    if (sign == std::string::npos || sign < begin) continue;
    const auto colon = result.find(':', begin);
    // A user alone may be a token: "https://TOKEN@host".
    const auto secret = colon < sign ? colon + 1 : begin;
    result.replace(secret, sign - secret, kMask);
  }
  return result;
}

// "jdbc:x://host?user=a&password=b" -> "jdbc:x://host?user=a&password=********"
std::string without_query_secrets(std::string result) {
  constexpr std::string_view kSeparators = "?&;";
  if (!result.contains("://")) return result;
  for (auto at = result.find_first_of(kSeparators); at != std::string::npos;
       at = result.find_first_of(kSeparators, at + 1)) {
    const auto end = std::min(result.find_first_of("&; ", at + 1), result.size());
    const auto equals = result.find('=', at + 1);
    if (equals >= end || !is_secret_word(ascii_lower(result.substr(at + 1, equals - at - 1))))
      continue;
    result.replace(equals + 1, end - equals - 1, kMask);
  }
  return result;
}

}  // namespace

bool is_secret_key(std::string_view key) {
  const std::string name = ascii_lower(key);
  std::string_view last = name;
  if (const auto dot = name.rfind('.'); dot != std::string::npos) last.remove_prefix(dot + 1);
  // A list element is as secret as its list: "tokens[0]".
  while (last.ends_with(']') && last.contains('[')) last = last.substr(0, last.rfind('['));
  if (is_secret_word(last)) return true;
  if (name.contains("headers[") && last == "value") return true;
  return name.contains("authentication.users.") || name.contains("authentication_users_");
}

std::string shown(std::string_view key, std::string_view value) {
  return is_secret_key(key) ? std::string(kMask)
                            : without_query_secrets(without_url_password(value));
}

}  // namespace perigee::config
