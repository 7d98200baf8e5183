#include "http/h1_fields.hpp"

#include <cstring>

#include "http/h1_scan.hpp"
#include "http/header_hash.hpp"

namespace perigee::http::detail {

namespace {

// More digits could overflow, and no body is that long.
constexpr std::size_t kLengthDigitsMax = 18;

bool parse_digits(std::string_view text, std::uint64_t& number) {
  if (text.empty() || text.size() > kLengthDigitsMax) return false;
  number = 0;
  for (char byte : text) {
    if (byte < '0' || byte > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(byte - '0');
  }
  return true;
}

H1Outcome bad_name(const Reader& reader, const char* name) {
  if (reader.at == name && is_blank(*reader.at))
    return refused("a line begins with a blank (a folded line)");
  if (reader.at == name && *reader.at == ':') return refused("a field name is empty");
  if (is_blank(*reader.at)) return refused("a blank before the colon of a field");
  return refused("a byte that may not stand in a field name");
}

}  // namespace

H1Outcome read_line_end(Reader& reader) {
  if (reader.left() == 0) return more();
  if (*reader.at == '\n') return refused("a line ends with LF alone");
  if (*reader.at != '\r') return refused("a control byte");
  if (reader.left() == 1) return more();
  if (reader.at[1] != '\n') return refused("a CR without LF");
  reader.at += 2;
  return done();
}

namespace {

void set_name(Header& field, const char* name, std::size_t size, std::uint32_t hash, HeaderId id) {
  field.name_data = name;
  field.name_size = static_cast<std::uint32_t>(size);
  field.hash = hash;
  field.id = id;
  field.removed = false;
  field.checked = true;
}

void set_value(Header& field, const char* value, const char* end, bool as_received) {
  field.value_data = value;
  field.value_size = static_cast<std::uint32_t>(end - value);
  field.as_received = as_received;
}

#if defined(__SSE2__)
// The first `size` of sixteen bytes, as short_name(const char*) has it.
inline ShortName short_name(__m128i bytes, std::size_t size) {
  alignas(16) static constexpr std::uint8_t kOnesThenZeros[32] = {
      255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  const __m128i mask =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(kOnesThenZeros + 16 - size));
  const __m128i folded = _mm_and_si128(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), mask);
  return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(folded)),
          static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(folded, folded)))};
}

// The first odd byte at or behind `at`; null when there is none. At least 16 bytes before the end
// are readable: the last ones are looked at together with some before them.
inline const char* find_odd(const char* at, const char* end) {
  for (const char* last = end - 16; at <= last; at += 16) {
    if (unsigned found = odd_bytes(load16(at)); found != 0) return at + __builtin_ctz(found);
  }
  const unsigned found = odd_bytes(load16(end - 16)) >> (16 - (end - at));
  return found == 0 ? nullptr : at + __builtin_ctz(found);
}

// The usual field, "Name: value CRLF" in ASCII without odd blanks and tabs, and a name of at most
// 15 bytes: the place behind it. Null: read_field() decides.
inline const char* read_usual_field(const char* name, const char* end, Header& field) {
  if (end - name < 18) return nullptr;
  const __m128i bytes = load16(name);
  const unsigned stops = token_stops(bytes);
  if (stops == 0) return nullptr;
  const auto name_size = static_cast<std::size_t>(__builtin_ctz(stops));
  const char* value = name + name_size + 2;
  if (name_size == 0 || std::memcmp(value - 2, ": ", 2) != 0 || *value == ' ') return nullptr;
  const char* value_end = find_odd(value, end);
  if (value_end == nullptr || end - value_end < 2) return nullptr;
  // A blank before the CRLF would be one of an empty value, too.
  if (std::memcmp(value_end, "\r\n", 2) != 0 || value_end[-1] == ' ') return nullptr;
  const ShortName folded = short_name(bytes, name_size);
  const std::uint32_t hash = name_hash(folded);
  set_name(field, name, name_size, hash, header_id(folded, hash));
  set_value(field, value, value_end, true);
  return value_end + 2;
}
#else
inline const char* read_usual_field(const char*, const char*, Header&) { return nullptr; }
#endif

}  // namespace

