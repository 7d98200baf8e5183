// A folder of definitions on a real file system and a real reactor; the time is a fake one.
#include "sync/local_folder.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/base/support/folder.hpp"
#include "tests/plan/support/workshop.hpp"

namespace perigee::sync {
namespace {

namespace fs = std::filesystem;
using plan::testing::Slots;
using plan::testing::Workshop;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string api(std::string_view id, std::string_view name = "n") {
  std::string members =
      R"("id": ")" + std::string(id) + R"(", "name": ")" + std::string(name) + '"';
  std::string path = R"("path": "/)" + std::string(id) + '"';
  return definition::definition({.top = members, .path = path});
}

class LocalFolderTest : public ::testing::Test {
 protected:
  LocalFolderTest() {
    fs::create_directory(path);
    // Files are as old as they look.
    clock.set_wall(SystemClock().wall());
  }
  ~LocalFolderTest() override { folder.reset(); }

  void start() {
    folder = std::make_unique<LocalFolder>(reactor, deployments, LocalFolder::Options{.path = path},
                                           [this] { ++first_rounds; });
    folder->start();
  }
  // Turns until `done` holds; every turn is a millisecond of the fake time.
  bool until(const std::function<bool()>& done) {
    Instant limit = SystemClock().now() + 20s;
    while (!done()) {
      if (SystemClock().now() > limit) return false;
      clock.advance(1ms);
      reactor.turn(0ms);
    }
    return true;
  }
  bool until_served(std::vector<std::string> expected) {
    bool reached = until([&] { return served() == expected; });
    if (!reached) EXPECT_EQ(served(), expected);
    return reached;
  }
  // Until the folder has been looked at once more, and what was found was dealt with.
  void until_looked_at() {
    std::uint64_t before = folder->rounds();
    EXPECT_TRUE(until([&] { return folder->rounds() > before; }));
  }
  std::vector<std::string> served() const {
    std::vector<std::string> list;
    for (const auto& revision : plan->revisions())
      list.push_back(revision->info.id + "/" + revision->info.name);
    return list;
  }
  void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }
  void replace(const std::string& file, const std::string& text) {
    write(path / ("." + file + ".new"), text);
    fs::rename(path / ("." + file + ".new"), path / file);
  }

  Workshop shop;
  FakeClock clock;
  net::Reactor reactor{clock};
  std::shared_ptr<const plan::Plan> plan = std::make_shared<const plan::Plan>();
  std::vector<std::vector<std::string>> seen;  // what every published plan served
  plan::Deployments deployments{shop.context, false,
                                [this](std::shared_ptr<const plan::Plan> next) {
                                  plan = std::move(next);
                                  seen.push_back(served());
                                }};
  const TestFolder test_folder;
  const fs::path root = test_folder.path();
  const fs::path path = root / "apis";
  std::unique_ptr<LocalFolder> folder;
  int first_rounds = 0;
};

