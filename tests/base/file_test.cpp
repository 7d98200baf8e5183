#include "base/file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/base/support/folder.hpp"

namespace perigee {
namespace {

using testing::HasSubstr;

TEST(File, IsReadUpToItsLimit) {
  const TestFolder folder;
  const std::string path = folder.path("file");
  folder.write("file", std::string(100, 'x'));
  EXPECT_EQ(read_file(path, 100)->size(), 100u);
  EXPECT_EQ(read_file(path, 99).error().message, "is longer than 99 bytes");
  std::filesystem::remove(path);
  EXPECT_EQ(read_file(path, 1).error().message, "cannot be opened: No such file or directory");
  EXPECT_THAT(read_file(folder.path(), 1).error().message, HasSubstr("cannot be read: "));
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(*read_file(path, 1), "");
}

TEST(File, GivesItsFirstLine) {
  const TestFolder folder;
  folder.write("file", "one\ntwo\n");
  EXPECT_EQ(first_line(folder.path("file")), "one");
  folder.write("file", "whole");
  EXPECT_EQ(first_line(folder.path("file")), "whole");
  EXPECT_EQ(first_line(folder.path("none")), "");
}

}  // namespace
}  // namespace perigee
