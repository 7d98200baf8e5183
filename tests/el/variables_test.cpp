// Expression language, sections 2, 3 and 7: variables, headers, multi-maps, needs, secrets.
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;
using test::needs;

constexpr std::string_view kContext = R"({
  "request": {
    "path": "/a/b/", "pathInfo": "/", "uri": "/a/b/?x=1", "timestamp": 1700000000000,
    "headers": {"X-A": ["v"], "x-multi": ["one", "two"], "X-Empty": []},
    "params": {"a": ["1", "2"], "flag": [null]},
    "pathParams": {"id": ["7"]},
    "content": "{\"a\": 1}",
    "ssl": {"clientHost": "h", "clientPort": 44, "server": {},
            "client": {"dn": "CN=x", "defined": true, "cn": "x", "attributes": {"ou": ["o1", "o2"]}}}
  },
  "response": {"status": 201, "headers": {"X-R": ["r"]}, "content": "[1]"},
  "context": {"attributes": {"gravitee.attribute.api": "A", "n": 5}},
  "api": {"id": "i", "properties": {"k": "v"}},
  "node": {"id": "n", "version": "4.9.0", "shardingTags": ["a", "b"]},
  "group": ["g0", "g1"], "groupName": {"who": "me"},
  "calloutResponse": {"status": 200, "content": "{\"t\": \"x\"}"}
})";

TEST(ElVariables, Request) {
  check(kContext, {
                      {"{#request.uri}", "/a/b/?x=1"},
                      {"{#request.paths}", ",a,b"},
                      {"{#request.paths.length}", "3"},
                      {"{#request.paths[2]}", "b"},
                      {"{#request.paths[3]}", "error: index 3"},
                      {"{#request.paths[#request.paths.length - 1]}", "b"},
                      {"{#request.pathInfos.length}", "0"},  // trailing empty texts are dropped
                      {"{#request.pathInfos[0]}", "error: index 0"},
                      {"{#request.paths.size()}", "error: not allowed"},  // an array
                      {"{#request.jsonContent.a}", "1"},
                      {"{#request['path']}", "/a/b/"},
                      {"{#request.tenant}", "error: #request has no property 'tenant'"},
                      {"{#request.class}", "error: has no property 'class'"},
                      {"{#request}", "error: #request has no text form"},
                      {"{(#request != null)}", "true"},
                      {"{((true ? #request : #response).path)}", "/a/b/"},
                      {"{((false ? #request : #response).status)}", "201"},
                      {"{((true ? #request : #response).status)}",
                       "error: #request has no property 'status'"},
                  });
}

TEST(ElVariables, Headers) {
  check(
      kContext,
      {
          {"{#request.headers['x-a']}", "v"},
          {"{#request.headers['X-A'][0]}", "v"},
          {"{#request.headers['X-A'][1]}", "error: index 1"},
          {"{#request.headers['X-None'][0]}", "error"},
          {"{#request.headers['X-MULTI'][1]}", "two"},
          {"{(#request.headers['X-A'] == 'v')}", "false"},  // a list never equals a text
          {"{(#request.headers['X-A'] == {'v'})}", "true"},
          {"{(#request.headers['X-A'] == null)}", "false"},
          {"{(null == #request.headers['X-None'])}", "true"},
          {"{(#request.headers['X-None'] != null)}", "false"},
          {"{#request.headers['X-A'].contains('v')}", "true"},
          {"{#request.headers['X-Empty']}", ""},
          {"{#request.headers['X-Empty'][0]}", "error"},
          {"{#request.headers.getFirst('x-multi')}", "one"},
          {"{#request.headers.getFirst('none')}", "<null>"},
          {"{#request.headers.get('x-multi')}", "one"},
          {"{#request.headers.getAll('x-multi')}", "one,two"},
          {"{#request.headers.getAll('none')}", ""},
          {"{#request.headers.containsKey('X-a')}", "true"},
          {"{#request.headers.contains('X-B')}", "false"},
          {"{#request.headers.names()}", "X-A,x-multi,X-Empty"},
          {"{#request.headers.size()}", "3"},
          {"{#request.headers.isEmpty()}", "false"},
          {"{#request.headers.containsAllKeys({'x-a', 'X-Multi'})}", "true"},
          {"{#request.headers.containsAllKeys({'x-a', 'no'})}", "false"},
          {"{#request.headers.toSingleValueMap()['x-multi']}", "one"},
          {"{#request.headers[#request.headers['X-A'][0] == 'v' ? 'x-multi' : 'none']}", "one,two"},
          {"{#request.headers.add('a', 'b')}", "error: 'add' is not allowed"},
          {"{#request.headers.set('a', 'b')}", "error: 'set' is not allowed"},
          {"{#request.headers.put('a', 'b')}", "error: 'put' is not allowed"},
          {"{#request.headers}", "error: a header collection has no text form"},
          {"{#response.headers['x-r'][0]}", "r"},
      });
}

