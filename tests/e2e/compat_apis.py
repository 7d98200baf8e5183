"""What becomes of each definition of compat/apis: asked for and answered, or refused with its reasons.

One row for each file of the index. A list of asks: the API is served, and answers them so, in this order. A dict: it is
refused, {pointer: reason}. Whoever makes a refused one serve writes its asks here.
"""
import dataclasses


@dataclasses.dataclass
class Ask:
    """A request, and what is expected of it. In headers None stands for "there is none"."""
    path: str = "/x"
    method: str = "GET"
    headers: dict = dataclasses.field(default_factory=dict)
    body: str | None = None

    status: int = 200
    says: str | None = None  # the body, when it is not the backend's
    has: dict = dataclasses.field(default_factory=dict)
    at: str | None = None  # path of the last call of the backend, a regular expression
    sees: dict = dataclasses.field(default_factory=dict)  # headers that the backend gets
    gets: str | None = None  # the body there
    calls: int | None = None  # of the backend
    tried: set | None = None  # paths of all calls; a call on a connection that was used before is repeated


def down(path):
    """The backend breaks the connection when it is called at a path that begins so."""
    return {"X-Down": path}


def unknown(policy, hint=""):
    return f"policy '{policy}' is not supported by this version{hint}"


def no_resource(type_):
    return f"resource type '{type_}' is not supported by this version"


PREFLIGHT = {"Origin": "http://o.example", "Access-Control-Request-Method": "GET"}
NO_PLAN = "no deployable plan: plan 'Keyless' (/plans/0) has no known status"
PLAIN = [Ask(at="/endpoint/x")]
TEAM = [Ask(at="/team/x")]
MY_API = [Ask(at="/myapi/x", sees={"Host": "host"})]
ROOT = Ask("/x", at="/endpoint/x", sees={"X-Request-Flow-0": "Flow /", "X-Request-Flow-1": None},
           has={"X-Response-Flow-0": "Flow /", "X-Response-Flow-1": None})
PRODUCTS = Ask("/products", at="/endpoint/products", sees={"X-Request-Flow-1": "Flow /products"},
               has={"X-Response-Flow-1": "Flow /products"})


def only_if(ask, condition):
    """The flow of a condition on a header."""
    return dataclasses.replace(ask, headers={"X-Condition-Flow-Selection": condition})


NO_FLOW = Ask(sees={"X-Request-Flow-0": None, "X-Request-Flow-1": None},
              has={"X-Response-Flow-0": None, "X-Response-Flow-1": None})
FLOWS = [ROOT, dataclasses.replace(PRODUCTS, sees=PRODUCTS.sees | {"X-Request-Flow-0": "Flow /"})]
CONDITIONAL = [NO_FLOW, only_if(ROOT, "root-condition"), only_if(NO_FLOW, "product-condition"),
               dataclasses.replace(only_if(PRODUCTS, "product-condition"),
                                   sees=PRODUCTS.sees | {"X-Request-Flow-0": None})]
THREE_ENDPOINTS = [Ask(at="/endpoint-1/x", calls=1),
                   Ask(headers=down("/endpoint-2"), at="/endpoint-[13]/x"),
                   Ask(headers=down("/endpoint"), status=502, says="",
                       tried={"/endpoint-1/x", "/endpoint-2/x", "/endpoint-3/x"})]

