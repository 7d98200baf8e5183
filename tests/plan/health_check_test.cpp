// Health checks of endpoints: what is asked, and what of a definition is none.
#include "tests/plan/support/workshop.hpp"
#include "upstream/health.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string check(const std::string& members) {
  return R"("services": {"healthCheck": {"type": "http-health-check", "configuration": {)" +
         members + "}}}";
}

constexpr const char* kPlain = R"("schedule": "*/5 * * * * *", "target": "/h", "method": "GET")";

std::shared_ptr<const upstream::HealthCheck> check_of(const Compiled& compiled) {
  return compiled.revision->groups.at(0).backends.at(0).health_check;
}

struct Row {
  const char* endpoint;  // target of the endpoint
  const char* members;
  const char* request;
};

const Row kRows[] = {
    {"http://h:81/base", R"("target": "/h", "method": "GET")", "GET http://h:81/base/h"},
    {"http://h:81/base/", R"("target": "/h", "method": "GET")", "GET http://h:81/base/h"},
    {"http://h:81/base?q=1", R"("target": "h?x=y", "method": "GET")", "GET http://h:81/base/h?x=y"},
    {"http://h", R"("target": "/h", "method": "HEAD")", "HEAD http://h/h"},
    {"http://h", R"("target": "/h", "method": "get")", "GET http://h/h"},
    {"http://h", R"("target": "/h", "method": "GTE")", "GTE http://h/h"},
    {"http://h/base", R"("target": "/h", "method": "GET", "overrideEndpointPath": true)",
     "GET http://h/h"},
    {"http://h/base", R"("target": "http://other:82/x", "method": "GET")", "GET http://other:82/x"},
    {"ws://h/base", R"("target": "/h", "method": "GET")", "GET http://h/base/h"},
    {"https://h/base", R"("target": "/h", "method": "GET")", "GET https://h/base/h"},
    {"http://h", R"("target": "/{#api.id}", "method": "POST", "body": "ping",
        "headers": [{"name": "X-Api", "value": "{#api.id}"}])",
     "POST http://h/a1|X-Api:a1|ping"},
};

std::string shown(const upstream::Fetch& fetch) {
  std::string text = fetch.method + " " + fetch.url;
  for (const auto& [name, value] : fetch.headers) text += "|" + name + ":" + value;
  return fetch.body.empty() ? text : text + "|" + fetch.body;
}

TEST(HealthCheck, AsksTheEndpoint) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.members);
    Workshop shop;
    Compiled compiled = shop.compile(
        Slots{.group = check(std::string(R"("schedule": "*/5 * * * * *",)") + row.members),
              .target = std::string(R"("target": ")") + row.endpoint + "\"",
              .own = R"("ssl": {"trustAll": true})"});
    ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
    auto made = check_of(compiled);
    ASSERT_TRUE(made) << printed(compiled.problems);
    EXPECT_EQ(shown(made->request), row.request);
  }
}

