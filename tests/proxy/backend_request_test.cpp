// What goes to the backend: path, query and headers (lifecycle.md 8.2 and 8.3).
#include "proxy/backend_request.hpp"

#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// ---- Queries

struct QueryRow {
  const char* request;
  const char* target;
  const char* merged;
};
void PrintTo(const QueryRow& row, std::ostream* to) {
  *to << row.request << " with " << row.target;
}
class MergedQueries : public ::testing::TestWithParam<QueryRow> {};

TEST_P(MergedQueries, AreGroupedByNameAndNeverDecoded) {
  Arena arena;
  EXPECT_EQ(merge_queries(arena, {{GetParam().request, GetParam().target}}), GetParam().merged);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MergedQueries,
    ::testing::Values(QueryRow{"", "", ""}, QueryRow{"a=1", "", "a=1"}, QueryRow{"", "a=1", "a=1"},
                      QueryRow{"a=1", "b=2", "a=1&b=2"}, QueryRow{"a=1&b=2&a=3", "", "a=1&a=3&b=2"},
                      QueryRow{"a=1&b=2", "a=3", "a=1&a=3&b=2"}, QueryRow{"a", "", "a"},
                      QueryRow{"a=", "", "a="}, QueryRow{"a&a=&a=1", "", "a&a=&a=1"},
                      QueryRow{"a=1;b=2", "", "a=1&b=2"}, QueryRow{"a=1", "x=1;y=2", "a=1&x=1&y=2"},
                      QueryRow{"a=1#b=2", "", "a=1"}, QueryRow{"#", "", ""},
                      QueryRow{"#x", "t=1", "t=1"}, QueryRow{"a=%26%3D+%2B", "", "a=%26%3D+%2B"},
                      QueryRow{"a==b", "", "a==b"}, QueryRow{"=b", "", "=b"},
                      QueryRow{"a=1&&b=2", "", "a=1&b=2"}, QueryRow{"a=1&", "", "a=1"},
                      QueryRow{"&a=1", "", "a=1"}, QueryRow{"&&", "", ""},
                      QueryRow{"A=1&a=2&A=3", "", "A=1&A=3&a=2"},
                      QueryRow{"%61=1&a=2&%61=3", "", "%61=1&%61=3&a=2"},
                      QueryRow{"c=1&b=2&a=3&b=4&c=5", "a=6", "c=1&c=5&b=2&b=4&a=3&a=6"},
                      QueryRow{"a=?x&b=/y", "", "a=?x&b=/y"},
                      QueryRow{"a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&a=0", "",
                               "a=1&a=0&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9"}));

