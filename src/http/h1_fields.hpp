// What requests, responses and trailers have in common: field lines, and the framing that they ask
// for. Internal to http.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/h1_parser.hpp"
#include "http/headers.hpp"

namespace perigee::http::detail {

// Stands before the next byte; refuses with a status and a reason, or asks for more bytes.
struct Reader {
  const char* at;
  const char* end;

  std::size_t left() const { return static_cast<std::size_t>(end - at); }
};

inline H1Outcome done() { return {.result = Parse::done, .status = 0, .why = {}}; }
inline H1Outcome more() { return {.result = Parse::more, .status = 0, .why = {}}; }
inline H1Outcome refused(std::string_view why, int status = 400) {
  return {.result = Parse::refused, .status = status, .why = why};
}

// One "name: value CRLF" into `field`. On `more` and `refused` the reader's place means nothing.
H1Outcome read_field(Reader& reader, Header& field);
// The CRLF that ends a line.
H1Outcome read_line_end(Reader& reader);

// Collects what the fields of a head say about framing and the connection.
class FramingFields {
 public:
  // Whether a field has a word to say at all.
  static bool concerns(HeaderId id) {
    constexpr HeaderIds kConcerned{HeaderId::content_length, HeaderId::transfer_encoding,
                                   HeaderId::host,           HeaderId::connection,
                                   HeaderId::expect,         HeaderId::upgrade};
    return kConcerned.contains(id);
  }
  // Looks at one field; refuses at the first contradiction.
  H1Outcome see(const Header& field, Version version);

  bool has_length() const { return lengths_ > 0; }
  std::uint64_t length() const { return length_; }
  bool chunked() const { return codings_ > 0; }
  unsigned hosts() const { return hosts_; }
  std::string_view host() const { return host_; }
  bool closes() const { return closes_; }
  bool keeps_alive() const { return keeps_alive_; }
  bool expects_continue() const { return expects_continue_; }
  bool upgrades() const { return connection_upgrades_ && has_upgrade_; }

 private:
  H1Outcome see_length(std::string_view value);
  H1Outcome see_coding(std::string_view value, Version version);

  std::uint64_t length_ = 0;
  unsigned lengths_ = 0, codings_ = 0, hosts_ = 0;
  std::string_view host_;
  bool closes_ = false, keeps_alive_ = false, expects_continue_ = false;
  bool connection_upgrades_ = false, has_upgrade_ = false;
};

// The field lines up to the empty line, into `headers`.
H1Outcome read_fields(Reader& reader, const H1Limits& limits, Version version, Headers& headers,
                      FramingFields& framing);

}  // namespace perigee::http::detail
