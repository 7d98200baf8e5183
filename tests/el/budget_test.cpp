// Expressions that a hostile or careless author might write, over what a hostile client might send:
// each ends within its limits, and says which one it was.
#include <ctime>
#include <random>

#include "base/clock.hpp"
#include "el/json_variables.hpp"
#include "tests/el/support/evaluate.hpp"

namespace perigee::el::test {
namespace {

using testing::HasSubstr;

constexpr std::size_t kMegabyte = 1024 * 1024;

std::string repeated(std::string_view part, std::size_t times, std::string_view separator = ",") {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text.append(i ? separator : "").append(part);
  return text;
}

std::string members(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  return "{" + text + "}";
}

// Two letters in an order that no automaton foresees.
std::string unforeseen(std::size_t size) {
  std::mt19937 random(1);
  std::string text(size, 'a');
  for (char& c : text) c = (random() & 1) != 0 ? 'a' : 'x';
  return text;
}

const JsonDocument& context() {
  static const JsonDocument document = *JsonDocument::parse(
      R"({"list":[)" + repeated("1", 3'000) + R"(],"big":")" + std::string(kMegabyte, 'a') +
      R"(","odd":")" + unforeseen(2 * kMegabyte) + R"(","map":)" + members(3'000) + R"(,"doc":"[)" +
      repeated(R"({\"a\":1})", 3'000) + R"(]"})");
  return document;
}

struct Bomb {
  const char* name;
  std::string text;
  std::string_view limit;
};
void PrintTo(const Bomb& bomb, std::ostream* to) { *to << bomb.name; }
class ElBudget : public testing::TestWithParam<Bomb> {};

TEST_P(ElBudget, EndsIt) {
  auto compiled = Template::compile(GetParam().text);
  ASSERT_TRUE(compiled) << compiled.error().message;
  FakeClock clock;
  JsonVariables variables(context().root(), clock);
  Arena arena;
  auto result = compiled->text(variables, arena);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr(GetParam().limit));
  EXPECT_LT(arena.bytes_held(), 80 * kMegabyte);
}

constexpr std::string_view kSteps = "more than 200000 steps";
constexpr std::string_view kBytes = "bytes of text";
constexpr std::string_view kTime = "longer than 300 ms";

INSTANTIATE_TEST_SUITE_P(
    Bombs, ElBudget,
    testing::Values(
        Bomb{"ListOfBodies", "{#list.![#big]}", kBytes},
        Bomb{"ListOfBodiesInText", "a{#list.![#big]}b", kBytes},
        Bomb{"ListOfBodiesAdded", "{('' + #list.![#big])}", kBytes},
        Bomb{"ListOfBodiesPrinted", "{T(String).valueOf(#list.![#big])}", kBytes},
        Bomb{"ListOfBodiesFormatted", "{T(String).format('%s', #list.![#big])}", kBytes},
        Bomb{"ListOfBodiesAsArgument", "{('a'.startsWith(#list.![#big]))}", kBytes},
        Bomb{"ListOfBodiesEscaped", "{#jsonEscape(#list.![#big])}", kBytes},
        Bomb{"ListOfBodiesHashed", "{#list.![#big].hashCode()}", kSteps},
        Bomb{"ListsOfLists", "{#list.![#list.![#map]]}", kSteps},
        Bomb{"BytesAsText",
             "{({#big.getBytes(), #big.getBytes(), #big.getBytes(), #big.getBytes()})}", kBytes},
        Bomb{"Argument", "{#list.!['a'.contains(#list)]}", kSteps},
        Bomb{"Keys", "{#list.![#map.keySet()].size()}", kSteps},
        Bomb{"Entries", "{#list.![#map.entrySet()].size()}", kSteps},
        Bomb{"Values", "{#list.![#map.values()].size()}", kSteps},
        Bomb{"ProjectedMaps", "{#list.![#map.![1]].size()}", kSteps},
        Bomb{"Lookups", "{#list.![{#map.x, #map.y, #map.get('z'), #map['0']}].size()}", kSteps},
        Bomb{"EqualMaps", "{#list.?[#map == #map].size()}", kSteps},
        Bomb{"EqualLists", "{#list.?[#list == #list].size()}", kSteps},
        Bomb{"EqualTexts", "{#list.?[#big == #big].size()}", kSteps},
        Bomb{"ComparedTexts", "{#list.?[#big < #big].size()}", kSteps},
        Bomb{"Hashes", "{#list.![#list.hashCode()]}", kSteps},
        Bomb{"Characters", "{#list.![#big[5]]}", kSteps},
        Bomb{"Lengths", "{#list.![#big.length()]}", kSteps},
        Bomb{"ConstantItems", "{#list.![{#this," + repeated("1", 500) + "}].size()}", kSteps},
        Bomb{"Numbers", "{#list.![T(Integer).parseInt(#big)]}", "not a number"},
        Bomb{"JsonPathNames", "{#jsonPath(#doc, '$..[" + repeated("''a''", 150) + "]').size()}",
             kSteps},
        Bomb{"JsonPathKeys", "{#list.![#jsonPath(#map, '$.keys()')].size()}", kSteps},
        Bomb{"JsonPathTwice", "{#list.![#jsonPath(#doc, '$')].size()}", kBytes},
        Bomb{"PatternOverAndOver", "{#big.replaceAll('a.*b|a', '').length()}", kTime},
        Bomb{"SplitOverAndOver", "{#big.split('a.*b|a').length}", kTime},
        Bomb{"PatternOfManyStates", "{#odd.matches('(x|a)*a(x|a){30}b')}", kTime},
        Bomb{"PatternOfManyStatesInMethod", "{#odd.replaceAll('a(x|a){30}b', '').length()}", kTime},
        Bomb{"PatternsCompiled", "{#list.!['x'.matches('(a{100}){9}' + #this)].size()}", kSteps}),
    [](const auto& bomb) { return bomb.param.name; });

TEST(ElBudgets, LeaveRoomForWhatIsUsual) {
  FakeClock clock;
  JsonVariables variables(context().root(), clock);
  Arena arena;
  for (std::string_view text :
       {"{#list}", "{#map.keySet().size()}", "{#map == #map}", "{#big.length() + #big[7]}",
        "{#list.^[true]}", "{#list.$[true]}", "{#big.replaceAll('a{100}', 'b').length()}",
        "{#odd.matches('[ax]+')}", "{#odd.split('aaaaaaaaaaaa').length}",
        "{#jsonPath(#doc, '$..a').size()}"}) {
    auto result = Template::compile(text)->text(variables, arena);
    EXPECT_TRUE(result) << result.error().message;
  }
}

TEST(ElBudgets, ASelectionOfOneTakesNoRoomForAll) {
  FakeClock clock;
  JsonVariables variables(context().root(), clock);
  Arena arena;
  auto result = Template::compile("{#list.![#list.^[true]].size()}")->text(variables, arena);
  EXPECT_EQ(result->value(), "3000");
  EXPECT_LT(arena.bytes_held(), kMegabyte);
}

// All evaluations of an exchange together.
TEST(ElBudgets, OfOneExchangeEndToo) {
  FakeClock clock;
  JsonVariables variables(context().root(), clock);
  Arena arena;
  for (auto [text, times] :
       {std::pair("{#big + #big}", 200), std::pair("{#list.![#this]}", 4'000)}) {
    auto compiled = Template::compile(text);
    Result<std::optional<std::string_view>> last;
    for (int i = 0; i < times; ++i) last = compiled->text(variables, arena);
    ASSERT_FALSE(last) << text;
    EXPECT_THAT(last.error().message, HasSubstr("the expressions before it have used up"));
    EXPECT_LT(arena.bytes_held(), 512 * kMegabyte);
    variables.spent() = {};
  }
}

// A value that a policy keeps may hold the one before it, and so on.
class DeepVariables final : public Variables {
 public:
  explicit DeepVariables(std::size_t depth) {
    deep_ = Value::list({});
    for (std::size_t i = 0; i < depth; ++i) {
      std::span<Value> items = take_values(arena_, 2);
      items[0] = deep_;
      items[1] = Value::integer(1);
      deep_ = Value::list(items);
    }
  }
  Value read(const Reference&, Arena&) const override { return deep_; }
  const Clock& clock() const override { return clock_; }

 private:
  Arena arena_;
  Value deep_;
  FakeClock clock_;
};

TEST(ElBudgets, BoundTheDepthOfValues) {
  Arena arena;
  DeepVariables shallow(500), deep(150'000);
  for (std::string_view text :
       {"{#deep}", "a{#deep}", "{('' + #deep)}", "{#deep == #deep}", "{#deep.hashCode()}",
        "{#deep.toString()}", "{T(String).valueOf(#deep)}", "{#deep.contains(#deep)}"}) {
    auto compiled = Template::compile(text);
    ASSERT_TRUE(compiled) << compiled.error().message;
    EXPECT_TRUE(compiled->text(shallow, arena)) << text;
    auto result = compiled->text(deep, arena);
    ASSERT_FALSE(result) << text;
    EXPECT_THAT(result.error().message, HasSubstr("deeper than 1000 levels"));
  }
  // The first element counts, however deep.
  EXPECT_FALSE(*Template::compile("{#deep}")->condition(deep, arena));
}

// A body is parsed once, however often it is asked for and whether it is JSON or not.
class BodyVariables final : public Variables {
 public:
  explicit BodyVariables(std::string body) : body_(std::move(body)) {}
  Value read(const Reference& reference, Arena&) const override {
    if (reference.access != Access::request_json) return Value::text(body_);
    auto json = parse_json(body_);
    return json ? Value::json(*json->node()) : Value::null();
  }
  bool keeps(std::string_view text) const override { return text.data() == body_.data(); }
  const Clock& clock() const override { return clock_; }
  std::string_view body() const { return body_; }

 private:
  std::string body_;
  FakeClock clock_;
};

TEST(ElBudgets, ParseABodyOnce) {
  BodyVariables variables(R"({"list":[)" + repeated("1", 20'000) + "]}");
  EXPECT_EQ(variables.parse_json(variables.body())->node(),
            variables.parse_json(variables.body())->node());
  Arena arena;
  const std::size_t spent = variables.spent().built_bytes;
  for (std::string_view text :
       {"{#request.jsonContent.list.![#request.jsonContent.list.size()].size()}",
        "{#jsonPath(#request.content, '$.list').![#jsonPath(#request.content, "
        "'$.list').size()].size()}"}) {
    auto result = Template::compile(text)->text(variables, arena);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(**result, "20000");
  }
  EXPECT_EQ(variables.spent().built_bytes, spent);
  BodyVariables broken("{" + std::string(kMegabyte, ' '));
  EXPECT_EQ(broken.parse_json(broken.body()).error().message,
            broken.parse_json(broken.body()).error().message);
}

// A definition may have many templates, each with many parts as large as these.
TEST(ElBudgets, FoldOnlyWhatIsSmall) {
  std::string text = "{({" + repeated("'x'.repeat(16000000).length()", 2'000) + "})}";
  const std::clock_t before = std::clock();
  ASSERT_TRUE(Template::compile(text));
  EXPECT_LT(std::clock() - before, 2 * CLOCKS_PER_SEC);  // 32 GB would take longer
  EXPECT_EQ(eval("{('x'.repeat(16000000).length())}"), "16000000");
}

}  // namespace
}  // namespace perigee::el::test