TEST(ElVariables, MultiMaps) {
  check(kContext, {
                      {"{#request.params['a']}", "1,2"},
                      {"{#request.params['a'][0]}", "1"},
                      {"{#request.params.a[1]}", "2"},
                      {"{#request.params['A']}", "<null>"},  // names count exactly
                      {"{#request.params['none'][0]}", "error"},
                      {"{#request.params['flag']}", "null"},  // a list with null
                      {"{#request.params['flag'][0]}", "<null>"},
                      {"{#request.params.containsKey('flag')}", "true"},
                      {"{#request.params.get('a')}", "1,2"},
                      {"{#request.params.getFirst('a')}", "1"},
                      {"{#request.params.getOrDefault('none', 'd')}", "d"},
                      {"{#request.params.keySet()}", "a,flag"},
                      {"{#request.params.getAll('a')}", "error: not allowed"},
                      {"{#request.pathParams['id'][0]}", "7"},
                      {"{#request.pathParams.remove('id')}", "error: 'remove' is not allowed"},
                  });
}

TEST(ElVariables, Certificates) {
  check(kContext, {
                      {"{#request.ssl.clientHost}:{#request.ssl.clientPort}", "h:44"},
                      {"{#request.ssl.client.dn}", "CN=x"},
                      {"{#request.ssl.client.defined}", "true"},
                      {"{#request.ssl.client.cn}", "x"},
                      {"{#request.ssl.client.getCn()}", "x"},
                      {"{#request.ssl.client.getDn()}", "CN=x"},
                      {"{#request.ssl.client.attributes['ou'][1]}", "o2"},
                      {"{#request.ssl.client.nonsense}", "error: has no property 'nonsense'"},
                      {"{#request.ssl.nonsense}", "error: #request.ssl has no property"},
                  });
}

TEST(ElVariables, ContextAttributesAreTriedWithThePrefix) {
  check(kContext, {
                      {"{#context.attributes['api']}", "A"},
                      {"{#context.attributes.api}", "A"},
                      {"{#context.attributes['gravitee.attribute.api']}", "A"},
                      {"{#context.attributes['none']}", "<null>"},
                      {"{(#context.attributes['n'] + 1)}", "6"},
                      {"{#context.attributes['a' + 'pi']}", "A"},
                      {"{#context.attributes.containsKey('api')}", "true"},
                      {"{#context.nope}", "error"},
                  });
}

TEST(ElVariables, Others) {
  check(kContext, {
                      {"{#api.properties['k']}", "v"},
                      {"{#api.properties.k}", "v"},
                      {"{#properties['k']}", "error"},  // null here
                      {"{#properties}", "<null>"},
                      {"{#dictionaries['a']['b']}", "error"},
                      {"{#dictionaries}", "<null>"},
                      {"{#node.shardingTags}", "a,b"},
                      {"{#node.tenant}", "<null>"},
                      {"{#group[1]}", "g1"},
                      {"{#groupName['who']}", "me"},
                      {"{#groupName.who}", "me"},
                      {"{#calloutResponse.status}", "200"},
                      {"{#jsonPath(#calloutResponse.content, '$.t')}", "x"},
                      {"{#Request}", "<null>"},  // names are case-sensitive
                      {"{(request)}", "error: variables begin with #"},
                      {"{#error.key}", "error: #error is null"},
                      {"{#secrets.get('/p:k')}", "error"},
                  });
}

TEST(ElVariables, TellsWhatItNeeds) {
  EXPECT_EQ(needs("{#request.headers['a'][0]}").bits, 0);
  EXPECT_EQ(needs("{#request.content}").bits, Needs::request_body);
  EXPECT_EQ(needs("{#jsonPath(#request.content, '$.a')}").bits, Needs::request_body);
  EXPECT_EQ(needs("{#request.jsonContent.a}").bits, Needs::request_body);
  EXPECT_EQ(needs("{(false && #response.content == 'a')}").bits, Needs::response_body);
  EXPECT_EQ(needs("{#request.ssl.client.cn}").bits, Needs::tls);
  EXPECT_EQ(needs("{#subscription.id}").bits, Needs::subscription);
  EXPECT_EQ(needs("{#secrets.get('/a:b')}").bits, Needs::secrets);
  EXPECT_EQ(needs("x {#request.content} {#subscription?.id}").bits,
            Needs::request_body | Needs::subscription);
  EXPECT_EQ(needs("{#request['method']}").bits, 0);
}

