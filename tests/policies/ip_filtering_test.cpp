// ip-filtering: who passes.
#include "policies/ip_block.hpp"
#include "tests/policies/support/services.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;
using testing::make;

struct Block {
  std::string_view block, address;
  bool with_ends, expected;
};

const Block kBlocks[] = {
    {"10.1.2.3", "10.1.2.3", false, true},
    {"10.1.2.3", "10.1.2.4", false, false},
    {"10.1.2.0/24", "10.1.2.1", false, true},
    {"10.1.2.77/24", "10.1.2.1", false, true},
    {"10.1.2.0/24", "10.1.3.1", false, false},
    {"10.1.2.0/24", "10.1.2.0", false, false},
    {"10.1.2.0/24", "10.1.2.255", false, false},
    {"10.1.2.0/24", "10.1.2.0", true, true},
    {"10.1.2.0/24", "10.1.2.255", true, true},
    {"10.1.0.0/22", "10.1.0.255", false, true},
    {"10.1.0.0/22", "10.1.3.255", false, false},
    {"10.1.2.4/30", "10.1.2.5", false, true},
    {"10.1.2.4/30", "10.1.2.7", false, false},
    {"10.1.2.4/31", "10.1.2.4", false, false},
    {"10.1.2.4/31", "10.1.2.5", true, true},
    {"10.1.2.4/32", "10.1.2.4", false, false},
    {"10.1.2.4/32", "10.1.2.4", true, true},
    {"0.0.0.0/0", "200.1.2.3", false, true},
    {"0.0.0.0/0", "0.0.0.0", false, false},
    {"128.0.0.0/1", "200.1.2.3", false, true},
    {"128.0.0.0/1", "100.1.2.3", false, false},
    {"::1", "::1", false, true},
    {"2001:DB8::1", "2001:db8:0:0::1", false, true},
    {"2001:db8::/32", "2001:db8:ffff::1", false, true},
    {"2001:db8::/32", "2001:db8::", false, true},
    {"2001:db8::/32", "2001:db9::1", false, false},
    {"2001:db8::1/128", "2001:db8::1", false, true},
    {"::/0", "10.1.2.3", false, false},
    {"0.0.0.0/0", "::1", false, false},
    {"10.1.2.3", "::ffff:10.1.2.3", false, true},
};

TEST(IpBlock, Contains) {
  for (const Block& row : kBlocks) {
    std::optional<IpBlock> block = IpBlock::parse(row.block, row.with_ends);
    ASSERT_TRUE(block) << row.block;
    EXPECT_EQ(block->contains(*net::Address::literal(row.address, 0)), row.expected)
        << row.block << " " << row.address << " " << row.with_ends;
  }
}

TEST(IpBlock, RefusesWhatIsNone) {
  for (std::string_view text :
       {"", "a", "10.1.2", "10.1.2.3/33", "10.1.2.3/", "10.1.2.3/-1", "10.1.2.3/8x", "::1/129",
        "10.1.2.3/4294967297", "/8", "10.1.2.3/8/8", "10.1.2.3 "})
    EXPECT_FALSE(IpBlock::parse(text, true)) << text;
}

struct Row {
  std::string_view rule, configuration, forwarded;
  std::string_view refused;  // the addresses that the refusal names; empty: passes
};

