// Health checks of v2 definitions: api-definition.md 2.3.
#include "tests/definition/support/v2_definitions.hpp"

namespace perigee::definition {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const Endpoint& endpoint_of(const Api& api) { return api.endpoint_groups[0].endpoints[0]; }

constexpr std::string_view kCheck = R"("schedule": "*/5 * * * * *", "steps": [{
    "name": "default-step", "request": {"path": "/health", "method": "GET"},
    "response": {"assertions": ["#response.status == 200"]}}])";

std::string of_api(std::string_view members) {
  return R"("services": {"health-check": {)" + std::string(members) + "}}";
}
std::string of_endpoint(std::string_view members) {
  return R"("healthcheck": {)" + std::string(members) + "}";
}

TEST(V2HealthCheck, ReadsEveryMember) {
  std::string top = of_api(R"("enabled": true, "schedule": "0 * * * * *", "steps": [{
      "request": {"path": "/h", "method": "POST", "headers": [{"name": "A", "value": "1"}],
                  "body": "b", "fromRoot": true},
      "response": {"assertions": ["#response.status == 200", " ", "#response.content != ''"]}}])");
  Api api = v2_api_of({.top = top});
  ASSERT_TRUE(endpoint_of(api).health_check);
  const HealthCheck& check = *endpoint_of(api).health_check;
  EXPECT_EQ(check.schedule, "0 * * * * *");
  EXPECT_EQ(check.target, "/h");
  EXPECT_EQ(check.method, "POST");
  EXPECT_EQ(check.headers.at(0).name, "A");
  EXPECT_EQ(check.body, "b");
  EXPECT_TRUE(check.override_endpoint_path);
  EXPECT_EQ(check.assertion, "{(#response.status == 200) && (#response.content != '')}");
  EXPECT_EQ(check.success_threshold, 2);
  EXPECT_EQ(check.failure_threshold, 3);
  EXPECT_EQ(check.pointer, "/services/health-check");
}

struct Older {
  const char* name;
  std::string_view members;
  std::string_view schedule, target = "/h", assertion = "{#response.status == 200}";
};
void PrintTo(const Older& row, std::ostream* to) { *to << row.name; }
class V2OlderHealthChecks : public testing::TestWithParam<Older> {};

TEST_P(V2OlderHealthChecks, AreReadWithoutAWarning) {
  const Older& row = GetParam();
  const std::string of_the_api = of_api(row.members);
  const std::string own = of_endpoint(R"("inherit": false, )" + std::string(row.members));
  for (const V2Slots& slots : {V2Slots{.top = of_the_api}, V2Slots{.endpoint = own}}) {
    Parsed parsed = read_api(v2_definition(slots));
    ASSERT_TRUE(parsed.api) << printed(parsed.problems);
    EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
    ASSERT_TRUE(endpoint_of(*parsed.api).health_check);
    const HealthCheck& check = *endpoint_of(*parsed.api).health_check;
    EXPECT_EQ(check.schedule, row.schedule);
    EXPECT_EQ(check.target, row.target);
    EXPECT_EQ(check.method, "GET");
    EXPECT_EQ(check.assertion, row.assertion);
  }
}

