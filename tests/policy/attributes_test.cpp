#include "policy/attributes.hpp"

#include <gtest/gtest.h>

#include "policy/query.hpp"

namespace perigee::policy {
namespace {

TEST(Attributes, SetGetRemove) {
  Arena arena;
  Attributes attributes(arena);
  EXPECT_EQ(attributes.get("a"), nullptr);
  attributes.set("a", "1");
  attributes.set("b", el::Value::integer(2));
  EXPECT_EQ(attributes.text("a"), "1");
  EXPECT_EQ(attributes.get("b")->as_integer(), 2);
  EXPECT_EQ(attributes.text("b"), std::nullopt) << "not a text";
  attributes.set("a", "3");
  EXPECT_EQ(attributes.text("a"), "3");
  EXPECT_EQ(attributes.entries().size(), 2u);
  attributes.remove("a");
  attributes.remove("never set");
  EXPECT_EQ(attributes.get("a"), nullptr);
  attributes.set("a", "4");
  EXPECT_EQ(attributes.text("a"), "4");
}

TEST(Attributes, TextsAndNamesAreCopied) {
  Arena arena;
  Attributes attributes(arena);
  std::string name = "name", value = "value";
  attributes.set(name, value);
  name = "xxxx";
  value = "yyyyy";
  EXPECT_EQ(attributes.text("name"), "value");
}

TEST(Attributes, TypesAreKept) {
  Arena arena;
  Attributes attributes(arena);
  std::span<el::Value> items = el::take_values(arena, 2);
  items[0] = el::Value::text("x");
  items[1] = el::Value::boolean(true);
  attributes.set("list", el::Value::list(items));
  attributes.set("null", el::Value::null());
  attributes.set("real", el::Value::real(0.5));
  EXPECT_EQ(attributes.get("list")->list_size(), 2u);
  EXPECT_EQ(attributes.get("list")->item(0).as_text(), "x");
  EXPECT_TRUE(attributes.get("null")->is_null());
  EXPECT_EQ(attributes.get("real")->as_real(), 0.5);
}

TEST(Attributes, ANameIsTriedAsGivenThenWithThePrefix) {
  Arena arena;
  Attributes attributes(arena);
  attributes.set("gravitee.attribute.plan", "prefixed");
  EXPECT_EQ(attributes.text("plan"), "prefixed");
  EXPECT_EQ(attributes.text("gravitee.attribute.plan"), "prefixed");
  EXPECT_EQ(attributes.text("lan"), std::nullopt);
  attributes.set("plan", "as given");
  EXPECT_EQ(attributes.text("plan"), "as given");
  EXPECT_EQ(attributes.text("gravitee.attribute.plan"), "prefixed");
  attributes.remove("plan");
  EXPECT_EQ(attributes.text("plan"), "prefixed");
  attributes.set("short", "x");
  EXPECT_EQ(attributes.text("gravitee.attribute.short"), std::nullopt);
}

TEST(Attributes, ManyOfThem) {
  Arena arena;
  Attributes attributes(arena);
  for (int i = 0; i < 100; ++i) attributes.set("name " + std::to_string(i), std::to_string(i));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(attributes.text("name " + std::to_string(i)), std::to_string(i));
}

TEST(Attributes, ShortNames) {
  EXPECT_EQ(short_attribute_name("gravitee.attribute.api"), "api");
  EXPECT_EQ(short_attribute_name("api"), "api");
  EXPECT_EQ(short_attribute_name("gravitee.attribute."), "");
}

std::string shown(std::string_view query) {
  std::string text;
  QueryReader reader(query);
  while (auto parameter = reader.next()) {
    text.append("[").append(parameter->name);
    if (parameter->has_value) text.append("=").append(parameter->value);
    text += "]";
  }
  return text;
}

TEST(QueryReader, Rows) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"a=1&b=2", "[a=1][b=2]"},
      {"a=1;b=2", "[a=1][b=2]"},
      {"a=1&&;b", "[a=1][b]"},
      {"a=", "[a=]"},
      {"a=b=c", "[a=b=c]"},
      {"=x", "[=x]"},
      {"a=%20+&%61", "[a=%20+][%61]"},
      {"a=1#b=2&c", "[a=1]"},
      {"#a", ""},
  };
  for (auto [query, expected] : rows) EXPECT_EQ(shown(query), expected) << query;
}

}  // namespace
}  // namespace perigee::policy