EXPECTED = {
    "v2/42b92-apim-http-bestmatch-api": {"/plans": NO_PLAN},
    "v2/61bdc-apim-http-flows-api": FLOWS,
    "v2/7a3f3-apim-http-flows-api-conditional-flows": CONDITIONAL,
    "v2/84b23-apim-http-pathparams-api-path-param": {
        "/flows/0/pre/0/policy": unknown("path-param-to-header"), "/plans": NO_PLAN},
    "v2/apim-apis-http-api": PLAIN,
    "v2/apim-apis-http-cors-running-policies": {"/flows/0/post/0/policy": unknown("add-header")},
    "v2/apim-apis-plan-v2-api": PLAIN,
    "v2/apim-definition-jackson-api-cors-expected": [
        *MY_API, Ask(method="OPTIONS", headers=PREFLIGHT, status=400, says="")],  # it allows no origin
    "v2/apim-definition-jackson-api-endpointgroup-discovery": {
        "/proxy/groups/0/services/discovery": "service discovery is not supported by this version; disable it"},
    "v2/apim-definition-jackson-api-hostheader": MY_API,
    "v2/apim-definition-jackson-api-overridedhttpconfig-expected": [
        Ask(status=502, says="", calls=0)],  # by way of a proxy that is not there
    "v2/apim-definition-jackson-api-response-templates": MY_API,  # for keys of a policy that it has not
    "v2/apim-definition-jackson-api-withclientoptions-nossl": [Ask(at="/myapi/x")],
    "v2/apim-standalone-flow-best-match-flow": {
        f"/flows/{step}/policy": unknown("my-policy") for step in ("0/pre/0", "1/pre/0", "2/pre/0", "2/post/0")},
    "v2/apim-standalone-flow-conditional-policy-flow": {
        "/flows/0/pre/0/policy": unknown("header-policy1"), "/flows/0/pre/1/policy": unknown("on-request-policy"),
        "/flows/0/post/0/policy": unknown("stream-policy"), "/flows/0/post/1/policy": unknown("stream-policy2")},
    "v2/apim-standalone-flow-disabled-flow": TEAM,
    "v2/apim-standalone-flow-disabled-policy-flow": TEAM,
    "v2/apim-standalone-flow-expression-language-condition-flow": {
        "/flows/0/pre/0/policy": unknown("remove-param-policy")},
    "v2/apim-standalone-http-connect-timeout": TEAM,
    "v2/apim-standalone-http-dynamic-routing": TEAM,  # without any rule
    "v2/apim-standalone-http-failover": [
        Ask(at="/team/x", calls=1), Ask(headers=down("/team"), at="/fallback/x"),
        Ask(headers=down("/"), status=502, says="", tried={"/team/x", "/fallback/x"})],
    "v2/apim-standalone-http-policy-resource": {
        "/resources/0": no_resource("my-resource"),
        "/flows/0/pre/0/policy": unknown("resource", "; did you mean 'resource-filtering'?")},
    "v2/apim-standalone-http-unreachable-api-response-template": [
        *TEAM, Ask(headers=down("/"), status=502, says="This is a client connection issue")],
    "v2/apim-standalone-websocket-teams": TEAM,
    "v2/c9294-apim-http-failover-api-three-endpoints": THREE_ENDPOINTS,
    "v2/policy-apikey-apis-api-key": {"/flows/0/pre/0/policy": unknown("api-key")},
    "v2/policy-assign-attributes-apis-v2-assign-multiple-attributes-with-el": {
        "/flows/0/pre/1/policy": unknown("attributes-to-headers"),
        "/flows/0/post/1/policy": unknown("attributes-to-headers")},
    "v2/policy-dynamic-routing-apis-v2-with-endpoint": [
        Ask("/v1/stores/7", at="/7"), Ask(status=400, says="No routing rule is matching path")],
    "v2/policy-interrupt-apis-interrupt-responsetemplate": [
        Ask(status=400, says="An other message in a bottle... from me", headers={"my-custom-header": "me"}),
        Ask(method="PUT", at="/endpoint/x")],
    "v2/policy-jwt-apis-jwt": TEAM,  # has no plan
    "v2/policy-oauth2-apis-oauth2": {"/resources/0": no_resource("dummy-oauth2-resource")},
    "v2/policy-request-validation-apis-api-with-multiple-constraints": [
        Ask(at="/endpoint/x"),  # it looks at POST only
        Ask(method="POST", at="/endpoint/x",
            body='{"firstName":"A","job":"OPS","age":30,"email":"a@example.com"}'),
        Ask(method="POST", status=400, calls=0,
            body='{"firstName":"A","job":"OPS","age":90,"email":"a@example.com"}',
            says='{"message":"Request is not valid according to constraint rules",'
                 '"constraints":["Invalid age, must be lower than 80"]}')],
    "v2/policy-url-rewriting-apis-api": [
        Ask(method="POST", body="http://old.example/a?b=c",
            says='{"method": "POST", "path": "/team/x", "body": "https://apis.gravitee.io/a?b=c"}')],

    "v4/apim-apis-plan-v4-proxy-api-selection-rule": PLAIN,
    "v4/apim-http-bestmatch-api": {"/plans": NO_PLAN},
    "v4/apim-http-connectionfailure-api-refused-with-umbrella-template": [
        *PLAIN, Ask(headers=down("/"), status=503, says="umbrella template fired")],
    "v4/apim-http-endpointhostheader-api-with-propagateclienthost-endpoint-option": [
        Ask(headers={"Host": "client.example"}, at="/endpoint/x", sees={"Host": "client.example"})],
    "v4/apim-http-failover-api-one-circuit-breaker-per-subscription": {"/plans/1/security/type": unknown("api-key")},
    "v4/apim-http-failover-api-second-group-routing-to-one-endpoint": [
        Ask("/dynamic-route/x", at="/second-group-endpoint-1/x"),
        Ask("/dynamic-route/x", headers=down("/second-group-endpoint-1"), status=502, says="",
            tried={"/second-group-endpoint-1/x"}),
        Ask(status=400, says="No routing rule is matching path"),
        Ask(method="PUT", at="/default-group-endpoint/x")],
    "v4/apim-http-failover-api-three-endpoints": THREE_ENDPOINTS,
    "v4/apim-http-flows-api": FLOWS,
    "v4/apim-http-flows-api-conditional-flows": CONDITIONAL,
    "v4/apim-http-flows-api-flows-equals-and-starts-with": [
        dataclasses.replace(ROOT, path="/", at="/endpoint/"), NO_FLOW,
        dataclasses.replace(PRODUCTS, path="/products/7", at="/endpoint/products/7")],
    "v4/apim-http-overlapping-api-2": [Ask(at="/endpoint2/x")],  # by a condition on its path
    "v4/apim-http-post-api-endpoint-http2": {
        "/endpointGroups/0/endpoints/0/sharedConfigurationOverride/http/version":
            "HTTP/2 to the backend is not supported by this version"},
    "v4/apim-http-sharedpolicygroup-api-shared-policy-group": [
        Ask(at="/endpoint/x",
            sees={"X-Request-Header-Outside-0": "Header Outside 0", "X-Inside": "request",
                  "X-Request-Header-Outside-1": "Header Outside 1"},
            has={"X-Response-Header-Outside-0": "Header Outside 0", "X-Inside": "response",
                 "X-Response-Header-Outside-1": "Header Outside 1"})],
    "v4/apim-http-sse-api-sse-proxy": [Ask(at="/sse-mock-endpoint/x")],
    "v4/apim-http-tenants-api-v4-with-tenants": [Ask(at="/whoami/x")] * 2,  # that of the tenant
    "v4/apim-secrets-api-with-gen-oauth2": {
        "/resources/0": no_resource("oauth2"), "/flows/0/request/0/policy": unknown("oauth2")},
    "v4/apim-v4-el-api-with-els": [
        Ask(at="/endpoint/x",
            sees={"X-Dictionary": "of the dictionary", "X-Node-Version": "4.9.0",
                  "X-Api-Property": "this is an API property", "X-Context-Attributes": "this is an attribute",
                  "X-Request-Path": "/v4/apim-v4-el-api-with-els/test/"},
            has={"X-Response-Content": '{"method": "GET", "path": "/endpoint/x", "body": ""}'})],
    "v4/apim-v4-el-api-with-subscription-el": [
        Ask(at="/endpoint/x", has={"X-Expression-Subscription": "127.0.0.1", "X-Expression-ClientId": None})],
    "v4/apim-v4-grpc-hello-world": {
        "/endpointGroups/0/endpoints/0": "gRPC to the backend is not supported by this version"},
    "v4/apim-v4-http-api": PLAIN,
    "v4/apim-v4-http-api-single-server": PLAIN,  # by a listener with the server's id
    "v4/apim-v4-http-cors-running-policies": {"/flows/0/response/0/policy": unknown("add-header")},
    "v4/apim-v4-http-cors-with-response-template": {"/flows/0/response/0/policy": unknown("add-header")},
    "v4/apim-v4-http-mapped-path-attribute": [
        Ask("/test/7", says="/test/:testId", calls=0), Ask(says="", calls=0)],
    "v4/policy-assign-content-apis-v4-assign-content-proxy": [
        Ask(headers={"requestHeader": "a"}, status=500, says="Unable to assign body content",  # of the response
            gets="Request body built from header 'requestHeader' and content: a"),
        Ask(status=500, says="Unable to assign body content", calls=0)],
    "v4/policy-cache-cache-integration-cachev4": {
        "/resources/0": no_resource("dummy-cache"), "/flows/0/request/0/policy": unknown("cache")},
    "v4/policy-callout-http-v4-proxy-request-callout-http-el-support": {
        "/flows/0/request/0/policy": unknown("policy-http-callout"),
        "/flows/0/response/0/policy": unknown("assign-content", "; did you mean 'policy-assign-content'?")},
    "v4/policy-circuit-breaker-apis-v4-circuit-breaker": {
        "/flows/0/request/0/policy": unknown("policy-circuit-breaker")},
    "v4/policy-json-validation-apis-v4-proxy": {
        "/flows/0/request/0/policy": unknown("json-validation"),
        "/flows/0/response/0/policy": unknown("json-validation")},
    "v4/policy-mock-apis-v4-mock-v4": [
        Ask(status=400, calls=0, headers={"reqHeader": "mine"}, says="path=/v4/policy-mock-apis-v4-mock-v4/v4-mock/x",
            has={"X-Mock-Policy": "Passed through mock policy", "X-Mock-Policy-Second": "mine"})],
    "v4/policy-oauth2-apis-oauth2-v4": {"/resources/0": no_resource("dummy-oauth2-resource")},
    "v4/policy-resource-filtering-apis-v4-api-whitelist-and-blacklist-with-methods": [
        Ask("/api/x", at="/endpoint/api/x"), Ask("/api/admin/x", at="/endpoint/api/admin/x"),
        Ask("/api/admin/x", method="DELETE", status=405, calls=0), Ask("/api/x", method="PUT", status=405, calls=0),
        Ask(status=403, says="You're not allowed to access this resource", calls=0)],
    "v4/policy-retry-apis-v4-retry": [
        *PLAIN, Ask(headers={"X-Status": "503"}, status=502, says="", calls=4)],
    "v4/policy-transformheaders-apis-add-update-whitelist-remove-headers-v4-proxy": [
        Ask(at="/endpoint/x", headers={"toRemoveKey": "a", "whitelistedKey": "b", "toUpdateKey": "c", "Other": "d"},
            sees={"headerKey": "headerValue", "toUpdateKey": "updatedValue", "whitelistedKey": "b", "toRemoveKey": None,
                  "Other": None},
            has={"headerKeyResponse": "headerValue", "toUpdateKeyResponse": "updatedValue", "Server": None})],
}