TEST_F(LocalFolderTest, WhatIsThereAtTheStartIsServedAtOnce) {
  write(path / "b.json", api("b"));
  write(path / "a.json", api("a"));
  write(path / "notes.txt", "not a definition");
  write(path / ".hidden.json", "{");
  fs::create_directory(path / "folder.json");
  start();
  EXPECT_THAT(served(), ElementsAre("a/n", "b/n"));
  EXPECT_EQ(first_rounds, 1);
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(LocalFolderTest, AnEmptyFolderIsARound) {
  start();
  EXPECT_EQ(first_rounds, 1);
  EXPECT_EQ(seen.size(), 1u) << "an empty plan is a plan";
}

TEST_F(LocalFolderTest, AddChangeAndRemoveAreSeen) {
  start();
  Instant begin = clock.now();
  write(path / "a.json", api("a", "one"));
  EXPECT_TRUE(until_served({"a/one"}));
  replace("a.json", api("a", "two"));
  EXPECT_TRUE(until_served({"a/two"}));
  write(path / "a.json", api("a", "three"));
  EXPECT_TRUE(until_served({"a/three"}));
  fs::remove(path / "a.json");
  EXPECT_TRUE(until_served({}));
  EXPECT_LT(clock.now() - begin, 1s) << "by events, not by the periodic look";
  EXPECT_EQ(first_rounds, 1);
}

TEST_F(LocalFolderTest, ARenamedFileIsNeverAway) {
  write(path / "a.json", api("a"));
  write(path / "other.json", api("other"));
  start();
  fs::rename(path / "a.json", path / "z.json");
  EXPECT_TRUE(until([&] { return plan->find("a")->source == path / "z.json"; }));
  for (const auto& list : seen) EXPECT_THAT(list, ::testing::Contains("a/n"));
}

// A hard link changes without an event in the folder.
TEST_F(LocalFolderTest, OnlyTheFilesThatEventsNameAreLookedAt) {
  write(root / "outside.json", api("a", "one"));
  fs::create_hard_link(root / "outside.json", path / "a.json");
  write(path / "b.json", api("b", "one"));
  start();
  write(root / "outside.json", api("a", "two"));
  replace("b.json", api("b", "two"));
  write(path / "c.json", api("c", "one"));
  EXPECT_TRUE(until_served({"a/one", "b/two", "c/one"}));
  fs::remove(path / "c.json");
  fs::create_directory(path / "d.json");
  EXPECT_TRUE(until_served({"a/one", "b/two"}));
  clock.advance(5s);
  EXPECT_TRUE(until_served({"a/two", "b/two"}));
}

TEST_F(LocalFolderTest, ManyFilesThatChangeTogether) {
  start();
  std::vector<std::string> expected;
  for (int i = 100; i < 300; ++i) {
    std::string id = "api" + std::to_string(i);
    replace(id + ".json", api(id));
    expected.push_back(id + "/n");
  }
  Instant begin = clock.now();
  EXPECT_TRUE(until_served(expected));
  EXPECT_LT(clock.now() - begin, 1s);
}

TEST_F(LocalFolderTest, AnyEventMayBeOfAFileThatIsALink) {
  write(path / "a.text", api("a", "one"));
  start();
  fs::create_symlink("a.text", path / "a.json");
  EXPECT_TRUE(until_served({"a/one"}));
  Instant begin = clock.now();
  write(path / "a.text", api("a", "two"));
  EXPECT_TRUE(until_served({"a/two"}));
  EXPECT_LT(clock.now() - begin, 1s) << "by events, not by the periodic look";
}

// A mounted ConfigMap: files are links into ..data, which is a link that is swapped.
TEST_F(LocalFolderTest, TheSwapOfAMountedConfigMap) {
  auto mount = [&](const std::string& version, const std::string& name) {
    fs::create_directory(path / version);
    for (std::string_view id : {"a", "b"})
      write(path / version / (std::string(id) + ".json"), api(id, id == "a" ? name : "same"));
    fs::create_symlink(version, path / "..data_tmp");
    fs::rename(path / "..data_tmp", path / "..data");
  };
  mount("..v1", "one");
  fs::create_symlink("..data/a.json", path / "a.json");
  fs::create_symlink("..data/b.json", path / "b.json");
  start();
  EXPECT_THAT(served(), ElementsAre("a/one", "b/same"));
  const plan::ApiRevision* b = plan->find("b");
  mount("..v2", "two");
  fs::remove_all(path / "..v1");
  EXPECT_TRUE(until_served({"a/two", "b/same"}));
  EXPECT_EQ(plan->find("b"), b) << "its content has not changed";
  for (const auto& list : seen) EXPECT_EQ(list.size(), 2u);
}

TEST_F(LocalFolderTest, AHalfWrittenFileKeepsTheOldVersionAndIsJudgedWhenItIsStill) {
  write(path / "a.json", api("a", "one"));
  start();
  std::string next = api("a", "two");
  std::ofstream file(path / "a.json", std::ios::binary);
  file << next.substr(0, next.size() / 2) << std::flush;
  file.close();
  until_looked_at();
  EXPECT_THAT(served(), ElementsAre("a/one"));
  EXPECT_THAT(plan->refusals(), IsEmpty()) << "not yet a word";
  clock.advance(500ms);
  EXPECT_TRUE(until([&] { return !plan->refusals().empty(); }));
  EXPECT_THAT(served(), ElementsAre("a/one"));
  EXPECT_TRUE(plan->refusals()[0].previous_serves);
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre(HasSubstr("not valid JSON")));
  std::ofstream(path / "a.json", std::ios::binary | std::ios::app) << next.substr(next.size() / 2);
  EXPECT_TRUE(until_served({"a/two"}));
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(LocalFolderTest, AFileThatIsFinishedInTimeIsNeverRefused) {
  start();
  std::string text = api("a");
  write(path / "a.json", text.substr(0, 100));
  until_looked_at();
  std::ofstream(path / "a.json", std::ios::binary | std::ios::app) << text.substr(100);
  EXPECT_TRUE(until_served({"a/n"}));
  clock.advance(2s);
  until_looked_at();
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(LocalFolderTest, TheFirstRoundWaitsForAFileThatMayBeHalfWritten) {
  write(path / "a.json", api("a"));
  write(path / "b.json", "{");
  start();
  EXPECT_THAT(served(), ElementsAre("a/n")) << "the others need not wait";
  EXPECT_EQ(first_rounds, 0);
  clock.advance(500ms);
  EXPECT_TRUE(until([&] { return first_rounds == 1; }));
  EXPECT_EQ(plan->refusals().size(), 1u);
}

TEST_F(LocalFolderTest, AnOldBrokenFileIsJudgedAtOnce) {
  write(path / "a.json", "{");
  fs::last_write_time(path / "a.json", fs::file_time_type::clock::now() - 1h);
  start();
  EXPECT_EQ(first_rounds, 1);
  EXPECT_EQ(plan->refusals().size(), 1u);
}

TEST_F(LocalFolderTest, AFileFromTheFutureIsJudgedToo) {
  write(path / "a.json", "{");
  fs::last_write_time(path / "a.json", fs::file_time_type::clock::now() + 1h);
  start();
  EXPECT_THAT(plan->refusals(), IsEmpty());
  clock.advance(500ms);
  EXPECT_TRUE(until([&] { return plan->refusals().size() == 1; }));
}

TEST_F(LocalFolderTest, ADefinitionThatIsWholeButWrongIsJudgedAtOnce) {
  write(path / "a.json", definition::definition({.step = R"("policy": "nowhere")"}));
  write(path / "b.json", api("b"));
  start();
  EXPECT_EQ(first_rounds, 1);
  EXPECT_THAT(served(), ElementsAre("b/n"));
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_EQ(plan->refusals()[0].source, (path / "a.json").string());
}

TEST_F(LocalFolderTest, AFileThatCannotBeReadIsRefused) {
  write(path / "b.json", api("b"));
  fs::create_symlink("/proc/self/mem", path / "a.json");  // opens, and cannot be read
  start();
  clock.advance(500ms);
  EXPECT_TRUE(until([&] { return !plan->refusals().empty(); }));
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre(HasSubstr("cannot be read: ")));
  EXPECT_THAT(served(), ElementsAre("b/n"));
}

TEST_F(LocalFolderTest, AFileBeyondTheLimitIsRefused) {
  write(path / "a.json", api("a") + std::string(5000, ' '));
  LocalFolder::Options options{.path = path};
  options.read.limits.file_bytes_max = 4000;
  folder = std::make_unique<LocalFolder>(reactor, deployments, options, [] {});
  folder->start();
  clock.advance(500ms);
  EXPECT_TRUE(until([&] { return !plan->refusals().empty(); }));
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre("is longer than 4000 bytes"));
}

