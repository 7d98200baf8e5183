// Expression language, section 6: what an expression must not reach, and what is not done.
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;

TEST(ElSandbox, RefusesWhatIsNotWhiteListedWhenItIsReached) {
  check({
      {"{T(java.lang.Runtime).getRuntime()}", "error: 'java.lang.Runtime' is not allowed"},
      {"{T(java.lang.Class).forName('x')}", "error: not allowed"},
      {"{T(java.lang.System).getenv()}", "error: 'getenv' is not allowed"},
      {"{T(java.lang.System).exit(0)}", "error: 'exit' is not allowed"},
      {"{T(java.util.UUID).fromString('x')}", "error: not allowed"},
      {"{T(java.io.File).separator}", "error: not allowed"},
      {"{('a'.getClass())}", "error: 'getClass' is not allowed"},
      {"{('a'.class)}", "error: a text has no property 'class'"},
      {"{(5.class)}", "error: no property 'class'"},
      {"{#request.getClass()}", "error: 'getClass' is not allowed"},
      {"{#request.headers.getClass()}", "error: not allowed"},
      {"{#api.delete()}", "error: 'delete' is not allowed"},
      {"{#request.toString()}", "error: not allowed on #request"},
      {"{(new java.lang.ProcessBuilder('ls'))}",
       "error: new java.lang.ProcessBuilder is not allowed"},
      {"{(new java.util.ArrayList())}", "error: not allowed"},
      {"{T(java.time.Instant).now()}", "error: 'java.time.Instant' is not allowed"},
      {"{T(java.time.ZoneId).systemDefault()}", "error: not allowed"},
      {"{T(java.util.Locale).US}", "error: 'java.util.Locale' is not allowed"},
      {"{T(java.math.RoundingMode).UP}", "error: not allowed"},
      {"{T(java.time.format.DateTimeFormatter).ISO_DATE}", "error: has no property 'ISO_DATE'"},
      {"{(new java.util.GregorianCalendar())}", "error: not allowed"},
      {"{#nofunction('a')}", "error: there is no function #nofunction"},
      {"{#jsonEscape('a', 'b')}", "error: takes one argument"},
      {"{T(java.lang.Boolean).parseBoolean('true')}", "error: not allowed"},
  });
}

TEST(ElSandbox, WhatIsNotReachedDoesNotFail) {
  check({
      {"{(true || 'a'.getClass())}", "true"},
      {"{(false ? T(java.lang.Runtime).getRuntime() : 'x')}", "x"},
      {"{(true || payload)}", "true"},
  });
}

TEST(ElSandbox, RefusesAtCompileWhatIsNotDoneYet) {
  struct {
    std::string_view text, reason;
  } rows[] = {
      {"{T(String).format('%a', 1.0)}",
       "column 12: the conversion '%a' is not supported by this version"},
      {R"({('a'.matches('(.)\1'))})", "back-references are not supported"},
      {R"({('a' matches '(?<x>.)\k<x>')})", "back-references are not supported"},
      {"{('a'.replaceAll('(?=a)', 'b'))}", "look-around is not supported"},
      {"{('a'.replaceFirst('a++', 'b'))}", "possessive quantifiers are not supported"},
      {"{('a'.split('[a&&b]'))}", "intersections of classes (&&) are not supported"},
      {"{('a'.split('(?x)a'))}", "only the flags i, m and s are supported"},
  };
  for (auto& [text, reason] : rows) {
    auto compiled = Template::compile(text);
    ASSERT_FALSE(compiled) << text;
    EXPECT_EQ(compiled.error().code, ErrorCode::unsupported) << text;
    EXPECT_NE(compiled.error().message.find(reason), std::string::npos) << compiled.error().message;
  }
  // What is wrong in Java too is no more than an evaluation error.
  auto wrong = Template::compile("{('a'.matches('['))}");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::evaluation);
}

}  // namespace
}  // namespace perigee::el
