// JOLT: what each operation makes of an input, as its documentation says; what a specification may
// not say; and that whatever it says, a transformation is bounded.
#include "jolt/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace perigee::jolt {
namespace {

struct Row {
  std::string_view rule;
  std::string_view specification;
  std::string_view input;
  std::string_view expected;
};

// Without blanks and with its members sorted, so that only what JSON means is compared.
std::string normal(std::string_view json) {
  auto sort = Chain::compile(R"([{"operation": "sort"}])");
  auto made = sort->transform(json, {});
  return made ? *made : "no JSON: " + std::string(json);
}

void expect(const Row& row, std::string_view operation) {
  SCOPED_TRACE(row.rule);
  std::string specification(row.specification);
  if (!operation.empty())
    specification =
        "[{\"operation\": \"" + std::string(operation) + "\", \"spec\": " + specification + "}]";
  auto chain = Chain::compile(specification);
  ASSERT_TRUE(chain) << chain.error().message;
  auto made = chain->transform(row.input, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(normal(*made), normal(row.expected));
}

const Row kShifts[] = {
    {"a value goes to a path", R"({"a": {"b": "x.y"}})", R"({"a": {"b": 1}})",
     R"({"x": {"y": 1}})"},
    {"what is not named is left out", R"({"a": "a"})", R"({"a": 1, "b": 2})", R"({"a": 1})"},
    {"nothing matched is null", R"({"z": "a"})", R"({"a": 1})", "null"},
    {"null is a value", R"({"a": "b"})", R"({"a": null})", R"({"b": null})"},
    {"an empty path is the root", R"({"a": ""})", R"({"a": {"b": 1}})", R"({"b": 1})"},
    {"a list of paths copies", R"({"a": ["x", "y.z"]})", R"({"a": 1})",
     R"({"x": 1, "y": {"z": 1}})"},
    {"a path that is null drops", R"({"a": null, "*": "&"})", R"({"a": 1, "b": 2})", R"({"b": 2})"},
    {"* matches every key", R"({"*": "out.&"})", R"({"a": 1, "b": 2})",
     R"({"out": {"a": 1, "b": 2}})"},
    {"a literal goes before *", R"({"a": "special", "*": "rest.&"})", R"({"b": 2, "a": 1})",
     R"({"special": 1, "rest": {"b": 2}})"},
    {"a longer pattern goes before a shorter one",
     R"j({"tag-*": "short.&(0,1)", "tag-x-*": "long.&(0,1)"})j", R"({"tag-a": 1, "tag-x-b": 2})",
     R"({"short": {"a": 1}, "long": {"b": 2}})"},
    {"two stars", R"j({"*-to-*": "&(0,2).&(0,1)"})j", R"({"a-to-b": 1})", R"({"b": {"a": 1}})"},
    {"three stars", R"j({"*-*-*": "&(0,3).&(0,2).&(0,1)"})j", R"({"a-b-c": 1})",
     R"({"c": {"b": {"a": 1}}})"},
    {"a star stands for at least one character", R"({"a*": "x", "*": "rest.&"})",
     R"({"a": 1, "ab": 2})", R"({"x": 2, "rest": {"a": 1}})"},
    {"& levels up", R"({"*": {"*": "&1-&"}})", R"({"a": {"b": 1}})", R"({"a-b": 1})"},
    {"& on the left is the key above", R"({"*": {"&": "same.&1", "*": "other.&1.&"}})",
     R"({"a": {"a": 1, "b": 2}, "c": {"d": 3}})",
     R"({"same": {"a": 1}, "other": {"a": {"b": 2}, "c": {"d": 3}}})"},
    {"&1 on the left is two levels up", R"({"*": {"*": {"&1": "same.&1"}}})",
     R"({"a": {"b": {"a": 1, "b": 2}}})", R"({"same": {"b": 1}})"},
    {"$ is the key as a value", R"({"*": {"$": "keys"}})", R"({"a": 1, "b": 2})",
     R"({"keys": ["a", "b"]})"},
    {"$ with a level", R"({"*": {"*": {"$1": "above[]"}}})", R"({"a": {"b": 1}})",
     R"({"above": ["a"]})"},
    {"$ with a group", R"j({"tag-*": {"$(0,1)": "tags[]"}})j", R"({"tag-x": 1})",
     R"({"tags": ["x"]})"},
    {"@ is the value itself", R"({"a": {"@": "value", "$": "key"}})", R"({"a": 5})",
     R"({"value": 5, "key": "a"})"},
    {"@ of the whole input", R"({"@": "all", "a": "a"})", R"({"a": 1})",
     R"({"all": {"a": 1}, "a": 1})"},
    {"@name on the left", R"({"@name": "n"})", R"({"name": "x"})", R"({"n": "x"})"},
    {"@(1,x) on the left", R"j({"list": {"*": {"@(2,id)": "ids[]", "v": "vs[]"}}})j",
     R"({"id": 7, "list": [{"v": 1}, {"v": 2}]})", R"({"ids": [7, 7], "vs": [1, 2]})"},
    {"@ with a path that is not there", R"j({"@(0,a.b)": "x", "c": "c"})j", R"({"c": 1})",
     R"({"c": 1})"},
    {"@name on the right", R"j({"*": {"value": "@(1,key)"}})j",
     R"([{"key": "a", "value": 1}, {"key": "b", "value": 2}])", R"({"a": 1, "b": 2})"},
    {"@ on the right that is not there writes nothing", R"j({"*": {"value": "@(1,none)"}})j",
     R"([{"value": 1}])", "null"},
    {"# is a constant", R"({"*": {"#yes": "flags.&1"}})", R"({"a": 1})",
     R"({"flags": {"a": "yes"}})"},
    {"a scalar is a key", R"({"hidden": {"true": {"#off": "state"}, "false": {"#on": "state"}}})",
     R"({"hidden": true})", R"({"state": "off"})"},
    {"a number is a key, too", R"({"n": {"5": {"#five": "x"}, "*": {"#other": "x"}}})",
     R"({"n": 5})", R"({"x": "five"})"},
    {"| is a choice of keys", R"({"a|b": "x.&"})", R"({"a": 1, "b": 2})",
     R"({"x": {"a": 1, "b": 2}})"},
    {"positions of a list are keys", R"({"l": {"1": "second"}})", R"({"l": [1, 2, 3]})",
     R"({"second": 2})"},
    {"two values at one path make a list", R"({"a": "x", "b": "x"})", R"({"a": 1, "b": 2})",
     R"({"x": [1, 2]})"},
    {"a list at the path takes the value in", R"({"a": "x", "b": "x"})", R"({"a": [1], "b": 2})",
     R"({"x": [1, 2]})"},
    {"[] makes a list", R"({"a": "x[]"})", R"({"a": 1})", R"({"x": [1]})"},
    {"[n] fills with null", R"({"a": "x[2]"})", R"({"a": 1})", R"({"x": [null, null, 1]})"},
    {"[&1]", R"({"l": {"*": {"a": "out[&1].b"}}})", R"({"l": [{"a": 1}, {"a": 2}]})",
     R"({"out": [{"b": 1}, {"b": 2}]})"},
    {"[&(0,1)]", R"({"p-*-url": "p[&(0,1)].u"})", R"({"p-1-url": "x"})",
     R"({"p": [null, {"u": "x"}]})"},
    {"[#2] counts matches", R"({"*": {"a": "out[#2].v", "$": "out[#2].k"}})",
     R"({"x": {"a": 1}, "y": {"a": 2}})", R"({"out": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]})"},
    {"[@(1,i)]", R"({"*": {"v": "out[@(1,i)]"}})", R"([{"i": 1, "v": "a"}, {"i": 0, "v": "b"}])",
     R"({"out": ["b", "a"]})"},
    {"a list at the root", R"({"*": "[]"})", R"({"a": 1, "b": 2})", "[1, 2]"},
    {"[] in the middle makes a new item each time", R"({"*": "[].v"})", R"({"a": 1, "b": 2})",
     R"([{"v": 1}, {"v": 2}])"},
    {"escapes on the left", R"({"\\@id": "id", "\\$ref": "ref", "a\\*": "star", "\\&": "amp"})",
     R"({"@id": 1, "$ref": 2, "a*": 3, "&": 4})", R"({"id": 1, "ref": 2, "star": 3, "amp": 4})"},
    {"escapes on the right", R"({"a": "x\\.y.\\@z"})", R"({"a": 1})", R"({"x.y": {"@z": 1}})"},
    {"a path through something else writes nothing", R"({"a": "x", "b": "x.y"})",
     R"({"a": 1, "b": 2})", R"({"x": 1})"},
    {"whole trees move", R"({"a": "b"})", R"({"a": {"c": [1, {"d": 2}]}})",
     R"({"b": {"c": [1, {"d": 2}]}})"},
    {"numbers keep their kind", R"({"*": "&"})",
     R"({"i": 9007199254740993, "d": 1.0, "e": 1e10, "n": -0.5})",
     R"({"i": 9007199254740993, "d": 1.0, "e": 1.0E10, "n": -0.5})"},
    {"the reference's example",
     R"({"rating": {"primary": {"value": "Rating", "max": "RatingRange"},
         "*": {"max": "SecondaryRatings.&1.Range", "value": "SecondaryRatings.&1.Value",
               "$": "SecondaryRatings.&1.Id"}}})",
     R"({"rating": {"primary": {"value": 3, "max": 5}, "quality": {"value": 4, "max": 7}}})",
     R"({"Rating": 3, "RatingRange": 5, "SecondaryRatings": {"quality": {"Range": 7, "Value": 4, "Id": "quality"}}})"},
};
TEST(Jolt, Shift) {
  for (const Row& row : kShifts) expect(row, "shift");
}

