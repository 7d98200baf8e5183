#include "el/whitelist.hpp"

namespace perigee::el {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Whitelist, OfKnownTypesIsNoProblem) {
  std::vector<std::string> entries = {"class java.lang.Math", "method java.lang.String length",
                                      "method java.lang.String substring int int",
                                      "new java.lang.String byte[]"};
  EXPECT_THAT(whitelist_problems(entries), IsEmpty());
}

TEST(Whitelist, NamesEntriesThatCannotBeHonoured) {
  std::vector<std::string> entries = {"class java.lang.Runtime",
                                      "method java.util.ArrayList add",
                                      "class java.lang.Math",
                                      "klass java.lang.Math",
                                      "",
                                      "method java.lang.String"};
  EXPECT_THAT(
      whitelist_problems(entries),
      ElementsAre(HasSubstr("do not know the type 'java.lang.Runtime'"),
                  HasSubstr("do not know the type 'java.util.ArrayList'"),
                  HasSubstr("'klass java.lang.Math': expected 'class C'"),
                  HasSubstr("'': expected"), HasSubstr("'method java.lang.String': expected")));
}

}  // namespace
}  // namespace perigee::el
