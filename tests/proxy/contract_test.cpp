// The policy contract, each part by a fake policy (policy/policy.hpp, lifecycle.md section 7).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Contract : public Gateway {
 protected:
  void deploy_flows(std::vector<FlowText> flows, const std::string& execution = "{}") {
    std::vector<std::string> texts;
    for (const FlowText& text : flows) texts.push_back(flow(text));
    ApiText text = api();
    text.flows = list(texts);
    text.execution = execution;
    deploy({text});
  }
  std::string notes_at_backend(const std::string& path = "/a/x", const std::string& headers = "") {
    Peer& client = get(path, headers);
    Peer& peer = asked(backend->connections.size());
    std::string head = peer.head();
    head.replace(0, head.find("\r\n"), "HTTP/1.1 204 x");
    peer.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    told = answer(client);
    return parse_answer(head).header("X-Note");
  }
  static std::string note(const std::string& name, const std::string& condition = "") {
    return step("note", R"({"name":")" + name + "\"}", condition);
  }
  Peer& post(const std::string& body) {
    return ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body);
  }
  Answer told;
};

// ---- Flows and steps

TEST_F(Contract, StepsRunInOrderAndResponseFlowsInTheSameOrder) {
  deploy_flows({{.request = {note("a"), note("b")}, .response = {note("c")}},
                {.request = {note("d")}, .response = {note("e"), note("f")}}});
  EXPECT_EQ(notes_at_backend(), "a, b, d");
  EXPECT_EQ(told.header("X-Note"), "c, e, f");
}

// Steps that work long and never wait: http.requestTimeout ends them, as others must have their
// turn.
TEST_F(Contract, AChainThatWorksLongLeavesOthersTheirTurn) {
  start({.request_timeout = 1s});
  deploy_flows({{.request = std::vector<std::string>(100, step("work", R"({"ms":60})"))}});
  Instant before = clock.now();
  Peer& client = get();
  EXPECT_EQ(answer(client).status, 504);
  EXPECT_LT(clock.now() - before, 3s);
}

