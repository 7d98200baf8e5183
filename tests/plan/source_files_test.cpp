// Files that definitions name: what is read of them, and what is not.
#include "plan/source_files.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/base/support/folder.hpp"

namespace perigee::plan {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class SourceFiles : public testing::Test {
 protected:
  std::string path() const { return folder.path("ca.pem"); }

  TestFolder folder;
};

TEST_F(SourceFiles, AreReadUpToTheirLimit) {
  std::ofstream(path()) << std::string(kSourceFileBytesMax, 'x');
  EXPECT_EQ(read_source_file(path())->size(), kSourceFileBytesMax);
  std::ofstream(path(), std::ios::app) << 'x';
  Result<std::string> longer = read_source_file(path());
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message, HasSubstr(path() + "' cannot be read (is longer than "));
}

TEST_F(SourceFiles, APipeIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(*read_source_file(path()), "");
}

}  // namespace
}  // namespace perigee::plan