const Row kDefaults[] = {
    {"what is missing is put in", R"({"a": 1, "b": "x"})", R"({"a": 5})", R"({"a": 5, "b": "x"})"},
    {"null is missing", R"({"a": 1})", R"({"a": null})", R"({"a": 1})"},
    {"null is put in, too", R"({"a": null})", R"({})", R"({"a": null})"},
    {"below", R"({"a": {"b": 1}})", R"({})", R"({"a": {"b": 1}})"},
    {"what has another kind stays", R"({"a": {"b": 1}})", R"({"a": 5})", R"({"a": 5})"},
    {"* only what is there", R"({"a": {"*": {"x": 1}}})", R"({"a": {"p": {}, "q": {"x": 2}}})",
     R"({"a": {"p": {"x": 1}, "q": {"x": 2}}})"},
    {"| only what is there", R"({"a|b": {"x": 1}, "c": 3})", R"({"a": {}})",
     R"({"a": {"x": 1}, "c": 3})"},
    {"names go before *", R"({"a": {"p": {"x": 1}, "*": {"x": 2}}})", R"({"a": {"q": {}}})",
     R"({"a": {"p": {"x": 1}, "q": {"x": 2}}})"},
    {"[] makes a list", R"({"l[]": {"1": {"a": 1}}})", R"({})", R"({"l": [null, {"a": 1}]})"},
    {"[] with *", R"({"l[]": {"*": {"a": 1}}})", R"({"l": [{}, {"a": 2}]})",
     R"({"l": [{"a": 1}, {"a": 2}]})"},
    {"a list is a value", R"({"l": [1, 2]})", R"({})", R"({"l": [1, 2]})"},
    {"a list at the root", R"({"*": {"a": 1}, "0": {"b": 2}})", R"([{}, {"a": 5}])",
     R"([{"a": 1, "b": 2}, {"a": 5}])"},
    {"null at the root is an object", R"({"a": 1})", "null", R"({"a": 1})"},
};
TEST(Jolt, Default) {
  for (const Row& row : kDefaults) expect(row, "default");
}

