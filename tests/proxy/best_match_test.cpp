// Best-match mode (api-definition.md 1.7): which flow's path says most.
#include "proxy/best_match.hpp"

#include "plan/path_pattern.hpp"
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

std::optional<std::size_t> best(std::initializer_list<const char*> paths, std::string_view path,
                                std::vector<bool> left_out = {}) {
  std::vector<plan::Flow> flows;
  for (const char* each : paths) flows.emplace_back().parts = plan::split_path(each);
  std::unique_ptr<bool[]> fitting(new bool[flows.size()]);
  for (std::size_t i = 0; i < flows.size(); ++i) fitting[i] = i >= left_out.size() || !left_out[i];
  return best_match(flows, {fitting.get(), flows.size()}, path);
}

TEST(BestMatch, ThePathThatSaysMost) {
  EXPECT_EQ(best({"/", "/books", "/books/:id", "/books/42"}, "/books/42"), 3u);
  EXPECT_EQ(best({"/", "/books", "/books/:id"}, "/books/42"), 2u);
  EXPECT_EQ(best({"/:kind/42", "/books/:id"}, "/books/42"), 1u);  // from the left
  EXPECT_EQ(best({"/books/:a", "/books/:b"}, "/books/1"), 0u);    // of equals the first
  EXPECT_EQ(best({"/books", "/books"}, "/books/1"), 0u);
  EXPECT_EQ(best({"/books/:id", "/books/:id/pages"}, "/books/1/pages"), 1u);  // the longer
  EXPECT_EQ(best({"/a", "/b"}, "/c"), 0u);  // fitting is decided before
}

TEST(BestMatch, OnlyOfThoseThatFit) {
  EXPECT_EQ(best({"/books/42", "/books"}, "/books/42", {true}), 1u);
  EXPECT_EQ(best({"/books"}, "/books", {true}), std::nullopt);
  EXPECT_EQ(best({}, "/books"), std::nullopt);
}

class BestMatching : public Gateway {
 protected:
  static std::string note(const std::string& name) {
    return step("note", R"({"name":")" + name + "\"}");
  }
  std::string notes(const std::string& path, const std::string& headers = "") {
    Answer got = exchange(path, headers);
    return got.header("X-Note");
  }
};

TEST_F(BestMatching, OneFlowOfThePlanAndOneOfTheApi) {
  ApiText text = api();
  text.execution = R"({"mode":"best-match"})";
  text.plan_flows = list(
      {flow({.response = {note("plan /")}}), flow({.response = {note("plan /x")}, .path = "/x"})});
  text.flows =
      list({flow({.response = {note("/")}}), flow({.response = {note("/x/:id")}, .path = "/x/:id"}),
            flow({.response = {note("/x/1")}, .path = "/x/1"}),
            flow({.response = {note("/x/1 for A")},
                  .path = "/x/1",
                  .condition = "{#request.headers['A'] != null}"})});
  deploy({text});
  EXPECT_EQ(notes("/a/x/1"), "plan /x, /x/1");
  EXPECT_EQ(notes("/a/x/2"), "plan /x, /x/:id");
  EXPECT_EQ(notes("/a/y"), "plan /, /");
}

TEST_F(BestMatching, ConditionsTakePartInTheSelection) {
  ApiText text = api();
  text.execution = R"({"mode":"best-match","matchRequired":true})";
  text.flows = list({flow({.response = {note("any")}, .path = "/x"}),
                     flow({.response = {note("A")},
                           .path = "/x/1",
                           .condition = "{#request.headers['A'] != null}"})});
  deploy({text});
  EXPECT_EQ(notes("/a/x/1"), "any");
  EXPECT_EQ(notes("/a/x/1", "A: 1\r\n"), "A");
  EXPECT_EQ(answer(get("/a/y")).status, 404);
}

}  // namespace
}  // namespace perigee::proxy::testing
