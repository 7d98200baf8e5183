#include "el/codec.hpp"

#include "base/hex.hpp"
#include "el/convert.hpp"
#include "el/methods.hpp"
#include "el/run.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

constexpr std::string_view kBasic =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kMimeLine = 76;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// The characters that count, without padding; nullopt when one does not belong.
std::optional<std::string> digits_of(std::string_view text, CodecKind kind) {
  std::string_view alphabet = kind == CodecKind::url ? kUrl : kBasic;
  std::string digits;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '='; ++at) {
    std::size_t digit = alphabet.find(text[at]);
    if (digit != alphabet.npos)
      digits += static_cast<char>(digit);
    else if (kind != CodecKind::mime)
      return std::nullopt;
  }
  std::size_t padding = text.size() - at;
  if (kind == CodecKind::mime || padding == 0) return digits;
  bool is_padding =
      text.find_first_not_of('=', at) == text.npos && (digits.size() + padding) % 4 == 0;
  return is_padding && padding <= 2 ? std::optional(digits) : std::nullopt;
}

}  // namespace

std::string base64_encoded(std::string_view bytes, Codec codec) {
  std::string_view alphabet = codec.kind == CodecKind::url ? kUrl : kBasic;
  std::string text;
  text.reserve(bytes.size() / 3 * 4 + 8);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    if (codec.kind == CodecKind::mime && at > 0 && at % (kMimeLine / 4 * 3) == 0) text += "\r\n";
    unsigned group =
        byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
    std::size_t left = bytes.size() - at;
    text += alphabet[group >> 18];
    text += alphabet[group >> 12 & 63];
    if (left > 1)
      text += alphabet[group >> 6 & 63];
    else if (codec.pads)
      text += '=';
    if (left > 2)
      text += alphabet[group & 63];
    else if (codec.pads)
      text += '=';
  }
  return text;
}

std::optional<std::string> base64_decoded(std::string_view text, CodecKind kind) {
  auto digits = digits_of(text, kind);
  if (!digits || digits->size() % 4 == 1) return std::nullopt;
  std::string bytes;
  unsigned group = 0;
  int bits = 0;
  for (char digit : *digits) {
    group = group << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xff);
  }
  return bytes;
}

std::string form_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*";
  std::string encoded =
      percent_encoded(text, [&](char c) { return c == ' ' || kPlain.find(c) != kPlain.npos; });
  std::ranges::replace(encoded, ' ', '+');
  return encoded;
}

std::optional<std::string> form_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      decoded += ' ';
    } else if (text[at] == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

Value call_codec(const Call& call) {
  Codec codec = Codec::unpacked(call.target.as_integer());
  if (call.method == Method::without_padding && !codec.decodes)
    return Value::codec(Codec{codec.kind, false, false}.packed());
  bool encodes = call.method == Method::encode || call.method == Method::encode_to_string;
  if (codec.decodes == encodes || (!encodes && call.method != Method::decode))
    return not_allowed(call);
  Value argument = call.arguments[0];
  std::string_view bytes = argument.as_text();
  if (argument.kind() != Kind::bytes && !text_argument(call, 0, bytes)) return Value::failed();
  if (encodes) {
    if (argument.kind() != Kind::bytes)
      return call.run.fail("an encoder needs bytes; use getBytes()");
    Value text = call.run.text(base64_encoded(bytes, codec));
    bool gives_bytes = call.method == Method::encode && !text.is_failed();
    return gives_bytes ? Value::bytes(text.as_text()) : text;
  }
  auto decoded = base64_decoded(bytes, codec.kind);
  if (!decoded) return call.run.fail(described(bytes) + " is not Base64");
  Value text = call.run.text(*decoded);
  return text.is_failed() ? text : Value::bytes(text.as_text());
}

}  // namespace perigee::el