// The client is 10.0.0.1. The resolver knows home (10.0.0.1, ::7), v6 (::7) and other (10.9.9.9).
const Row kRows[] = {
    {"nothing configured", "{}", "", ""},
    {"empty lists", R"({"whitelistIps": [], "blacklistIps": [""]})", "", ""},
    {"black", R"({"blacklistIps": ["10.0.0.1"]})", "", "10.0.0.1"},
    {"black, another", R"({"blacklistIps": ["10.0.0.2"]})", "", ""},
    {"black, a block", R"({"blacklistIps": ["192.168.0.0/16", "10.0.0.0/8"]})", "", "10.0.0.1"},
    {"white", R"({"whitelistIps": ["10.0.0.1"]})", "", ""},
    {"white, another", R"({"whitelistIps": ["10.0.0.2"]})", "", "10.0.0.1"},
    {"black before white", R"({"whitelistIps": ["10.0.0.1"], "blacklistIps": ["10.0.0.0/8"]})", "",
     "10.0.0.1"},
    {"not black and white", R"({"whitelistIps": ["10.0.0.1"], "blacklistIps": ["10.0.0.2"]})", "",
     ""},
    {"entries are lists themselves", R"({"blacklistIps": ["10.0.0.2, 10.0.0.1 ,"]})", "",
     "10.0.0.1"},
    {"the ends of a block do not belong to it", R"({"blacklistIps": ["10.0.0.1/24"]})", "",
     "10.0.0.1"},
    {"unless they do", R"({"isInclusiveHostCount": true, "blacklistIps": ["10.0.0.1/32"]})", "",
     "10.0.0.1"},
    {"an entry with an expression", R"({"blacklistIps": ["{#context.attributes['ips']}"]})", "",
     "10.0.0.1"},
    {"an expression that comes to nothing", R"({"whitelistIps": ["{#context.attributes['n']}"]})",
     "", ""},
    {"X-Forwarded-For is not looked at", R"({"blacklistIps": ["1.1.1.1"]})", "1.1.1.1", ""},
    {"unless it is", R"({"matchAllFromXForwardedFor": true, "blacklistIps": ["1.1.1.1"]})",
     "2.2.2.2, 1.1.1.1", "1.1.1.1"},
    {"with its port", R"({"matchAllFromXForwardedFor": true, "blacklistIps": ["1.1.1.1"]})",
     "2.2.2.2:1, 1.1.1.1:4711", "1.1.1.1:4711"},
    {"IPv6 with its port",
     R"({"matchAllFromXForwardedFor": true, "blacklistIps": ["2001:db8::/32"]})",
     "[2001:db8::1]:4711", "[2001:db8::1]:4711"},
    {"IPv4 written as IPv6", R"({"matchAllFromXForwardedFor": true, "blacklistIps": ["1.1.1.1"]})",
     "[::ffff:1.1.1.1]:1", "[::ffff:1.1.1.1]:1"},
    {"any of it may be white",
     R"({"matchAllFromXForwardedFor": true, "whitelistIps": ["1.1.1.1"]})", "unknown,1.1.1.1", ""},
    {"none of it is white", R"({"matchAllFromXForwardedFor": true, "whitelistIps": ["1.1.1.1"]})",
     "unknown, 2.2.2.2", "unknown, 2.2.2.2"},
    {"without the field the client counts",
     R"({"matchAllFromXForwardedFor": true, "blacklistIps": ["10.0.0.1"]})", "", "10.0.0.1"},
    {"an address of one's own",
     R"({"useCustomIPAddress": true, "customIPAddress": "3.3.3.3, 4.4.4.4",
                                    "blacklistIps": ["4.4.4.4"]})",
     "", "4.4.4.4"},
    {"it comes before X-Forwarded-For",
     R"({"useCustomIPAddress": true, "customIPAddress": "{#request.headers['X-A'][0]}",
         "matchAllFromXForwardedFor": true, "whitelistIps": ["5.5.5.5"]})",
     "1.1.1.1", ""},
    {"it is not looked at unless told",
     R"({"customIPAddress": "4.4.4.4", "blacklistIps": ["4.4.4.4"]})", "", ""},
    {"black by name", R"({"blacklistIps": ["other", "home"]})", "", "10.0.0.1"},
    {"not black by name", R"({"blacklistIps": ["other"]})", "", ""},
    {"white by name", R"({"whitelistIps": ["other", "home"]})", "", ""},
    {"not white by name", R"({"whitelistIps": ["other"]})", "", "10.0.0.1"},
    {"white by address, beside a name", R"({"whitelistIps": ["other", "10.0.0.1"]})", "", ""},
    {"a black name without addresses", R"({"blacklistIps": ["gone"]})", "", "10.0.0.1"},
    {"a white name without addresses", R"({"whitelistIps": ["10.0.0.1", "gone"]})", "", "10.0.0.1"},
    {"a name out of an expression", R"({"blacklistIps": ["{#request.headers['X-Name'][0]}"]})", "",
     "10.0.0.1"},
    {"only its IPv4 addresses", R"({"lookupIpVersion": "IPV4", "whitelistIps": ["home"]})", "", ""},
    {"only its IPv6 addresses", R"({"lookupIpVersion": "IPV6", "whitelistIps": ["home"]})", "",
     "10.0.0.1"},
    {"no address of the family", R"({"lookupIpVersion": "IPV4", "blacklistIps": ["v6"]})", "",
     "10.0.0.1"},
    {"IPv6", R"({"useCustomIPAddress": true, "customIPAddress": "0::7", "whitelistIps": ["v6"]})",
     "", ""},
};

struct World {
  World() {
    resolver.tell("home", {"10.0.0.1", "::7"});
    resolver.tell("v6", {"::7"});
    resolver.tell("other", {"10.9.9.9"});
    x.exchange().remote_address = "10.0.0.1";
    x.exchange().attributes.set("ips", "10.0.0.2,10.0.0.1");
    x.request.headers.add(http::HeaderName("X-A"), "5.5.5.5");
    x.request.headers.add(http::HeaderName("X-Name"), "home");
  }
  Made made(std::string_view configuration) {
    policy::Services services = testing::services_of(x);
    services.resolver = &resolver;
    return make("ip-filtering", configuration, services);
  }
  Verdict ask(std::string_view configuration) {
    Made policy = made(configuration);
    EXPECT_TRUE(policy.policy) << configuration;
    return x.finished(policy.policy->on_request(x.exchange()));
  }
  testing::FakeResolver resolver;
  Exchanges x;
};

