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
      {R"("schedule": "s", "steps": [5])", "/services/health-check/steps/0", "expected an object"}};
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