const Row kRemoves[] = {
    {"a key", R"({"a": ""})", R"({"a": 1, "b": 2})", R"({"b": 2})"},
    {"below", R"({"a": {"b": ""}})", R"({"a": {"b": 1, "c": 2}})", R"({"a": {"c": 2}})"},
    {"a pattern", R"({"x-*": ""})", R"({"x-1": 1, "x-2": 2, "y": 3})", R"({"y": 3})"},
    {"| is a choice", R"({"a|b": ""})", R"({"a": 1, "b": 2, "c": 3})", R"({"c": 3})"},
    {"* steps into every value", R"({"*": {"a": ""}})", R"({"x": {"a": 1}, "y": {"b": 2}, "z": 3})",
     R"({"x": {}, "y": {"b": 2}, "z": 3})"},
    {"of every item", R"({"l": {"*": {"a": ""}}})", R"({"l": [{"a": 1, "b": 2}]})",
     R"({"l": [{"b": 2}]})"},
    {"positions", R"({"l": {"0": "", "2": ""}})", R"({"l": [1, 2, 3, 4]})", R"({"l": [2, 4]})"},
    {"all items", R"({"l": {"*": ""}})", R"({"l": [1, 2]})", R"({"l": []})"},
    {"what is not there", R"({"z": "", "a": {"z": ""}})", R"({"a": 1})", R"({"a": 1})"},
    {"$ is a plain character", R"({"$id": ""})", R"({"$id": 1, "b": 2})", R"({"b": 2})"},
};
TEST(Jolt, Remove) {
  for (const Row& row : kRemoves) expect(row, "remove");
}