INSTANTIATE_TEST_SUITE_P(
    V2, V2OlderHealthChecks,
    testing::Values(
        Older{"Interval", R"("interval": 30, "unit": "SECONDS",
                             "request": {"uri": "/h", "method": "GET"})",
              "*/30 * * * * *"},
        Older{"IntervalText", R"("interval": "5", "unit": "minutes",
                                 "request": {"uri": "/h", "method": "get"})",
              "0 */5 * * * *"},
        Older{"Trigger", R"("trigger": {"rate": 2, "unit": "HOURS"},
                            "request": {"path": "/h", "method": "GET"})",
              "0 0 */2 * * *"},
        Older{"Days", R"("trigger": {"rate": 1, "unit": "DAYS"},
                         "request": {"path": "/h", "method": "GET"})",
              "0 0 0 */1 * *"},
        Older{"ScheduleGoesBefore", R"("schedule": "s", "trigger": {"rate": 1, "unit": "DAYS"},
                                       "interval": 5, "unit": "SECONDS",
                                       "request": {"path": "/h", "method": "GET"})",
              "s"},
        Older{"TriggerGoesBeforeInterval",
              R"("trigger": {"rate": 3, "unit": "SECONDS"}, "interval": 5, "unit": "HOURS",
                 "request": {"path": "/h", "uri": "/x", "method": "GET"})",
              "*/3 * * * * *"},
        Older{"Expectation", R"("schedule": "s", "request": {"path": "/h", "method": "GET"},
                                "expectation": {"assertions": ["#response.status < 300"]})",
              "s", "/h", "{(#response.status < 300)}"},
        Older{"StepsGoBefore",
              R"("schedule": "s", "steps": [{"request": {"path": "/s", "method": "GET"}}],
                 "request": {"path": "/h", "method": "GET"},
                 "expectation": {"assertions": ["#response.status < 300"]})",
              "s", "/s"}),
    [](const testing::TestParamInfo<Older>& info) { return std::string(info.param.name); });

TEST(V2HealthCheck, OlderMembersMayStandBesideAnInheritedOne) {
  const std::string top = of_api(kCheck);
  const std::string endpoint = of_endpoint(
      R"("inherit": true, "interval": 5, "unit": "SECONDS", "trigger": {}, "request": {},
         "expectation": {})");
  Parsed parsed = read_api(v2_definition({.top = top, .endpoint = endpoint}));
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
  EXPECT_EQ(endpoint_of(*parsed.api).health_check->target, "/health");
}

TEST(V2HealthCheck, AsksForStatus200WithoutAssertions) {
  for (std::string_view response :
       {"", R"(, "response": {})", R"(, "response": {"assertions": []})"}) {
    std::string top = of_api(R"("schedule": "s", "steps": [{"request": {"path": "/", "method":
                                "GET"})" +
                             std::string(response) + "}]");
    EXPECT_EQ(endpoint_of(v2_api_of({.top = top})).health_check->assertion,
              "{#response.status == 200}");
  }
}

struct Chosen {
  const char* name;
  std::string top, endpoint;
  std::string_view target;  // empty: not checked
};
void PrintTo(const Chosen& row, std::ostream* to) { *to << row.name; }
class V2HealthChecks : public testing::TestWithParam<Chosen> {};

TEST_P(V2HealthChecks, AreChosenBetweenEndpointAndApi) {
  const Chosen& row = GetParam();
  Parsed parsed = read_api(v2_definition({.top = row.top, .endpoint = row.endpoint}));
  ASSERT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
  const std::optional<HealthCheck>& check = endpoint_of(*parsed.api).health_check;
  EXPECT_EQ(check ? check->target : "", row.target);
}

const std::string kOwnCheck = R"("inherit": false, "schedule": "s", "steps": [{
    "request": {"path": "/own", "method": "GET"}}])";
INSTANTIATE_TEST_SUITE_P(
    V2, V2HealthChecks,
    testing::Values(
        Chosen{"None", "", "", ""}, Chosen{"OfTheApi", of_api(kCheck), "", "/health"},
        Chosen{"ApiDisabled", of_api(std::string(kCheck) + R"(, "enabled": false)"), "", ""},
        Chosen{"InheritedByDefault", of_api(kCheck), of_endpoint(R"("enabled": true)"), "/health"},
        Chosen{"InheritedFromNone", "", of_endpoint(R"("inherit": true)"), ""},
        Chosen{"SwitchedOff", of_api(kCheck), of_endpoint(R"("enabled": false)"), ""},
        Chosen{"Own", of_api(kCheck), of_endpoint(kOwnCheck), "/own"},
        Chosen{"OwnWithoutTheApis", "", of_endpoint(kOwnCheck), "/own"},
        Chosen{"OwnDisabled", of_api(kCheck), of_endpoint(kOwnCheck + R"(, "enabled": false)"), ""},
        Chosen{"NoObject", of_api(kCheck), R"("healthcheck": true)", "/health"},
        Chosen{"Backup", of_api(kCheck), R"("backup": true)", ""},
        Chosen{"BackupWithOwn", "", R"("backup": true, )" + of_endpoint(kOwnCheck), ""}),
    [](const testing::TestParamInfo<Chosen>& info) { return std::string(info.param.name); });