// Each step within its limits; a thousand of them would hold 10 GB.
TEST_F(Contract, WhatAllStepsMakeIsBounded) {
  Options options;
  options.limits.buffered_body_bytes_max = 1 << 20;
  start(options);
  const std::string megabytes = step("work", R"({"bytes":10485760})");
  deploy_flows({{.request = std::vector<std::string>(1'000, megabytes)}});
  Peer& client = get();
  EXPECT_EQ(answer(client).status, 500);
  deploy_flows({{.request = {megabytes, megabytes, note("last")}}});
  EXPECT_EQ(notes_at_backend(), "last");
}

// A backend that takes no length from CONNECT would take the body for a request of its own, and its
// answer would be the next client's.
TEST_F(Contract, AConnectToTheBackendHasNoBodyAndAConnectionOfItsOwn) {
  deploy_flows({{.request = {step("set", R"({"name":"request.method","value":"CONNECT"})")}}});
  Peer& client = post("GET /admin HTTP/1.1\r\nHost: b\r\n\r\n");
  Peer& peer = asked();
  settle();
  EXPECT_TRUE(peer.received.starts_with("CONNECT /x HTTP/1.1\r\n")) << peer.received;
  EXPECT_TRUE(peer.received.ends_with("\r\n\r\n")) << peer.received;
  EXPECT_THAT(peer.received, Not(HasSubstr("/admin")));
  peer.send("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer(client).status, 405);
  get();
  asked(1);
}

TEST_F(Contract, PlanFlowsRunBeforeApiFlows) {
  ApiText text = api();
  text.plan_flows = list({flow({.request = {note("plan")}, .response = {note("plan")}})});
  text.flows = list({flow({.request = {note("api")}, .response = {note("api")}})});
  deploy({text});
  EXPECT_EQ(notes_at_backend(), "plan, api");
  EXPECT_EQ(told.header("X-Note"), "plan, api");
}

// lifecycle.md section 6: of every flow of plan and API, before any of them runs; the last wins.
TEST_F(Contract, ExpressionsSeeThePathParametersOfAllFlows) {
  const std::string kIsOrder =
      "{#request.pathParams['id'] != null && #request.pathParams['id'][0] == '4 2'}";
  ApiText text = api();
  text.plan_flows =
      list({flow({.request = {note("plan", kIsOrder)}}), flow({.request = {}, .path = "/:name"})});
  text.flows = list({flow({.request = {note("api", kIsOrder)}, .path = "/orders/:id"}),
                     flow({.request = {note("post", "{#request.pathParams['id'] != null}")},
                           .condition = "{#request.pathParams['name'][0] == 'orders'}"}),
                     flow({.request = {}, .path = "/:id", .methods = R"(["POST"])"})});
  deploy({text});
  EXPECT_EQ(notes_at_backend("/a/orders/4%202/lines"), "plan, api, post");
  EXPECT_EQ(notes_at_backend("/a/orders/43"), "post");
  EXPECT_EQ(notes_at_backend("/a/orders"), "-");
}

TEST_F(Contract, OnlyFlowsThatRanRunInTheResponsePhase) {
  deploy_flows({{.request = {}, .response = {note("posts")}, .methods = R"(["POST"])"},
                {.request = {}, .response = {note("y")}, .path = "/y"},
                {.request = {}, .response = {note("never")}, .condition = "{false}"},
                {.request = {}, .response = {note("x")}, .path = "/x"}});
  notes_at_backend();
  EXPECT_EQ(told.header("X-Note"), "x");
}

TEST_F(Contract, FlowConditionsAreEvaluatedJustBeforeTheirFlowAndOnlyOnce) {
  deploy_flows(
      {{.request = {note("first")}},
       {.request = {note("second")},
        .response = {note("second")},
        .condition = "{#request.headers['X-Note'] != null}"},
       {.request = {note("third")}, .condition = "{#request.headers['X-Nothing'][0] == 'a'}"}});
  EXPECT_EQ(notes_at_backend(), "first, second");
  EXPECT_EQ(told.header("X-Note"), "second");
}

TEST_F(Contract, StepConditionsSkipTheirStep) {
  deploy_flows({{.request = {note("yes", "{#request.method == 'GET'}"),
                             note("no", "{#request.method == 'POST'}")},
                 .response = {note("yes", "{#response.status == 204}"),
                              note("no", "{#response.status == 200}")}}});
  EXPECT_EQ(notes_at_backend(), "yes");
  EXPECT_EQ(told.header("X-Note"), "yes");
}

TEST_F(Contract, AStepConditionThatCannotBeEvaluatedIs500) {
  deploy_flows({{.request = {note("a", "{#request.headers['X-Nothing'].foo.bar}")}}});
  Answer got = answer(get("/a/x", "Accept: */*\r\n"));
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, R"({"message":"Internal Server Error","http_status_code":500})");
}

TEST_F(Contract, MatchRequiredRefusesWhatNoFlowMatches) {
  deploy_flows({{.request = {note("x")}, .path = "/x"}}, R"({"matchRequired":true})");
  EXPECT_EQ(notes_at_backend("/a/x"), "x");
  Answer got = answer(get("/a/y"));
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(got.header("Content-Type"), "-");
}

// lifecycle.md section 14: after security, before the flows.
TEST_F(Contract, WithoutAnEntrypointEveryRequestIsAnsweredWith404) {
  ApiText text = api();
  text.entrypoints = "[]";
  text.flows = list({flow({.request = {note("x")}})});
  deploy({text});
  Answer got = answer(get("/a/y"));
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "No entrypoint matches the incoming request");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Contract, MatchRequiredIsContentWithAPlanFlow) {
  ApiText text = api();
  text.plan_flows = list({flow({.request = {note("plan")}})});
  text.flows = list({flow({.request = {note("y")}, .path = "/y"})});
  text.execution = R"({"matchRequired":true})";
  deploy({text});
  EXPECT_EQ(notes_at_backend("/a/x"), "plan");
}

// ---- What a step may decide

TEST_F(Contract, AStepMayWaitInBothPhases) {
  deploy_flows({{.request = {step("wait", R"({"gate":"in"})")},
                 .response = {step("wait", R"({"gate":"out"})")}}});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("in"); }));
  EXPECT_TRUE(backend->connections.empty());
  gates().open("in");
  asked().send(kOk);
  ASSERT_TRUE(until([&] { return gates().awaited("out"); }));
  EXPECT_EQ(client.received, "");
  gates().open("out");
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Contract, AStepThatWaitsEndsWithTheClient) {
  deploy_flows({{.request = {step("wait", R"({"gate":"in"})")}}});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("in"); }));
  client.close();
  EXPECT_TRUE(until([&] { return !gates().awaited("in"); }));
  EXPECT_EQ(reported("4xx"), 1u);
}

TEST_F(Contract, AStepThatWaitsEndsWithTheRequestTimeout) {
  deploy_flows({{.request = {step("wait", R"({"gate":"in"})")}}});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("in"); }));
  pass(30s);
  EXPECT_FALSE(gates().awaited("in"));
  EXPECT_EQ(answer(client).status, 504);
}

