// policy-assign-content: what templates see of an exchange, and what becomes of the body.
#include "policies/catalog.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Phase;
using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;

constexpr std::string_view kId = "policy-assign-content";

std::string configuration(std::string_view body) {
  return R"({"body": )" + json_quoted(body) + "}";
}

void fill(Exchanges& x) {
  x.request.path = "/orders/12/items";
  x.request.query = "q=1&q=2&flag";
  x.request.authority = "api.test";
  x.request.headers.add(std::string_view("X-A"), "one");
  x.request.headers.add(std::string_view("x-a"), "two");
  x.request.headers.add(std::string_view("Other"), "o");
  x.response.status = 201;
  x.response.headers.add(std::string_view("X-R"), "r");
  x.api.has_properties = true;
  x.api.properties = {{"key", "value"}};
  x.api.id = "api-1";
  policy::Exchange& exchange = x.exchange();
  exchange.request_id = "rid";
  exchange.transaction_id = "tid";
  exchange.uri = "/orders/12/items?q=1";
  exchange.context_path = "/orders/";
  exchange.path_info = "/12/items";
  exchange.remote_address = "10.0.0.1";
  exchange.application_id = "app-1";
  exchange.attributes.set("mine", "attribute");
  exchange.path_parameters.set("id", "12");
  exchange.request_body.replace(R"({"symbol": "EUR", "list": [1, 2]})");
  exchange.response_body.replace(R"({"answer": 42})");
}

struct Row {
  std::string_view body;
  std::string_view expected;
};
const Row kOfRequest[] = {
    {"fixed", "fixed"},
    {"", ""},
    {"root { ${request.content} }", R"(root { {"symbol": "EUR", "list": [1, 2]} })"},
    {"${request.headers['X-A'][0]} ${request.headers['x-a'][1]} ${request.headers.Other[0]}",
     "one two o"},
    {"${request.headers['X-A']?join(',')} ${request.headers['none']![]?size}", "one,two 0"},
    {"<#list request.headers as name, values>${name}=${values?join('|')};</#list>",
     "X-A=one|two;Other=o;"},
    {"${request.params['q'][1]} ${request.params.q?size} ${(request.params.nope[0])!'-'}", "2 2 -"},
    {"${request.pathParams['id'][0]}", "12"},
    {"${request.path} ${request.paths[1]} ${request.paths?size} ${request.pathInfo} "
     "${request.pathInfos[2]} ${request.contextPath}",
     "/orders/12/items orders 4 /12/items items /orders/"},
    {"${request.method} ${request.scheme} ${request.host} ${request.version} ${request.uri}",
     "GET http api.test HTTP_1_1 /orders/12/items?q=1"},
    {"${request.id} ${request.transactionId} ${request.remoteAddress} ${request.timestamp?c}",
     "rid tid 10.0.0.1 0"},
    {"${request.getId()} ${request.getContextPath()}", "rid /orders/"},
    {"${context.attributes['application']} ${context.attributes.mine} "
     "${context.attributes['gravitee.attribute.api']}",
     "app-1 attribute api-1"},
    {"${context.attributes['none']!'none'} ${context.properties['key']} "
     "${(context.properties.none)!'-'}",
     "none value -"},
    {"${(context.dictionaries['d']['k'])!'no dictionary'}", "no dictionary"},
    {"${request.jsonContent.symbol} ${request.jsonContent.list[1]}", "EUR 2"},
    {"<#assign body = request.content?eval_json>\n<q>${body.symbol}</q>\n", "<q>EUR</q>\n"},
    {"<#assign body = request.content?eval >\n<q>${body.symbol}</q>\n", "<q>EUR</q>\n"},
    {"${response??\?c}", "false"},
    {"{\"a\": \"${request.method?json_string}\", \"b\": {#request.id}}",
     "{\"a\": \"GET\", \"b\": {#request.id}}"},
};
const Row kOfResponse[] = {
    {"${response.status} ${response.headers['x-r'][0]} ${response.content}",
     R"(201 r {"answer": 42})"},
    {"${response.jsonContent.answer} ${response.getStatus()}", "42 201"},
    {"${request.method} ${request.headers['X-A'][0]} ${(request.content)!'gone'}", "GET one gone"},
};

