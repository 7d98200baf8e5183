// Endpoints: inheritance, broken configurations, targets, health checks.
#include "definition/path.hpp"
#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const Endpoint& endpoint_of(const Api& api) { return api.endpoint_groups[0].endpoints[0]; }

TEST(Endpoint, TakesTheGroupsOptionsOnlyWhenItInherits) {
  constexpr std::string_view kShared = R"("http": {"connectTimeout": 1})";
  constexpr std::string_view kOwn = R"("http": {"readTimeout": 2})";
  Api inherits =
      api_of({.shared = kShared, .endpoint = R"("inheritConfiguration": true)", .own = kOwn});
  EXPECT_EQ(endpoint_of(inherits).options.http.connect_timeout, 1ms);
  EXPECT_EQ(endpoint_of(inherits).options.http.read_timeout, 10s);
  EXPECT_EQ(endpoint_of(inherits).options.pointer, "/endpointGroups/0/sharedConfiguration");

  Api own = api_of({.shared = kShared, .own = kOwn});
  EXPECT_EQ(endpoint_of(own).options.http.connect_timeout, 5s);
  EXPECT_EQ(endpoint_of(own).options.http.read_timeout, 2ms);

  Api neither = api_of({.shared = kShared});
  EXPECT_EQ(endpoint_of(neither).options.http.connect_timeout, 5s);
}

TEST(Endpoint, CountsAWeightBelowOneAsOne) {
  EXPECT_EQ(endpoint_of(api_of({.endpoint = R"("weight": -3)"})).weight, 1);
  EXPECT_EQ(endpoint_of(api_of({.endpoint = R"("weight": "7")"})).weight, 7);
}

TEST(Endpoint, KeepsSecondaryAndTenants) {
  Api api = api_of({.endpoint = R"("secondary": true, "tenants": ["a", "b"])"});
  EXPECT_TRUE(endpoint_of(api).secondary);
  EXPECT_THAT(endpoint_of(api).tenants, testing::ElementsAre("a", "b"));
}

struct Broken {
  const char* name;
  Slots slots;
  std::string_view pointer;
  std::string_view message;
};
void PrintTo(const Broken& row, std::ostream* to) { *to << row.name; }
class LeftOut : public testing::TestWithParam<Broken> {};

TEST_P(LeftOut, WithWarningsWhileTheApiIsDeployed) {
  Parsed parsed = read_api(definition(GetParam().slots));
  ASSERT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(parsed.api->endpoint_groups[0].endpoints, IsEmpty());
  std::vector<Problem> found = warnings(parsed.problems);
  EXPECT_THAT(found, Contains(problem_is(GetParam().pointer, GetParam().message)))
      << printed(found);
  EXPECT_THAT(found, Contains(problem_is(kEndpoint, "'one' is left out")));
}

