// Files that definitions name: what becomes of an API when they change.
#include <cstdio>
#include <fstream>

#include "tests/base/support/folder.hpp"
#include "tests/net/support/certificates.hpp"
#include "tests/plan/support/deployments.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeploymentsOfFiles : public DeploymentsTest {
 protected:
  static std::string authority(std::string name) {
    return net::testing::make_certificate({.common_name = std::move(name), .is_ca = true})
        .certificate;
  }
  void write(const std::string& text) { std::ofstream(path) << text; }
  // Two endpoints, of which only the first trusts the file.
  void deploy(std::string_view more = R"("name": "n")") {
    apply("x", {.top = std::string(more),
                .group = R"("endpoints": [
        {"name": "a", "type": "http-proxy", "inheritConfiguration": false,
         "configuration": {"target": "https://h"}, "sharedConfigurationOverride":
           {"ssl": {"trustStore": {"type": "PEM", "path": ")" +
                         path + R"("}}}},
        {"name": "b", "type": "http-proxy", "inheritConfiguration": false,
         "configuration": {"target": "https://i"}, "sharedConfigurationOverride":
           {"ssl": {"trustAll": true}}}])"});
    deployments.publish();
  }
  bool refresh() {
    bool changed = deployments.refresh_files();
    deployments.publish();
    return changed;
  }
  const upstream::Endpoint* endpoint(std::size_t index) {
    return find("a1")->groups[0].backends.at(index).endpoint.get();
  }
  const TestFolder folder;
  const std::string path = folder.path("trust.pem");
};

TEST_F(DeploymentsOfFiles, AChangedFileIsAChangeOfItsEndpointsOnly) {
  write(authority("first"));
  deploy();
  EXPECT_THAT(deployments.files(), ElementsAre(path));
  auto first = find("a1")->groups[0].backends[0].endpoint;
  auto other = find("a1")->groups[0].backends[1].endpoint;
  EXPECT_FALSE(refresh()) << "nothing has changed";
  EXPECT_EQ(published, 1);
  write(authority("second"));
  EXPECT_TRUE(refresh());
  EXPECT_EQ(published, 2);
  EXPECT_NE(endpoint(0), first.get());
  EXPECT_NE(endpoint(0)->options().tls, first->options().tls);
  EXPECT_EQ(endpoint(1), other.get());
  EXPECT_FALSE(refresh());
}

TEST_F(DeploymentsOfFiles, ABrokenOrMissingFileLeavesWhatIsServed) {
  write(authority("first"));
  deploy();
  auto first = find("a1")->groups[0].backends[0].endpoint;
  write("-----BEGIN CERT");
  EXPECT_FALSE(refresh());
  std::remove(path.c_str());
  EXPECT_FALSE(refresh());
  EXPECT_EQ(published, 1);
  EXPECT_EQ(endpoint(0), first.get());
  write(authority("second"));
  EXPECT_TRUE(refresh());
  EXPECT_NE(endpoint(0), first.get());
}

TEST_F(DeploymentsOfFiles, AnEndpointWhoseFileWasMissingComesWithIt) {
  std::remove(path.c_str());
  deploy();
  EXPECT_EQ(find("a1")->groups[0].backends.size(), 1u);
  write(authority("late"));
  EXPECT_TRUE(refresh());
  EXPECT_EQ(find("a1")->groups[0].backends.size(), 2u);
}

TEST_F(DeploymentsOfFiles, ARefusedNewerDefinitionStaysRefused) {
  write(authority("first"));
  deploy();
  deploy(R"("resources": [{"name": "c", "type": "cache"}])");
  ASSERT_EQ(plan->refusals().size(), 1u);
  write(authority("second"));
  EXPECT_TRUE(refresh());
  EXPECT_EQ(plan->refusals().size(), 1u);
  EXPECT_THAT(served(), ElementsAre("a1@x"));
}

TEST_F(DeploymentsOfFiles, OfARemovedApiAreForgotten) {
  write(authority("first"));
  deploy();
  deployments.remove("x");
  EXPECT_THAT(deployments.files(), IsEmpty());
  write(authority("second"));
  deployments.publish();
  EXPECT_FALSE(refresh());
}

}  // namespace
}  // namespace perigee::plan