// A client chooses how many parameters there are: the work must not grow with their square. The
// deadline of the test program is what fails otherwise.
TEST(MergedQueries, OfHostileSizeAreMergedInReasonableTime) {
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "n" + std::to_string(i % 100'000) + "=v&";
  Arena arena;
  std::string_view merged = merge_queries(arena, {{many}});
  EXPECT_EQ(merged.size(), many.size() - 1);
  EXPECT_THAT(merged, StartsWith("n0=v&n0=v&n1=v&n1=v"));
}

TEST(MergedQueries, OfOneNameStayInOrder) {
  std::string many, expected;
  for (int i = 0; i < 10'000; ++i) many += "a=" + std::to_string(i) + ";";
  for (int i = 0; i < 10'000; ++i) expected += (i ? "&a=" : "a=") + std::to_string(i);
  Arena arena;
  EXPECT_EQ(merge_queries(arena, {{many}}), expected);
}

// ---- Through a gateway, seen at the backend

class BackendRequests : public Gateway {
 protected:
  // What the backend gets for this request.
  std::string seen(const std::string& request) {
    Peer& client = ask(request);
    Peer& peer = asked(backend->connections.size());
    std::string head = peer.head();
    peer.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(answer(client).status, 204);
    return head;
  }
  std::string seen_get(const std::string& target, const std::string& headers = "") {
    return seen("GET " + target + " HTTP/1.1\r\nHost: client.example\r\n" + headers + "\r\n");
  }
};

struct TargetRow {
  const char* listener;
  const char* target;  // path and query of the endpoint
  const char* asked;
  const char* sent;
};
void PrintTo(const TargetRow& row, std::ostream* to) {
  *to << row.asked << " by " << row.listener << " to " << row.target;
}
class Targets : public BackendRequests, public ::testing::WithParamInterface<TargetRow> {};

TEST_P(Targets, AreJoinedWithoutTouchingSlashes) {
  ApiText text = api();
  text.path = GetParam().listener;
  text.target = backend_url(GetParam().target);
  deploy({text});
  std::string expected = std::string("GET ") + GetParam().sent + " HTTP/1.1\r\n";
  EXPECT_THAT(seen_get(GetParam().asked), StartsWith(expected));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Targets,
    ::testing::Values(TargetRow{"/a", "", "/a", "/"}, TargetRow{"/a", "", "/a/", "/"},
                      TargetRow{"/a", "", "/a/x", "/x"}, TargetRow{"/a", "/", "/a/x", "//x"},
                      TargetRow{"/a", "/b", "/a/x", "/b/x"},
                      TargetRow{"/a", "/b/", "/a/x", "/b//x"}, TargetRow{"/a", "/b", "/a", "/b"},
                      TargetRow{"/", "", "/x/y", "/x/y"},
                      TargetRow{"/a", "", "/a/x%2Fy/../z", "/x%2Fy/../z"},
                      TargetRow{"/a", "", "/a/x?", "/x"}, TargetRow{"/a", "", "/a?q=1", "/?q=1"},
                      TargetRow{"/a", "/b?t=1", "/a/x?q=1", "/b/x?q=1&t=1"},
                      TargetRow{"/a", "/b?t=1", "/a/x?t=0&q=1", "/b/x?t=0&t=1&q=1"},
                      TargetRow{"/a", "/b?t", "/a/x", "/b/x?t"}));

TEST_F(BackendRequests, CarryTheBackendsHost) {
  deploy({api()});
  std::string head = seen_get("/a/x");
  EXPECT_THAT(head, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(backend->port()) + "\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("client.example")));
}

TEST_F(BackendRequests, CarryTheClientsHostWhenToldTo) {
  ApiText text = api();
  text.http = R"({"propagateClientHost":true})";
  deploy({text});
  EXPECT_THAT(seen_get("/a/x"), HasSubstr("\r\nHost: client.example\r\n"));
  std::string head = seen_get("http://asked.example:81/a/x");
  EXPECT_THAT(head, HasSubstr("\r\nHost: asked.example:81\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("client.example")));
}

TEST_F(BackendRequests, CarryHeadersOfTheEndpointLast) {
  ApiText text = api();
  text.headers = R"([{"name":"X-Key","value":"secret"},{"name":"Host","value":"set.example"}])";
  deploy({text});
  std::string head = seen_get("/a/x", "x-key: a\r\nX-Key: b\r\n");
  EXPECT_THAT(head, HasSubstr("\r\nX-Key: secret\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("x-key: a")));
  EXPECT_THAT(head, Not(HasSubstr("X-Key: b")));
  EXPECT_THAT(head, HasSubstr("\r\nHost: set.example\r\n"));
}

TEST_F(BackendRequests, LeaveOutWhatIsForTheGateway) {
  deploy({api()});
  std::string head = seen_get(
      "/a/x",
      "Connection: X-Mine, keep-alive\r\nConnection: X-Also\r\nX-Mine: 1\r\nX-Also: 1\r\n"
      "Keep-Alive: timeout=5\r\nProxy-Authorization: Basic eA==\r\nProxy-Authenticate: Basic\r\n"
      "Proxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: websocket\r\n"
      "X-Yours: 2\r\n");
  for (const char* name : {"\r\nConnection", "X-Mine", "X-Also", "Keep-Alive", "Proxy-",
                           "\r\nTE:", "\r\nTrailer", "\r\nUpgrade"})
    EXPECT_THAT(head, Not(HasSubstr(name)));
  EXPECT_THAT(head, HasSubstr("\r\nX-Yours: 2\r\n"));
}

TEST_F(BackendRequests, AskForWhatCanBeDecompressed) {
  deploy({api()});
  std::string head = seen_get("/a/x", "Accept-Encoding: br\r\n");
  EXPECT_THAT(head, HasSubstr("\r\nAccept-Encoding: deflate, gzip\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("br\r\n")));
}

TEST_F(BackendRequests, CarryTheClientsAcceptEncodingOnlyWhenToldTo) {
  ApiText text = api();
  text.http = R"({"useCompression":false})";
  deploy({text});
  EXPECT_THAT(seen_get("/a/x", "Accept-Encoding: br\r\n"), Not(HasSubstr("Accept-Encoding")));
  text.http = R"({"propagateClientAcceptEncoding":true,"useCompression":false})";
  deploy({text});
  EXPECT_THAT(seen_get("/a/x", "Accept-Encoding: br\r\n"), HasSubstr("Accept-Encoding: br"));
}

TEST_F(BackendRequests, CarryWhatTheClientSaidOfItsWayUnchanged) {
  deploy({api()});
  std::string head = seen_get("/a/x", "X-Forwarded-For: 1.2.3.4\r\nVia: 1.1 edge\r\n");
  EXPECT_THAT(head, HasSubstr("\r\nX-Forwarded-For: 1.2.3.4\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVia: 1.1 edge\r\n"));
  head = seen_get("/a/x");
  for (const char* name : {"X-Forwarded", "Forwarded", "Via"})
    EXPECT_THAT(head, Not(HasSubstr(name)));
}

TEST_F(BackendRequests, KeepTheCaseOfNamesAndRepeatedHeaders) {
  deploy({api()});
  std::string head = seen_get("/a/x", "x-LOWER: 1\r\nX-Twice: a\r\nX-Twice: b\r\n");
  EXPECT_THAT(head, HasSubstr("\r\nx-LOWER: 1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-Twice: a\r\nX-Twice: b\r\n"));
}

TEST_F(BackendRequests, KeepAnEmptyBodyOfAPost) {
  deploy({api()});
  EXPECT_THAT(seen("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
              HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(seen("POST /a/x HTTP/1.1\r\nHost: h\r\n\r\n"), Not(HasSubstr("Content-Length")));
}

TEST_F(BackendRequests, KeepTheFramingOfABody) {
  deploy({api()});
  EXPECT_THAT(seen("PUT /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"),
              HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(seen("PUT /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\nhi\r\n0\r\n\r\n"),
              HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
}

TEST_F(BackendRequests, PassAnyMethodOn) {
  deploy({api()});
  EXPECT_THAT(seen("BREW /a/x HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("BREW /x HTTP/1.1\r\n"));
  EXPECT_THAT(seen("TRACE /a/x HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("TRACE /x HTTP/1.1"));
}

TEST_F(BackendRequests, GoToAbsoluteTargetsByTheirHost) {
  deploy({api()});
  EXPECT_THAT(seen("GET http://other.example/a/x?q=1 HTTP/1.1\r\nHost: other.example\r\n\r\n"),
              StartsWith("GET /x?q=1 HTTP/1.1\r\n"));
}

TEST_F(BackendRequests, CarryTheContextPathWhenToldTo) {
  Options options;
  options.x_forwarded_prefix = true;
  start(options);
  deploy({api()});
  EXPECT_THAT(seen_get("/a/x"), HasSubstr("\r\nX-Forwarded-Prefix: /a/\r\n"));
}

}  // namespace
}  // namespace perigee::proxy::testing