#define ENDPOINT "/endpointGroups/0/endpoints/0"
#define OWN ENDPOINT "/sharedConfigurationOverride"
INSTANTIATE_TEST_SUITE_P(
    Endpoint, LeftOut,
    testing::Values(
        Broken{"NoConfiguration",
               {.endpoint = R"("configuration": null)"},
               ENDPOINT "/configuration",
               "'target'"},
        Broken{
            "NoTarget", {.target = R"("target": null)"}, ENDPOINT "/configuration/target", "requ"},
        Broken{
            "BlankTarget", {.target = R"("target": " ")"}, ENDPOINT "/configuration/target", "bl"},
        Broken{
            "NoUrl", {.target = R"("target": "backend")"}, ENDPOINT "/configuration/target", "URL"},
        Broken{"BrokenString",
               {.endpoint = R"("configuration": "{")"},
               ENDPOINT "/configuration",
               "valid JSON"},
        Broken{"NegativeTimeout",
               {.own = R"("http": {"connectTimeout": -1})"},
               OWN "/http/connectTimeout",
               "from 0"},
        Broken{"NoConnections",
               {.own = R"("http": {"maxConcurrentConnections": 0})"},
               OWN "/http/maxConcurrentConnections",
               "from 1"},
        Broken{"FrameSize",
               {.own = R"("http": {"http2MaxFrameSize": 5})"},
               OWN "/http/http2MaxFrameSize",
               "from 16384"},
        Broken{"UnknownStore",
               {.own = R"("ssl": {"trustStore": {"type": "pcks12"}})"},
               OWN "/ssl/trustStore/type",
               "did you mean 'PKCS12'?; valid: 'NONE', 'PEM', 'PKCS12', 'JKS'"},
        Broken{"EmptyTrustStore",
               {.own = R"("ssl": {"trustStore": {"type": "PEM"}})"},
               OWN "/ssl/trustStore/path",
               "needs 'path' or 'content'"},
        Broken{"KeyStoreWithoutCertificate",
               {.own = R"("ssl": {"keyStore": {"type": "PEM", "keyPath": "k"}})"},
               OWN "/ssl/keyStore/certPath",
               "certContent"},
        Broken{"ProxyWithoutHost",
               {.own = R"("proxy": {"enabled": true, "port": 1})"},
               OWN "/proxy/host",
               "needs a host"},
        Broken{"HeaderWithoutName",
               {.own = R"("headers": [{"value": "x"}])"},
               OWN "/headers/0/name",
               "required"},
        Broken{"BrokenGroupOptions",
               {.shared = R"("http": 5)", .endpoint = R"("inheritConfiguration": true)"},
               ENDPOINT "/inheritConfiguration",
               "sharedConfiguration is invalid"}),
    [](const testing::TestParamInfo<Broken>& info) { return std::string(info.param.name); });

TEST(Endpoint, DoesNotMindBrokenGroupOptionsThatItDoesNotInherit) {
  Parsed parsed = read_api(definition({.shared = R"("http": 5)"}));
  ASSERT_TRUE(parsed.api);
  EXPECT_EQ(parsed.api->endpoint_groups[0].endpoints.size(), 1u);
  EXPECT_THAT(warnings(parsed.problems),
              testing::ElementsAre(
                  problem_is("/endpointGroups/0/sharedConfiguration/http", "expected an object")));
}

// api-definition.md 1.3: without a plugin for its type an endpoint is skipped.
TEST(Endpoint, OfATypeThatIsNotHereIsLeftOutWhileTheOthersServe) {
  struct {
    std::string_view type, fault;
  } rows[] = {
      {"http-proxi", "unknown endpoint type 'http-proxi'; did you mean 'http-proxy'?; supported"},
      {"HTTP_PROXI", "unknown endpoint type 'http-proxi'; did you mean 'http-proxy'?"},
      {"quite-another", "unknown endpoint type 'quite-another'; supported: 'http-proxy'"},
      {"mock", "endpoint type 'mock' is not supported by this version; supported: 'http-proxy'"},
      {"kafka", "endpoint type 'kafka' is not supported by this version; supported"},
      {"TCP_PROXY", "endpoint type 'tcp-proxy' is not supported by this version; supported"}};
  for (auto& [type, fault] : rows) {
    std::string endpoints =
        R"("endpoints": [{"name": "odd", "type": ")" + std::string(type) +
        R"(", "configuration": {"topics": []}, "services": {"healthCheck": {"type": "x"}}},
            {"name": "good", "type": "http-proxy", "configuration": {"target": "http://h"}}])";
    Parsed parsed = read_api(definition({.group = endpoints}));
    ASSERT_TRUE(parsed.api) << printed(parsed.problems);
    ASSERT_EQ(parsed.api->endpoint_groups[0].endpoints.size(), 1u) << type;
    EXPECT_EQ(endpoint_of(*parsed.api).name, "good");
    EXPECT_THAT(warnings(parsed.problems),
                testing::ElementsAre(problem_is(ENDPOINT "/type", fault)));
    EXPECT_THAT(warnings(parsed.problems)[0].message,
                testing::StartsWith("endpoint 'odd' is left out: "));
  }
}

TEST(Endpoint, TheTypeOfItsGroupDoesNotMatter) {
  for (std::string_view group : {R"("type": "kafka")", R"("type": "http-proxi")"}) {
    Parsed parsed = read_api(definition({.group = group}));
    ASSERT_TRUE(parsed.api) << printed(parsed.problems);
    EXPECT_EQ(parsed.api->endpoint_groups[0].endpoints.size(), 1u);
    EXPECT_THAT(warnings(parsed.problems),
                testing::ElementsAre(
                    problem_is("/endpointGroups/0/type", "each endpoint counts by its own type")));
  }
}

TEST(Endpoint, TargetsAreUrlsOrHoldExpressions) {
  for (std::string_view good :
       {"http://a", "HTTPS://a:443/", "ws://[::1]:80/x", "grpc://h:50051/pkg.Service",
        "http://[fe80::1]", "http://u:p@h:1?q=1", "{#api.properties['t']}",
        "http://{#api.properties['h']}:x/"}) {
    EXPECT_EQ(target_fault(good), "") << good;
  }
  struct {
    std::string_view target, fault;
  } bad[] = {
      {"a", "scheme://host"},         {"ftp://a", "'grpcs'"},   {"http://", "host is missing"},
      {"http://:80", "host is"},      {"http://a:", "port"},    {"http://a:0", "port"},
      {"http://a:70000", "port"},     {"http://a:8x", "port"},  {"http://[::1", "not closed"},
      {"http://[::1]x", "after the"}, {"http://a/ b", "blank"}, {"://a", "scheme://host"}};
  for (auto& [target, fault] : bad)
    EXPECT_THAT(target_fault(target), HasSubstr(std::string(fault))) << target;
}