TEST_F(LocalFolderTest, ARemovedFolderServesOnAndIsLookedAtWhenItReturns) {
  write(path / "a.json", api("a"));
  start();
  fs::rename(path, root / "away");
  until_looked_at();
  EXPECT_THAT(served(), ElementsAre("a/n"));
  fs::create_directory(path);
  write(path / "b.json", api("b"));
  clock.advance(5s);
  EXPECT_TRUE(until_served({"b/n"}));
  replace("b.json", api("b", "two"));
  EXPECT_TRUE(until_served({"b/two"})) << "the new folder is watched";
  fs::remove_all(path);
  until_looked_at();
  fs::rename(root / "away", path);
  clock.advance(5s);
  EXPECT_TRUE(until_served({"a/n"}));
}

TEST_F(LocalFolderTest, AFolderThatIsNotThereYet) {
  fs::remove_all(path);
  start();
  EXPECT_EQ(first_rounds, 0);
  fs::create_directory(path);
  write(path / "a.json", api("a"));
  clock.advance(5s);
  EXPECT_TRUE(until_served({"a/n"}));
  EXPECT_EQ(first_rounds, 1);
}

TEST_F(LocalFolderTest, APathThatLeadsElsewhere) {
  fs::create_directories(root / "one");
  fs::create_directories(root / "two");
  write(root / "one" / "a.json", api("a", "one"));
  write(root / "two" / "a.json", api("a", "two"));
  fs::remove(path);
  fs::create_symlink("one", path);
  start();
  EXPECT_THAT(served(), ElementsAre("a/one"));
  fs::create_symlink("two", root / "tmp");
  fs::rename(root / "tmp", path);
  clock.advance(5s);
  EXPECT_TRUE(until_served({"a/two"}));
  write(root / "two" / "a.json", api("a", "three"));
  EXPECT_TRUE(until_served({"a/three"})) << "the new folder is watched";
}

