// Every policy that has a schema in the compatibility data reads what the schema allows, and
// refuses what it does not.
#include <cstdlib>
#include <iostream>
#include <set>

#include "policies/catalog.hpp"
#include "tests/policies/support/compat.hpp"
#include "tests/policies/support/schema.hpp"
#include "tests/policies/support/services.hpp"

namespace perigee::policies {
namespace {

using policy::testing::Exchanges;
using testing::compat_dir;
using testing::content_of;
using testing::Made;
using testing::Place;
using testing::Schema;
using testing::Shape;

// Values that have to look like something that no schema says.
const std::map<std::pair<std::string_view, std::string_view>, std::string_view> kValues = {
    {{"json-to-json", "/specification"}, R"("[{\"operation\":\"sort\"}]")"},
    {{"policy-request-validation", "/rules/0/constraint/parameters"}, R"(["1","2"])"},
    {{"traffic-shadowing", "/target"}, R"("http://127.0.0.1:1/")"},
};

// Values of enums that we refuse on purpose.
struct Refused {
  std::string_view policy, pointer, value, reason;
};
const Refused kRefused[] = {
    {"mock", "/status", "\"100\"", "an interim status is no answer: the client waits for another"},
    {"mock", "/status", "\"101\"", "the same, and nothing is switched to"},
    {"mock", "/status", "\"102\"", "an interim status"},
};

// Not required by the schema, and yet nothing works without it, as everything else is written too.
const std::set<std::pair<std::string_view, std::string_view>> kNecessary = {
    {"ip-filtering", "/customIPAddress"},  // "useCustomIPAddress" is true
};

// Numbers below the schema's minimum count as the least that makes sense, with a warning: at run
// time the reference minds no minimum.
const std::set<std::string_view> kLenientNumbers = {"quota", "rate-limit", "spike-arrest",
                                                    "token-bucket-rate-limit"};

bool is_refused(std::string_view id, std::string_view pointer, std::string_view value) {
  return std::ranges::any_of(kRefused, [&](const Refused& each) {
    return each.policy == id && each.pointer == pointer && each.value == value;
  });
}

struct Subject {
  std::string id;
  std::shared_ptr<const JsonDocument> document;
  Schema schema;
  Schema::ValueOf value_of;

  Schema::Writing writing(std::size_t alternative) const {
    return {.alternative = alternative, .value_of = &value_of};
  }
};

Made make_from(const Subject& subject, const Schema::Writing& writing) {
  static Exchanges x;
  static testing::FakeResolver resolver;
  static testing::NoHttp http;
  static testing::NoResources resources;
  policy::Services services = testing::services_of(x);
  services.resolver = &resolver;
  services.http = &http;
  services.resources = &resources;
  return testing::make(subject.id, subject.schema.write(writing), services);
}

std::string told(const Made& made) {
  std::string text;
  for (const std::string& each : made.errors) text += "\n error " + each;
  for (const std::string& each : made.warnings) text += "\n warning " + each;
  return text;
}

void expect_accepted(const Subject& subject, const Schema::Writing& writing) {
  Made made = make_from(subject, writing);
  EXPECT_TRUE(made.policy && made.errors.empty() && made.warnings.empty())
      << subject.schema.write(writing) << told(made);
}

void expect_refused(const Subject& subject, Schema::Writing writing, const Place& place,
                    std::string_view instead) {
  writing.change_at = place.pointer;
  writing.change_to = instead;
  Made made = make_from(subject, writing);
  bool at_the_place = std::ranges::any_of(made.errors, [&](const std::string& error) {
    return error.starts_with(place.pointer + ": ");
  });
  EXPECT_TRUE(!made.policy && at_the_place) << subject.schema.write(writing) << told(made);
}

// What is no value of this type. A text may be given as a number or as a boolean, and the other way
// round: the reference's reader converts them (policies/README.md section 1).
std::vector<std::string_view> wrong_for(const Shape& shape) {
  if (shape.is("object")) return {"[]", "\"no object\"", "7", "true"};
  if (shape.is("array")) return {"{}", "\"no list\"", "7", "true"};
  if (shape.is("string")) return {"{}", "[]", "[\"text\"]"};
  if (shape.is("boolean")) return {"{}", "[]", "\"neither\"", "[true]"};
  if (shape.is("integer")) return {"{}", "[]", "\"no number\"", "[1]", "1.5", "1e30"};
  if (shape.is("number")) return {"{}", "[]", "\"no number\"", "[1]"};
  return {};
}

void check_place(const Subject& subject, const Schema::Writing& writing, const Place& place) {
  for (std::string_view wrong : wrong_for(place.shape))
    expect_refused(subject, writing, place, wrong);
  Json values = place.shape.find("enum");
  if (values.size() > 0) expect_refused(subject, writing, place, "\"no such value\"");
  if (values.size() > 0 && place.shape.is("integer"))
    expect_refused(subject, writing, place, "1000000");
  for (const JsonNode& node : values.items()) {
    std::string value = Json(node).dump();
    if (is_refused(subject.id, place.pointer, value)) {
      expect_refused(subject, writing, place, value);
      continue;
    }
    Schema::Writing changed = writing;
    changed.change_at = place.pointer;
    changed.change_to = value;
    Made made = make_from(subject, changed);
    EXPECT_TRUE(made.errors.empty()) << subject.schema.write(changed) << told(made);
  }
  Json least = place.shape.find("minimum");
  if (least.is_number() && !kLenientNumbers.contains(subject.id))
    expect_refused(subject, writing, place, std::to_string(least.integer() - 1));
}

// Null is as if it were not there; what something else makes necessary must be there.
void check_null(const Subject& subject, Schema::Writing writing, const Place& place) {
  if (!place.is_property || place.required) return;
  if (kNecessary.contains({subject.id, place.pointer})) {
    expect_refused(subject, writing, place, "null");
    return;
  }
  writing.change_at = place.pointer;
  writing.change_to = "null";
  expect_accepted(subject, writing);
}

Subject subject_of(std::string_view id, const std::filesystem::path& path) {
  auto document = JsonDocument::parse(content_of(path));
  EXPECT_TRUE(document) << path << document.error().message;
  auto kept = std::make_shared<const JsonDocument>(*std::move(document));
  auto value_of = [id](const std::string& pointer) {
    auto found = kValues.find({id, pointer});
    return found == kValues.end() ? std::string() : std::string(found->second);
  };
  return {std::string(id), kept, Schema(kept->root()), value_of};
}

// The newest version of each policy, and the one of the target deployment where that differs.
std::vector<Subject> subjects() {
  static const policy::Catalog known = catalog();
  std::vector<Subject> all;
  for (std::string_view id : known.ids()) {
    std::filesystem::path path = compat_dir() / "schemas" / (std::string(id) + ".json");
    if (!std::filesystem::exists(path)) {
      std::cout << id << " has no schema\n";
      continue;
    }
    all.push_back(subject_of(id, path));
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(compat_dir() / "schemas/seed-versions")) {
    std::string stem = entry.path().stem();  // "rate-limit-3.0.0"
    std::string id = stem.substr(0, stem.rfind('-'));
    if (const policy::Registration* registration = known.find(id))
      all.push_back(subject_of(registration->id, entry.path()));
  }
  return all;
}

struct Schemas : ::testing::Test {
  void SetUp() override {
    if (!std::filesystem::exists(compat_dir() / "schemas")) {
      std::cout << "not run: no compatibility data at " << compat_dir() << "\n";
      ASSERT_EQ(std::getenv("CI"), nullptr) << "set PERIGEE_COMPAT_DIR";
      GTEST_SKIP();
    }
    all = subjects();
    EXPECT_GE(all.size(), 11u);
  }
  std::vector<Subject> all;
};

TEST_F(Schemas, DefaultsAndExamplesAreReadWithoutAWord) {
  for (const Subject& subject : all) {
    SCOPED_TRACE(subject.id);
    for (std::size_t i = 0; i < subject.schema.alternatives(); ++i) {
      Schema::Writing writing = subject.writing(i);
      writing.everything = false;
      expect_accepted(subject, writing);
    }
  }
}

TEST_F(Schemas, EveryPropertyIsKnown) {
  for (const Subject& subject : all) {
    SCOPED_TRACE(subject.id);
    for (std::size_t i = 0; i < subject.schema.alternatives(); ++i)
      expect_accepted(subject, subject.writing(i));
  }
}

TEST_F(Schemas, NullIsAsIfItWereNotThere) {
  for (const Subject& subject : all) {
    SCOPED_TRACE(subject.id);
    Schema::Writing writing = subject.writing(0);
    for (const Place& place : subject.schema.places(writing)) check_null(subject, writing, place);
  }
}

TEST_F(Schemas, WhatItDoesNotAllowIsAnErrorAtItsPlace) {
  std::size_t places = 0;
  for (const Subject& subject : all) {
    SCOPED_TRACE(subject.id);
    for (std::size_t i = 0; i < subject.schema.alternatives(); ++i) {
      Schema::Writing writing = subject.writing(i);
      for (const Place& place : subject.schema.places(writing)) {
        check_place(subject, writing, place);
        ++places;
      }
    }
  }
  std::cout << places << " places of " << all.size() << " policies\n";
  EXPECT_GT(places, 50u);
}

// That the above can fail: a schema with everything in it, and what is written from it.
TEST(SchemaWriter, FollowsReferencesAndAlternatives) {
  auto document = JsonDocument::parse(R"({
    "definitions": {"side": {"type": "object", "oneOf": [
        {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "b"}, "name": {"type": "string"}}}]},
      "loop": {"type": "object", "properties": {"again": {"$ref": "#/definitions/loop"}}}},
    "type": "object",
    "properties": {"side": {"$ref": "#/definitions/side"},
      "list": {"type": "array", "items": {"type": ["integer", "null"], "minimum": 3}},
      "on": {"type": "boolean"}, "mode": {"enum": ["x", "y"]}, "much": {"default": {"a": [1]}},
      "like": {"allOf": [{"type": "string"}, {"examples": ["e"]}]}, "unknown": true}})");
  ASSERT_TRUE(document) << document.error().message;
  Schema schema(document->root());
  EXPECT_EQ(schema.alternatives(), 2u);
  EXPECT_EQ(schema.write({}),
            R"({"like":"e","list":[3],"mode":"x","much":{"a":[1]},"on":true,"side":{"kind":"a"}})");
  EXPECT_EQ(schema.write({.alternative = 1, .change_at = "/list/0", .change_to = "[]"}),
            R"({"like":"e","list":[[]],"mode":"x","much":{"a":[1]},"on":true,)"
            R"("side":{"kind":"b","name":"a"}})");
  EXPECT_EQ(schema.write({.everything = false}), R"({"like":"e","much":{"a":[1]}})");
  std::vector<std::string> pointers;
  for (const Place& place : schema.places({.alternative = 1})) pointers.push_back(place.pointer);
  EXPECT_THAT(pointers, ::testing::ElementsAre("/like", "/list", "/list/0", "/mode", "/much", "/on",
                                               "/side", "/side/kind", "/side/name"));
}

}  // namespace
}  // namespace perigee::policies
