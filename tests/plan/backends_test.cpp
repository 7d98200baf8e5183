// Endpoints and groups: their options, and that they outlive what does not change them.
#include <fstream>

#include "base/base64.hpp"
#include "tests/base/support/folder.hpp"
#include "tests/net/support/certificates.hpp"
#include "tests/plan/support/workshop.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const upstream::Endpoint> endpoint_of(const ApiRevision& revision) {
  return revision.groups.at(0).backends.at(0).endpoint;
}

TEST(Backends, TheDefaultsOfAnEndpoint) {
  Workshop shop;
  auto revision = shop.revision();
  const Backend& backend = revision->groups.at(0).backends.at(0);
  EXPECT_EQ(backend.name, "one");
  EXPECT_EQ(backend.authority, "10.0.0.5:8080");
  EXPECT_EQ(backend.target_path, "/base");
  EXPECT_EQ(backend.target_query, "");
  EXPECT_FALSE(backend.propagate_client_host);
  EXPECT_FALSE(backend.propagate_accept_encoding);
  const upstream::EndpointOptions& options = backend.endpoint->options();
  EXPECT_EQ(options.connect_timeout, 5s);
  EXPECT_EQ(options.read_timeout, 10s);
  EXPECT_EQ(options.idle_timeout, 60s);
  EXPECT_EQ(options.keep_alive_timeout, 30s);
  EXPECT_EQ(options.connections_max, 100u);
  EXPECT_TRUE(options.keep_alive);
  EXPECT_EQ(options.tls, nullptr);
}