TEST_F(LocalFolderTest, WhatNoEventTellsIsSeenByThePeriodicLook) {
  write(root / "outside.json", api("a", "one"));
  fs::create_symlink("../outside.json", path / "a.json");
  start();
  write(root / "outside.json", api("a", "two"));
  for (int turn = 0; turn < 5; ++turn) reactor.turn(0ms);
  EXPECT_THAT(served(), ElementsAre("a/one"));
  clock.advance(5s);
  EXPECT_TRUE(until_served({"a/two"}));
}

TEST_F(LocalFolderTest, ItsEndLeavesNothingInTheReactor) {
  write(path / "a.json", api("a"));
  std::size_t sources = reactor.sources();
  start();
  EXPECT_EQ(reactor.sources(), sources + 1);
  folder.reset();
  EXPECT_EQ(reactor.sources(), sources);
  EXPECT_EQ(reactor.timers().armed(), 0u);
  write(path / "b.json", api("b"));
  for (int turn = 0; turn < 5; ++turn) reactor.turn(0ms);
  EXPECT_THAT(served(), ElementsAre("a/n"));
}

// With the real time, so that the work is cut in slices.
TEST_F(LocalFolderTest, AThousandFiles) {
  for (int i = 0; i < 1000; ++i) {
    std::string id = "api" + std::to_string(1000 + i);
    write(path / (id + ".json"), api(id));
  }
  SystemClock system;
  net::Reactor real(system);
  Instant begin = system.now();
  folder = std::make_unique<LocalFolder>(real, deployments, LocalFolder::Options{.path = path},
                                         [this] { ++first_rounds; });
  folder->start();
  EXPECT_EQ(first_rounds, 0) << "it yields before all is done";
  std::uint64_t turns = real.turns();
  while (first_rounds == 0 && system.now() < begin + 60s) real.turn(10ms);
  EXPECT_EQ(plan->revisions().size(), 1000u);
  EXPECT_THAT(plan->refusals(), IsEmpty());
  std::printf("1,000 files in %ld ms and %lu turns\n",
              static_cast<long>((system.now() - begin) / 1ms),
              static_cast<unsigned long>(real.turns() - turns));
  folder.reset();
}

}  // namespace
}  // namespace perigee::sync