TEST(IpFiltering, Rules) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    World world;
    if (!row.forwarded.empty())
      world.x.request.headers.add(http::HeaderName("X-Forwarded-For"), row.forwarded);
    Verdict verdict = world.ask(row.configuration);
    if (row.refused.empty()) {
      EXPECT_TRUE(verdict.continues());
      continue;
    }
    ASSERT_TRUE(verdict.failed());
    EXPECT_EQ(verdict.failure().status, 403);
    EXPECT_EQ(verdict.failure().key, "");
    EXPECT_EQ(verdict.failure().message,
              "Your IP (" + std::string(row.refused) +
                  ") or some proxies whereby your request pass through are not allowed to reach "
                  "this resource.");
  }
}

TEST(IpFiltering, LooksAtEveryFieldXForwardedFor) {
  World world;
  world.x.request.headers.add(http::HeaderName("X-Forwarded-For"), "2.2.2.2");
  world.x.request.headers.add(http::HeaderName("x-forwarded-for"), "1.1.1.1");
  EXPECT_TRUE(
      world.ask(R"({"matchAllFromXForwardedFor": true, "blacklistIps": ["1.1.1.1"]})").failed());
}

TEST(IpFiltering, AsksForNoNameWhenAnAddressDecides) {
  World world;
  EXPECT_TRUE(world.ask(R"({"blacklistIps": ["10.0.0.1", "home"]})").failed());
  EXPECT_TRUE(world.resolver.asked.empty());
}

TEST(IpFiltering, TellsWhyANameRefuses) {
  World world;
  Verdict verdict = world.ask(R"({"whitelistIps": ["gone"]})");
  EXPECT_EQ(verdict.failure().reason, "cannot resolve a listed host: gone: no such name");
}

TEST(IpFiltering, ALongListOfClientsIsRefused) {
  for (int count : {256, 257}) {
    World world;
    std::string list = "1.1.1.1";
    for (int i = 1; i < count; ++i) list += ",1.1.1.1";
    world.x.request.headers.add(http::HeaderName("X-Forwarded-For"), list);
    EXPECT_EQ(
        world.ask(R"({"matchAllFromXForwardedFor": true, "whitelistIps": ["1.1.1.1"]})").failed(),
        count == 257);
  }
}

TEST(IpFiltering, WhatExpressionsGiveWrongIsA500) {
  std::string many = "1.1.1.1";
  for (int i = 0; i < 1'000; ++i) many += ",1.1.1.1";
  const std::string_view rows[] = {
      R"({"blacklistIps": ["{#request.headers['n'][0]}"]})",
      R"({"blacklistIps": ["{#context.attributes['many']}"]})",
      R"({"blacklistIps": ["{#context.attributes['wrong']}"]})",
      R"({"useCustomIPAddress": true, "customIPAddress": "{#context.attributes['n']}"})",
  };
  for (std::string_view row : rows) {
    World world;
    world.x.exchange().attributes.set("many", many);
    world.x.exchange().attributes.set("wrong", "1.2.3.4/99");
    Verdict verdict = world.ask(row);
    ASSERT_TRUE(verdict.failed()) << row;
    EXPECT_EQ(verdict.failure().status, 500);
    EXPECT_TRUE(verdict.has_reason());
  }
}

TEST(IpFiltering, RefusesWhatCannotBeListed) {
  World world;
  for (std::string_view entry : {"10.0.0.1/33", "10.0.0", "host/24", "a b", "::1/200", "é"}) {
    Made made = world.made(R"({"whitelistIps": ["1.1.1.1,)" + std::string(entry) + "\"]}");
    ASSERT_FALSE(made.policy) << entry;
    EXPECT_EQ(made.errors.front(), "/whitelistIps: found '" + std::string(entry) +
                                       "', expected an address, a block of addresses (10.0.0.0/8) "
                                       "or a host name");
  }
  EXPECT_EQ(world.made(R"({"useCustomIPAddress": true})").errors.front(),
            "/customIPAddress: required with 'useCustomIPAddress', but it is missing");
}

TEST(IpFiltering, WarnsOfBlocksThatAreEmpty) {
  World world;
  for (std::string_view block : {"10.0.0.1/31", "10.0.0.1/32"}) {
    Made made = world.made(R"({"blacklistIps": [")" + std::string(block) + "\"]}");
    EXPECT_TRUE(made.policy);
    ASSERT_EQ(made.warnings.size(), 1u) << block;
    EXPECT_TRUE(made.warnings.front().starts_with("/blacklistIps: '" + std::string(block) +
                                                  "' matches no"));
  }
}

TEST(IpFiltering, NeedsAResolverForNames) {
  Exchanges x;
  EXPECT_EQ(make("ip-filtering", R"({"whitelistIps": ["home"]})", x).errors.front(),
            "/whitelistIps: host name 'home': this gateway resolves no names for policies; list "
            "addresses");
  Made made = make("ip-filtering", R"({"blacklistIps": ["{#request.headers['X-Name'][0]}"]})", x);
  ASSERT_TRUE(made.policy);
  x.request.headers.add(http::HeaderName("X-Name"), "home");
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).failed());
}

}  // namespace
}  // namespace perigee::policies