TEST(AssignContent, WhatTemplatesSee) {
  for (bool of_request : {true, false}) {
    for (const Row& row :
         of_request ? std::span<const Row>(kOfRequest) : std::span<const Row>(kOfResponse)) {
      SCOPED_TRACE(row.body);
      Exchanges x;
      fill(x);
      Made made = testing::make(kId, configuration(row.body), x);
      ASSERT_TRUE(made.policy) << made.errors.front();
      Verdict verdict = x.finished(of_request ? made.policy->on_request(x.exchange())
                                              : made.policy->on_response(x.exchange()));
      ASSERT_TRUE(verdict.continues()) << verdict.failure().reason;
      policy::MessageBody& body =
          of_request ? x.exchange().request_body : x.exchange().response_body;
      EXPECT_EQ(body.bytes(), row.expected);
      const http::Headers& headers = of_request ? x.request.headers : x.response.headers;
      EXPECT_EQ(headers.get(http::HeaderId::content_length), std::to_string(row.expected.size()));
      EXPECT_EQ(made.policy->needs(of_request ? Phase::request : Phase::response).bits,
                of_request ? el::Needs::request_body : el::Needs::response_body);
    }
  }
}

TEST(AssignContent, MakesABodyWhereThereWasNone) {
  Exchanges x;
  Made made = testing::make(kId, configuration("made [${request.content}]"), x);
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(x.exchange().request_body.bytes(), "made []");
  ASSERT_NE(x.exchange().request_body.stream(), nullptr);
  EXPECT_EQ(x.exchange().request_body.stream()->length(), 7u);
}

TEST(AssignContent, Failures) {
  const Row rows[] = {
      {"${request.nope}", "'request.nope' is missing or null"},
      {"${response.status}", "'response' is missing or null"},
      {"${request.headers['X-A']}", "found a sequence"},
      {"${request}", "found a hash"},
      {"${request.getClass()}", "missing"},
      {"${request.path?eval}", "?eval reads JSON only, found invalid JSON at 1:1"},
      {"<#list 1..500 as i>0123456789</#list>", "the output has more than 1000 bytes"},
  };
  for (const Row& row : rows) {
    Exchanges x;
    fill(x);
    Made made = testing::make(kId, configuration(row.body), x);
    ASSERT_TRUE(made.policy) << row.body;
    Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
    ASSERT_TRUE(verdict.failed()) << row.body;
    EXPECT_EQ(verdict.failure().status, 500);
    EXPECT_EQ(verdict.failure().key, "ASSIGN_CONTENT_ERROR");
    EXPECT_EQ(verdict.failure().message, "Unable to assign body content");
    EXPECT_THAT(verdict.failure().reason, ::testing::HasSubstr(row.expected));
  }
}

TEST(AssignContent, RefusesWhatBreaksItsSchema) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"{}", "/body: required"},
      {R"({"body": null})", "/body: required"},
      {R"({"body": {}})", "/body: found an object"},
      {R"({"body": "x", "scope": "REQ"})", "/scope: unknown value 'REQ'"},
      {configuration("a\n<#macro x>"),
       "/body: line 2, column 1: the directive '<#macro>' is not supported"},
      {configuration("${request.content?interpret}"),
       "/body: line 1, column 19: the built-in '?interpret' is not supported"},
      {configuration("<#if request>"), "/body: line 1, column 1: <#if> is not closed"},
  };
  for (const auto& [text, error] : rows) {
    Exchanges x;
    Made made = testing::make(kId, text, x);
    ASSERT_FALSE(made.policy) << text;
    EXPECT_TRUE(made.errors.front().starts_with(error)) << made.errors.front();
  }
}

}  // namespace
}  // namespace perigee::policies