H1Outcome read_field(Reader& reader, Header& field) {
  const char* name = reader.at;
  reader.at = scan_token(reader.at, reader.end);
  if (reader.left() == 0) return more();
  if (*reader.at != ':' || reader.at == name) return bad_name(reader, name);
  std::size_t name_size = static_cast<std::size_t>(reader.at - name);

  ++reader.at;
  while (reader.left() > 0 && is_blank(*reader.at)) ++reader.at;
  const char* value = reader.at;
  reader.at = scan_value(reader.at, reader.end);
  const char* value_end = reader.at;
  if (H1Outcome line = read_line_end(reader); line.result != Parse::done) return line;
  const bool has_no_blanks_behind = value_end == value || !is_blank(value_end[-1]);
  while (value_end != value && is_blank(value_end[-1])) --value_end;

  const std::uint32_t hash = name_hash(name, name_size);
  set_name(field, name, name_size, hash, http::header_id({name, name_size}, hash));
  const bool as_received =
      value == name + name_size + 2 && value[-1] == ' ' && has_no_blanks_behind;
  set_value(field, value, value_end, as_received);
  return done();
}

H1Outcome FramingFields::see_length(std::string_view value) {
  if (++lengths_ > 1) return refused("more than one Content-Length");
  if (!parse_digits(value, length_)) return refused("a Content-Length that is not 1 to 18 digits");
  if (codings_ > 0) return refused("Content-Length together with Transfer-Encoding");
  return done();
}

H1Outcome FramingFields::see_coding(std::string_view value, Version version) {
  if (++codings_ > 1) return refused("more than one Transfer-Encoding");
  if (version == Version::http_1_0) return refused("a Transfer-Encoding on HTTP/1.0");
  if (!equals_ignoring_case(value, "chunked"))
    return refused("a Transfer-Encoding other than chunked");
  if (lengths_ > 0) return refused("Content-Length together with Transfer-Encoding");
  return done();
}

H1Outcome FramingFields::see(const Header& field, Version version) {
  std::string_view value = field.value();
  switch (field.id) {
    case HeaderId::content_length:
      return see_length(value);
    case HeaderId::transfer_encoding:
      return see_coding(value, version);
    case HeaderId::host:
      host_ = value;
      ++hosts_;
      break;
    case HeaderId::connection:
      closes_ |= list_has_token(value, "close");
      keeps_alive_ |= list_has_token(value, "keep-alive");
      connection_upgrades_ |= list_has_token(value, "upgrade");
      break;
    case HeaderId::expect:
      expects_continue_ |= equals_ignoring_case(value, "100-continue");
      break;
    case HeaderId::upgrade:
      has_upgrade_ = true;
      break;
    default:
      break;
  }
  return done();
}

H1Outcome read_fields(Reader& reader, const H1Limits& limits, Version version, Headers& headers,
                      FramingFields& framing) {
  const char* const begin = reader.at;
  const auto is_too_big = [&](const char* to) {
    return static_cast<std::size_t>(to - begin) > limits.head_bytes_max;
  };
  const char* const usual_end = is_too_big(reader.end) ? begin + limits.head_bytes_max : reader.end;
  const char* at = begin;
  std::size_t count = 0;
  Headers::Filler filler(headers);
  while (at == reader.end || *at != '\r') {
    Header& field = filler.next();
    if (const char* behind = read_usual_field(at, usual_end, field)) {
      at = behind;
    } else {
      Reader line{at, reader.end};
      H1Outcome outcome = read_field(line, field);
      if (outcome.result == Parse::refused) return outcome;
      at = outcome.result == Parse::more ? reader.end : line.at;
      if (is_too_big(at)) return refused("the head is larger than its limit", 431);
      if (outcome.result == Parse::more) return outcome;
    }
    if (++count > limits.headers_max) return refused("more fields than the limit", 431);
    if (FramingFields::concerns(field.id)) {
      H1Outcome outcome = framing.see(field, version);
      if (outcome.result != Parse::done) return outcome;
    }
    filler.keep();
  }
  // A line that came without a blank behind its colon is sent with one.
  filler.commit(static_cast<std::size_t>(at - begin) + count);
  reader.at = at;
  return read_line_end(reader);
}

}  // namespace perigee::http::detail
