#include "net/machine.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/base/support/folder.hpp"

namespace perigee::net {
namespace {

namespace fs = std::filesystem;

struct File {
  std::string path, text;
};

struct Case {
  std::string name;
  std::string membership;   // /proc/self/cgroup
  std::vector<File> files;  // below the cgroup mount
  std::optional<double> cpus;
  std::optional<std::uint64_t> memory;
};

class Folder : public TestFolder {
 public:
  MachineRoots roots() const { return {path("proc"), path("cgroup")}; }
};

void lay_out(const Folder& folder, const Case& machine) {
  folder.write("proc/self/cgroup", machine.membership);
  for (const File& file : machine.files) folder.write("cgroup/" + file.path, file.text + "\n");
}

class Machines : public ::testing::TestWithParam<Case> {};

TEST_P(Machines, HaveTheTightestLimit) {
  Folder folder;
  lay_out(folder, GetParam());
  EXPECT_EQ(cgroup_cpus(folder.roots()), GetParam().cpus);
  EXPECT_EQ(cgroup_memory_bytes(folder.roots()), GetParam().memory);
}

constexpr auto kNone = std::nullopt;
const std::string kV2 = "0::/\n";
const std::string kV1 =
    "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n";

INSTANTIATE_TEST_SUITE_P(
    Table, Machines,
    ::testing::Values(
        Case{"nothing", "", {}, kNone, kNone},
        Case{"v2_container_sees_its_group_as_root",
             kV2,
             {{"cpu.max", "50000 100000"}, {"memory.max", "268435456"}},
             0.5,
             268435456},
        Case{"v2_no_limits", kV2, {{"cpu.max", "max 100000"}, {"memory.max", "max"}}, kNone, kNone},
        Case{"v2_own_group",
             "0::/a/b\n",
             {{"a/b/cpu.max", "150000 100000"}, {"a/b/memory.max", "1000"}},
             1.5,
             1000},
        Case{"v2_tightest_is_an_ancestor",
             "0::/a/b\n",
             {{"a/b/cpu.max", "400000 100000"},
              {"a/cpu.max", "200000 100000"},
              {"a/b/memory.max", "max"},
              {"a/memory.max", "5000"}},
             2.0,
             5000},
        Case{"v2_tightest_is_our_own",
             "0::/a/b\n",
             {{"a/b/cpu.max", "10000 100000"},
              {"a/cpu.max", "200000 100000"},
              {"a/b/memory.max", "4000"},
              {"a/memory.max", "5000"}},
             0.1,
             4000},
        Case{"v2_path_of_the_host",
             "0::/kubepods/pod1/c1\n",
             {{"cpu.max", "50000 100000"}, {"memory.max", "7000"}},
             0.5,
             7000},
        Case{"v2_path_outside_of_the_namespace",
             "0::/../other\n",
             {{"cpu.max", "50000 100000"}, {"memory.max", "7000"}},
             0.5,
             7000},
        Case{"v1_container_sees_its_group_as_root",
             kV1,
             {{"cpu,cpuacct/cpu.cfs_quota_us", "50000"},
              {"cpu,cpuacct/cpu.cfs_period_us", "100000"},
              {"memory/memory.limit_in_bytes", "268435456"}},
             0.5,
             268435456},
        Case{"v1_own_group",
             kV1,
             {{"cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000"},
              {"cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000"},
              {"memory/docker/abc/memory.limit_in_bytes", "3000"},
              {"memory/docker/memory.limit_in_bytes", "2000"}},
             2.5,
             2000},
        Case{"v1_by_the_name_of_the_controller",
             kV1,
             {{"cpu/cpu.cfs_quota_us", "50000"}, {"cpu/cpu.cfs_period_us", "100000"}},
             0.5,
             kNone},
        Case{"v1_no_limits",
             kV1,
             {{"cpu,cpuacct/cpu.cfs_quota_us", "-1"},
              {"cpu,cpuacct/cpu.cfs_period_us", "100000"},
              {"memory/memory.limit_in_bytes", "9223372036854771712"}},
             kNone,
             kNone},
        Case{"hybrid",
             kV1 + "0::/docker/abc\n",
             {{"cpu,cpuacct/cpu.cfs_quota_us", "50000"},
              {"cpu,cpuacct/cpu.cfs_period_us", "100000"},
              {"unified/docker/abc/memory.max", "9000"}},
             0.5,
             9000},
        Case{"garbage",
             "nonsense\n0::/\n",
             {{"cpu.max", "much 100000"}, {"memory.max", "12 apples"}},
             kNone,
             kNone},
        Case{"zeros", kV2, {{"cpu.max", "50000 0"}, {"memory.max", ""}}, kNone, kNone}),
    [](const auto& info) { return info.param.name; });

unsigned mask_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  EXPECT_EQ(::sched_getaffinity(0, sizeof mask, &mask), 0);
  return static_cast<unsigned>(CPU_COUNT(&mask));
}

unsigned usable_with(const std::string& cpu_max) {
  Folder folder;
  lay_out(folder, {.membership = kV2, .files = {{"cpu.max", cpu_max}}});
  return usable_cpus(folder.roots());
}

TEST(UsableCpus, AreTheMaskWithoutAQuota) { EXPECT_EQ(usable_with("max 100000"), mask_cpus()); }
TEST(UsableCpus, AreTheQuotaRoundedUp) {
  EXPECT_EQ(usable_with("50000 100000"), 1u);
  EXPECT_EQ(usable_with("1000 100000"), 1u);
  EXPECT_EQ(usable_with("100000 100000"), 1u);
  EXPECT_EQ(usable_with("110000 100000"), std::min(2u, mask_cpus()));
}
TEST(UsableCpus, AreNeverMoreThanTheMask) {
  EXPECT_EQ(usable_with("99900000 100000"), mask_cpus());
}

int raise_in_a_child() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max / 2;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto raised = raise_descriptor_limit();
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return raised && *raised == limit.rlim_max && limit.rlim_cur == limit.rlim_max ? 0 : 1;
}

TEST(DescriptorLimit, IsRaisedToTheHardOne) {
  EXPECT_EXIT(std::exit(raise_in_a_child()), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace perigee::net
