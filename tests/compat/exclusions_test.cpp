#include "tests/compat/exclusions.hpp"

#include <gmock/gmock.h>

namespace perigee::compat {
namespace {

using Kind = Verdict::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

Exclusions list(std::string_view text) {
  Result<Exclusions> made = Exclusions::parse(text);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : Exclusions();
}

TEST(Exclusions, AgreeOnlyWithTheSkipThatTheyName) {
  Exclusions exclusions = list("# why\n\na/1: no such policy\na/2: x: y\n");
  struct {
    const char* id;
    Verdict verdict;
    Kind kind;
    const char* why;
  } rows[] = {
      {"a/1", {Kind::skipped, "no such policy"}, Kind::skipped, "no such policy"},
      {"a/2", {Kind::skipped, "x: y"}, Kind::skipped, "x: y"},
      {"a/1", {Kind::skipped, "other"}, Kind::failed, "another reason than: other"},
      {"a/1", {}, Kind::failed, "it runs: take it off"},
      {"a/1",
       {Kind::failed, "status"},
       Kind::failed,
       "it runs: take it off the list of exclusions; status"},
      {"b/1", {}, Kind::passed, ""},
      {"b/1", {Kind::failed, "status"}, Kind::failed, "status"},
      {"b/1", {Kind::skipped, "lazy"}, Kind::failed, "not on the list of exclusions: lazy"},
  };
  for (const auto& row : rows) {
    Verdict judged = exclusions.judged(row.id, row.verdict);
    EXPECT_EQ(judged.kind, row.kind) << row.id << " " << row.verdict.why;
    EXPECT_THAT(judged.why, HasSubstr(row.why));
  }
}

TEST(Exclusions, KnowWhichCasesDoNotExist) {
  Exclusions exclusions = list("a/1: x\na/2: x\na/3: x");
  exclusions.judged("a/2", {Kind::skipped, "x"});
  EXPECT_THAT(exclusions.unseen(), ElementsAre("a/1", "a/3"));
}

TEST(Exclusions, RefuseWhatIsNoList) {
  for (const char* text : {"a/1", "a/1:", ": x", "a/1: x\na/1: y"}) {
    Result<Exclusions> made = Exclusions::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_THAT(made.error().message, HasSubstr("line "));
  }
}

}  // namespace
}  // namespace perigee::compat
