// Base64 and form encoding as java.util.Base64 and java.net.URLEncoder do them. For el and for
// who else has to do as Java does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::el {

// What a codec Value carries.
enum class CodecKind : std::uint8_t { basic, url, mime };
struct Codec {
  CodecKind kind = CodecKind::basic;
  bool decodes = false;
  bool pads = true;

  int packed() const { return static_cast<int>(kind) | (decodes ? 4 : 0) | (pads ? 8 : 0); }
  static Codec unpacked(std::int64_t bits) {
    return {static_cast<CodecKind>(bits & 3), (bits & 4) != 0, (bits & 8) != 0};
  }
};

std::string base64_encoded(std::string_view bytes, Codec codec);
// nullopt for what Java's decoder refuses. Padding may be missing; the MIME decoder skips
// strangers.
std::optional<std::string> base64_decoded(std::string_view text, CodecKind kind);

std::string form_encoded(std::string_view text);
std::optional<std::string> form_decoded(std::string_view text);

}  // namespace perigee::el
