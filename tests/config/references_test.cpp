#include "config/references.hpp"

#include <map>

namespace perigee::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Resolved resolved(std::string_view text, std::map<std::string, std::string> known = {}) {
  return resolve("owner", text, [&](std::string_view name) -> std::optional<std::string> {
    const auto at = known.find(std::string(name));
    return at == known.end() ? std::nullopt : std::optional(at->second);
  });
}

TEST(References, ReplaceNamesByValues) {
  EXPECT_EQ(resolved("${a}", {{"a", "1"}}).text, "1");
  EXPECT_EQ(resolved("x-${a.b}-${c}-y", {{"a.b", "1"}, {"c", "2"}}).text, "x-1-2-y");
  EXPECT_EQ(resolved("no reference").text, "no reference");
  EXPECT_EQ(resolved("${a}", {{"a", ""}}).text, "");
}

TEST(References, UseTheDefaultWhenNothingIsFound) {
  EXPECT_EQ(resolved("${a:z}").text, "z");
  EXPECT_EQ(resolved("${a:z}", {{"a", "1"}}).text, "1");
  EXPECT_EQ(resolved("${a:}").text, "");
  EXPECT_EQ(resolved("${a:http://h:1/x}").text, "http://h:1/x");
  EXPECT_EQ(resolved("${a:${b:z}}").text, "z");
  EXPECT_EQ(resolved("${a:${b}}", {{"b", "2"}}).text, "2");
}

TEST(References, Nest) {
  EXPECT_EQ(resolved("${a.${b}}", {{"b", "x"}, {"a.x", "1"}}).text, "1");
  EXPECT_EQ(resolved("${a}", {{"a", "${b}!"}, {"b", "2"}}).text, "2!");
}

TEST(References, StayAsTheyAreWhenUnresolvable) {
  const Resolved result = resolved("a ${x} ${y.z} ${a", {});
  EXPECT_EQ(result.text, "a ${x} ${y.z} ${a");
  EXPECT_THAT(result.unresolved, ElementsAre("x", "y.z"));
  EXPECT_THAT(resolved("${x:1}").unresolved, IsEmpty());
}

TEST(References, FindCycles) {
  EXPECT_THAT(resolved("${owner}", {{"owner", "${owner}"}}).problem,
              HasSubstr("refers to itself: owner -> owner"));
  EXPECT_THAT(resolved("${a}", {{"a", "${b}"}, {"b", "${a}"}}).problem,
              HasSubstr("owner -> a -> b -> a"));
  // The same name twice is no cycle.
  EXPECT_EQ(resolved("${a}${a}", {{"a", "1"}}).text, "11");
}

TEST(References, AreBounded) {
  std::map<std::string, std::string> doubling = {{"k0", std::string(100, 'x')}};
  for (int i = 1; i < 13; ++i) {
    const std::string below = "${k" + std::to_string(i - 1) + "}";
    doubling["k" + std::to_string(i)] = below + below;
  }
  EXPECT_FALSE(resolved("${k12}", doubling).problem.empty());
  doubling["k0"] = "";
  EXPECT_THAT(resolved("${k12}", doubling).problem, HasSubstr("too many references"));
  std::string deep = "x";
  for (int i = 0; i < 1000; ++i) deep = "${a:" + deep + "}";
  EXPECT_THAT(resolved(deep).problem, HasSubstr("nests too deeply"));
}

TEST(References, TellWhenASecretWasRead) {
  EXPECT_TRUE(resolved("x-${redis.password}", {{"redis.password", "pw"}}).secret);
  EXPECT_FALSE(resolved("x-${redis.host}", {{"redis.host", "h"}}).secret);
}

}  // namespace
}  // namespace perigee::config
