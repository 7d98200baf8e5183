// Which values are never printed (runtime.md 3.4).
#pragma once

#include <string>
#include <string_view>

namespace perigee::config {

inline constexpr std::string_view kMask = "********";

// By the last part of the name: password, secret, token, credential, jaas, or ending in key. Also
// the user names of basic authentication, whose values are passwords. Works on keys ("a.b") and on
// names of environment variables ("GRAVITEE_A_B").
bool is_secret_key(std::string_view key);

// The value as it may be shown: masked, or with only the password of a URL masked.
std::string shown(std::string_view key, std::string_view value);

}  // namespace perigee::config