const Row kCardinalities[] = {
    {"ONE of a list", R"({"a": "ONE"})", R"({"a": [1, 2]})", R"({"a": 1})"},
    {"ONE of an empty list", R"({"a": "ONE"})", R"({"a": []})", R"({"a": null})"},
    {"ONE of one", R"({"a": "ONE"})", R"({"a": 1})", R"({"a": 1})"},
    {"MANY of one", R"({"a": "MANY"})", R"({"a": {"b": 1}})", R"({"a": [{"b": 1}]})"},
    {"MANY of null", R"({"a": "MANY"})", R"({"a": null})", R"({"a": []})"},
    {"MANY of a list", R"({"a": "MANY"})", R"({"a": [1]})", R"({"a": [1]})"},
    {"what is missing stays so", R"({"a": "MANY"})", R"({"b": 1})", R"({"b": 1})"},
    {"@ and below", R"({"a": {"@": "ONE", "b": "MANY"}})", R"({"a": [{"b": 1}, {"b": 2}]})",
     R"({"a": {"b": [1]}})"},
    {"* and literals", R"({"a": "ONE", "*": "MANY"})", R"({"a": [1], "b": 2})",
     R"({"a": 1, "b": [2]})"},
    {"of items", R"({"l": {"*": {"a": "ONE"}}})", R"({"l": [{"a": [1, 2]}]})",
     R"({"l": [{"a": 1}]})"},
};
TEST(Jolt, Cardinality) {
  for (const Row& row : kCardinalities) expect(row, "cardinality");
}

TEST(Jolt, SortPutsKeysInOrderAndTildesFirst) {
  auto chain = Chain::compile(R"([{"operation": "sort"}])");
  ASSERT_TRUE(chain);
  EXPECT_EQ(
      *chain->transform(R"({"b": 1, "a": {"z": 1, "y": [ {"d": 1, "c": 2} ]}, "~id": 0})", {}),
      R"({"~id":0,"a":{"y":[{"c":2,"d":1}],"z":1},"b":1})");
}

