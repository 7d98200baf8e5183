// Scans over the bytes of a head, sixteen at a time where the CPU can. Internal to http.
//
// Each returns the first byte that may not stand there, or `end`. Never reads beyond `end`.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace perigee::http::detail {

enum ByteClass : std::uint8_t {
  kToken = 1,
  kValue = 2,
  kTarget = 4,
  kAuthority = 8,
  kPlainHost = 16
};

// RFC 9110 section 5.6.2 (token) and 5.5 (field values, with obs-text); RFC 3986 (authority).
constexpr auto kByteClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  auto alphanumeric = [](int byte) {
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
  };
  for (int byte = 0; byte < 256; ++byte) {
    std::uint8_t& of = classes[static_cast<std::size_t>(byte)];
    char text = static_cast<char>(byte);
    bool ascii = byte < 0x80;
    if (ascii && (alphanumeric(byte) ||
                  std::string_view("!#$%&'*+-.^_`|~").find(text) != std::string_view::npos))
      of |= kToken;
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) of |= kValue;
    if (byte > 0x20 && byte < 0x7f && byte != '#') of |= kTarget;
    if (ascii && (alphanumeric(byte) ||
                  std::string_view("-._~!$&'()*+,;=%:[]").find(text) != std::string_view::npos))
      of |= kAuthority;
    if (ascii && (alphanumeric(byte) || text == '-' || text == '.')) of |= kPlainHost;
  }
  return classes;
}();

constexpr bool is(char byte, ByteClass wanted) {
  return (kByteClasses[static_cast<unsigned char>(byte)] & wanted) != 0;
}

inline const char* scan_scalar(const char* at, const char* end, ByteClass allowed) {
  while (at != end && is(*at, allowed)) ++at;
  return at;
}

#if defined(__SSE2__)
inline __m128i load16(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

// `stops_of` gives ones for the bytes that end the scan, or need a closer look.
template <class Stops>
inline const char* scan_vector(const char* at, const char* end, ByteClass allowed, Stops stops_of) {
  for (; end - at >= 16; at += 16) {
    unsigned stops = stops_of(load16(at));
    if (stops != 0) {
      at += __builtin_ctz(stops);
      return is(*at, allowed) ? scan_scalar(at, end, allowed) : at;
    }
  }
  return scan_scalar(at, end, allowed);
}

inline __m128i at_most(__m128i bytes, char limit) {  // unsigned
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(limit)), bytes);
}
#endif

#if defined(__SSE2__)
// Ones where a byte may not stand in a field value.
inline unsigned value_stops(__m128i bytes) {
  __m128i control = at_most(bytes, 0x1f);
  __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
  __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, control), del)));
}

// Ones for all but visible ASCII and the blank: for control bytes, DEL and what is beyond ASCII.
inline unsigned odd_bytes(__m128i bytes) {
  __m128i next = _mm_add_epi8(bytes, _mm_set1_epi8(1));  // DEL becomes negative, too
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmplt_epi8(next, _mm_set1_epi8(0x21))));
}

// Ones where a byte is no letter, no digit and no '-'.
inline unsigned token_stops(__m128i bytes) {
  __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  __m128i letter = at_most(_mm_sub_epi8(folded, _mm_set1_epi8('a')), 25);
  __m128i digit = at_most(_mm_sub_epi8(bytes, _mm_set1_epi8('0')), 9);
  __m128i dash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
  __m128i good = _mm_or_si128(_mm_or_si128(letter, digit), dash);
  return static_cast<unsigned>(_mm_movemask_epi8(good)) ^ 0xffffu;
}

inline unsigned target_stops(__m128i bytes) {
  __m128i visible = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));  // signed: not 0x80 and above
  __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  __m128i hash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#'));
  unsigned good = static_cast<unsigned>(_mm_movemask_epi8(visible));
  return (good ^ 0xffffu) | static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(del, hash)));
}
#endif

// Of a field value: anything but control bytes; tab and obs-text may stand there.
inline const char* scan_value(const char* at, const char* end) {
#if defined(__SSE2__)
  return scan_vector(at, end, kValue, value_stops);
#else
  return scan_scalar(at, end, kValue);
#endif
}

// Of a request target: visible ASCII but '#', which no target may hold (a fragment is the
// client's).
inline const char* scan_target(const char* at, const char* end) {
#if defined(__SSE2__)
  return scan_vector(at, end, kTarget, target_stops);
#else
  return scan_scalar(at, end, kTarget);
#endif
}

// Of a token. The vector knows letters, digits and '-'; the rare rest goes byte by byte.
inline const char* scan_token(const char* at, const char* end) {
#if defined(__SSE2__)
  return scan_vector(at, end, kToken, token_stops);
#else
  return scan_scalar(at, end, kToken);
#endif
}

// All of `text`, which may be empty. The last bytes are looked at together with some before them.
template <class Stops>
inline bool is_all(std::string_view text, ByteClass allowed, Stops stops_of) {
#if defined(__SSE2__)
  if (text.size() >= 16) {
    const char* last = text.end() - 16;
    unsigned stops = stops_of(load16(last));
    for (const char* at = text.begin(); at < last; at += 16) stops |= stops_of(load16(at));
    if (stops == 0) return true;
  }
#endif
  return scan_scalar(text.begin(), text.end(), allowed) == text.end();
}
inline bool is_all_token(std::string_view text) { return is_all(text, kToken, token_stops); }
inline bool is_all_value(std::string_view text) { return is_all(text, kValue, value_stops); }
inline bool is_all_target(std::string_view text) { return is_all(text, kTarget, target_stops); }

// A host of letters, digits, '-' and '.', without a port: most of them.
inline bool is_plain_host(std::string_view text) {
  unsigned all = text.empty() ? 0 : kPlainHost;
  for (char byte : text) all &= kByteClasses[static_cast<unsigned char>(byte)];
  return all != 0;
}

constexpr bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace perigee::http::detail
