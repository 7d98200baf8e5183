#include "tests/http/support/request_cases.hpp"

#include <vector>

namespace perigee::http::test {

namespace {

const std::string kNul(1, '\0');

std::string get(std::string fields) { return "GET /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }
std::string post(std::string fields, std::string body = "") {
  return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}
std::string line(std::string request_line) { return request_line + "\r\nHost: h\r\n\r\n"; }

std::vector<RefusedRequest> make_refused() {
  return {
      // Framing.
      {"length_and_chunked",
       post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"chunked_and_length",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"two_lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"two_equal_lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"length_list", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"length_plus", post("Content-Length: +5\r\n", "hello"), 400},
      {"length_minus", post("Content-Length: -5\r\n", "hello"), 400},
      {"length_hex", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"length_empty", post("Content-Length:\r\n", ""), 400},
      {"length_words", post("Content-Length: five\r\n", "hello"), 400},
      {"length_inner_blank", post("Content-Length: 1 0\r\n", "0123456789"), 400},
      {"length_19_digits", post("Content-Length: 0000000000000000005\r\n", "hello"), 400},
      {"length_overflow", post("Content-Length: 18446744073709551621\r\n", "hello"), 400},
      {"length_fraction", post("Content-Length: 5.0\r\n", "hello"), 400},
      {"two_codings",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_then_identity",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
      {"coding_list", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_chunked_twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_not_last", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400},
      {"coding_identity", post("Transfer-Encoding: identity\r\n", ""), 400},
      {"coding_unknown", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
      {"coding_quoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400},
      {"coding_parameter", post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), 400},
      {"coding_empty", post("Transfer-Encoding:\r\n", ""), 400},
      {"coding_vertical_tab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400},
      {"coding_nul", post("Transfer-Encoding: chunked" + kNul + "\r\n", "0\r\n\r\n"), 400},
      {"coding_blank_before_colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_tab_before_colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_on_http_1_0",
       "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"coding_behind_bare_cr",
       post("X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), 400},
      {"coding_behind_bare_lf",
       post("X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), 400},
      {"chunked_and_length_zero",
       post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), 400},
      {"length_in_two_cases", post("Content-Length: 5\r\ncontent-length: 5\r\n", "hello"), 400},
      {"length_and_empty_length", post("Content-Length: 5\r\nContent-Length:\r\n", "hello"), 400},
      {"length_comma", post("Content-Length: 5,\r\n", "hello"), 400},
      {"length_quoted", post("Content-Length: \"5\"\r\n", "hello"), 400},
      {"length_obs_text", post("Content-Length: 5\xa0\r\n", "hello"), 400},
      {"length_nul", post("Content-Length: 5" + kNul + "\r\n", "hello"), 400},
      {"length_blank_before_colon", post("Content-Length : 5\r\n", "hello"), 400},
      {"length_folded", post("Content-Length:\r\n 5\r\n", "hello"), 400},
      {"length_and_bare_cr_coding",
       post("Content-Length: 5\r\n\rTransfer-Encoding: chunked\r\n", "hello"), 400},
      {"coding_comma_behind", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), 400},
      {"coding_comma_before", post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_and_empty_coding",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", "0\r\n\r\n"), 400},
      {"coding_two_words", post("Transfer-Encoding: chunked gzip\r\n", "0\r\n\r\n"), 400},
      {"coding_form_feed", post("Transfer-Encoding: chunked\f\r\n", "0\r\n\r\n"), 400},
      {"coding_obs_text",
       post("Transfer-Encoding: \xa0"
            "chunked\r\n",
            "0\r\n\r\n"),
       400},
      {"coding_name_obs_text", post("Transfer-Encoding\x85: chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_blank_before_name", post(" Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"coding_folded_inside", post("Transfer-Encoding: x\r\n\tchunked\r\n", "0\r\n\r\n"), 400},
      {"http2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      // Lines and bytes.
      {"bare_lf_after_request_line", "GET /a HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"bare_lf_after_field", "GET /a HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"bare_lf_at_end", "GET /a HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"all_bare_lf", "GET /a HTTP/1.1\nHost: h\n\n", 400},
      {"bare_cr_in_value", get("X: a\rb\r\n"), 400},
      {"bare_cr_before_end", "GET /a HTTP/1.1\r\nHost: h\r\n\rX", 400},
      {"cr_cr_lf", "GET /a HTTP/1.1\r\nHost: h\r\r\n\r\n", 400},
      {"nul_in_value", get("X: a" + kNul + "b\r\n"), 400},
      {"nul_in_name", get("X" + kNul + ": b\r\n"), 400},
      {"nul_in_target", line("GET /a" + kNul + " HTTP/1.1"), 400},
      {"control_in_value", get("X: a\x01\r\n"), 400},
      {"escape_in_value", get("X: \x1b[0m\r\n"), 400},
      {"delete_in_value", get("X: a\x7f\r\n"), 400},
      {"folded_line", get("X: a\r\n b\r\n"), 400},
      {"folded_by_tab", get("X: a\r\n\tb\r\n"), 400},
      {"blank_before_first_field", "GET /a HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"blank_before_colon", get("X : a\r\n"), 400},
      {"blank_in_name", get("X Y: a\r\n"), 400},
      {"empty_name", get(": a\r\n"), 400},
      {"no_colon", get("nonsense\r\n"), 400},
      {"name_with_at", get("X@Y: a\r\n"), 400},
      {"name_with_brackets", get("X[0]: a\r\n"), 400},
      {"name_with_slash", get("X/Y: a\r\n"), 400},
      {"name_with_obs_text", get("X\xe9: a\r\n"), 400},
      // Host.
      {"no_host", "GET /a HTTP/1.1\r\nX: y\r\n\r\n", 400},
      {"no_host_with_absolute_target", "GET http://h/a HTTP/1.1\r\n\r\n", 400},
      {"two_hosts", get("Host: other\r\n"), 400},
      {"two_equal_hosts", get("Host: h\r\n"), 400},
      {"host_list", "GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"host_with_path", "GET /a HTTP/1.1\r\nHost: h/x\r\n\r\n", 400},
      {"host_with_user", "GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n", 400},
      {"host_with_word_port", "GET /a HTTP/1.1\r\nHost: h:http\r\n\r\n", 400},
      {"host_with_two_ports", "GET /a HTTP/1.1\r\nHost: h:80:90\r\n\r\n", 400},
      {"host_port_only", "GET /a HTTP/1.1\r\nHost: :80\r\n\r\n", 400},
      {"host_open_bracket", "GET /a HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"host_name_in_brackets", "GET /a HTTP/1.1\r\nHost: [name]\r\n\r\n", 400},
      {"host_obs_text", "GET /a HTTP/1.1\r\nHost: h\xe9\r\n\r\n", 400},
      // The request line.
      {"no_version", line("GET /a"), 400},
      {"version_0_9", line("GET /a HTTP/0.9"), 505},
      {"version_1_2", line("GET /a HTTP/1.2"), 505},
      {"version_2_0", line("GET /a HTTP/2.0"), 505},
      {"version_lower_case", line("GET /a http/1.1"), 400},
      {"version_two_digits", line("GET /a HTTP/1.10"), 400},
      {"version_leading_zero", line("GET /a HTTP/01.1"), 400},
      {"version_without_minor", line("GET /a HTTP/1"), 400},
      {"version_other_protocol", line("GET /a ICE/1.0"), 400},
      {"two_blanks_after_method", line("GET  /a HTTP/1.1"), 400},
      {"two_blanks_after_target", line("GET /a  HTTP/1.1"), 400},
      {"tab_after_method", line("GET\t/a HTTP/1.1"), 400},
      {"blank_after_version", line("GET /a HTTP/1.1 "), 400},
      {"blank_in_target", line("GET /a b HTTP/1.1"), 400},
      {"tab_in_target", line("GET /a\tb HTTP/1.1"), 400},
      {"obs_text_in_target", line("GET /\xc3\xa9 HTTP/1.1"), 400},
      {"fragment_in_target", line("GET /a#b HTTP/1.1"), 400},
      {"leading_blank", " " + get(""), 400},
      {"two_leading_empty_lines", "\r\n\r\n" + get(""), 400},
      {"leading_bare_lf", "\n" + get(""), 400},
      {"method_with_parenthesis", line("G(ET /a HTTP/1.1"), 400},
      {"empty_method", line(" /a HTTP/1.1"), 400},
      {"tls_hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
      // Target forms.
      {"relative_target", line("GET a HTTP/1.1"), 400},
      {"star_for_get", line("GET * HTTP/1.1"), 400},
      {"authority_for_get", line("GET h:80 HTTP/1.1"), 400},
      {"other_scheme", line("GET ftp://h/a HTTP/1.1"), 400},
      {"absolute_without_authority", line("GET http:///a HTTP/1.1"), 400},
      {"absolute_with_user", line("GET http://u@h/a HTTP/1.1"), 400},
      {"absolute_with_port_only", line("GET http://:80/a HTTP/1.1"), 400},
      {"connect_with_path", line("CONNECT /a HTTP/1.1"), 400},
      {"connect_without_port", line("CONNECT h HTTP/1.1"), 400},
      {"connect_with_empty_port", line("CONNECT h: HTTP/1.1"), 400},
      {"connect_with_url", line("CONNECT http://h:80/ HTTP/1.1"), 400},
      {"connect_with_large_port", line("CONNECT h:1234567 HTTP/1.1"), 400},
      {"connect", line("CONNECT h:443 HTTP/1.1"), 501},
      {"connect_to_other_host", line("CONNECT other:443 HTTP/1.1"), 501},
      {"connect_to_ipv6", line("CONNECT [::1]:443 HTTP/1.1"), 501},
      {"connect_with_body", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
       501},
      // Limits.
      {"long_target", line("GET /" + std::string(5000, 'a') + " HTTP/1.1"), 414},
      {"long_method", line(std::string(5000, 'A') + " / HTTP/1.1"), 414},
      {"large_field", get("X: " + std::string(9000, 'a') + "\r\n"), 431},
      {"large_name", get(std::string(9000, 'a') + ": x\r\n"), 431},
      {"many_fields",
       [] {
         std::string fields;
         for (int i = 0; i < 101; ++i) fields += "a:b\r\n";
         return get(fields);
       }(),
       431},
  };
}

std::vector<BrokenBody> make_broken() {
  return {
      {"bare_lf_after_size", "5\nhello\r\n0\r\n\r\n", 400},
      {"bare_cr_after_size", "5\rhello\r\n0\r\n\r\n", 400},
      {"blank_after_size", "5 \r\nhello\r\n0\r\n\r\n", 400},
      {"blank_before_size", " 5\r\nhello\r\n0\r\n\r\n", 400},
      {"size_of_17_digits", "00000000000000005\r\nhello\r\n", 400},
      {"size_overflow", "10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
      {"size_0x", "0x5\r\nhello\r\n0\r\n\r\n", 400},
      {"size_minus", "-5\r\nhello\r\n0\r\n\r\n", 400},
      {"size_plus", "+5\r\nhello\r\n0\r\n\r\n", 400},
      {"size_underscore", "0_5\r\nhello\r\n0\r\n\r\n", 400},
      {"size_missing", "\r\nhello\r\n0\r\n\r\n", 400},
      {"size_word", "five\r\nhello\r\n0\r\n\r\n", 400},
      {"size_comma", "5,5\r\nhello\r\n0\r\n\r\n", 400},
      {"size_nul", "5" + kNul + "\r\nhello\r\n0\r\n\r\n", 400},
      {"data_too_long", "5\r\nhelloXX\r\n0\r\n\r\n", 400},
      {"data_too_short", "5\r\nhel\r\n0\r\n\r\n", 400},
      {"bare_lf_after_data", "5\r\nhello\n0\r\n\r\n", 400},
      {"bare_lf_in_extension", "5;a\nb\r\nhello\r\n0\r\n\r\n", 400},
      {"bare_cr_in_extension", "5;a\rb\r\nhello\r\n0\r\n\r\n", 400},
      {"nul_in_extension", "5;a" + kNul + "\r\nhello\r\n0\r\n\r\n", 400},
      {"extension_without_semicolon", "5 a=b\r\nhello\r\n0\r\n\r\n", 400},
      {"trailer_blank_before_colon", "0\r\nX : y\r\n\r\n", 400},
      {"trailer_folded", "0\r\n folded\r\n\r\n", 400},
      {"trailer_bare_lf", "0\r\nContent-Length: 1\n\r\n\r\n", 400},
      {"trailer_end_bare_lf", "0\r\nX: y\r\n\nX: z\r\n\r\n", 400},
      {"trailer_nul", "0\r\nX: " + kNul + "\r\n\r\n", 400},
      {"trailer_without_colon", "0\r\nGET /smuggled HTTP/1.1\r\n\r\n", 400},
      {"last_chunk_bare_lf", "5\r\nhello\r\n0\n\n", 400},
      {"long_extension", "5;" + std::string(5000, 'a') + "\r\nhello\r\n0\r\n\r\n", 413},
      {"long_trailer", "0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", 413},
      {"many_trailers",
       [] {
         std::string fields;
         for (int i = 0; i < 101; ++i) fields += "a:b\r\n";
         return "0\r\n" + fields + "\r\n";
       }(),
       413},
  };
}

std::vector<LegalRequest> make_legal() {
  const std::string host = "Host: h\r\n";
  return {
      {"plain", get(""), "/a", "h", ""},
      {"leading_empty_line", "\r\n" + get(""), "/a", "h", ""},
      {"http_1_0_without_host", "GET /a HTTP/1.0\r\n\r\n", "/a", "", ""},
      {"http_1_0_with_host", "GET /a HTTP/1.0\r\nHost: h\r\n\r\n", "/a", "h", ""},
      {"empty_host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n", "/a", "", ""},
      {"host_with_port", "GET /a HTTP/1.1\r\nHost: h:8080\r\n\r\n", "/a", "h:8080", ""},
      {"host_with_empty_port", "GET /a HTTP/1.1\r\nHost: h:\r\n\r\n", "/a", "h:", ""},
      {"host_ipv6", "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "/a", "[::1]:80", ""},
      {"host_underscore", "GET /a HTTP/1.1\r\nHost: a_b.c\r\n\r\n", "/a", "a_b.c", ""},
      {"host_upper_case_name", "GET /a HTTP/1.1\r\nHOST: h\r\n\r\n", "/a", "h", ""},
      {"absolute_target", line("GET http://other/a?b HTTP/1.1"), "http://other/a?b", "other", ""},
      {"absolute_upper_case_scheme", line("GET HTTPS://o/a HTTP/1.1"), "HTTPS://o/a", "o", ""},
      {"absolute_without_path", line("GET http://o:81 HTTP/1.1"), "http://o:81", "o:81", ""},
      {"absolute_only_query", line("GET http://o?x HTTP/1.1"), "http://o?x", "o", ""},
      {"options_star", line("OPTIONS * HTTP/1.1"), "*", "h", ""},
      {"trace", line("TRACE /a HTTP/1.1"), "/a", "h", ""},
      {"own_method", line("M-SEARCH /a HTTP/1.1"), "/a", "h", ""},
      {"odd_method", line("!#$%&'*+-.^_`|~ /a HTTP/1.1"), "/a", "h", ""},
      {"lower_case_method", line("get /a HTTP/1.1"), "/a", "h", ""},
      {"empty_query", line("GET /a? HTTP/1.1"), "/a?", "h", ""},
      {"questions_in_query", line("GET /a?b?c HTTP/1.1"), "/a?b?c", "h", ""},
      {"double_slash", line("GET //a//b HTTP/1.1"), "//a//b", "h", ""},
      {"url_in_path", line("GET /http://x/ HTTP/1.1"), "/http://x/", "h", ""},
      {"percent_escapes", line("GET /%00%2f%zz HTTP/1.1"), "/%00%2f%zz", "h", ""},
      {"unwise_bytes", line("GET /{a}|\"<>\\^` HTTP/1.1"), "/{a}|\"<>\\^`", "h", ""},
      {"empty_value", get("X:\r\n"), "/a", "h", ""},
      {"blank_value", get("X: \t \r\n"), "/a", "h", ""},
      {"no_blank_after_colon", get("X:y\r\n"), "/a", "h", ""},
      {"tabs_around_value", get("X:\t\ty\t\t\r\n"), "/a", "h", ""},
      {"obs_text_value", get("X: caf\xe9 \x80\xff\r\n"), "/a", "h", ""},
      {"colons_in_value", get("X: a:b:c\r\n"), "/a", "h", ""},
      {"same_name_twice", get("X: a\r\nx: b\r\n"), "/a", "h", ""},
      {"odd_name", get("!#$%&'*+-.^_`|~1: a\r\n"), "/a", "h", ""},
      {"hundred_fields",
       [] {
         std::string fields;
         for (int i = 0; i < 99; ++i) fields += "a:b\r\n";
         return get(fields);
       }(),
       "/a", "h", ""},
      {"longest_target", line("GET /" + std::string(4096 - 14, 'a') + " HTTP/1.1"),
       "/" + std::string(4096 - 14, 'a'), "h", ""},
      {"length", post("Content-Length: 5\r\n", "hello"), "/a", "h", "hello"},
      {"length_zero", post("Content-Length: 0\r\n"), "/a", "h", ""},
      {"length_leading_zeros", post("Content-Length: 000005\r\n", "hello"), "/a", "h", "hello"},
      {"length_blanks", post("Content-Length: \t 5 \t\r\n", "hello"), "/a", "h", "hello"},
      {"length_on_get", get("Content-Length: 2\r\n") + "hi", "/a", "h", "hi"},
      {"post_without_length", post(""), "/a", "h", ""},
      {"chunked", post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "/a", "h",
       "hello"},
      {"chunked_upper_case", post("TRANSFER-ENCODING: CHUNKED\r\n", "2\r\nhi\r\n0\r\n\r\n"), "/a",
       "h", "hi"},
      {"chunked_blanks_around", post("Transfer-Encoding: \t chunked \t\r\n", "0\r\n\r\n"), "/a",
       "h", ""},
      {"chunked_extensions",
       post("Transfer-Encoding: chunked\r\n", "2;a=b;c=\"d;e\"\r\nhi\r\n0;last\r\n\r\n"), "/a", "h",
       "hi"},
      {"chunked_blank_before_extension",
       post("Transfer-Encoding: chunked\r\n", "2 ;a\r\nhi\r\n0\t; b\r\n\r\n"), "/a", "h", "hi"},
      {"chunked_trailers",
       post("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-Empty:\r\n\r\n"), "/a",
       "h", "hi"},
      {"chunked_leading_zeros",
       post("Transfer-Encoding: chunked\r\n", "0000000000000002\r\nhi\r\n000\r\n\r\n"), "/a", "h",
       "hi"},
      {"chunked_hex_cases",
       post("Transfer-Encoding: chunked\r\n", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
       "/a", "h", "01234567890123456789"},
      {"connection_options", get("Connection: x, keep-alive , ,Y\r\n"), "/a", "h", ""},
      {"expect_other", get("Expect: the-best\r\n"), "/a", "h", ""},
  };
}

}  // namespace

std::span<const RefusedRequest> refused_requests() {
  static const std::vector<RefusedRequest> cases = make_refused();
  return cases;
}

std::span<const BrokenBody> broken_chunked_bodies() {
  static const std::vector<BrokenBody> cases = make_broken();
  return cases;
}

std::span<const LegalRequest> legal_requests() {
  static const std::vector<LegalRequest> cases = make_legal();
  return cases;
}

}  // namespace perigee::http::test