const Row kOverwrites[] = {
    {"a constant", R"({"a": "x", "n": 5, "o": {}, "l": [[1]]})", R"({"a": 1})",
     R"({"a": "x", "n": 5, "o": {}, "l": [1]})"},
    {"another value", R"j({"b": "@(1,a)"})j", R"({"a": 1})", R"({"a": 1, "b": 1})"},
    {"another value, further away", R"j({"x": {"y": "@(2,a.b)"}})j", R"({"a": {"b": 2}, "x": {}})",
     R"({"a": {"b": 2}, "x": {"y": 2}})"},
    {"a value that is not there writes nothing", R"j({"b": "@(1,none)"})j", R"({})", R"({})"},
    {"the first that gives something", R"j({"b": ["@(1,none)", "=toInteger(@(1,a))", "x"]})j",
     R"({"a": "7"})", R"({"a": "7", "b": 7})"},
    {"a call without arguments takes the value", R"({"a": "=toUpper"})", R"({"a": "x"})",
     R"({"a": "X"})"},
    {"a call that fails writes nothing", R"({"a": "=toInteger"})", R"({"a": "x"})",
     R"({"a": "x"})"},
    {"* every member", R"({"*": "=toString"})", R"({"a": 1, "b": true, "c": null})",
     R"({"a": "1", "b": "true", "c": null})"},
    {"every item", R"({"l": {"*": "=toInteger"}})", R"({"l": ["1", "2"]})", R"({"l": [1, 2]})"},
    {"members of every item", R"j({"*": {"b": "=concat(@(1,a), '-', @(1,c))"}})j",
     R"([{"a": "x", "c": 1}])", R"([{"a": "x", "c": 1, "b": "x-1"}])"},
    {"positions", R"({"l": {"[0]": "x", "[2]": "z"}})", R"({"l": [1]})",
     R"({"l": ["x", null, "z"]})"},
    {"objects are made", R"({"a": {"b": {"c": 1}}})", R"({})", R"({"a": {"b": {"c": 1}}})"},
    {"only what is there (?)", R"({"a?": "x", "b?": "y"})", R"({"a": 1})", R"({"a": "x"})"},
    {"modes of single keys", R"({"~a": 5, "_b": 5, "+c": 5, "~d": 5, "_e": 5})",
     R"({"a": null, "b": null, "c": 1})", R"({"a": 5, "b": null, "c": 5, "d": 5, "e": 5})"},
    {"toInteger, toLong, toDouble", R"({"a": "=toInteger", "b": "=toLong", "c": "=toDouble"})",
     R"({"a": 1.9, "b": "9007199254740993", "c": "5"})",
     R"({"a": 1, "b": 9007199254740993, "c": 5.0})"},
    {"toBoolean", R"({"a": "=toBoolean", "b": "=toBoolean", "c": "=toBoolean"})",
     R"({"a": "TRUE", "b": "false", "c": "x"})", R"({"a": true, "b": false, "c": "x"})"},
    {"toString of what is nested", R"j({"a": "=toString(@(1,b))"})j", R"({"b": {"c": [1, "x"]}})",
     R"({"a": "{c=[1, x]}", "b": {"c": [1, "x"]}})"},
    {"functions of one value go through lists", R"({"l": "=toUpper"})", R"({"l": ["a", 1, "b"]})",
     R"({"l": ["A", 1, "B"]})"},
    {"toLower and trim", R"({"a": "=toLower", "b": "=trim"})", R"({"a": "ÄB", "b": " x "})",
     R"({"a": "äb", "b": "x"})"},
    {"concat leaves null out", R"j({"a": "=concat(@(1,x), @(1,none), 'y', 5)"})j", R"({"x": "x"})",
     R"({"a": "xy5", "x": "x"})"},
    {"join", R"j({"a": "=join(', ', @(1,l))"})j", R"({"l": ["x", "y", 3]})",
     R"({"a": "x, y, 3", "l": ["x", "y", 3]})"},
    {"split", R"j({"a": "=split(',', @(1,b))", "c": "=split('[|]', @(1,d))"})j",
     R"({"b": "x,y,,", "d": "1|2"})",
     R"({"a": ["x", "y"], "b": "x,y,,", "c": ["1", "2"], "d": "1|2"})"},
    {"substring", R"j({"a": "=substring(@(1,b), 1, 3)", "c": "=substring(@(1,b), 2, 9)"})j",
     R"({"b": "wörld"})", R"({"a": "ör", "b": "wörld"})"},
    {"leftPad and rightPad",
     R"j({"a": "=leftPad(@(1,x), 5, '0')", "b": "=rightPad(@(1,x), 4, ' ')"})j", R"({"x": "12"})",
     R"({"a": "00012", "b": "12  ", "x": "12"})"},
    {"size", R"j({"a": "=size(@(1,l))", "b": "=size(@(1,t))", "c": "=size(@(1,o))"})j",
     R"({"l": [1, 2], "t": "xyz", "o": {"p": 1}})",
     R"({"a": 2, "b": 3, "c": 1, "l": [1, 2], "t": "xyz", "o": {"p": 1}})"},
    {"min, max", R"j({"a": "=max(@(1,l))", "b": "=min(@(1,l))", "c": "=max(1, 2.5, '7')"})j",
     R"({"l": [3, 1, 2.5]})", R"({"a": 3, "b": 1, "c": 7, "l": [3, 1, 2.5]})"},
    {"abs and avg", R"j({"a": "=abs(@(1,n))", "b": "=avg(@(1,l))"})j",
     R"({"n": -3, "l": [1, "2", "x"]})", R"({"a": 3, "b": 1.5, "n": -3, "l": [1, "2", "x"]})"},
    {"sums", R"j({"a": "=intSum(@(1,l))", "b": "=doubleSum(@(1,l))", "c": "=longSum(@(1,l))"})j",
     R"({"l": [1, "2"]})", R"({"a": 3, "b": 3.0, "c": 3, "l": [1, "2"]})"},
    {"differences",
     R"j({"a": "=intSubtract(5, 3)", "b": "=doubleSubtract(5.5, 3.0)", "c": "=longSubtract(5, 3)"})j",
     "{}", R"({"a": 2, "b": 2.5, "c": 2})"},
    {"quotients",
     R"j({"a": "=divide(1, 4)", "b": "=divideAndRound(2, 1, 3)", "c": "=divide(1, 0)"})j", "{}",
     R"({"a": 0.25, "b": 0.33})"},
    {"lists",
     R"j({"f": "=firstElement(@(1,l))", "l2": "=lastElement(@(1,l))", "e": "=elementAt(1, @(1,l))", "s": "=sort(@(1,l))"})j",
     R"({"l": ["c", "a", "b"]})",
     R"({"l": ["c", "a", "b"], "f": "c", "l2": "b", "e": "a", "s": ["a", "b", "c"]})"},
    {"toList", R"j({"a": "=toList", "b": "=toList(1, 2)"})j", R"({"a": "x"})",
     R"({"a": ["x"], "b": [1, 2]})"},
    {"isPresent, notNull, isNull",
     R"({"a": ["=isPresent", 5], "b": ["=notNull", 5], "c": ["=isNull", 5], "d": ["=isPresent", 5]})",
     R"({"a": null, "b": null, "c": 1})", R"({"a": null, "b": 5, "c": 5, "d": 5})"},
    {"squashing",
     R"({"a": "=squashNulls", "b": "=recursivelySquashNulls", "c": "=squashDuplicates"})",
     R"({"a": [1, null, [null]], "b": {"x": null, "y": [null, {"z": null}]}, "c": [1, 1, {"a": 1}, {"a": 1}]})",
     R"({"a": [1, [null]], "b": {"y": [{}]}, "c": [1, {"a": 1}]})"},
    {"noop", R"({"a": "=noop"})", R"({"a": 1})", R"({"a": 1})"},
    {"of another kind than its keys say", R"({"a": {"b": 1}, "l": {"[0]": 1}})",
     R"({"a": [1], "l": {"x": 1}})", R"({"a": [1], "l": {"x": 1}})"},
};
TEST(Jolt, ModifyOverwrite) {
  for (const Row& row : kOverwrites) expect(row, "modify-overwrite-beta");
}

