// resource-filtering: which requests pass.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;
using testing::make;

struct Row {
  std::string_view rule, configuration, method, path;
  int expected;  // 200: passes
};

// The context path is /api/.
const Row kRows[] = {
    {"nothing configured", "{}", "GET", "/api/a", 200},
    {"empty lists", R"({"whitelist": [], "blacklist": []})", "GET", "/api/a", 200},
    {"white: behind the context path", R"({"whitelist": [{"pattern": "/a/**"}]})", "GET",
     "/api/a/b", 200},
    {"white: without a slash", R"({"whitelist": [{"pattern": "a/**"}]})", "GET", "/api/a/b", 200},
    {"white: or the whole path", R"({"whitelist": [{"pattern": "/api/a/**"}]})", "GET", "/api/a/b",
     200},
    {"white: `**` alone", R"({"whitelist": [{"pattern": "**"}]})", "GET", "/api/a/b", 200},
    {"white: the context path itself", R"({"whitelist": [{"pattern": "/**"}]})", "GET", "/api",
     200},
    {"white: another path", R"({"whitelist": [{"pattern": "/a/**"}]})", "GET", "/api/b", 403},
    {"white: the method", R"({"whitelist": [{"pattern": "/a", "methods": ["GET", "PUT"]}]})", "PUT",
     "/api/a", 200},
    {"white: another method", R"({"whitelist": [{"pattern": "/a", "methods": ["GET"]}]})", "POST",
     "/api/a", 405},
    {"white: another method and path", R"({"whitelist": [{"pattern": "/a", "methods": ["GET"]}]})",
     "POST", "/api/b", 403},
    {"white: no methods are all", R"({"whitelist": [{"pattern": "/a", "methods": []}]})", "POST",
     "/api/a", 200},
    {"white: one of several",
     R"({"whitelist": [{"pattern": "/a", "methods": ["GET"]}, {"pattern": "/*"}]})", "POST",
     "/api/a", 200},
    {"white: no pattern is every path", R"({"whitelist": [{"methods": ["GET"]}]})", "GET", "/api/x",
     200},
    {"white: a method without a name", R"({"whitelist": [{"pattern": "/**", "methods": ["GET"]}]})",
     "PROPFIND", "/api/x", 405},
    {"black: the path", R"({"blacklist": [{"pattern": "/**/admin/**"}]})", "GET", "/api/a/admin/b",
     403},
    {"black: another path", R"({"blacklist": [{"pattern": "/**/admin/**"}]})", "GET", "/api/a",
     200},
    {"black: the method", R"({"blacklist": [{"pattern": "/a", "methods": ["GET"]}]})", "GET",
     "/api/a", 405},
    {"black: another method", R"({"blacklist": [{"pattern": "/a", "methods": ["GET"]}]})", "POST",
     "/api/a", 200},
    {"both: white first",
     R"({"whitelist": [{"pattern": "/a/**"}], "blacklist": [{"pattern": "/**", "methods": ["GET"]}]})",
     "GET", "/api/b", 403},
    {"both: then black",
     R"({"whitelist": [{"pattern": "/a/**"}], "blacklist": [{"pattern": "/**", "methods": ["GET"]}]})",
     "GET", "/api/a", 405},
    {"both: between them",
     R"({"whitelist": [{"pattern": "/a/**"}], "blacklist": [{"pattern": "/**", "methods": ["GET"]}]})",
     "POST", "/api/a", 200},
    {"doubled slashes are one in any case", R"({"blacklist": [{"pattern": "/admin/a"}]})", "GET",
     "/api/admin//a", 403},
    {"encoded: not the same", R"({"blacklist": [{"pattern": "/admin"}]})", "GET", "/api/admi%6e",
     200},
    {"normalised: encoded",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/admin"}]})", "GET",
     "/api/admi%6e", 403},
    {"normalised: dots", R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/admin"}]})",
     "GET", "/api/x/..//./%61dmin", 403},
    {"normalised: encoded dots",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/admin"}]})", "GET",
     "/api/x/%2e%2E/admin", 403},
    {"normalised: out of the context path",
     R"({"normalizeRequestPath": true, "whitelist": [{"pattern": "/**"}]})", "GET", "/api/../x",
     200},
    {"normalised: out of the context path, below which the pattern is",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/x"}], "whitelist": [{"pattern": "/x"}]})",
     "GET", "/api/../api/x", 403},
    {"normalised: decoded once",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/admin"}]})", "GET",
     "/api/admi%256e", 200},
    {"normalised: '+' is a space",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/a b"}]})", "GET", "/api/a+b",
     403},
    {"an encoded slash stays",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/a/b"}]})", "GET", "/api/a%2Fb",
     200},
    {"and hides dots", R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/b"}]})", "GET",
     "/api/a%2f..%2Fb", 200},
    {"and is itself in patterns",
     R"({"normalizeRequestPath": true, "blacklist": [{"pattern": "/a%2Fb"}]})", "GET",
     "/api/a%2F%62", 403},
    {"an encoded slash decoded",
     R"({"normalizeRequestPath": true, "decodeEncodedSlash": true, "blacklist": [{"pattern": "/b"}]})",
     "GET", "/api/a%2f..%2Fb", 403},
    {"decodeEncodedSlash alone does nothing",
     R"({"decodeEncodedSlash": true, "blacklist": [{"pattern": "/a/b"}]})", "GET", "/api/a%2Fb",
     200},
    {"a wrong encoding", R"({"normalizeRequestPath": true})", "GET", "/api/%4", 400},
    {"a wrong encoding, not looked at", "{}", "GET", "/api/%4", 200},
};

TEST(ResourceFiltering, Rules) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Exchanges x;
    Made made = make("resource-filtering", row.configuration, x);
    ASSERT_TRUE(made.policy) << made.errors.front();
    x.request.method = http::method_of(row.method);
    x.request.method_text = row.method;
    x.request.path = row.path;
    x.exchange().context_path = "/api/";
    Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
    EXPECT_EQ(verdict.failed() ? verdict.failure().status : 200, row.expected);
  }
}

TEST(ResourceFiltering, SaysWhatItRefused) {
  Exchanges x;
  Made made = make("resource-filtering", R"({"blacklist": [{"pattern": "/a"}]})", x);
  x.request.path = "/api/a";
  x.exchange().context_path = "/api/";
  Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().key, "RESOURCE_FILTERING_FORBIDDEN");
  EXPECT_EQ(verdict.failure().message, "You're not allowed to access this resource");
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(verdict.failure().parameters, (Parameters{{"path", "/api/a"}, {"method", "GET"}}));
  made = make("resource-filtering", R"({"whitelist": [{"pattern": "/a", "methods": ["PUT"]}]})", x);
  verdict = x.finished(made.policy->on_request(x.exchange()));
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().key, "RESOURCE_FILTERING_METHOD_NOT_ALLOWED");
  EXPECT_EQ(verdict.failure().message, "Method not allowed while accessing this resource");
}

TEST(ResourceFiltering, RefusesWrongRules) {
  Exchanges x;
  EXPECT_TRUE(make("resource-filtering", R"({"whitelist": [{"pattern": "/{a"}]})", x)
                  .errors.front()
                  .starts_with("/whitelist/0/pattern: "));
  for (std::string_view method : {"\"get\"", "\"PROPFIND\"", "null", "1", "{}"}) {
    Made made = make("resource-filtering",
                     R"({"blacklist": [{"methods": ["GET", )" + std::string(method) + "]}]}", x);
    ASSERT_FALSE(made.policy) << method;
    EXPECT_TRUE(made.errors.front().starts_with("/blacklist/0/methods/1: ")) << made.errors.front();
  }
}

}  // namespace
}  // namespace perigee::policies
