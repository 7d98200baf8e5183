#include "config/mask.hpp"

#include <algorithm>
#include <array>

#include "config/values.hpp"

namespace perigee::config {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"password", "secret", "token", "credential",
                                                    "jaas"};

// "mongodb://user:pw@host" -> "mongodb://user:********@host"
std::string without_url_password(std::string_view value) {
  std::string result(value);
  for (auto at = result.find("://"); at != std::string::npos; at = result.find("://", at + 3)) {
    const auto begin = at + 3;
    const auto authority_end = std::min(result.find_first_of("/?# ", begin), result.size());
    const auto sign = result.rfind('@', authority_end);
    if (sign == std::string::npos || sign < begin) continue;
    const auto colon = result.find(':', begin);
    if (colon < sign) result.replace(colon + 1, sign - colon - 1, kMask);
  }
  return result;
}

}  // namespace

bool is_secret_key(std::string_view key) {
  const std::string name = to_lower(key);
  std::string_view last = name;
  if (const auto dot = name.rfind('.'); dot != std::string::npos) last.remove_prefix(dot + 1);
  // A list element is as secret as its list: "tokens[0]".
  while (last.ends_with(']') && last.contains('[')) last = last.substr(0, last.rfind('['));
  if (std::ranges::any_of(kWords, [&](auto word) { return last.contains(word); })) return true;
  if (last.ends_with("key")) return true;
  return name.contains("authentication.users.") || name.contains("authentication_users_");
}

std::string shown(std::string_view key, std::string_view value) {
  return is_secret_key(key) ? std::string(kMask) : without_url_password(value);
}

}  // namespace perigee::config