// What read() is asked for; the name copied, since the template goes.
struct Asked {
  Access access = Access::none;
  std::uint32_t id = 0;
  std::string name;
};

class Recorder final : public Variables {
 public:
  Value read(const Reference& reference, Arena& arena) const override {
    asked.push_back({reference.access, reference.id, std::string(reference.name)});
    return reference.access == Access::secret ? Value::text(arena.copy(reference.name))
                                              : Value::text("v");
  }
  const Clock& clock() const override { return clock_; }
  mutable std::vector<Asked> asked;

 private:
  FakeClock clock_;
};

Asked asked_by(std::string_view text, const Options& options = {}) {
  auto compiled = Template::compile(text, options);
  EXPECT_TRUE(compiled) << text;
  Recorder recorder;
  Arena arena;
  auto result = compiled->value(recorder, arena);
  EXPECT_TRUE(result) << text << ": " << result.error().message;
  EXPECT_EQ(recorder.asked.size(), 1u) << text;
  return recorder.asked.empty() ? Asked{} : recorder.asked.front();
}

TEST(ElVariables, JoinsStepsIntoOneRead) {
  EXPECT_EQ(asked_by("{#request.headers['X-A'][0] == 'v'}").access, Access::request_header_first);
  EXPECT_EQ(asked_by("{#request.headers.getFirst('X-A')}").access, Access::request_header_first);
  EXPECT_EQ(asked_by("{#request.headers['X-A'] != null}").access, Access::request_header_first);
  EXPECT_EQ(asked_by("{#request.headers.containsKey('X-A')}").access, Access::request_header_first);
  EXPECT_EQ(asked_by("{#request.headers.host}").access, Access::request_header);
  EXPECT_EQ(asked_by("{#request.params['a'][0]}").access, Access::request_param_first);
  EXPECT_EQ(asked_by("{#context.attributes['plan']}").access, Access::context_attribute);
  EXPECT_EQ(asked_by("{#context.attributes[plan]}").name, "plan");
  EXPECT_EQ(asked_by("{#request.method == 'GET'}").access, Access::request_method);
  EXPECT_EQ(asked_by("{#group}").name, "group");
}

TEST(ElVariables, HandsBackTheNumberOfAName) {
  Options options{.name_id = [](Access, std::string_view name) {
    return static_cast<std::uint32_t>(name == "x-a" ? 7 : 1);
  }};
  Asked asked = asked_by("{#request.headers['X-A'][0] == 'v'}", options);
  EXPECT_EQ(asked.id, 7u);
  EXPECT_EQ(asked.name, "x-a");  // lower case
  EXPECT_EQ(asked_by("{#request.headers['X-A'] == null}", options).id, 7u);
}

TEST(ElVariables, ReadsASecretByItsName) {
  class WithSecrets final : public Variables {
   public:
    Value read(const Reference& reference, Arena& arena) const override {
      if (reference.access == Access::secrets) return Value::bean(Bean::secrets);
      return reference.name == "/p/x:key" ? Value::text("s3cret") : Value::absent();
    }
    const Clock& clock() const override { return clock_; }

   private:
    FakeClock clock_;
  } variables;
  Arena arena;
  EXPECT_EQ(**Template::compile("{#secrets.get('/p/x:key')}")->text(variables, arena), "s3cret");
  EXPECT_EQ(**Template::compile("{#secrets.get('/p/' + 'x', 'key')}")->text(variables, arena),
            "s3cret");
  EXPECT_FALSE(Template::compile("{#secrets.get('/p/y')}")->text(variables, arena));
}

TEST(ElVariables, IntegersAreConverted) {
  FakeClock clock;
  JsonVariables variables(test::sample_context(), clock);
  Arena arena;
  auto integer = [&](std::string_view text) {
    return Template::compile(text)->integer(variables, arena);
  };
  EXPECT_EQ(**integer("{(12)}"), 12);
  EXPECT_EQ(**integer(" 12 "), 12);
  EXPECT_EQ(**integer("0x1F"), 31);
  EXPECT_EQ(**integer("{('-7')}"), -7);
  EXPECT_EQ(**integer("{({'5'})}"), 5);
  EXPECT_EQ(**integer("{(9223372036854775807L)}"), 9223372036854775807);
  EXPECT_EQ(*integer("{#nope}"), std::nullopt);
  EXPECT_EQ(*integer("{({})}"), std::nullopt);
  EXPECT_FALSE(integer("{('1.5')}"));
  EXPECT_FALSE(integer("{('9223372036854775808')}"));
  EXPECT_FALSE(integer("{('a')}"));
  EXPECT_FALSE(integer("{({a: 1})}"));
}

}  // namespace
}  // namespace perigee::el
