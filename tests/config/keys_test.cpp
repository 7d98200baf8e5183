#include "config/keys.hpp"

#include <set>

#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using testing::HasSubstr;

std::string with_examples(std::string key) {
  for (const std::string_view part : {"<name>", "<type>", "<path>", "<logger>"}) {
    if (const auto at = key.find(part); at != std::string::npos) key.replace(at, part.size(), "x");
  }
  for (auto at = key.find("[i]"); at != std::string::npos; at = key.find("[i]")) {
    key.replace(at, 3, "[0]");
  }
  return key;
}

// A value that fits the row and is not its default.
std::string other_value(const KeySpec& spec) {
  if (spec.pattern == "services.core.http.authentication.type") return "none";
  if (spec.pattern.starts_with("services.metrics.") && spec.choices.empty() &&
      (spec.type == Type::list || spec.pattern.ends_with("[i]")))
    return "remote";
  switch (spec.type) {
    case Type::boolean:
      return to_boolean(spec.fallback).value_or(false) ? "false" : "true";
    case Type::choice:
      for (const std::string_view choice : {"request", "pem", "merge", "hex", "json", "ERROR",
                                            "DAYS", "replace", "SOCKS5", "4.12", "HTTPS"}) {
        if (fits(spec, choice)) return std::string(choice);
      }
      return std::string(spec.choices.substr(0, spec.choices.find('|')));
    case Type::duration:
      return "1234";
    case Type::integer:
    case Type::count:
    case Type::size:
    case Type::port:
    case Type::decimal:
      return "17";
    default:
      return "other";
  }
}

std::string with_context(const std::string& yaml, const std::string& key) {
  // A unit says something only beside a delay; a list of servers needs their type.
  std::string context;
  if (key.ends_with(".unit"))
    context = nested_yaml(key.substr(0, key.size() - 4) + "delay", "7") + "\n---\n";
  if (key.starts_with("servers[0]")) context = "servers: [{type: http}]\n---\n";
  // A sentinel is one by its host, a client's keystore by its type.
  const auto beside = [&](std::string_view block, const std::string& sibling) {
    if (const auto at = key.find(block); at != key.npos)
      context = nested_yaml(key.substr(0, at) + sibling, "jks") + "\n---\n";
  };
  if (key.ends_with("].port")) beside("redis.sentinel.nodes[0]", "redis.sentinel.nodes[0].host");
  if (!key.ends_with("keystore.type")) beside("redis.keystore.", "redis.keystore.type");
  return context + yaml;
}

TEST(Keys, StandInTheTableOnce) {
  std::set<std::string> seen;
  for (const KeySpec& spec : key_table()) {
    for (const std::string& key : expanded(spec)) EXPECT_TRUE(seen.insert(key).second) << key;
  }
  EXPECT_GT(seen.size(), 300U);
}

TEST(Keys, AreFoundByTheirOwnRow) {
  for (const KeySpec& spec : key_table()) {
    for (const std::string& pattern : expanded(spec)) {
      std::string key = with_examples(pattern);
      if (key.ends_with('*')) key.replace(key.size() - 1, 1, "x");
      ASSERT_NE(find_key(key), nullptr) << key;
      // Nothing before a row hides it.
      EXPECT_EQ(find_key(key)->pattern, spec.pattern) << key;
    }
  }
}

TEST(Keys, HaveDefaultsThatFit) {
  for (const KeySpec& spec : key_table()) {
    if (!spec.fallback.empty()) EXPECT_TRUE(fits(spec, spec.fallback)) << spec.pattern;
    if (spec.type == Type::choice) EXPECT_FALSE(spec.choices.empty()) << spec.pattern;
  }
}

TEST(Keys, AreNotFoundWhenMisspelt) {
  for (const auto key : {"", "http", "http.prt", "http.port.x", "http.ports", "servers[].port",
                         "servers[x].port", "servers.0.port", "tags[0][1]", "HTTP.PORT",
                         "http.errors.404.message", "services.metrics.include.http"}) {
    EXPECT_EQ(find_key(key), nullptr) << key;
  }
}

// What the table says is the default leaves the settings as they are without the key.
TEST(Keys, HaveTheDefaultsOfTheSettings) {
  for (const KeySpec& spec : key_table()) {
    if (spec.use != Use::honoured || spec.fallback.empty()) continue;
    for (const std::string& pattern : expanded(spec)) {
      if (spec.type == Type::list && pattern.ends_with("[i]")) continue;
      const std::string key = with_examples(pattern);
      const std::string none = key.starts_with("servers[0]") ? "servers: [{type: http}]" : "";
      const Loaded without = load(none);
      const Loaded with = load((none.empty() ? "" : none + "\n---\n") +
                               nested_yaml(key, quoted(std::string(spec.fallback))));
      EXPECT_TRUE(with.settings == without.settings) << key;
      EXPECT_FALSE(with.fatal()) << key;
    }
  }
}