TEST(V2HealthCheck, IsLeftOutWithAWarningWhenItIsBroken) {
  struct {
    std::string members;
    std::string_view pointer, message;
  } rows[] = {
      {R"("steps": [{"request": {"path": "/", "method": "GET"}}])",
       "/services/health-check/schedule", "required"},
      {R"("schedule": "s")", "/services/health-check/steps", "at least one"},
      {R"("schedule": "s", "steps": [{}])", "/services/health-check/steps/0/request", "required"},
      {R"("schedule": "s", "steps": [{"request": {"path": "/"}}])",
       "/services/health-check/steps/0/request/method", "required"},
      {R"("schedule": "s", "steps": [5])", "/services/health-check/steps/0", "expected an object"},
      {R"("schedule": "s", "steps": [], "request": {"path": "/", "method": "GET"})",
       "/services/health-check/steps", "at least one"},
      {R"("schedule": "s", "request": {"method": "GET"})", "/services/health-check/request/path",
       "required"},
      {R"("schedule": "s", "request": {"path": "/"})", "/services/health-check/request/method",
       "required"},
      {R"("schedule": "s", "request": "/h")", "/services/health-check/request",
       "expected an object"},
      {R"("interval": 5, "request": {"path": "/", "method": "GET"})", "/services/health-check/unit",
       "required"},
      {R"("interval": 0, "unit": "SECONDS", "request": {"path": "/", "method": "GET"})",
       "/services/health-check/interval", "expected a number from 1"},
      {R"("trigger": {"unit": "SECONDS"}, "request": {"path": "/", "method": "GET"})",
       "/services/health-check/trigger/rate", "required"},
      {R"("trigger": {"rate": 5, "unit": "WEEKS"}, "request": {"path": "/", "method": "GET"})",
       "/services/health-check/trigger/unit",
       "unknown unit 'WEEKS'; valid: 'SECONDS', 'MINUTES', 'HOURS', 'DAYS'"},
      {R"("trigger": 5, "request": {"path": "/", "method": "GET"})",
       "/services/health-check/trigger", "expected an object"}};
  for (auto& [members, pointer, message] : rows) {
    Parsed parsed = read_api(v2_definition({.top = of_api(members)}));
    ASSERT_TRUE(parsed.api) << printed(parsed.problems);
    EXPECT_FALSE(endpoint_of(*parsed.api).health_check);
    EXPECT_THAT(warnings(parsed.problems), Contains(problem_is(pointer, message)))
        << printed(parsed.problems);
    EXPECT_THAT(warnings(parsed.problems),
                Contains(problem_is("/services/health-check", "the endpoints are not checked")));
  }
}

TEST(V2HealthCheck, TellsThatOnlyItsFirstStepRuns) {
  std::string top = of_api(R"("schedule": "s", "steps": [
      {"request": {"path": "/1", "method": "GET"}}, {"request": {"path": "/2", "method": "GET"}}])");
  Parsed parsed = read_api(v2_definition({.top = top}));
  EXPECT_EQ(endpoint_of(*parsed.api).health_check->target, "/1");
  EXPECT_THAT(warnings(parsed.problems),
              ElementsAre(problem_is("/services/health-check/steps", "only the first step runs")));
}

}  // namespace
}  // namespace perigee::definition