TEST(Path, IsNormalised) {
  struct {
    std::string_view written, path;
  } rows[] = {{"", "/"},   {"/", "/"}, {"//", "/"}, {"/a", "/a/"}, {"/a//b///", "/a/b/"},
              {"a", "/a/"}};
  for (auto& [written, path] : rows) EXPECT_EQ(normalised_path(written), path) << written;
}

// Health checks.

constexpr std::string_view kCheck =
    R"("configuration": {"schedule": "*/5 * * * * *", "target": "/health", "method": "GET"})";
std::string service(std::string_view members) {
  return R"("services": {"healthCheck": {"type": "http-health-check", )" + std::string(members) +
         "}}";
}
const std::string kGroupCheck = service(kCheck);

TEST(HealthCheck, HasItsDefaults) {
  Api api = api_of({.group = kGroupCheck});
  ASSERT_TRUE(endpoint_of(api).health_check);
  const HealthCheck& check = *endpoint_of(api).health_check;
  EXPECT_EQ(check.schedule, "*/5 * * * * *");
  EXPECT_EQ(check.target, "/health");
  EXPECT_EQ(check.method, "GET");
  EXPECT_FALSE(check.override_endpoint_path);
  EXPECT_EQ(check.success_threshold, 2);
  EXPECT_EQ(check.failure_threshold, 3);
  EXPECT_EQ(check.pointer, "/endpointGroups/0/services/healthCheck/configuration");
}

TEST(HealthCheck, OfTheGroupCannotBeSwitchedOffByAnEndpoint) {
  std::string off = service(R"("enabled": false)");
  Api api = api_of({.group = kGroupCheck, .endpoint = off});
  ASSERT_TRUE(endpoint_of(api).health_check);
  EXPECT_EQ(endpoint_of(api).health_check->target, "/health");
}

TEST(HealthCheck, OfTheEndpointOverridesTheGroupsOnlyWhenItSaysSo) {
  std::string own = R"("configuration": {"schedule": "s", "target": "/own", "method": "GET"})";
  std::string overrides = service(own + R"(, "overrideConfiguration": true)");
  EXPECT_EQ(endpoint_of(api_of({.group = kGroupCheck, .endpoint = overrides})).health_check->target,
            "/own");
  EXPECT_EQ(endpoint_of(api_of({.endpoint = overrides})).health_check->target, "/own");
  std::string inherits = service(own);
  EXPECT_EQ(endpoint_of(api_of({.group = kGroupCheck, .endpoint = inherits})).health_check->target,
            "/health");
  std::string group_off = service(std::string(kCheck) + R"(, "enabled": false)");
  EXPECT_EQ(endpoint_of(api_of({.group = group_off, .endpoint = inherits})).health_check->target,
            "/health");
}

TEST(HealthCheck, OfItsOwnIsNotRunForASecondary) {
  std::string own = R"("secondary": true, )" +
                    service(std::string(kCheck) + R"(, "overrideConfiguration": true)");
  EXPECT_FALSE(endpoint_of(api_of({.group = kGroupCheck, .endpoint = own})).health_check);
  EXPECT_TRUE(
      endpoint_of(api_of({.group = kGroupCheck, .endpoint = R"("secondary": true)"})).health_check);
}

TEST(HealthCheck, IsLeftOutWithAWarningWhenItIsBroken) {
  struct {
    std::string group;
    std::string_view pointer, message;
  } rows[] = {
      {service(R"("configuration": {"target": "/", "method": "GET"})"),
       "/endpointGroups/0/services/healthCheck/configuration/schedule", "required"},
      {service(R"("enabled": true)"), "/endpointGroups/0/services/healthCheck", "no configuration"},
      {R"("services": {"healthCheck": {"type": "tcp"}})",
       "/endpointGroups/0/services/healthCheck/type", "'tcp' is not supported"}};
  for (auto& [group, pointer, message] : rows) {
    Parsed parsed = read_api(definition({.group = group}));
    ASSERT_TRUE(parsed.api) << printed(parsed.problems);
    EXPECT_FALSE(endpoint_of(*parsed.api).health_check);
    EXPECT_THAT(warnings(parsed.problems), Contains(problem_is(pointer, message)))
        << printed(parsed.problems);
  }
}

}  // namespace
}  // namespace perigee::definition
