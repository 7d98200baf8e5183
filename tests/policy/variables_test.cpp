// What expressions read from an exchange: expression-language.md section 2.
#include "net/certificate_subject.hpp"
#include "tests/policy/support/exchanges.hpp"

namespace perigee::policy {
namespace {

using namespace std::string_view_literals;
using testing::Exchanges;
using ::testing::HasSubstr;

struct Row {
  std::string_view text;
  std::string_view expected;  // "error" stands for any error
};

void check(Exchanges& exchanges, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    std::string result = exchanges.eval(row.text);
    bool fits = row.expected == "error" ? result.starts_with("error: ") : result == row.expected;
    EXPECT_TRUE(fits) << row.text << "\n gives " << result << "\n not " << row.expected;
  }
}

TEST(Variables, AManyNamedQueryIsListedInItsOrder) {
  Exchanges x;
  std::string query = "b=1&a=2&b=3";
  for (int i = 0; i < 20'000; ++i) query += "&p" + std::to_string(i);
  x.request.query = query;
  check(x, {{"{#request.params.size()}", "20002"}});
  x.request.query = "b=1&a=2&b=3&c";
  check(x, {{"{#request.params.keySet()}", "b,a,c"}});
}

TEST(Variables, ABodyIsParsedOnceUntilAnotherTakesItsPlace) {
  Exchanges x;
  Exchange& exchange = x.exchange();
  exchange.request_body.replace(R"({"a":1})");
  auto document = [&] { return exchange.read({el::Access::request_json}, x.arena).as_json(); };
  const JsonNode* first = document();
  EXPECT_EQ(document(), first);
  check(x, {{"{#request.jsonContent.a} {#jsonPath(#request.content, '$.a')}", "1 1"}});
  exchange.request_body.replace(R"({"a":2})");
  EXPECT_NE(document(), first);
  check(x, {{"{#request.jsonContent.a} {#jsonPath(#request.content, '$.a')}", "2 2"}});
}

TEST(Variables, OfTheRequest) {
  Exchanges x;
  x.request.method = http::Method::post;
  x.request.method_text = "POST";
  x.request.path = "/orders/12/lines";
  x.request.query = "a=1&b=%20&a=2;c";
  x.request.scheme = "https";
  x.request.authority = "api.example:8443";
  Exchange& exchange = x.exchange();
  exchange.request_id = "r-1";
  exchange.transaction_id = "t-1";
  exchange.uri = "/orders/12/lines?a=1";
  exchange.context_path = "/orders/";
  exchange.path_info = "/12/lines";
  exchange.remote_address = "192.0.2.7";
  exchange.arrived_wall = x.clock.wall();
  check(x, {
               {"{#request.id}", "r-1"},
               {"{#request.transactionId}", "t-1"},
               {"{#request.uri}", "/orders/12/lines?a=1"},
               {"{#request.path}", "/orders/12/lines"},
               {"{#request.contextPath}", "/orders/"},
               {"{#request.pathInfo}", "/12/lines"},
               {"{#request.paths[1]}", "orders"},
               {"{#request.pathInfos[2]}", "lines"},
               {"{#request.pathInfos[9]}", "error"},
               {"{#request.method}", "POST"},
               {"{#request.scheme}", "https"},
               {"{#request.host}", "api.example:8443"},
               {"{#request.version}", "HTTP_1_1"},
               {"{#request.timestamp}", "1700000000000"},
               {"{#request.remoteAddress}", "192.0.2.7"},
               {"{#request.localAddress}", "127.0.0.1"},
               {"{#request.params['a'][0]}", "1"},
               {"{#request.params['a'][1]}", "2"},
               {"{#request.params['a'].size()}", "2"},
               {"{#request.params.b[0]}", "%20"},
               {"{#request.params['c'][0]}", ""},
               {"{#request.params['nothing']}", "<null>"},
               {"{#request.params['nothing'] == null}", "true"},
               {"{#request.params['nothing'][0]}", "error"},
               {"{#request.params.size()}", "3"},
               {"{#request.params.containsKey('b')}", "true"},
               {"{#request.nothing}", "error"},
               {"{#nothing}", "<null>"},
           });
}

TEST(Variables, OfTls) {
  const net::CertificateSubject client{.dn = "CN=c,OU=b,OU=a",
                                       .attributes = {{"2.5.4.3", "CN", "c"},
                                                      {"2.5.4.11", "OU", "b"},
                                                      {"2.5.4.11", "OU", "a"},
                                                      {"1.2.840.113549.1.9.1", "E", "c@x"},
                                                      {"2.5.4.46", "DN", "q"},
                                                      {"2.5.4.54", "", "dmd"},
                                                      {"1.2.3", "", "odd"}}};
  const net::CertificateSubject server{.dn = "CN=s", .attributes = {{"2.5.4.3", "CN", "s"}}};
  Exchanges x;
  x.connection.second = *net::Address::literal("192.0.2.9", 40000);
  x.connection.tls.secured = true;
  x.connection.peer_subject = &client;
  x.connection.own_subject = &server;
  check(x, {
               {"{#request.ssl.clientHost}:{#request.ssl.clientPort}", "192.0.2.9:40000"},
               {"{#request.ssl.clientPort + 1}", "40001"},
               {"{#request.ssl.client.dn}", "CN=c,OU=b,OU=a"},
               {"{#request.ssl.client.defined}", "true"},
               {"{#request.ssl.client.isDefined()}", "true"},
               {"{#request.ssl.client.cn}", "c"},
               {"{#request.ssl.client.getCn()}", "c"},
               {"{#request.ssl.client.ou}", "b"},
               {"{#request.ssl.client.e}{#request.ssl.client.emailAddress}", "c@xc@x"},
               {"{#request.ssl.client.dnQualifier}", "q"},
               {"{#request.ssl.client.dmdName}", "dmd"},
               {"{#request.ssl.client.l}", "<null>"},
               {"{#request.ssl.client.l == null}", "true"},
               {"{#request.ssl.client.shoeSize}", "error"},
               {"{#request.ssl.client.attributes['ou'][1]}", "a"},
               {"{#request.ssl.client.attributes['OU']}", "b,a"},
               {"{#request.ssl.client.attributes['oU'].size()}", "2"},
               {"{#request.ssl.client.attributes['2.5.4.11'][0]}", "b"},
               {"{#request.ssl.client.attributes['1.2.3'][0]}", "odd"},
               {"{#request.ssl.client.attributes['l'] == null}", "true"},
               {"{#request.ssl.client.attributes[#request.ssl.client.ou] == null}", "true"},
               {"{#request.ssl.client.attributes.containsKey('cn')}", "true"},
               {"{#request.ssl.client.attributes.keySet().size()}", "10"},
               {"{#request.ssl.client.getAttributes().getFirst('ou')}", "b"},
               {"{#request.ssl.server.dn}", "CN=s"},
               {"{#request.ssl.server.cn}", "s"},
               {"{#request.ssl.server.attributes['cn'][0]}", "s"},
               {"{#request.ssl.server.defined}", "true"},
           });
}

TEST(Variables, OfTlsWithoutACertificate) {
  Exchanges x;
  x.connection.tls.secured = true;
  check(x, {
               {"{#request.ssl.clientHost}", "127.0.0.1"},
               {"{#request.ssl.client.defined}", "false"},
               {"{#request.ssl.client != null}", "true"},
               {"{#request.ssl.client.dn == ''}", "true"},
               {"{#request.ssl.client.cn == ''}", "true"},
               {"{#request.ssl.client.attributes['cn'] == null}", "true"},
               {"{#request.ssl.client.attributes['cn'][0]}", "error"},
               {"{#request.ssl.client.attributes.isEmpty()}", "true"},
           });
}

TEST(Variables, OfTlsWithoutTls) {
  Exchanges x;
  check(x, {
               {"{#request.ssl.clientHost == null}", "true"},
               {"{#request.ssl.clientPort}", "<null>"},
               {"{#request.ssl.client.defined || #request.ssl.server.defined}", "false"},
               {"{#request.ssl.client.cn}{#request.ssl.server.dn}", ""},
               {"{#request.ssl != null}", "true"},
           });
}

TEST(Variables, OfHeaders) {
  Exchanges x;
  x.request.headers.add("X-Tag"sv, "one");
  x.request.headers.add("x-tag"sv, "two");
  x.request.headers.add("Accept"sv, "text/html");
  x.request.headers.add("X-Gone"sv, "gone");
  x.request.headers.remove("X-Gone"sv);
  x.response.headers.add("Server"sv, "s");
  x.response.status = 201;
  check(x, {
               {"{#request.headers['X-Tag'][0]}", "one"},
               {"{#request.headers['x-TAG'][1]}", "two"},
               {"{#request.headers['X-Tag'].size()}", "2"},
               {"{#request.headers['accept'][0]}", "text/html"},
               {"{#request.headers.Accept[0]}", "text/html"},
               {"{#request.headers['X-Gone'] == null}", "true"},
               {"{#request.headers['X-Gone'][0]}", "error"},
               {"{#request.headers['nothing']?.size()}", "<null>"},
               {"{#request.headers.containsKey('ACCEPT')}", "true"},
               {"{#request.headers.containsKey('X-Gone')}", "false"},
               {"{#request.headers.size()}", "2"},
               {"{#request.headers[#request.headers['X-Tag'][0]] == null}", "true"},
               {"{#response.status}", "201"},
               {"{#response.headers['SERVER'][0]}", "s"},
               {"{#response.headers['accept'] == null}", "true"},
           });
}

TEST(Variables, OfPathParameters) {
  Exchanges x;
  Exchange& exchange = x.exchange();
  exchange.path_parameters.set("id", "12");
  exchange.path_parameters.set("gone", "x");
  exchange.path_parameters.remove("gone");
  check(x, {
               {"{#request.pathParams['id'][0]}", "12"},
               {"{#request.pathParams.id[0]}", "12"},
               {"{#request.pathParams['nothing'] == null}", "true"},
               {"{#request.pathParams['gone'] == null}", "true"},
               {"{#request.pathParams.size()}", "1"},
           });
}

TEST(Variables, OfBodies) {
  Exchanges x;
  Exchange& exchange = x.exchange();
  check(x, {{"{#request.content}", ""},
            {"{#request.jsonContent.size()}", "0"},
            {"{#response.content}", ""}});
  exchange.request_body.replace(R"({"id": 7, "deep": {"list": [1, "two"]}})");
  exchange.response_body.replace("no JSON");
  check(x, {{"{#request.content.length()}", "39"},
            {"{#request.jsonContent.id}", "7"},
            {"{#request.jsonContent['deep']['list'][1]}", "two"},
            {"{#request.jsonContent.nothing}", "<null>"},
            {"{#jsonPath(#request.content, '$.deep.list[0]')}", "1"},
            {"{#response.content}", "no JSON"},
            {"{#response.jsonContent.size()}", "0"}});
  exchange.request_body.replace("[1]");
  exchange.response_body.replace(R"({"ok": true})");
  check(x, {{"{#request.jsonContent.size()}", "0"}, {"{#response.jsonContent.ok}", "true"}});
}

// A backend may read in it what a condition here would not have seen.
TEST(Variables, OfAJsonBodyThatOthersMayRead) {
  const std::string deep =
      R"({"role": "admin", "x": )" + std::string(300, '[') + std::string(300, ']') + "}";
  for (std::string_view body : {R"({"role": "admin"} {})", R"({"role": "admin", "x": 1e999})",
                                R"( {"role": "admin", "x": "\ud800"})",
                                "{\"role\": \"admin\", \"x\": \"\xff\"}", deep.c_str()}) {
    Exchanges x;
    x.exchange().request_body.replace(body);
    EXPECT_THAT(x.eval("{#request.jsonContent['role'] == 'admin'}"),
                HasSubstr("the body cannot be read: invalid JSON"))
        << body;
  }
  Exchanges x;
  x.exchange().request_body.replace("12 o'clock");  // no object for anybody
  check(x, {{"{#request.jsonContent.size()}", "0"}});
}

TEST(Variables, OfTheContext) {
  Exchanges x;
  x.api.id = "a1";
  x.api.name = "orders";
  x.api.environment_id = "ENV";
  x.api.organization_id = "ORG";
  x.api.deployed_at_ms = 1234567890123;
  Exchange& exchange = x.exchange();
  exchange.context_path = "/orders/";
  exchange.plan_id = "p1";
  exchange.application_id = "app";
  exchange.subscription_id = "sub";
  exchange.client_identifier = "client";
  exchange.attributes.set("mine", "m");
  exchange.attributes.set("number", el::Value::integer(5));
  exchange.attributes.set("gravitee.attribute.user", "u");
  check(x, {
               {"{#context.attributes['api']}", "a1"},
               {"{#context.attributes.api}", "a1"},
               {"{#context.attributes['gravitee.attribute.api']}", "a1"},
               {"{#context.attributes['api.name']}", "orders"},
               {"{#context.attributes['api.deployed-at']}", "1234567890123"},
               {"{#context.attributes['organization']}", "ORG"},
               {"{#context.attributes['environment']}", "ENV"},
               {"{#context.attributes['context-path']}", "/orders/"},
               {"{#context.attributes['plan']}", "p1"},
               {"{#context.attributes['application']}", "app"},
               {"{#context.attributes['user-id']}", "sub"},
               {"{#context.attributes['clientIdentifier']}", "client"},
               {"{#context.attributes['request.original-url'] != null}", "true"},
               {"{#context.attributes['sni']}", "<null>"},
               {"{#context.attributes['mine']}", "m"},
               {"{#context.attributes['gravitee.attribute.mine']}", "<null>"},
               {"{#context.attributes['user']}", "u"},
               {"{#context.attributes['number'] + 1}", "6"},
               {"{#context.attributes['nothing']}", "<null>"},
               {"{#context.attributes['nothing'] == null}", "true"},
               {"a{#context.attributes['nothing']}b", "ab"},
               {"{#context.attributes[#context.attributes['mine'] + 'ine']}", "m"},
               {"{#context.attributes.containsKey('gravitee.attribute.plan')}", "true"},
               {"{#context.attributes.size()}", "14"},
           });
  exchange.attributes.set("plan", "shadow");
  check(x, {{"{#context.attributes['plan']}", "shadow"},
            {"{#context.attributes['gravitee.attribute.plan']}", "p1"}});
}

TEST(Variables, WithoutAPlanThereIsNoAttributeOfIt) {
  Exchanges x;
  check(x, {{"{#context.attributes['plan']}", "<null>"},
            {"{#context.attributes.containsKey('gravitee.attribute.plan')}", "false"}});
}

TEST(Variables, OfTheApi) {
  Exchanges x;
  x.api.id = "a1";
  x.api.name = "orders";
  x.api.version = "2";
  x.api.has_properties = true;
  x.api.properties = {{"key", "value"}, {"other", ""}};
  x.api.endpoint_references = {{"group", "group:"}, {"one", "one:"}};
  check(x, {
               {"{#api.id}-{#api.name}-{#api.version}", "a1-orders-2"},
               {"{#api.properties['key']}", "value"},
               {"{#properties['key']}", "value"},
               {"{#properties.other}", ""},
               {"{#api.properties['nothing']}", "<null>"},
               {"{#properties['nothing'] == null}", "true"},
               {"{#properties.size()}", "2"},
               {"{#endpoints['one']}", "one:"},
               {"{#endpoints['group']}/x", "group:/x"},
               {"{#endpoints['nothing']}", "<null>"},
               {"{#dictionaries}", "<null>"},
               {"{#dictionaries['a']['b']}", "error"},
           });
}

TEST(Variables, AnApiWhosePropertiesCannotBeRead) {
  Exchanges x;
  x.api.has_properties = true;
  x.api.properties = {{"key", "value"}, {"key", "other"}};
  x.api.properties_fault = "the key 'key' stands twice";
  check(x, {{"{#properties['key']}", "error"},
            {"{#api.properties['key']}", "error"},
            {"{#api.properties['nothing'] ?: 'x'}", "error"},
            {"{#properties}", "error"},
            {"{#api.properties}", "error"},
            {"{#properties == null}", "error"},
            {"{#properties?.key}", "error"},
            {"{#api?.properties?.size()}", "error"}});
}

TEST(Variables, AnApiWithoutProperties) {
  Exchanges x;
  check(x, {{"{#properties}", "<null>"}, {"{#properties['key']}", "error"}});
}

TEST(Variables, OfTheSubscription) {
  Exchanges x;
  check(x, {{"{#subscription}", "<null>"},
            {"{#subscription.id}", "error"},
            {"{#subscription?.id}", "<null>"}});
  x.exchange().subscription_id = "192.0.2.7";
  check(x, {{"{#subscription.id}", "192.0.2.7"},
            {"{#subscription.type}", "STANDARD"},
            {"{#subscription.metadata}", "<null>"},
            {"{#subscription.applicationName}", "<null>"}});
}

TEST(Variables, OfTheNode) {
  Exchanges x;
  check(x, {{"{#node.tenant}", "<null>"},
            {"{#node.zone}", "<null>"},
            {"{#node.shardingTags.size()}", "0"}});
  x.node.id = "n1";
  x.node.version = "4.9.0";
  x.node.tenant = "eu";
  x.node.zone = "z";
  x.node.sharding_tags = {"a", "b"};
  check(x, {{"{#node.id}", "n1"},
            {"{#node.version}", "4.9.0"},
            {"{#node.tenant}", "eu"},
            {"{#node.zone}", "z"},
            {"{#node.shardingTags[1]}", "b"}});
}

TEST(Variables, OfAFailure) {
  Exchanges x;
  check(x, {{"{#error}", "<null>"},
            {"{#error.key}", "error"},
            {"{#error?.key}", "<null>"},
            {"{#parameters}", "<null>"}});
  Failure failure{.status = 429,
                  .key = "QUOTA",
                  .message = "too much",
                  .parameters = {{"limit", "5"}},
                  .cause = ErrorCode::limit};
  x.exchange().failure = &failure;
  check(x, {
               {"{#error.statusCode}", "429"},
               {"{#error.key}", "QUOTA"},
               {"{#error.message}", "too much"},
               {"{#error.parameters['limit']}", "5"},
               {"{#parameters['limit']}", "5"},
               {"{#parameters['nothing']}", "<null>"},
               {"{#error.cause}", std::string(to_string(ErrorCode::limit))},
           });
  Failure silent{.status = 502, .has_message = false};
  x.exchange().failure = &silent;
  check(x, {{"{#error.message}", "<null>"}, {"{#error.key}", "<null>"}});
}

TEST(Variables, WhatPoliciesAdd) {
  Exchanges x;
  x.exchange().variables.set("group", "g");
  check(x, {{"{#group}", "g"}, {"{#groupName}", "<null>"}});
}

}  // namespace
}  // namespace perigee::policy
