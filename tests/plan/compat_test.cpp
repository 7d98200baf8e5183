// Every definition of the compatibility data is served, or refused at a pointer. Which of both, and
// what is answered: tests/e2e/compat_apis.py.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "policies/catalog.hpp"
#include "tests/plan/support/workshop.hpp"

namespace perigee::plan {
namespace {

namespace fs = std::filesystem;
using namespace testing;

fs::path compat_dir() {
  const char* told = std::getenv("PERIGEE_COMPAT_DIR");
  if (told && *told) return told;
  return fs::path(__FILE__).parent_path() / "../../../shared/compat";
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Every file of a folder; how many are served.
std::size_t served_of(const fs::path& folder) {
  Workshop shop;
  shop.catalog = policies::catalog();
  std::size_t served = 0, refused = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
    SCOPED_TRACE(file.path().filename().string());
    definition::Envelope envelope =
        definition::read_envelope(content_of(file.path()), {.read = {.open_plan = true}});
    if (!envelope.api) {  // tests/definition/compat_test.cpp lists them
      ++refused;
      continue;
    }
    Compiled compiled = compile(envelope, file.path().filename(), shop.context);
    (compiled.revision ? served : refused)++;
    EXPECT_EQ(errors(compiled.problems).empty(), compiled.revision != nullptr);
    for (const Problem& problem : errors(compiled.problems))
      EXPECT_TRUE(problem.pointer.starts_with('/')) << to_string(problem);
  }
  std::cout << folder.filename() << ": " << served << " served, " << refused << " refused\n";
  return served;
}

TEST(Compat, EveryDefinitionIsServedOrRefusedAtAPointer) {
  fs::path apis = compat_dir() / "apis";
  if (!fs::exists(apis)) {
    std::cout << "not run: no compatibility data at " << apis << "\n";
    ASSERT_EQ(std::getenv("CI"), nullptr) << "set PERIGEE_COMPAT_DIR";
    return;
  }
  EXPECT_GT(served_of(apis / "v4"), 10u);
  EXPECT_GT(served_of(apis / "v2"), 10u);
}

}  // namespace
}  // namespace perigee::plan
