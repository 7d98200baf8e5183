// The limits of policies from the configuration to what they bound.
#include <gtest/gtest.h>

#include "apps/perigee/worker.hpp"
#include "base/log.hpp"
#include "tests/compat/run.hpp"
#include "tests/net/support/dns_server.hpp"

namespace perigee::compat {
namespace {

struct Row {
  const char* key;
  const char* policy;
  const char* configuration;
  int status;  // when 1 is all that is allowed
  const char* phase = "request";
  const char* request = R"("method":"POST","body":"[1,2]")";
};
void PrintTo(const Row& row, std::ostream* to) { *to << row.key; }
std::string name_of(const testing::TestParamInfo<Row>& info) { return info.param.key; }

std::string case_of(const Row& row, std::string_view gateway, int status) {
  return std::string(R"({"id":"x","level":"policy","engine":"v4","policy":")") + row.policy +
         R"(","phase":")" + row.phase + R"(","configuration":)" + row.configuration +
         R"(,"gateway":{)" + std::string(gateway) + R"(},"backend":{"status":200,"body":"aa"},)" +
         R"("request":{"path":"/api","headers":{"Content-Type":"application/json",)" +
         R"("X-Forwarded-For":"127.0.0.1, 127.0.0.2"},)" + row.request +
         R"(},"expect":{"status":)" + std::to_string(status) + "}}";
}

std::string why(const std::string& text) {
  log::reconfigure({{"ROOT", log::Level::off}});
  static net::testing::DnsServer no_names;
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document) << text;
  return run_case(document->root(), Engine::v4, {.dns = no_names.address()}).why;
}

class ConfiguredLimits : public testing::TestWithParam<Row> {};

TEST_P(ConfiguredLimits, BoundWhatTheyAreNamedFor) {
  const Row& row = GetParam();
  EXPECT_EQ(why(case_of(row, "", 200)), "");
  std::string key = "\"perigee.limits." + std::string(row.key) + "\":\"1\"";
  EXPECT_EQ(why(case_of(row, key, row.status)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Keys, ConfiguredLimits,
    testing::Values(
        Row{"bufferedBodyBytes", "policy-assign-content", R"({"body":"${request.content}"})", 413},
        Row{"templateSteps", "policy-assign-content", R"({"body":"${1}${2}"})", 500},
        Row{"templateLoopTurns", "policy-assign-content",
            R"({"body":"<#list [1,2] as x>${x}</#list>"})", 500},
        Row{"templateBytes", "policy-assign-content", R"({"body":"${'a' + 'b'}"})", 500},
        Row{"joltSteps", "json-to-json", R"({"specification":"[{\"operation\":\"sort\"}]"})", 500},
        Row{"joltBytes", "json-to-json", R"({"specification":"[{\"operation\":\"sort\"}]"})", 500},
        Row{"xmlNodes", "transform-headers",
            R"({"addHeaders":[{"name":"X","value":"{#xpath(#request.content,'/a')}"}]})", 500,
            "request", R"("method":"POST","body":"<a>1</a>")"},
        Row{"xmlBytes", "transform-headers",
            R"({"addHeaders":[{"name":"X","value":"{#xpath(#request.content,'/a')}"}]})", 500,
            "request", R"("method":"POST","body":"<a>1</a>")"},
        Row{"urlReplacements", "url-rewriting", R"({"fromRegex":"a","toReplacement":"b"})", 500,
            "response"},
        Row{"clientAddresses", "ip-filtering",
            R"({"matchAllFromXForwardedFor":true,"whitelistIps":["127.0.0.1","127.0.0.2"]})", 403},
        Row{"listedAddresses", "ip-filtering",
            R"({"whitelistIps":["{#request.headers['X-Forwarded-For'][0]}"]})", 500}),
    name_of);

TEST(ConfiguredLimits, OfCopiesKeepThemFromBeingSent) {
  const char* bodies[] = {R"({"/shadow":1})", R"({"/shadow":0})"};
  for (bool tight : {false, true}) {
    std::string text =
        std::string(R"({"id":"x","level":"policy","engine":"v4","policy":"traffic-shadowing",)") +
        R"("configuration":{"target":"http://127.0.0.1:{port}/shadow"},"gateway":{)" +
        (tight ? R"("perigee.limits.shadowBytes":"1")" : "") +
        R"(},"context":{"http":[{"path":"/shadow","status":200}]},)" +
        R"("request":{"method":"POST","path":"/api","headers":{},"body":"12"},)" +
        R"("expect":{"status":200,"httpCalls":)" + bodies[tight] + "}}";
    EXPECT_EQ(why(text), "") << tight;
  }
}

TEST(ConfiguredLimits, OfBreakersAndCopiesReachTheProxy) {
  config::Settings settings;
  settings.limits.breakers_per_api_max = 7;
  settings.limits.shadow_copies_max = 8;
  proxy::Options options = apps::proxy_options(settings);
  EXPECT_EQ(options.breakers_max, 7u);
  EXPECT_EQ(options.limits.shadow_copies_max, 8u);
}

}  // namespace
}  // namespace perigee::compat
