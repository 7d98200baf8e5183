// Request smuggling and odd but legal requests, judged at the handler of a real server: what is
// ambiguous reaches nobody, and nothing behind it is taken for a request.
#include <gmock/gmock.h>

#include "tests/http/support/request_cases.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::BrokenBody;
using test::LegalRequest;
using test::Peer;
using test::Recorder;
using test::RefusedRequest;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kNext = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";

class Smuggling : public testing::TestWithParam<RefusedRequest> {};

TEST_P(Smuggling, IsAnsweredOnceAndReachesNobody) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send(GetParam().bytes + kNext);
  world.settle();
  EXPECT_THAT(recorder.seen, IsEmpty());
  EXPECT_THAT(test::statuses(client->received), ElementsAre(GetParam().status));
  EXPECT_THAT(client->received, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client->ended);
  EXPECT_THAT(world.observed.refused, ElementsAre(GetParam().status));
}

template <class Case>
std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Requests, Smuggling, testing::ValuesIn(test::refused_requests()),
                         name_of<RefusedRequest>);

class Odd : public testing::TestWithParam<LegalRequest> {
 protected:
  void expect_served(Recorder& recorder, Peer& client) {
    ASSERT_FALSE(recorder.seen.empty()) << client.received;
    EXPECT_EQ(recorder.seen[0].target, GetParam().target);
    EXPECT_EQ(recorder.seen[0].authority, GetParam().authority);
    EXPECT_EQ(recorder.seen[0].body, GetParam().body);
    EXPECT_EQ(test::statuses(client.received)[0], 200);
    bool persists = GetParam().bytes.find("HTTP/1.0") == std::string::npos;
    ASSERT_EQ(recorder.seen.size(), persists ? 2u : 1u) << client.received;
    if (persists) EXPECT_EQ(recorder.seen[1].target, "/next");
  }
};

TEST_P(Odd, IsServedAndTheNextAfterIt) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send(GetParam().bytes + kNext);
  world.settle();
  expect_served(recorder, *client);
}

TEST_P(Odd, IsServedByteByByte) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect({.read_bytes_max = 1});
  client->send(GetParam().bytes + kNext);
  world.settle();
  expect_served(recorder, *client);
}

INSTANTIATE_TEST_SUITE_P(Requests, Odd, testing::ValuesIn(test::legal_requests()),
                         name_of<LegalRequest>);

// Bodies whose chunks break the rules: the handler is told, and nothing behind is a request.
class ChunkedSmuggling : public testing::TestWithParam<BrokenBody> {};

TEST_P(ChunkedSmuggling, EndsTheConnectionWithTheRequest) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
               GetParam().bytes + kNext);
  world.settle();
  ASSERT_EQ(recorder.seen.size(), 1u);
  EXPECT_EQ(recorder.seen[0].error,
            GetParam().status == 400 ? ErrorCode::invalid : ErrorCode::limit);
  EXPECT_THAT(client->received, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(test::statuses(client->received), ElementsAre(400));  // as the recorder answers
  EXPECT_TRUE(client->over());
}

INSTANTIATE_TEST_SUITE_P(Bodies, ChunkedSmuggling, testing::ValuesIn(test::broken_chunked_bodies()),
                         name_of<BrokenBody>);

TEST(Trailers, GoToTheHandlerAndNotToTheHead) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send(
      "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\nX-Sum: 7\r\nContent-Length: 40\r\nHost: evil\r\n\r\n" +
      kNext);
  world.settle();
  ASSERT_EQ(recorder.seen.size(), 2u);
  EXPECT_EQ(recorder.seen[0].authority, "h");
  EXPECT_THAT(recorder.seen[0].trailers, ElementsAre("X-Sum=7", "Content-Length=40", "Host=evil"));
}

}  // namespace
}  // namespace perigee::http