// Acceptance: each honoured key through YAML, upper and lower case variables, and -D, all alike.
TEST(Keys, ReachTheSettingsFromEverySource) {
  int tried = 0;
  for (const KeySpec& spec : key_table()) {
    if (spec.use != Use::honoured || spec.pattern == "servers[i].type") continue;
    for (const std::string& pattern : expanded(spec)) {
      const std::string key = with_examples(pattern);
      SCOPED_TRACE(key);
      const std::string value = other_value(spec);
      const std::string base = with_context("", key);
      const Settings without = load(base).settings;

      const Loaded yaml = load(with_context(nested_yaml(key, quoted(value)), key));
      EXPECT_FALSE(yaml.settings == without) << "not read from YAML: " << value;
      const Loaded upper =
          load(Given{.yaml = base, .environment = {{variable_of(key, true), value}}});
      EXPECT_TRUE(upper.settings == yaml.settings) << variable_of(key, true);
      const Loaded lower =
          load(Given{.yaml = base, .environment = {{variable_of(key, false), value}}});
      EXPECT_TRUE(lower.settings == yaml.settings) << variable_of(key, false);
      const Loaded defined = load(Given{.yaml = base, .definitions = {"-D" + key + "=" + value}});
      EXPECT_TRUE(defined.settings == yaml.settings) << "-D" << key;
      if (key.starts_with("perigee.")) {
        const std::string own = variable_of(key, true).substr(9);
        EXPECT_TRUE(load(Given{.yaml = base, .environment = {{own, value}}}).settings ==
                    yaml.settings)
            << own;
      }
      for (const Loaded* loaded : {&yaml, &upper, &lower, &defined}) {
        const Diagnostic* complaint = said(*loaded, key, Severity::warning);
        EXPECT_TRUE(complaint == nullptr || key.ends_with("].secured") || key == "http.secured")
            << to_string(*complaint);
      }
      ++tried;
    }
  }
  EXPECT_GT(tried, 150);
}

TEST(Keys, OfLaterVersionsAreToldOnceAtInfo) {
  for (const KeySpec& spec : key_table()) {
    if (spec.use != Use::later) continue;
    for (const std::string& pattern : expanded(spec)) {
      std::string key = with_examples(pattern);
      if (key.ends_with('*')) key.replace(key.size() - 1, 1, "x");
      const std::string value = spec.pattern == "kafka.enabled" ? "false" : other_value(spec);
      const Loaded loaded = load(with_context(nested_yaml(key, quoted(value)), key));
      const auto about = std::ranges::count(loaded.diagnostics, key, &Diagnostic::key);
      ASSERT_EQ(about, 1) << key;
      const bool is_off = key.ends_with(".enabled") && value == "false";
      EXPECT_EQ(said(loaded, key)->severity, is_off ? Severity::debug : Severity::info) << key;
    }
  }
}

TEST(Keys, ThatAreDeadAreSilent) {
  const Loaded loaded = load(
      "services: { apikeyscache: { delay: 10000, threads: 3 } }\nclassloader: { legacy: { enabled: "
      "false } }\n"
      "http: { requestTimeout: 1000, ssl: { openssl: true } }\n");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::debug), testing::IsEmpty());
}

TEST(Keys, HaveNearestNames) {
  struct Case {
    std::string unknown;
    std::string nearest;
  };
  for (const Case& c : std::vector<Case>{
           {"http.prot", "http.port"},
           {"http.max_header_size", "http.maxHeaderSize"},
           {"http.max-header-size", "http.maxHeaderSize"},
           {"services.metric.enabled", "services.metrics.enabled"},
           {"servers[3].prot", "servers[3].port"},
           {"ratelimit.redis.sentinel.node[1].host", "ratelimit.redis.sentinel.nodes[1].host"},
           {"gracefulShutdown.delais", "gracefulShutdown.delay"},
           {"perigee.limits.maxConnection", "perigee.limits.maxConnections"},
           {"sync.local.path", "services.sync.local.path"},
           {"sync.local.enabled", "services.sync.local.enabled"},
           {"gateway.http.port", "http.port"},
           {"requestTimeout", ""},
           {"completely.different.thing.altogether.here", ""},
       }) {
    EXPECT_EQ(nearest_key(c.unknown), c.nearest) << c.unknown;
  }
}

TEST(Keys, BelowABlockMakeItKnown) {
  for (const auto key : {"http", "services", "services.core", "services.core.http", "servers",
                         "servers[0]", "servers[0].ssl", "api", "perigee"}) {
    EXPECT_TRUE(is_block(key)) << key;
  }
  for (const auto key : {"http.port", "htt", "services.cor", "nothing"}) {
    EXPECT_FALSE(is_block(key)) << key;
  }
}

}  // namespace
}  // namespace perigee::config