TEST(HealthCheck, HasTheDefaultsOfTheReference) {
  Workshop shop;
  auto made = check_of(shop.compile(Slots{.group = check(kPlain)}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->success_threshold, 2u);
  EXPECT_EQ(made->failure_threshold, 3u);
  EXPECT_EQ(made->assertion.source(), "{(#response.status == 200)}");
  EXPECT_EQ(made->request.timeout, 15s);
  EXPECT_EQ(made->request.tls, nullptr);
}

TEST(HealthCheck, WarnsOfAMethodThatNobodyKnows) {
  Workshop shop;
  auto compiled = shop.compile(
      Slots{.group = check(R"("schedule": "* * * * * *", "target": "/h", "method": "GTE")")});
  EXPECT_TRUE(check_of(compiled));
  EXPECT_THAT(
      printed(compiled.problems),
      HasSubstr("/method: unknown method 'GTE', endpoint 'one' is asked with it; did you mean "
                "'GET'?"));
}

TEST(HealthCheck, GoesTheWayOfItsEndpoint) {
  Workshop shop;
  auto compiled =
      shop.compile(Slots{.group = check(kPlain),
                         .target = R"("target": "https://h")",
                         .own = R"("ssl": {"trustAll": true}, "http": {"readTimeout": 0},
                                        "proxy": {"enabled": true, "host": "p", "port": 1})"});
  auto made = check_of(compiled);
  ASSERT_TRUE(made) << printed(compiled.problems);
  const upstream::EndpointOptions& options =
      compiled.revision->groups[0].backends[0].endpoint->options();
  EXPECT_EQ(made->request.tls, options.tls);
  EXPECT_EQ(made->request.proxy, options.proxy);
  EXPECT_EQ(made->request.timeout, 10s);
}

TEST(HealthCheck, TakesAssertionsWithAndWithoutBraces) {
  struct {
    const char* given;
    const char* source;
  } const rows[] = {
      {"{#response.status < 300}", "{#response.status < 300}"},
      {"#response.status < 300", "{(#response.status < 300)}"},
      {"1 == 1", "{(1 == 1)}"},
      {"{(1 == 1)}", "{(1 == 1)}"},
  };
  for (const auto& row : rows) {
    Workshop shop;
    auto made = check_of(shop.compile(
        Slots{.group = check(std::string(kPlain) + R"(, "assertion": ")" + row.given + "\"")}));
    ASSERT_TRUE(made) << row.given;
    EXPECT_EQ(made->assertion.source(), row.source);
  }
}

TEST(HealthCheck, EqualOnesAreToldByTheirFingerprint) {
  Workshop shop;
  auto made = [&](const std::string& members) {
    return check_of(shop.compile(Slots{.group = check(members)}))->fingerprint;
  };
  const std::string plain(kPlain);
  EXPECT_EQ(made(plain), made(plain));
  for (const char* more : {R"("body": "x")", R"("assertion": "true")", R"("successThreshold": 1)",
                           R"("failureThreshold": 1)", R"("overrideEndpointPath": true)",
                           R"("headers": [{"name": "a", "value": "b"}])"})
    EXPECT_NE(made(plain), made(plain + ", " + more)) << more;
}

TEST(HealthCheck, ABrokenOneLeavesItsEndpointInUse) {
  struct {
    std::string members;
    const char* reason;
  } const rows[] = {
      {R"("schedule": "* * * * *", "target": "/h", "method": "GET")", "6 fields"},
      {R"("schedule": "61 * * * * *", "target": "/h", "method": "GET")", "seconds: '61'"},
      {R"("schedule": "* * * * * *", "target": "/h", "method": "G T")", "no method"},
      {R"("schedule": "* * * * * *", "target": "ftp://h/", "method": "GET")", "scheme"},
      {R"("schedule": "* * * * * *", "target": "ws://h/", "method": "GET")", "http or https"},
      {R"("schedule": "* * * * * *", "target": "/a b", "method": "GET")", "byte"},
      {R"("schedule": "* * * * * *", "target": "{#nothing.at.all}", "method": "GET")", ""},
      {std::string(kPlain) + R"(, "assertion": "{#response.status ==}")", "assertion: expression"},
      {std::string(kPlain) + R"(, "headers": [{"name": "a b", "value": "x"}])", "does not allow"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.members);
    Workshop shop;
    Compiled compiled = shop.compile(Slots{.group = check(row.members)});
    ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
    ASSERT_EQ(compiled.revision->groups[0].backends.size(), 1u);
    EXPECT_EQ(check_of(compiled), nullptr);
    EXPECT_THAT(
        warnings(compiled.problems),
        Contains(problem_is("/endpointGroups/0/services/healthCheck/configuration", row.reason)));
  }
}

TEST(HealthCheck, ItsEndpointIsThatOfAnApiWithoutOne) {
  Workshop shop;
  auto with = shop.compile(Slots{.group = check(kPlain)});
  auto without = shop.compile(Slots{});
  EXPECT_EQ(with.revision->groups[0].backends[0].endpoint,
            without.revision->groups[0].backends[0].endpoint);
}

}  // namespace
}  // namespace perigee::plan
