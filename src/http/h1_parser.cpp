#include "http/h1_parser.hpp"

#include "http/h1_fields.hpp"
#include "http/h1_scan.hpp"

namespace perigee::http {

using detail::done;
using detail::FramingFields;
using detail::more;
using detail::Reader;
using detail::refused;

namespace {

// "HTTP/1.1": the version when all of it is there.
H1Outcome read_version(Reader& reader, Version& version) {
  constexpr std::string_view kProtocol = "HTTP/";
  std::string_view there(reader.at, std::min<std::size_t>(reader.left(), kProtocol.size()));
  if (there != kProtocol.substr(0, there.size())) return refused("'HTTP/1.1' was expected");
  if (reader.left() < 8) return more();
  auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
  const char* number = reader.at + kProtocol.size();
  if (!is_digit(number[0]) || number[1] != '.' || !is_digit(number[2]))
    return refused("a malformed HTTP version");
  if (number[0] != '1' || number[2] > '1') return refused("an HTTP version not spoken here", 505);
  version = number[2] == '1' ? Version::http_1_1 : Version::http_1_0;
  reader.at += 8;
  return done();
}

// host [ ":" port ], RFC 9110 section 4.2. An empty host is left to the caller.
bool is_authority(std::string_view text) {
  if (detail::is_plain_host(text)) return true;
  for (char byte : text) {
    if (!detail::is(byte, detail::kAuthority)) return false;
  }
  std::string_view port;
  if (text.starts_with('[')) {
    std::size_t close = text.find(']');
    if (close == std::string_view::npos || close == 1) return false;
    if (text.find_first_not_of("0123456789abcdefABCDEF:.%", 1) < close) return false;
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    std::size_t colon = std::min(text.find(':'), text.size());
    if (text.substr(0, colon).find_first_of("[]") != std::string_view::npos) return false;
    port = text.substr(colon);
  }
  return port.find_first_not_of("0123456789", 1) == std::string_view::npos && port.size() <= 6;
}

void split_query(std::string_view text, RequestHead& head) {
  std::size_t question = text.find('?');
  head.path = text.substr(0, question);
  head.has_query = question != std::string_view::npos;
  head.query = head.has_query ? text.substr(question + 1) : std::string_view{};
}

// RFC 9112 section 3.2.2: "http://host/path?query".
H1Outcome split_absolute(RequestHead& head) {
  std::string_view target = head.target;
  std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return refused("a malformed request target");
  std::string_view scheme = target.substr(0, colon);
  if (equals_ignoring_case(scheme, "http")) {
    head.scheme = "http";
  } else if (equals_ignoring_case(scheme, "https")) {
    head.scheme = "https";
  } else {
    return refused("a request target whose scheme is not http or https");
  }
  std::string_view rest = target.substr(colon + 3);
  std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  head.authority = rest.substr(0, end);
  if (head.authority.empty() || head.authority.starts_with(':') || !is_authority(head.authority))
    return refused("a malformed authority in the request target");
  split_query(rest.substr(end), head);
  if (!head.path.empty()) return done();
  // RFC 9110 section 7.1: an empty path means the whole server for OPTIONS, else the root.
  head.path = head.method == Method::options && !head.has_query ? "*" : "/";
  return done();
}

// RFC 9110 section 9.3.6: an origin that opens no tunnels to hosts of a client's choice does not
// implement it.
H1Outcome refuse_connect(std::string_view target) {
  bool has_port = target.find_last_of(':') != std::string_view::npos && target.back() != ':' &&
                  target.back() != ']';
  if (!has_port || target.front() == ':' || !is_authority(target))
    return refused("CONNECT without host:port as its target");
  return refused("CONNECT: no tunnels are opened here", 501);
}

H1Outcome split_target(RequestHead& head) {
  head.scheme = "http";
  head.authority = {};
  if (head.method == Method::connect) return refuse_connect(head.target);
  if (head.target.front() == '/') {
    split_query(head.target, head);
    return done();
  }
  if (head.target != "*") return split_absolute(head);
  if (head.method != Method::options) return refused("the target * is for OPTIONS only");
  split_query(head.target, head);
  return done();
}

H1Outcome read_request_line(Reader& reader, RequestHead& head) {
  const char* method = reader.at;
  reader.at = detail::scan_token(reader.at, reader.end);
  if (reader.left() == 0) return more();
  if (*reader.at != ' ' || reader.at == method) return refused("a malformed method");
  head.method_text = {method, static_cast<std::size_t>(reader.at - method)};
  head.method = method_of(head.method_text);

  const char* target = ++reader.at;
  reader.at = detail::scan_target(reader.at, reader.end);
  if (reader.left() == 0) return more();
  if (*reader.at != ' ' || reader.at == target)
    return refused("a request target with bytes that may not stand there");
  head.target = {target, static_cast<std::size_t>(reader.at - target)};
  if (H1Outcome split = split_target(head); split.result != Parse::done) return split;

  ++reader.at;
  if (H1Outcome version = read_version(reader, head.version); version.result != Parse::done)
    return version;
  return detail::read_line_end(reader);
}

// The limit is on the line without its CRLF, and is told before anything behind the limit is looked
// at.
template <class ReadLine>
H1Outcome within_line_limit(Reader& reader, const H1Limits& limits, ReadLine read_line) {
  const char* begin = reader.at;
  const bool cut = reader.left() > limits.line_bytes_max + 2;
  Reader line{begin, cut ? begin + limits.line_bytes_max + 2 : reader.end};
  H1Outcome outcome = read_line(line);
  if (outcome.result == Parse::more &&
      static_cast<std::size_t>(line.end - begin) > limits.line_bytes_max + 1)
    return refused("the first line is longer than its limit", 414);
  if (outcome.result == Parse::done) reader.at = line.at;
  return outcome;
}

H1Outcome check_host(const FramingFields& fields, RequestHead& head) {
  if (fields.hosts() > 1) return refused("more than one Host");
  if (fields.hosts() == 0 && head.version == Version::http_1_1)
    return refused("a request of HTTP/1.1 without Host");
  if (!is_authority(fields.host()) || fields.host().starts_with(':'))
    return refused("a malformed Host");
  if (head.authority.empty()) head.authority = fields.host();
  return done();
}

bool keeps_alive(const FramingFields& fields, Version version) {
  if (fields.closes()) return false;
  return version == Version::http_1_1 || fields.keeps_alive();
}

}  // namespace

H1Outcome parse_request(std::string_view bytes, const H1Limits& limits, RequestHead& head,
                        H1Head& info) {
  head.headers.clear();
  info = H1Head{};
  Reader reader{bytes.data(), bytes.data() + bytes.size()};
  if (bytes == "\r") return more();
  if (bytes.starts_with("\r\n")) reader.at += 2;

  H1Outcome outcome = within_line_limit(
      reader, limits, [&](Reader& line) { return read_request_line(line, head); });
  if (outcome.result != Parse::done) return outcome;
  FramingFields fields;
  outcome = detail::read_fields(reader, limits, head.version, head.headers, fields);
  if (outcome.result != Parse::done) return outcome;
  outcome = check_host(fields, head);
  if (outcome.result != Parse::done) return outcome;

  info.bytes = static_cast<std::size_t>(reader.at - bytes.data());
  info.content_length = fields.length();
  info.framing = fields.chunked()      ? Framing::chunked
                 : fields.has_length() ? Framing::length
                                       : Framing::none;
  info.keep_alive = keeps_alive(fields, head.version);
  // RFC 9110 sections 10.1.1 and 7.8: both are ignored from HTTP/1.0.
  bool modern = head.version == Version::http_1_1;
  info.expects_continue = modern && fields.expects_continue() && info.framing != Framing::none;
  info.upgrade = modern && fields.upgrades();
  return done();
}

namespace {

H1Outcome read_status_line(Reader& reader, ResponseHead& head) {
  if (H1Outcome version = read_version(reader, head.version); version.result != Parse::done)
    return version;
  if (reader.left() > 0 && *reader.at != ' ') return refused("a malformed status line");
  if (reader.left() < 4) return more();
  int status = 0;
  for (const char* digit = reader.at + 1; digit != reader.at + 4; ++digit) {
    if (*digit < '0' || *digit > '9') return refused("a status that is not three digits");
    status = status * 10 + (*digit - '0');
  }
  if (status < 100) return refused("a status below 100");
  head.status = status;
  reader.at += 4;
  // The blank before an empty reason is often left out; nothing becomes ambiguous by that.
  if (reader.left() > 0 && *reader.at == ' ') {
    ++reader.at;
  } else if (reader.left() > 0 && *reader.at != '\r') {
    return refused("a malformed status line");
  }
  const char* reason = reader.at;
  reader.at = detail::scan_value(reader.at, reader.end);
  head.reason = {reason, static_cast<std::size_t>(reader.at - reason)};
  return detail::read_line_end(reader);
}

// RFC 9112 section 6.3, in its order.
Framing response_framing(const FramingFields& fields, Method method, int status) {
  if (method == Method::head || status < 200 || status == 204 || status == 304)
    return Framing::none;
  if (method == Method::connect && status < 300) return Framing::none;
  if (fields.chunked()) return Framing::chunked;
  return fields.has_length() ? Framing::length : Framing::until_close;
}

}  // namespace

H1Outcome parse_response(std::string_view bytes, const H1Limits& limits, Method request_method,
                         ResponseHead& head, H1Head& info) {
  head.headers.clear();
  info = H1Head{};
  Reader reader{bytes.data(), bytes.data() + bytes.size()};
  H1Outcome outcome =
      within_line_limit(reader, limits, [&](Reader& line) { return read_status_line(line, head); });
  if (outcome.result != Parse::done) return outcome;
  FramingFields fields;
  outcome = detail::read_fields(reader, limits, head.version, head.headers, fields);
  if (outcome.result != Parse::done) return outcome;

  info.bytes = static_cast<std::size_t>(reader.at - bytes.data());
  info.framing = response_framing(fields, request_method, head.status);
  if (info.framing == Framing::length) info.content_length = fields.length();
  // What follows a CONNECT that was granted is no HTTP; of one that was not, nobody knows whether
  // the peer goes on.
  info.keep_alive = info.framing != Framing::until_close && request_method != Method::connect &&
                    keeps_alive(fields, head.version);
  info.upgrade = head.status == 101;
  return done();
}

}  // namespace perigee::http
