// docs/expressions.md names what there is: every variable and property, no method that is unknown.
// What its examples give is tested by tests/e2e/pages_test.py.
#include <gtest/gtest.h>

#include <sstream>

#include "el/access.hpp"
#include "el/methods.hpp"
#include "el/statics.hpp"
#include "tests/el/support/evaluate.hpp"

namespace perigee::el {
namespace {

std::string page() { return test::read_file(test::compat_file("../../docs/expressions.md")); }

// What stands between backticks.
std::vector<std::string> quoted_in(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t begin = text.find('`'); begin != text.npos; begin = text.find('`', begin)) {
    std::size_t end = text.find('`', begin + 1);
    if (end == text.npos) break;
    found.emplace_back(text.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return found;
}

// The first two cells of each row of the table with this head.
std::vector<std::pair<std::string, std::string>> rows(const std::string& head) {
  std::vector<std::pair<std::string, std::string>> found;
  std::istringstream lines(page());
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    inside = line == head || (inside && line.starts_with("|"));
    if (!inside || line == head || line.starts_with("|--")) continue;
    std::size_t border = line.find('|', 1);
    found.emplace_back(line.substr(1, border - 1), line.substr(border + 1));
  }
  return found;
}

TEST(ElPage, NamesEveryVariableAndProperty) {
  std::string text = page();
  constexpr Bean kBeans[] = {Bean::none, Bean::request,      Bean::response,    Bean::context,
                             Bean::api,  Bean::subscription, Bean::request_ssl, Bean::node};
  for (Bean bean : kBeans) {
    for (std::string_view name : names_in(bean)) {
      bool told = false;
      for (const char* before : {"#", ".", "`"})
        told |= text.find(before + std::string(name)) != text.npos;
      EXPECT_TRUE(told) << name_of(bean) << " " << name;
    }
  }
}

TEST(ElPage, NamesNoMethodThatIsUnknown) {
  std::size_t methods = 0;
  for (const auto& [target, cell] : rows("| On | Methods |")) {
    for (const std::string& name : quoted_in(cell)) {
      if (name == ".length" || name == "paths") continue;  // no methods
      EXPECT_TRUE(find_method(name)) << target << name;
      ++methods;
    }
  }
  EXPECT_GE(methods, 70u);
}

TEST(ElPage, NamesNoStaticMethodThatIsUnknown) {
  std::size_t methods = 0;
  for (const auto& [cell, names] : rows("| Type | Static methods |")) {
    auto type = find_type(quoted_in(cell).at(0));
    ASSERT_TRUE(type) << cell;
    for (const std::string& name : quoted_in(names)) {
      const StaticInfo* info = find_static(*type, name);
      EXPECT_TRUE(info) << cell << name;
      ++methods;
    }
  }
  EXPECT_GE(methods, 60u);
}

}  // namespace
}  // namespace perigee::el