TEST_F(Contract, AFailureSkipsTheRestAndTheBackend) {
  deploy_flows(
      {{.request = {note("a"), step("fail", R"({"status":403,"message":"no"})"), note("b")},
        .response = {note("c")}}});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body, "no");
  EXPECT_EQ(got.header("X-Note"), "-");
  settle();
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Contract, AFailureInTheResponsePhaseReplacesTheAnswerAndFreesTheBackend) {
  deploy_flows({{.request = {}, .response = {note("a"), step("fail", R"({"status":400})")}}});
  Peer& client = get();
  asked().send(
      "HTTP/1.1 200 OK\r\nX-Of-Backend: 1\r\nContent-Encoding: gzip\r\n"
      "Content-Length: 100\r\n\r\nhalf");
  Answer got = answer(client);
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.header("X-Note"), "a");
  EXPECT_EQ(got.header("X-Of-Backend"), "1");
  EXPECT_EQ(got.header("Content-Encoding"), "-");
  EXPECT_EQ(got.header("Content-Length"), "0");
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(Contract, AStepMayEndTheChainNormally) {
  deploy_flows({{.request = {step("end", R"({"status":202,"body":"mine"})"), note("b")},
                 .response = {note("c")}}});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 202);
  EXPECT_EQ(got.body, "mine");
  EXPECT_EQ(got.header("X-Note"), "-");
  EXPECT_EQ(got.header("Connection"), "-");
  EXPECT_NE(got.header("X-Gravitee-Request-Id"), "-");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Contract, AStepMayEndTheChainInTheResponsePhase) {
  deploy_flows(
      {{.request = {},
        .response = {note("a"), step("end", R"({"status":202,"body":"mine"})"), note("b")}}});
  Peer& client = get();
  asked().send(kOk);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 202);
  EXPECT_EQ(got.body, "mine");
  EXPECT_EQ(got.header("X-Note"), "a");
}

// ---- The invoker

TEST_F(Contract, AStepMaySkipTheInvoker) {
  deploy_flows({{.request = {step("invoker", R"({"kind":"skip"})")}, .response = {note("c")}}});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("X-Note"), "c");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Contract, AStepMayReplaceTheInvoker) {
  deploy_flows({{.request = {step("invoker", R"({"kind":"replace"})")}, .response = {note("c")}}});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 203);
  EXPECT_EQ(got.body, "replaced");
  EXPECT_EQ(got.header("X-Note"), "c");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Contract, AStepMayWrapTheInvoker) {
  deploy_flows({{.request = {step("invoker", R"({"kind":"wrap"})")}}});
  Answer got = exchange();
  EXPECT_EQ(got.body, "ok");
  EXPECT_EQ(got.header("X-Wrapped"), "yes");
}

TEST_F(Contract, AnInvokerMayCallTheBackendAgainWithAGatheredBody) {
  deploy_flows({{.request = {step("invoker", R"({"kind":"twice"})")}}});
  Peer& client = post("payload");
  asked(0).send("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  Peer& second = asked(1);
  EXPECT_TRUE(until([&] { return second.received.ends_with("\r\n\r\npayload"); }));
  second.send(kOk);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "ok");
}

// ---- Bodies

TEST_F(Contract, AStepMayWrapTheBodies) {
  deploy_flows({{.request = {step("shout")}, .response = {step("shout")}}});
  Peer& client = post("hello");
  Peer& peer = asked();
  EXPECT_TRUE(until([&] { return peer.received.ends_with("\r\n\r\nHELLO"); })) << peer.received;
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(answer(client).body, "ABC");
}

TEST_F(Contract, AWrappedBodyStreams) {
  deploy_flows({{.request = {}, .response = {step("shout")}}});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_TRUE(until([&] { return client.received.ends_with("3\r\nABC\r\n"); }));
  backend->connections[0]->send("0\r\n\r\n");
  EXPECT_TRUE(answer(client).whole);
}

