#include "http/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/method.hpp"

namespace perigee::http {
namespace {

TEST(Url, SplitsIntoParts) {
  Result<Url> url = parse_url("HTTPS://API.Example.com:8443/a/B?c=d?e");
  ASSERT_TRUE(url.has_value()) << url.error().message;
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/B");
  EXPECT_EQ(url->query, "c=d?e");
  EXPECT_TRUE(url->secured());
  EXPECT_EQ(url->authority(), "api.example.com:8443");
  EXPECT_EQ(url->text(), "https://api.example.com:8443/a/B?c=d?e");
}

struct UrlCase {
  std::string_view text;
  std::string_view host;
  int port;
  std::string_view path;
  std::string_view authority;
};

TEST(Url, KnowsTheLegalForms) {
  const UrlCase cases[] = {
      {"http://h", "h", 80, "", "h"},
      {"http://h/", "h", 80, "/", "h"},
      {"https://h", "h", 443, "", "h"},
      {"http://h:80", "h", 80, "", "h"},
      {"https://h:80", "h", 80, "", "h:80"},
      {"http://h:", "h", 80, "", "h"},
      {"ws://h/x", "h", 80, "/x", "h"},
      {"wss://h", "h", 443, "", "h"},
      {"grpc://h:50051", "h", 50051, "", "h:50051"},
      {"grpcs://h", "h", 443, "", "h"},
      {"http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"},
      {"http://[2001:DB8::1]", "2001:db8::1", 80, "", "[2001:db8::1]"},
      {"http://10.0.0.1/", "10.0.0.1", 80, "/", "10.0.0.1"},
      {"http://my_svc.ns.svc.cluster.local:1", "my_svc.ns.svc.cluster.local", 1, "",
       "my_svc.ns.svc.cluster.local:1"},
      {"http://h?x=/y", "h", 80, "", "h"},
  };
  for (const UrlCase& one : cases) {
    Result<Url> url = parse_url(one.text);
    ASSERT_TRUE(url.has_value()) << one.text << ": " << url.error().message;
    EXPECT_EQ(url->host, one.host) << one.text;
    EXPECT_EQ(url->port, one.port) << one.text;
    EXPECT_EQ(url->path, one.path) << one.text;
    EXPECT_EQ(url->authority(), one.authority) << one.text;
  }
  EXPECT_FALSE(parse_url("ws://h")->secured());
  EXPECT_TRUE(parse_url("http://h?")->has_query);
}

TEST(Url, RefusesAndNamesWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "absolute URL"},
      {"/path", "absolute URL"},
      {"h:80/path", "absolute URL"},
      {"ftp://h", "scheme"},
      {"://h", "scheme"},
      {"http://", "host"},
      {"http:///x", "host"},
      {"http://:80", "host"},
      {"http://h:0", "port"},
      {"http://h:65536", "port"},
      {"http://h:8x", "port"},
      {"http://h:+80", "port"},
      {"http://user:secret@h/", "the URL 'http://***@h/': user information"},
      {"http://h/#top", "fragment"},
      {"http://h/a b", "byte 10"},
      {"http://h/\xc3\xa9", "byte 9"},
      {"http://h/\r\nX: y", "byte 9"},
      {"http://[::1", "']'"},
      {"http://[nonsense]", "IPv6"},
      {"http://[::1]8080", "port"},
      {"http://a,b", "host"},
  };
  for (const auto& [text, part] : cases) {
    Result<Url> url = parse_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().code, ErrorCode::invalid);
    EXPECT_THAT(url.error().message, testing::HasSubstr(std::string(part))) << text;
  }
}

struct Resolved {
  std::string_view reference;
  std::string_view url;
};

// RFC 3986 section 5.4, as far as a request can have it, from http://a/b/c/d;p?q.
constexpr Resolved kResolved[] = {
    {"http://g/h", "http://g/h"},
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q"},
    {"g#s", "http://a/b/c/g"},
    {";x", "http://a/b/c/;x"},
    {"g;x?y#s", "http://a/b/c/g;x?y"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {"..g", "http://a/b/c/..g"},
    {"./../g", "http://a/b/g"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"HTTPS://G:444/x", "https://g:444/x"},
    {"/x:y", "http://a/x:y"},
    {"?u=http://z", "http://a/b/c/d;p?u=http://z"},
};

TEST(Url, ResolvesReferences) {
  const Url base = *parse_url("http://a/b/c/d;p?q");
  for (const auto& [reference, url] : kResolved) {
    Result<Url> resolved = resolve_url(base, reference);
    ASSERT_TRUE(resolved) << reference << ": " << resolved.error().message;
    EXPECT_EQ(resolved->text(), url) << reference;
  }
}

TEST(Url, ResolvesAgainstAnEmptyPath) {
  EXPECT_EQ(resolve_url(*parse_url("http://a:81"), "g")->text(), "http://a:81/g");
  EXPECT_EQ(resolve_url(*parse_url("https://[::1]:8443"), "?x")->text(), "https://[::1]:8443?x");
}

TEST(Url, RefusesReferencesThatLeadNowhere) {
  const Url base = *parse_url("http://a/b");
  for (std::string_view reference :
       {"ftp://x/", "mailto:a@b", "javascript:alert(1)", "http://u:p@x/", "a b", "/x\r\nY: z", "//",
        "http:///x", "\xc3\xa9"})
    EXPECT_FALSE(resolve_url(base, reference)) << reference;
}

TEST(Method, KnowsTheStandardOnes) {
  for (std::string_view text :
       {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
    EXPECT_EQ(to_string(method_of(text)), text);
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of(""), Method::other);
  EXPECT_EQ(method_of("OTHER"), Method::other);
  EXPECT_FALSE(is_idempotent(Method::post));
  EXPECT_TRUE(is_idempotent(Method::del));
}

TEST(Version, IsWrittenAsExpressionsShowIt) {
  EXPECT_EQ(to_string(Version::http_1_1), "HTTP_1_1");
  EXPECT_EQ(to_string(Version::http_1_0), "HTTP_1_0");
  EXPECT_EQ(to_string(Version::http_2), "HTTP_2");
}

}  // namespace
}  // namespace perigee::http