const Row kModifyDefaults[] = {
    {"missing and null are filled", R"({"a": "x", "b": "x", "c": "x"})", R"({"a": 1, "b": null})",
     R"({"a": 1, "b": "x", "c": "x"})"},
    {"a call", R"j({"n": "=size(@(1,l))"})j", R"({"l": [1, 2]})", R"({"l": [1, 2], "n": 2})"},
    {"below", R"({"a": {"b": 1}})", R"({"a": {"b": 2}})", R"({"a": {"b": 2}})"},
};
TEST(Jolt, ModifyDefault) {
  for (const Row& row : kModifyDefaults) expect(row, "modify-default-beta");
}
TEST(Jolt, ModifyDefineFillsOnlyWhatIsMissing) {
  expect({"", R"({"a": "x", "b": "x", "c": "x"})", R"({"a": 1, "b": null})",
          R"({"a": 1, "b": null, "c": "x"})"},
         "modify-define-beta");
}

TEST(Jolt, OperationsFollowEachOther) {
  expect({"of the policy's page",
          R"([{"operation": "shift", "spec": {"_id": "id", "*": {"$": "&1"}}},
              {"operation": "remove", "spec": {"__v": ""}}])",
          R"({"_id": "57762", "name": "name", "__v": 0})", R"({"id": "57762", "name": "name"})"},
         "");
  expect({"comments are allowed",
          "[ // first\n {\"operation\": \"shift\", /* a\nb */ \"spec\": {\"a\": \"//b\"}}]",
          R"({"a": 1})", R"({"//b": 1})"},
         "");
}