TEST(Backends, AProxyOnTheWay) {
  Workshop shop;
  auto revision = shop.revision(
      {.own = R"("proxy": {"enabled": true, "type": "SOCKS5", "host": "{#api.id}.proxy",
                           "port": 1080, "username": "me", "password": "pw"})"});
  auto proxy = endpoint_of(*revision)->options().proxy;
  ASSERT_NE(proxy, nullptr);
  EXPECT_EQ(proxy->type, upstream::ForwardProxy::Type::socks5);
  EXPECT_EQ(proxy->remote(), revision->info.id + ".proxy:1080");
  EXPECT_EQ(proxy->username, "me");
  EXPECT_EQ(proxy->password, "pw");
}

TEST(Backends, AnotherProxyIsAnotherEndpoint) {
  Workshop shop;
  auto with = [&](const std::string& password) {
    return endpoint_of(*shop.revision({.own = R"("proxy": {"enabled": true, "host": "p",
        "port": 1, "username": "u", "password": ")" +
                                              password + "\"}"}));
  };
  auto one = with("a");
  EXPECT_EQ(one, with("a"));
  EXPECT_NE(one, with("b"));
}

TEST(Backends, TheSystemProxyIsThatOfTheConfiguration) {
  Workshop shop;
  const Slots slots{.own = R"("proxy": {"enabled": true, "useSystemProxy": true})"};
  Compiled without = shop.compile(slots);
  EXPECT_EQ(endpoint_of(*without.revision)->options().proxy, nullptr);
  EXPECT_THAT(warnings(without.problems),
              Contains(problem_is("/endpointGroups/0/endpoints/0/sharedConfigurationOverride/proxy/"
                                  "useSystemProxy",
                                  "system.proxy.host")));
  shop.context.system_proxy = std::make_shared<const upstream::ForwardProxy>(
      upstream::ForwardProxy{.host = "p", .port = 1});
  auto revision = shop.revision(slots);
  EXPECT_EQ(endpoint_of(*revision)->options().proxy, shop.context.system_proxy);
}

TEST(Backends, AProxyThatCannotBeUsedLeavesItsEndpointOut) {
  Workshop shop;
  Compiled compiled = shop.compile(Slots{.own = R"("proxy": {"enabled": true, "type": "SOCKS4",
      "host": "p", "port": 1, "username": "u", "password": "hidden"})"});
  ASSERT_TRUE(compiled.revision);
  EXPECT_THAT(compiled.revision->groups.at(0).backends, IsEmpty());
  EXPECT_THAT(warnings(compiled.problems),
              Contains(problem_is("/endpointGroups/0/endpoints/0", "SOCKS4 has no passwords")));
  EXPECT_THAT(printed(compiled.problems), ::testing::Not(::testing::HasSubstr("hidden")));
}

TEST(Backends, TheOptionsOfAnEndpoint) {
  Workshop shop;
  auto revision = shop.revision({.target = R"("target": "http://h:1/p?a=b")", .own = R"(
      "http": {"connectTimeout": 1500, "readTimeout": 0, "idleTimeout": 2999,
               "keepAliveTimeout": 1999, "keepAlive": false, "maxConcurrentConnections": 7,
               "maxWaitQueueSize": 3, "maxConnectionLifetime": 60000, "useCompression": false,
               "propagateClientAcceptEncoding": true, "propagateClientHost": true},
      "headers": [{"name": "X-Api", "value": "{#api.id}"}, {"name": "Host", "value": "other"}])"});
  const Backend& backend = revision->groups.at(0).backends.at(0);
  const upstream::EndpointOptions& options = backend.endpoint->options();
  EXPECT_EQ(options.connect_timeout, 1500ms);
  EXPECT_EQ(options.read_timeout, 0s);
  EXPECT_EQ(options.idle_timeout, 2s) << "whole seconds";
  EXPECT_EQ(options.keep_alive_timeout, 1s);
  EXPECT_FALSE(options.keep_alive);
  EXPECT_EQ(options.connections_max, 7u);
  EXPECT_EQ(options.waiting_max, 3u);
  EXPECT_EQ(options.lifetime_max, 60s);
  EXPECT_TRUE(backend.propagate_accept_encoding);
  EXPECT_TRUE(backend.propagate_client_host);
  EXPECT_EQ(backend.target_query, "a=b");
  ASSERT_EQ(backend.headers.size(), 2u);
  EXPECT_EQ(backend.headers[0].first.text(), "X-Api");
  EXPECT_EQ(backend.headers[0].second, "a1");
  EXPECT_EQ(backend.headers[1].second, "other");
}

TEST(Backends, APartOfASecondIsNotNone) {
  Workshop shop;
  for (const auto& [given, time] : {std::pair("0", 0s), std::pair("1", 1s), std::pair("999", 1s),
                                    std::pair("1000", 1s), std::pair("1999", 1s)}) {
    auto revision = shop.revision({.own = R"("http": {"idleTimeout": )" + std::string(given) +
                                          R"(, "keepAliveTimeout": )" + given + "}"});
    const upstream::EndpointOptions& options =
        revision->groups.at(0).backends.at(0).endpoint->options();
    EXPECT_EQ(options.idle_timeout, time) << given;
    EXPECT_EQ(options.keep_alive_timeout, time) << given;
  }
}

TEST(Backends, AcceptEncodingIsPropagatedOnlyWithoutCompression) {
  Workshop shop;
  auto revision = shop.revision({.own = R"("http": {"propagateClientAcceptEncoding": true})"});
  EXPECT_FALSE(revision->groups[0].backends[0].propagate_accept_encoding);
}

TEST(Backends, TargetsMayHoldExpressions) {
  Workshop shop;
  auto revision =
      shop.revision({.top = R"("properties": [{"key": "host", "value": "b.example"}])",
                     .target = R"("target": "http://{#properties['host']}:81/{#api.id}")"});
  EXPECT_EQ(endpoint_of(*revision)->remote(), "b.example:81");
  EXPECT_EQ(revision->groups[0].backends[0].target_path, "/a1");
}

// lifecycle.md 8.1: what the attribute request.endpoint may name.
TEST(Backends, NamesStandForEndpointsAndGroups) {
  Workshop shop;
  auto revision = shop.revision({.top = R"("endpointGroups": [
      {"name": "main", "type": "http-proxy", "endpoints": [
        {"name": "a", "type": "http-proxy", "configuration": {"target": "http://h:1"}}]},
      {"name": "spare", "type": "http-proxy", "endpoints": [
        {"name": "b", "type": "http-proxy", "configuration": {"target": "http://h:2"}},
        {"name": "c", "type": "http-proxy", "configuration": {"target": "http://h:3"}}]}])"});
  const BackendName* endpoint = revision->find_backend("c");
  ASSERT_NE(endpoint, nullptr);
  EXPECT_EQ(endpoint->group, 1u);
  EXPECT_EQ(endpoint->member, 1u);
  const BackendName* group = revision->find_backend("spare");
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->group, 1u);
  EXPECT_EQ(group->member, std::nullopt);
  EXPECT_EQ(revision->find_backend("d"), nullptr);
  EXPECT_EQ(revision->find_backend(""), nullptr);
}

TEST(Backends, PropertiesThatCannotBeReadLeaveAnEndpointOut) {
  Workshop shop;
  auto compiled = shop.compile({.top = R"("properties": [{"key": "host"}, {"key": "host"}])",
                                .target = R"("target": "http://{#properties['host']}:81/")"});
  EXPECT_THAT(warnings(compiled.problems),
              Contains(problem_is("/endpointGroups/0/endpoints/0", "the key 'host' stands twice")));
  EXPECT_TRUE(compiled.revision->groups[0].backends.empty());
}

TEST(Backends, AnInvalidEndpointIsLeftOutWithAWarning) {
  struct Row {
    Slots slots;
    std::string_view reason;
  };
  const Row rows[] = {
      {{.target = R"("target": "http://{#properties['nothing']}")"}, "is left out: target: "},
      {{.target = R"("target": "http://x{#api.}")"},
       "target: expression 'http://x{#api.}': column 15: the expression ends where a property"},
      {{.target = R"("target": "{#api.name}")"}, "an absolute URL was expected"},
      {{.own = R"("headers": [{"name": "a b", "value": "x"}])"}, "HTTP does not allow"},
      {{.own = R"("headers": [{"name": "a", "value": "{#nothing.at.all}"}])"},
       "is left out: header 'a': expression '{#nothing.at.all}'"},
      {{.own = R"("proxy": {"enabled": true, "host": "h", "port": 1, "password": "s3cret{#a.}"})"},
       "password: its expression cannot be evaluated"},
      {{.target = R"("target": "https://h")",
        .own = R"("ssl": {"trustStore": {"type": "PEM", "path": "/nowhere.pem"}})"},
       "'/nowhere.pem' cannot be read"},
      {{.target = R"("target": "https://h")",
        .own = R"("ssl": {"trustStore": {"type": "PEM", "content": "no PEM"}})"},
       "is left out"},
  };
  for (const Row& row : rows) {
    Workshop shop;
    Compiled compiled = shop.compile(row.slots);
    ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
    EXPECT_TRUE(compiled.revision->groups.at(0).backends.empty()) << row.reason;
    EXPECT_TRUE(compiled.revision->groups.at(0).group->members().empty());
    EXPECT_THAT(warnings(compiled.problems),
                ElementsAre(problem_is("/endpointGroups/0/endpoints/0", row.reason),
                            problem_is("/endpointGroups/0/endpoints", "no usable endpoint")));
  }
}

TEST(Backends, AGroupWhoseOnlyEndpointHasNoPluginIsEmpty) {
  Workshop shop;
  Compiled compiled = shop.compile({.endpoint = R"("type": "mock")"});
  ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
  EXPECT_TRUE(compiled.revision->groups.at(0).group->members().empty());
  EXPECT_THAT(warnings(compiled.problems),
              ElementsAre(problem_is("/endpointGroups/0/endpoints", "503 NO_ENDPOINT_FOUND")));
}

TEST(Backends, Tenants) {
  struct Row {
    std::string_view gateway, endpoint;
    bool wanted;
  };
  const Row rows[] = {{"", R"("tenants": ["eu"])", true},
                      {"eu", R"("tenants": ["us", "eu"])", true},
                      {"eu", R"("tenants": ["us"])", false},
                      {"eu", R"("tenants": [])", true},
                      {"eu", "", true}};
  for (const Row& row : rows) {
    Workshop shop;
    shop.context.tenant = row.gateway;
    auto revision = shop.revision({.endpoint = row.endpoint});
    EXPECT_EQ(revision->groups[0].backends.size(), row.wanted ? 1u : 0u) << row.endpoint;
  }
}

// What a redeploy changes decides whether pools, cursors and health stay.

TEST(Backends, AnUnchangedEndpointIsTheSameObject) {
  const Slots rows[] = {{},
                        {.top = R"("name": "another")"},
                        {.plan = R"("name": "another")"},
                        {.path = R"("path": "/elsewhere")"},
                        {.step = R"("name": "another")"},
                        {.endpoint = R"("weight": 5)"},
                        {.own = R"("http": {"propagateClientHost": true})"},
                        {.own = R"("headers": [{"name": "a", "value": "b"}])"}};
  Workshop shop;
  auto first = shop.revision();
  for (const Slots& slots : rows) {
    auto next = shop.revision(slots);
    EXPECT_EQ(endpoint_of(*first), endpoint_of(*next));
    EXPECT_EQ(first->groups[0].group, next->groups[0].group);
  }
  EXPECT_EQ(shop.endpoints.alive(), 1u);
}

TEST(Backends, AChangedEndpointIsANewObject) {
  const Slots rows[] = {{.top = R"("id": "a2")"},
                        {.group = R"("name": "other")"},
                        {.endpoint = R"("name": "two")"},
                        {.target = R"("target": "http://10.0.0.5:8080/other")"},
                        {.target = R"("target": "http://10.0.0.6:8080/base")"},
                        {.target = R"("target": "ws://10.0.0.5:8080/base")"},
                        {.own = R"("http": {"connectTimeout": 1})"},
                        {.own = R"("http": {"readTimeout": 1})"},
                        {.own = R"("http": {"idleTimeout": 1000})"},
                        {.own = R"("http": {"keepAliveTimeout": 1000})"},
                        {.own = R"("http": {"keepAlive": false})"},
                        {.own = R"("http": {"maxConcurrentConnections": 1})"},
                        {.own = R"("http": {"maxWaitQueueSize": 1})"},
                        {.own = R"("http": {"maxConnectionLifetime": 1})"}};
  Workshop shop;
  auto first = shop.revision();
  for (const Slots& slots : rows) {
    auto next = shop.revision(slots);
    EXPECT_NE(endpoint_of(*first), endpoint_of(*next));
    EXPECT_NE(first->groups[0].group, next->groups[0].group);
  }
  EXPECT_EQ(shop.endpoints.alive(), 1u) << "nothing is left of what nobody holds";
}

TEST(Backends, AnotherEndpointInTheGroupKeepsTheOldOneAndRenewsTheGroup) {
  std::string both = R"("endpoints": [
      {"name": "one", "type": "http-proxy", "configuration": {"target": "http://10.0.0.5:8080/base"}},
      {"name": "two", "type": "http-proxy", "configuration": {"target": "http://10.0.0.6"}}])";
  Workshop shop;
  auto first = shop.revision();
  auto next = shop.revision({.group = both});
  EXPECT_EQ(endpoint_of(*first), endpoint_of(*next));
  EXPECT_NE(first->groups[0].group, next->groups[0].group);
  EXPECT_EQ(next->groups[0].group->members().size(), 2u);
  EXPECT_EQ(next->groups[0].group->members()[1].endpoint, next->groups[0].backends[1].endpoint);
}

TEST(Backends, ANewTrustFileIsAChange) {
  const TestFolder folder;
  const std::string path = folder.path("trust.pem");
  auto write = [&](std::string_view name) {
    std::ofstream(path) << net::testing::make_certificate(
                               {.common_name = std::string(name), .is_ca = true})
                               .certificate;
  };
  std::string own = R"("ssl": {"trustStore": {"type": "PEM", "path": ")" + path + R"("}})";
  Slots slots{.target = R"("target": "https://h")", .own = own};
  Workshop shop;
  write("first");
  auto first = shop.revision(slots), same = shop.revision(slots);
  EXPECT_EQ(endpoint_of(*first), endpoint_of(*same));
  ASSERT_NE(endpoint_of(*first)->options().tls, nullptr);
  write("second");
  EXPECT_NE(endpoint_of(*first), endpoint_of(*shop.revision(slots)));
}

TEST(Backends, EndpointsWithTheSameTlsShareOneContext) {
  Workshop shop;
  Slots one{.target = R"("target": "https://h")", .own = R"("ssl": {"trustAll": true})"};
  Slots two{.top = R"("id": "a2")",
            .target = R"("target": "https://i")",
            .own = R"("ssl": {"trustAll": true})"};
  Slots other{.target = R"("target": "https://h")",
              .own = R"("ssl": {"hostnameVerifier": false, "trustStore": {"type": "PEM",
                        "content": "{#properties['ca']}"}})"};
  std::string ca = net::testing::make_certificate({.common_name = "ca", .is_ca = true}).certificate;
  std::string properties = R"("properties": [{"key": "ca", "value": )" + json_quoted(ca) + "}]";
  other.top = properties;
  auto first = shop.revision(one), second = shop.revision(two), third = shop.revision(other);
  EXPECT_EQ(endpoint_of(*first)->options().tls, endpoint_of(*second)->options().tls);
  EXPECT_NE(endpoint_of(*first)->options().tls, endpoint_of(*third)->options().tls);
  EXPECT_NE(endpoint_of(*first), endpoint_of(*second));
}

// Stores of PKCS#12 in base64, whatever the type calls them.
struct Stores {
  net::PemPair pair = net::testing::make_certificate({.common_name = "ca", .is_ca = true});
  std::string key = encode_base64(net::testing::pkcs12(pair, "pw"));
  std::string trust = encode_base64(net::testing::pkcs12(pair, "pw", false));
};

std::string ssl(const std::string& kind, const std::string& store) {
  return R"("ssl": {")" + kind + R"(": )" + store + "}";
}

TEST(Backends, StoresMayBePkcs12) {
  const Stores stores;
  const std::string lines = stores.trust.substr(0, 40) + "\\n" + stores.trust.substr(40);
  const std::string rows[] = {
      ssl("trustStore",
          R"({"type": "PKCS12", "password": "pw", "content": ")" + stores.trust + R"("})"),
      ssl("trustStore", R"({"type": "JKS", "password": "pw", "content": ")" + lines + R"("})"),
      ssl("keyStore", R"({"type": "PKCS12", "password": "pw", "keyPassword": "pw",
                         "alias": "the alias", "content": ")" +
                          stores.key + R"("})"),
  };
  for (const std::string& own : rows) {
    Workshop shop;
    auto revision = shop.revision({.target = R"("target": "https://h")", .own = own});
    ASSERT_EQ(revision->groups[0].backends.size(), 1u) << own.substr(0, 80);
    EXPECT_NE(endpoint_of(*revision)->options().tls, nullptr);
  }
}

TEST(Backends, AStoreThatCannotBeOpenedLeavesItsEndpointOut) {
  const Stores stores;
  struct Row {
    std::string own;
    std::string reason;
  };
  auto key = [&](const std::string& members) {
    return ssl("keyStore",
               R"({"type": "PKCS12", "content": ")" + stores.key + "\"," + members + "}");
  };
  const Row rows[] = {
      {key(R"("password": "wrong")"), "keyStore: cannot be opened"},
      {key(R"("password": "pw", "keyPassword": "other")"), "keyPassword is not password"},
      {key(R"("password": "pw", "alias": "other")"), "is 'the alias' and not 'other'"},
      {ssl("trustStore", R"({"type": "PKCS12", "content": "!"})"), "trustStore: its content is no"},
      {ssl("trustStore", R"({"type": "PKCS12", "content": "AAAA"})"), "trustStore: no PKCS#12"},
      {ssl("keyStore", R"({"type": "PKCS12", "path": "/no.p12"})"), "'/no.p12' cannot be read"},
  };
  for (const Row& row : rows) {
    Workshop shop;
    Compiled compiled = shop.compile(Slots{.target = R"("target": "https://h")", .own = row.own});
    ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
    EXPECT_THAT(compiled.revision->groups.at(0).backends, IsEmpty()) << row.reason;
    EXPECT_THAT(warnings(compiled.problems),
                Contains(problem_is("/endpointGroups/0/endpoints/0", row.reason)));
  }
}

TEST(Backends, AJavaKeystoreRefusesTheApiWithTheRemedy) {
  Workshop shop;
  Compiled compiled = shop.compile(
      Slots{.target = R"("target": "https://h")",
            .own = ssl("trustStore", R"({"type": "JKS", "content": ")" +
                                         encode_base64("\xfe\xed\xfe\xed rest") + R"("})")});
  EXPECT_FALSE(compiled.revision);
  EXPECT_THAT(errors(compiled.problems),
              Contains(problem_is("/endpointGroups/0/endpoints/0", "keytool -importkeystore")));
}

TEST(Backends, AGroupWithoutAnEndpointIsDeployedAndToldOf) {
  const std::string pointer = "/endpointGroups/0/endpoints";
  const std::string message =
      "group 'main' has no usable endpoint: its requests are answered with 503";
  Workshop shop;
  for (const Slots& slots :
       {Slots{.group = R"("endpoints": [])"}, Slots{.group = R"("endpoints": null)"},
        Slots{.target = R"("target": "not a url")"},
        Slots{.target = R"("target": "{#nothing.at.all}")"},
        Slots{.endpoint = R"("tenants": ["other"])"}}) {
    shop.context.tenant = "here";
    auto compiled = shop.compile(slots);
    ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
    EXPECT_TRUE(compiled.revision->groups[0].backends.empty());
    EXPECT_THAT(compiled.problems, Contains(problem_is(pointer, message)));
  }
  EXPECT_THAT(warnings(shop.compile(Slots{}).problems), IsEmpty());
}

TEST(Backends, APlainTargetNeedsNoTrustStore) {
  Workshop shop;
  auto revision =
      shop.revision({.own = R"("ssl": {"trustStore": {"type": "PEM", "path": "/no"}})"});
  EXPECT_EQ(revision->groups[0].backends.size(), 1u);
  EXPECT_EQ(shop.trust_stores.parsed(), 0u);
}

}  // namespace
}  // namespace perigee::plan