TEST_F(Contract, AStepIsGivenTheBodiesItNeeds) {
  deploy_flows({{.request = {step("gather")}, .response = {step("gather")}}});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("3\r\nabc\r\n");
  settle();
  EXPECT_TRUE(backend->connections.empty());
  client.send("2\r\nde\r\n0\r\n\r\n");
  Peer& peer = asked();
  EXPECT_THAT(peer.head(), HasSubstr("X-Size: 5\r\n"));
  EXPECT_THAT(peer.head(), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(until([&] { return peer.received.ends_with("\r\n\r\nabcde"); }));
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n1234567");
  Answer got = answer(client);
  EXPECT_EQ(got.header("X-Size"), "7");
  EXPECT_EQ(got.body, "1234567");
}

TEST_F(Contract, AConditionIsGivenTheBodyItNeeds) {
  deploy_flows({{.request = {note("yes", "{#request.content == 'magic'}")}},
                {.request = {note("flow")}, .condition = "{#request.content == 'magic'}"}});
  Peer& client = post("magic");
  Peer& peer = asked();
  EXPECT_THAT(peer.head(), HasSubstr("X-Note: yes\r\nX-Note: flow\r\n"));
  EXPECT_TRUE(until([&] { return peer.received.ends_with("\r\n\r\nmagic"); }));
  peer.send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

// What the response phase wants of the request body must be kept before it goes to the backend.
TEST_F(Contract, AResponseConditionSeesTheRequestBody) {
  deploy_flows({{.request = {}, .response = {note("yes", "{#request.content == 'magic'}")}}});
  Peer& client = post("magic");
  asked().send(kOk);
  EXPECT_EQ(answer(client).header("X-Note"), "yes");
}

TEST_F(Contract, AResponseConditionSeesTheResponseBody) {
  deploy_flows({{.request = {}, .response = {note("yes", "{#response.content == 'ok'}")}}});
  Answer got = exchange();
  EXPECT_EQ(got.header("X-Note"), "yes");
  EXPECT_EQ(got.body, "ok");
}

// The upload may still run when an early answer is here: a second reader would steal its bytes.
TEST_F(Contract, NobodyReadsTheRequestBodyOnceItGoesToTheBackend) {
  deploy_flows({{.request = {}, .response = {step("broken")}}});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  asked().send(kOk);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("X-Late"), "0");
}

class Limited : public Contract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    Options options;
    options.limits.buffered_body_bytes_max = 10;
    start(options);
    deploy_flows({{.request = {step("gather")}, .response = {step("gather")}}});
  }
};

TEST_F(Limited, RequestBodiesBeyondTheLimitAre413) {
  Answer got = answer(post("12345678901"));
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(got.header("Connection"), "close");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Limited, ChunkedRequestBodiesBeyondTheLimitAre413) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n");
  EXPECT_EQ(answer(client).status, 413);
}

TEST_F(Limited, BodiesUpToTheLimitPass) {
  Peer& client = post("1234567890");
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0987654321");
  EXPECT_EQ(answer(client).body, "0987654321");
}

TEST_F(Limited, ResponseBodiesBeyondTheLimitAre502) {
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n09876543210");
  Answer got = answer(client);
  EXPECT_EQ(got.status, 502);
  EXPECT_EQ(got.body, "");
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(Limited, ABackendThatBreaksAGatheredBodyIs502) {
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n098");
  settle();
  backend->connections[0]->close();
  EXPECT_EQ(answer(client).status, 502);
}

TEST_F(Limited, AClientThatBreaksAGatheredBodyIsGone) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  settle();
  client.close();
  EXPECT_TRUE(until([&] { return reported("4xx") == 1; }));
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

TEST_F(Limited, AGatheredBodyThatIsMalformedIs400) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n");
  EXPECT_EQ(answer(client).status, 400);
}

// ---- State and attributes

TEST_F(Contract, WorkerStateLivesWithTheRevision) {
  deploy_flows({{.request = {step("count")}}});
  EXPECT_EQ(states_alive(), 0) << "made before anybody asked";
  EXPECT_EQ(exchange().header("X-Count"), "1");
  EXPECT_EQ(exchange().header("X-Count"), "2");
  EXPECT_EQ(states_alive(), 1);
  deploy_flows({{.request = {note("other"), step("count")}}});
  settle();
  EXPECT_EQ(states_alive(), 0);
  EXPECT_EQ(exchange().header("X-Count"), "1");
}

TEST_F(Contract, AttributesPassFromPhaseToPhaseAndIntoExpressions) {
  deploy_flows({{.request = {step("attribute", R"({"value":"v"})"),
                             note("seen", "{#context.attributes['left'] == 'v'}")},
                 .response = {step("attribute")}}});
  EXPECT_EQ(notes_at_backend(), "seen");
  EXPECT_EQ(told.header("X-Attribute"), "v");
}

TEST_F(Contract, WhatPoliciesSetStandsBesideWhatTheBackendSends) {
  deploy_flows({{.request = {step("count")}}});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nX-Count: theirs\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(answer(client).header("X-Count"), "1, theirs");
}

}  // namespace
}  // namespace perigee::proxy::testing