struct Refusal {
  std::string_view specification;
  std::string_view says;
};
const Refusal kRefusals[] = {
    {"", "1:1"},
    {"{}", "expected an array"},
    {"[]", "no operation"},
    {"[5]", "/0: expected an object"},
    {R"([{"spec": {}}])", "/0: 'operation' is missing"},
    {R"([{"operation": "shift"}])", "/0: 'spec' is missing"},
    {R"([{"operation": "shif", "spec": {}}])",
     "/0/operation: unknown operation 'shif'; did you mean 'shift'?"},
    {R"([{"operation": "com.x.Mine", "spec": {}}])", "unknown operation"},
    {R"([{"operation": "shift", "spec": []}])", "/0/spec: a shift needs an object"},
    {R"([{"operation": "shift", "spec": {}}])", "/0/spec: an empty object"},
    {R"([{"operation": "shift", "spec": {"a": {}}}])", "/0/spec/a: an empty object"},
    {R"([{"operation": "shift", "spec": {"a": 5}}])", "/0/spec/a: a path must be a text"},
    {R"([{"operation": "shift", "spec": {"a": ["x", 5]}}])", "/0/spec/a/1: a path must be a text"},
    {R"([{"operation": "shift", "spec": {"a": "x.*"}}])", "'*' cannot stand in a path"},
    {R"([{"operation": "shift", "spec": {"a": "x.$"}}])", "'$' cannot stand in a path"},
    {R"([{"operation": "shift", "spec": {"a": "x[a]"}}])", "position"},
    {R"([{"operation": "shift", "spec": {"a": "x[99999999]"}}])", "position"},
    {R"([{"operation": "shift", "spec": {"a": "x[0"}}])", "not closed"},
    {R"([{"operation": "shift", "spec": {"a": "x[0]y"}}])", "after a ']'"},
    {R"([{"operation": "shift", "spec": {"a": "@(1,b"}}])", "not closed"},
    {R"([{"operation": "shift", "spec": {"a*&": "x"}}])", "cannot be mixed"},
    {R"([{"operation": "shift", "spec": {"&x,": "x"}}])", ""},
    {R"([{"operation": "shift", "spec": {"@": {"a": "b"}}}])", "cannot have an object"},
    {R"([{"operation": "shift", "spec": {"a": "x", "a|b": "y"}}])", "stands here twice"},
    {R"([{"operation": "shift", "spec": {"&(1,": "x"}}])", "after & stand"},
    {R"([{"operation": "default", "spec": "x"}])", "needs an object"},
    {R"([{"operation": "default", "spec": {"l[]": {"x": 1}}}])",
     "under a key with [] stand positions"},
    {R"([{"operation": "default", "spec": {"l[]": {"99999999": 1}}}])", "too large"},
    {R"([{"operation": "cardinality", "spec": {"a": "SOME"}}])", "expected ONE or MANY"},
    {R"([{"operation": "modify-overwrite-beta", "spec": {"a": "=toUper"}}])",
     "unknown function 'toUper'; did you mean 'toUpper'?"},
    {R"([{"operation": "modify-overwrite-beta", "spec": {"a": "=abs(1"}}])", "not closed"},
    {R"([{"operation": "modify-overwrite-beta", "spec": {"a": "^x"}}])", "no context"},
    {R"([{"operation": "modify-overwrite-beta", "spec": {"&1": "x"}}])", "a key of a modify"},
    {R"([{"operation": "modify-overwrite-beta", "spec": {"[0]": 1, "a": 2}}])", "cannot be mixed"},
};
TEST(Jolt, RefusesWhatASpecificationCannotSay) {
  for (const Refusal& refusal : kRefusals) {
    auto chain = Chain::compile(refusal.specification);
    if (refusal.says.empty()) continue;
    ASSERT_FALSE(chain) << refusal.specification;
    EXPECT_THAT(chain.error().message, ::testing::HasSubstr(refusal.says)) << refusal.specification;
  }
}

std::string failure(std::string_view specification, std::string_view input,
                    std::size_t bytes_max = 1 << 20) {
  auto chain = Chain::compile(specification);
  EXPECT_TRUE(chain) << chain.error().message;
  auto made = chain->transform(input, {.result_bytes_max = bytes_max});
  EXPECT_FALSE(made) << made->substr(0, 200);
  return made ? "" : made.error().message;
}

TEST(Jolt, IsBounded) {
  std::string big = "[";
  for (int i = 0; i < 3000; ++i) big += "1,";
  big += "1]";
  // Each item takes a copy of the whole.
  EXPECT_THAT(failure(R"([{"operation": "shift", "spec": {"*": {"@1": "x[]"}}}])", big),
              ::testing::HasSubstr("longer than"));
  std::string doubling = "[";
  for (int i = 0; i < 60; ++i)
    doubling +=
        std::string(i ? "," : "") +
        R"j({"operation": "modify-overwrite-beta", "spec": {"a": "=concat(@(1,a),@(1,a))"}})j";
  EXPECT_THAT(failure(doubling + "]", R"({"a": "xxxxxxxx"})"), ::testing::HasSubstr("bytes"));
  EXPECT_THAT(failure(R"([{"operation": "shift", "spec": {"*": "x[&]"}}])", R"({"4000000000": 1})"),
              ::testing::HasSubstr("position"));
  EXPECT_THAT(
      failure(R"([{"operation": "shift", "spec": {"a": ["x", "x.self"]}}])", R"({"a": {}})"),
      ::testing::HasSubstr("contains itself"));
  EXPECT_THAT(failure(R"([{"operation": "shift", "spec": {"a": "&5"}}])", R"({"a": 1})"),
              ::testing::HasSubstr("5 levels up"));
  EXPECT_THAT(failure(R"j([{"operation": "shift", "spec": {"*": "&(0,1)"}}])j", R"({"a": 1})"),
              ::testing::HasSubstr("has no part 1"));
  EXPECT_THAT(failure(R"([{"operation": "sort"}])", R"({"a": "0123456789"})", 10),
              ::testing::HasSubstr("longer than 10 bytes"));
}

TEST(Jolt, HasTheLimitsThatItIsGiven) {
  auto chain = Chain::compile(R"([{"operation": "sort"}])");
  ASSERT_TRUE(chain);
  const std::string_view input = R"({"b": [1, 2, 3], "a": "0123456789"})";
  EXPECT_TRUE(chain->transform(input, {.steps_max = 100, .built_bytes_max = 10'000}));
  auto slow = chain->transform(input, {.steps_max = 5});
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().message, "it needs more than 5 steps (perigee.limits.joltSteps)");
  auto large = chain->transform(input, {.built_bytes_max = 100});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().message, "it makes more than 100 bytes (perigee.limits.joltBytes)");
}

TEST(Jolt, RefusesAnInputThatIsNoJson) {
  EXPECT_NE(failure(R"([{"operation": "sort"}])", "{"), "");
  EXPECT_NE(failure(R"([{"operation": "sort"}])", ""), "");
  EXPECT_NE(failure(R"([{"operation": "sort"}])", std::string(300, '[') + std::string(300, ']')),
            "");
}

TEST(Jolt, ManyKeysAreFoundByTheirHash) {
  std::string input = "{";
  for (int i = 0; i < 20'000; ++i)
    input += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":" + std::to_string(i);
  input += "}";
  auto chain = Chain::compile(R"([{"operation": "shift", "spec": {"*": "x.&"}},
                                  {"operation": "shift", "spec": {"x": {"k19999": "last", "k0": "first"}}}])");
  ASSERT_TRUE(chain);
  auto made = chain->transform(input, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, R"({"last":19999,"first":0})");
}

}  // namespace
}  // namespace perigee::jolt
