// Which labels are shown, and what that does to series (runtime.md 2.4 and 3.6).
#include "report/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/families.hpp"

namespace perigee::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> shown(const LabelChoice& choice, Category category) {
  std::vector<std::string> labels;
  for (const char* label :
       {"local", "remote", "route", "path", "method", "code", "class", "client_namespace"}) {
    if (choice.shows(category, label)) labels.emplace_back(label);
  }
  return labels;
}

TEST(LabelChoice, OfTheReferenceByDefault) {
  EXPECT_THAT(shown({}, Category::http_server), ElementsAre("local", "method", "code"));
  EXPECT_THAT(shown({}, Category::http_client), ElementsAre("local", "method", "code"));
  EXPECT_FALSE(LabelChoice().raw_path());
}

TEST(LabelChoice, WordsReplaceTheDefaultAndIgnoreCase) {
  const LabelChoice choice({.labels = {"REMOTE", "http_path", "http_route", "class_name",
                                       "namespace", "pool_type", "nonsense"}});
  EXPECT_THAT(shown(choice, Category::http_server),
              ElementsAre("remote", "route", "path", "class", "client_namespace"));
}

TEST(LabelChoice, ACategoryIncludesAndExcludes) {
  const LabelChoice choice({.include = {{"http.client", {"remote"}}, {"pool", {"http_path"}}},
                            .exclude = {{"http.server", {"http_code", "local"}}}});
  EXPECT_THAT(shown(choice, Category::http_server), ElementsAre("method"));
  EXPECT_THAT(shown(choice, Category::http_client),
              ElementsAre("local", "remote", "method", "code"));
}

TEST(LabelChoice, OurOwnFamiliesShowTheirLabels) {
  const LabelChoice choice({.labels = {"local"}});
  EXPECT_TRUE(choice.shows(Category::ours, "api"));
  Registry registry(10, choice);
  registry.make_shard().series(kApiRequestTime, {"one", "2xx"});
  EXPECT_THAT(registry.collect(Instant{})[0].labels, ElementsAre("api", "status"));
}

TEST(LabelChoice, LongValuesAreCut) {
  Registry registry(10, LabelChoice({.labels = {"local"}}));
  Shard& shard = registry.make_shard();
  const std::string longest(Shard::kLabelBytesMax, 'x');
  Series& series = shard.series(kServerErrors, {longest + "one", "", ""});
  EXPECT_THAT(series.label_values(), ElementsAre(longest));
  EXPECT_EQ(&shard.series(kServerErrors, {longest + "other", "", ""}), &series);
}

TEST(LabelChoice, WhatIsNotShownMakesNoSeries) {
  Registry registry(10, LabelChoice({.labels = {"http_code"}}));
  Shard& shard = registry.make_shard();
  Series& series = shard.series(kServerRequests, {"a:1", "r", "/x", "/x/1", "GET", "200"});
  EXPECT_EQ(&shard.series(kServerRequests, {"b:2", "s", "/y", "/y/1", "PUT", "200"}), &series);
  EXPECT_NE(&shard.series(kServerRequests, {"a:1", "r", "/x", "/x/1", "GET", "404"}), &series);
  EXPECT_THAT(series.label_values(), ElementsAre("200"));
  EXPECT_THAT(registry.collect(Instant{})[0].labels, ElementsAre("code"));
  Registry none(10,
                LabelChoice({.exclude = {{"http.server", {"local", "http_method", "http_code"}}}}));
  EXPECT_THAT(none.make_shard().series(kServerErrors, {"a:1", "", ""}).label_values(), IsEmpty());
}

}  // namespace
}  // namespace perigee::report
