// Host and path to API: every rule of lifecycle.md 1.1 to 1.3, and the index against a scan.
#include "plan/routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace perigee::plan {
namespace {

using Revisions = std::vector<std::shared_ptr<const ApiRevision>>;

std::shared_ptr<const ApiRevision> api(std::string id, std::vector<ListenerPath> listeners) {
  auto revision = std::make_shared<ApiRevision>();
  revision->source = id + ".json";
  revision->info.id = std::move(id);
  revision->listeners = std::make_shared<const ListenerPaths>(std::move(listeners));
  return revision;
}

// The id of the API that answers, or "".
std::string answers(const Revisions& revisions, const Routes& routes, std::string_view authority,
                    std::string_view path, std::string_view server = "http") {
  const Route* route = routes.match(authority, path, server);
  return route ? revisions[route->revision]->info.id : "";
}

struct Row {
  std::string_view rule;
  std::string_view authority;
  std::string_view path;
  std::string_view expected;
  std::string_view server = "http";
};

void check(const Revisions& revisions, bool overlapping, const std::vector<Row>& rows) {
  Routes routes(revisions, overlapping);
  for (const Row& row : rows) {
    EXPECT_EQ(answers(revisions, routes, row.authority, row.path, row.server), row.expected)
        << row.rule << ": " << row.authority << " " << row.path;
  }
}

TEST(Routes, Paths) {
  check({api("orders", {{"", "/orders/", {}}}), api("deep", {{"", "/a/b/", {}}})}, false,
        {
            {"below the context path", "h", "/orders/12", "orders"},
            {"the context path", "h", "/orders/", "orders"},
            {"without its slash", "h", "/orders", "orders"},
            {"not a prefix of a segment", "h", "/ordersX", ""},
            {"case counts", "h", "/Orders/", ""},
            {"nothing is decoded", "h", "/%6Frders/", ""},
            {"dots are not resolved", "h", "/x/../orders/", ""},
            {"two segments", "h", "/a/b", "deep"},
            {"one of two segments", "h", "/a/", ""},
            {"an empty segment is one", "h", "/a//b", ""},
            {"empty segments behind it", "h", "/a/b//c", "deep"},
            {"another path", "h", "/", ""},
            {"the server itself", "h", "*", ""},
        });
}

TEST(Routes, TheRootTakesEverythingThatIsAPath) {
  check({api("root", {{"", "/", {}}})}, false,
        {
            {"a path", "h", "/x", "root"},
            {"the root", "h", "/", "root"},
            {"an empty path", "h", "", "root"},
            {"no authority", "", "/x", "root"},
            {"not a path", "h", "*", ""},
        });
}

TEST(Routes, HostsOfTheDefaultMode) {
  check({api("any", {{"", "/", {}}}), api("named", {{"a.example", "/x/", {}}}),
         api("ported", {{"p.example:8082", "/", {}}}), api("star", {{"*.example", "/", {}}})},
        false,
        {
            {"equal", "a.example", "/x/1", "named"},
            {"ignoring case", "A.Example", "/x", "named"},
            {"the port counts", "a.example:8082", "/x", "any"},
            {"also the one of the listener", "p.example:8082", "/", "ported"},
            {"so that without it nothing fits", "p.example", "/", "any"},
            {"another path of the host goes on to any host", "a.example", "/y", "any"},
            {"a star is a letter", "b.example", "/", "any"},
            {"as it is written", "*.example", "/", "star"},
            {"too long to be a host", std::string(500, 'a'), "/", "any"},
        });
}

TEST(Routes, ServersOfAListener) {
  check({api("private", {{"", "/x/", {"intern"}}}), api("public", {{"", "/x/", {}}}),
         api("other", {{"", "/y/", {"intern", "extra"}}})},
        false,
        {
            {"its server", "h", "/x", "private", "intern"},
            {"another server goes on", "h", "/x", "public", "http"},
            {"one of two", "h", "/y", "other", "extra"},
            {"none of two", "h", "/y", "", "http"},
        });
}

TEST(Routes, TheShorterPathWinsInTheDefaultMode) {
  check({api("long", {{"", "/a/b/", {}}}), api("short", {{"", "/a/", {}}})}, false,
        {{"both match", "h", "/a/b/c", "short"}, {"equal to the longer", "h", "/a/b", "short"}});
}

TEST(Routes, TheLongerPathWinsInOverlappingMode) {
  check({api("short", {{"", "/a/", {}}}), api("long", {{"", "/a/b/", {}}}),
         api("intern", {{"", "/a/b/c/", {"intern"}}})},
        true,
        {
            {"both match", "h", "/a/b/c", "long"},
            {"only the shorter", "h", "/a/bc", "short"},
            {"a server of the longest", "h", "/a/b/c", "intern", "intern"},
        });
}

TEST(Routes, HostsOfTheOverlappingMode) {
  check({api("any", {{"", "/", {}}}), api("acme", {{"acme.com", "/", {}}}),
         api("all", {{"*.acme.com", "/", {}}}), api("bar", {{"*.bar.acme.com", "/", {}}}),
         api("foo", {{"foo.bar.acme.com", "/f/", {}}}), api("tail", {{"*me.com", "/", {}}})},
        true,
        {
            {"the exact one", "foo.bar.acme.com", "/f", "foo"},
            {"another path goes to the next host", "foo.bar.acme.com", "/x", "bar"},
            {"the longest suffix", "x.bar.acme.com", "/", "bar"},
            {"the suffix has a dot", "bar.acme.com", "/", "all"},
            {"any depth", "a.b.c.acme.com", "/", "all"},
            {"the bare domain", "acme.com", "/", "acme"},
            {"the port is ignored", "acme.com:8082", "/", "acme"},
            {"case is ignored", "X.ACME.com:1", "/", "all"},
            {"a suffix without a dot", "some.com", "/", "tail"},
            {"another host", "acme.org", "/", "any"},
            {"no host", "", "/", "any"},
        });
}

TEST(Routes, AStarAloneIsEveryHost) {
  check({api("any", {{"", "/", {}}}), api("star", {{"*", "/s/", {}}})}, true,
        {{"any host", "h", "/s/1", "star"},
         {"no host", "", "/s", "star"},
         {"else", "h", "/", "any"}});
}

TEST(Routes, AddressesAsHosts) {
  check({api("six", {{"[::1]", "/", {}}}), api("four", {{"127.0.0.1", "/", {}}})}, true,
        {{"with a port", "[::1]:8082", "/", "six"},
         {"without", "[::1]", "/", "six"},
         {"version 4", "127.0.0.1:80", "/", "four"}});
}

// The environment of api() is "".
Platform with_hosts(const std::vector<std::string>& hosts) {
  Platform platform;
  for (const std::string& host : hosts) platform.add_host("", host);
  return platform;
}

TEST(Routes, PathsWithoutAHostAreForTheAccessPoints) {
  Revisions revisions = {api("any", {{"", "/a/", {}}}), api("own", {{"h", "/b/", {}}})};
  Routes routes(revisions, false, with_hosts({"one", "two:81"}));
  EXPECT_EQ(answers(revisions, routes, "ONE", "/a/x"), "any");
  EXPECT_EQ(answers(revisions, routes, "two:81", "/a/x"), "any");
  EXPECT_EQ(answers(revisions, routes, "two", "/a/x"), "");
  EXPECT_EQ(answers(revisions, routes, "h", "/a/x"), "");
  EXPECT_EQ(answers(revisions, routes, "h", "/b/x"), "own");
  EXPECT_EQ(answers(revisions, routes, "one", "/b/x"), "");
  EXPECT_TRUE(routes.warnings().empty());
}

TEST(Routes, AccessPointsOfOtherEnvironmentsAreNotLookedAt) {
  Revisions revisions = {api("any", {{"", "/a/", {}}})};
  Platform platform;
  platform.add_host("other", "one");
  EXPECT_EQ(answers(revisions, Routes(revisions, false, platform), "h", "/a/x"), "any");
}

TEST(Routes, ConflictsOnAccessPointsAreTold) {
  Revisions revisions = {api("any", {{"", "/a/", {}, 1}}), api("own", {{"one", "/a/", {}, 2}})};
  Routes routes(revisions, false, with_hosts({"one", "two"}));
  EXPECT_EQ(answers(revisions, routes, "one", "/a/x"), "any");
  ASSERT_EQ(routes.warnings().size(), 1u);
  EXPECT_NE(routes.warnings()[0].text.find("'/a/' on host 'one'"), std::string::npos);
}

TEST(Routes, AccessPointsThatDifferInTheirPortAreOneInOverlappingMode) {
  Revisions revisions = {api("a", {{"", "/a/", {}}}), api("b", {{"", "/a/b/", {}}})};
  Routes routes(revisions, true, with_hosts({"h:1", "h:2", "*.acme.com"}));
  EXPECT_EQ(answers(revisions, routes, "h:3", "/a/b"), "b");
  EXPECT_EQ(answers(revisions, routes, "x.acme.com", "/a/c"), "a");
  EXPECT_EQ(answers(revisions, routes, "acme.com", "/a/c"), "");
  EXPECT_TRUE(routes.warnings().empty());
}

std::vector<std::string> warnings(const Revisions& revisions, bool overlapping) {
  Routes routes(revisions, overlapping);
  std::vector<std::string> texts;
  for (const RouteWarning& warning : routes.warnings()) texts.push_back(warning.text);
  return texts;
}

TEST(Routes, TheFirstOfTwoEqualListenersAnswersAndTheConflictIsTold) {
  Revisions revisions = {api("a", {{"", "/x/", {}}, {"h", "/y/", {"extern"}}}),
                         api("b", {{"", "/x/", {}}, {"h", "/y/", {"intern"}}})};
  Routes routes(revisions, false);
  EXPECT_EQ(answers(revisions, routes, "h", "/x"), "a");
  ASSERT_EQ(routes.warnings().size(), 1u);
  EXPECT_EQ(routes.warnings()[0].kind, RouteWarning::Kind::taken);
  EXPECT_EQ(
      routes.warnings()[0].text,
      "API b (b.json): path '/x/' on any host is already served by API a (a.json), which goes "
      "on answering; give one of them another path or host");
  EXPECT_TRUE(routes.warnings_of(0).empty());
  EXPECT_EQ(routes.warnings_of(1).size(), 1u);
}

TEST(Routes, OfEqualPathsTheOlderClaimAnswers) {
  for (bool overlapping : {false, true}) {
    Revisions revisions = {api("new", {{"", "/x/", {}, 2}}), api("old", {{"", "/x/", {}, 1}})};
    Routes routes(revisions, overlapping);
    EXPECT_EQ(answers(revisions, routes, "h", "/x"), "old");
    ASSERT_EQ(routes.warnings_of(0).size(), 1u);
    EXPECT_TRUE(routes.warnings_of(1).empty());
  }
}

TEST(Routes, ATakenPathIsToldOncePerListenerAndOnlyForServersThatBothHave) {
  Revisions revisions = {api("a", {{"", "/x/", {"one"}}}), api("b", {{"", "/x/", {"two"}}}),
                         api("c", {{"", "/x/", {"two", "three"}}}), api("d", {{"", "/x/", {}}})};
  Routes routes(revisions, true);
  EXPECT_TRUE(routes.warnings_of(1).empty());
  ASSERT_EQ(routes.warnings_of(2).size(), 1u);
  EXPECT_NE(routes.warnings_of(2)[0].text.find("served by API b"), std::string::npos);
  EXPECT_EQ(routes.warnings_of(3).size(), 1u);
}

TEST(Routes, APathThatAShorterOneHidesIsTold) {
  Revisions revisions = {api("good", {{"", "/good/", {}}}), api("root", {{"", "/", {}}})};
  Routes routes(revisions, false);
  ASSERT_EQ(routes.warnings().size(), 1u);
  EXPECT_EQ(routes.warnings()[0].kind, RouteWarning::Kind::hidden);
  EXPECT_EQ(routes.warnings()[0].revision, 0u);
  EXPECT_EQ(
      routes.warnings()[0].text,
      "API good (good.json): path '/good/' on any host is never reached: API root (root.json) "
      "answers, as its path '/' is shorter, and the shorter one wins unless "
      "api.allowOverlappingContext is true");
  EXPECT_TRUE(warnings(revisions, true).empty());
}

TEST(Routes, OnlyWhatIsHiddenWhollyIsTold) {
  using List = std::vector<ListenerPath>;
  struct Row {
    std::string_view rule;
    List longer, shorter;
    bool hidden;
  };
  for (const Row& row : std::vector<Row>{
           {"another host", {{"h", "/a/b/", {}}}, {{"", "/a/", {}}}, false},
           {"the same host", {{"h", "/a/b/", {}}}, {{"h", "/a/", {}}}, true},
           {"no prefix of a segment", {{"", "/ab/", {}}}, {{"", "/a/", {}}}, false},
           {"two levels above", {{"", "/a/b/c/", {}}}, {{"", "/a/", {}}}, true},
           {"other servers", {{"", "/a/b/", {"one"}}}, {{"", "/a/", {"two"}}}, false},
           {"some of its servers", {{"", "/a/b/", {"one", "two"}}}, {{"", "/a/", {"two"}}}, false},
           {"all its servers", {{"", "/a/b/", {"one"}}}, {{"", "/a/", {"two", "one"}}}, true},
           {"every server", {{"", "/a/b/", {"one"}}}, {{"", "/a/", {}}}, true},
           {"one server of all", {{"", "/a/b/", {}}}, {{"", "/a/", {"one"}}}, false},
           {"its own shorter path", {{"", "/", {}}, {"", "/a/b/", {}}}, {{"h", "/z/", {}}}, false},
       }) {
    Revisions revisions = {api("longer", row.longer), api("shorter", row.shorter)};
    EXPECT_EQ(warnings(revisions, false).size(), row.hidden ? 1u : 0u) << row.rule;
  }
}

// A look at every pair would be 25 thousand million of them.
TEST(Routes, WarningsOfManyApisTakeNoLookAtEveryPair) {
  constexpr std::size_t kApis = 50'000;
  Revisions revisions = {api("root", {{"", "/", {}}})};
  for (std::size_t i = 1; i < kApis; ++i) {
    std::string path = i % 2 == 0 ? "/same/" : "/p" + std::to_string(i) + "/";
    revisions.push_back(api("api" + std::to_string(i), {{"", path, {}, i}}));
  }
  EXPECT_EQ(warnings(revisions, false).size(), kApis - 1);
  EXPECT_EQ(warnings(revisions, true).size(), kApis / 2 - 2);
}

TEST(Routes, NothingIsDeployed) {
  EXPECT_EQ(Routes().match("h", "/", "http"), nullptr);
  EXPECT_EQ(Routes({}, true).match("h", "/", "http"), nullptr);
}

// The documented order, scanned.

struct Acceptor {
  std::string host, path, api;
};

std::string without_port(std::string_view authority) {
  return std::string(authority.substr(0, authority.find(':')));
}

bool path_matches(const std::string& context, std::string_view path) {
  return path.starts_with(context) || path == context.substr(0, context.size() - 1);
}

bool host_matches(const Acceptor& acceptor, std::string authority, bool overlapping) {
  std::transform(authority.begin(), authority.end(), authority.begin(), ::tolower);
  if (acceptor.host.empty()) return true;
  if (!overlapping) return authority == acceptor.host;
  std::string host = without_port(authority);
  if (acceptor.host.front() == '*') return host.ends_with(acceptor.host.substr(1));
  return host == acceptor.host;
}

void sort_default(std::vector<Acceptor>& acceptors) {
  std::sort(acceptors.begin(), acceptors.end(), [](const Acceptor& a, const Acceptor& b) {
    if (a.host.empty() != b.host.empty()) return b.host.empty();
    return std::tie(a.host, a.path, a.api) < std::tie(b.host, b.path, b.api);
  });
}

void sort_overlapping(std::vector<Acceptor>& acceptors) {
  auto reversed = [](const Acceptor& acceptor) {
    return std::string(acceptor.host.rbegin(), acceptor.host.rend());
  };
  std::sort(acceptors.begin(), acceptors.end(), [&](const Acceptor& a, const Acceptor& b) {
    std::string host_a = reversed(a), host_b = reversed(b);
    return std::tie(host_b, b.path, a.api) < std::tie(host_a, a.path, b.api);
  });
}

std::string scan(const std::vector<Acceptor>& acceptors, const std::string& authority,
                 std::string_view path, bool overlapping) {
  for (const Acceptor& acceptor : acceptors) {
    if (host_matches(acceptor, authority, overlapping) && path_matches(acceptor.path, path))
      return acceptor.api;
  }
  return "";
}

template <std::size_t N>
std::string any_of(std::mt19937& random, const std::array<const char*, N>& choices) {
  return choices[random() % N];
}

std::string random_path(std::mt19937& random) {
  constexpr std::array kSegments = {"a", "b", "ab", "", "a"};
  std::string path = "/";
  for (auto count = random() % 4; count > 0; --count) path += any_of(random, kSegments) + "/";
  if (random() % 2 == 0) path.pop_back();
  return path.empty() ? "/" : path;
}

std::string normalised(std::string path) {
  path += '/';
  path.erase(
      std::unique(path.begin(), path.end(), [](char a, char b) { return a == '/' && b == '/'; }),
      path.end());
  return path;
}

void compare_with_scan(bool overlapping) {
  constexpr std::array kHosts = {"",          "",       "x.com", "a.x.com",  "b.a.x.com", "*.x.com",
                                 "*.a.x.com", "*x.com", "*",     "x.com:80", "com"};
  constexpr std::array kAuthorities = {"x.com",    "A.x.com",     "b.a.x.com", "c.b.a.X.com",
                                       "x.com:80", "yx.com",      "com",       "",
                                       "*.x.com",  "a.x.com:8082"};
  std::mt19937 random(7);
  std::size_t found = 0;
  for (int round = 0; round < 1500; ++round) {
    Revisions revisions;
    std::vector<Acceptor> acceptors;
    for (std::size_t count = 1 + random() % 8; revisions.size() < count;) {
      std::string host = any_of(random, kHosts), path = normalised(random_path(random));
      if (overlapping && host.find(':') != host.npos) continue;  // never equal to a host
      std::string id = std::to_string(revisions.size());
      revisions.push_back(api(id, {{host, path, {}}}));
      acceptors.push_back({host, path, id});
    }
    overlapping ? sort_overlapping(acceptors) : sort_default(acceptors);
    Routes routes(revisions, overlapping);
    for (int request = 0; request < 40; ++request) {
      std::string authority = any_of(random, kAuthorities), path = random_path(random);
      std::string expected = scan(acceptors, authority, path, overlapping);
      EXPECT_EQ(answers(revisions, routes, authority, path), expected) << authority << " " << path;
      found += !expected.empty();
    }
  }
  EXPECT_GT(found, 10'000u);
}

TEST(Routes, EqualTheScanOfTheDefaultOrder) { compare_with_scan(false); }
TEST(Routes, EqualTheScanOfTheOverlappingOrder) { compare_with_scan(true); }

}  // namespace
}  // namespace perigee::plan
