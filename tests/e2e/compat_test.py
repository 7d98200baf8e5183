"""Every definition of the reference's own test suites: answered, or refused with its pointers.

Ids and context paths are made unique so that all are deployed together, and the targets are ours.
"""
import json
import re
import unittest
import urllib.parse

import harness
from harness import Backend, Gateway

SERVED = "served"  # with the backend's 200


def answers(status):
    """What the definition itself says of such a request: no rule fits, a header or a dictionary is missing, a mock."""
    return f"answers {status}"


# File -> SERVED, or the pointers of what this version does not do. Whoever makes one of these serve
# moves it here; a file that is not in the table fails the test.
STEP = "/flows/0/request/0/policy"
EXPECTED = {
    "apim-apis-plan-v4-proxy-api-selection-rule": SERVED,
    "apim-http-bestmatch-api": ["/plans"],  # its plan has no status
    "apim-http-connectionfailure-api-refused-with-umbrella-template": SERVED,
    "apim-http-endpointhostheader-api-with-propagateclienthost-endpoint-option": SERVED,
    "apim-http-failover-api-one-circuit-breaker-per-subscription": ["/plans/1/security/type"],
    "apim-http-failover-api-second-group-routing-to-one-endpoint": answers(400),
    "apim-http-failover-api-three-endpoints": SERVED,
    "apim-http-flows-api": SERVED,
    "apim-http-flows-api-conditional-flows": SERVED,
    "apim-http-flows-api-flows-equals-and-starts-with": SERVED,
    "apim-http-overlapping-api-2": answers(404),
    "apim-http-post-api-endpoint-http2":
        ["/endpointGroups/0/endpoints/0/sharedConfigurationOverride/http/version"],
    "apim-http-sharedpolicygroup-api-shared-policy-group": SERVED,
    "apim-http-sse-api-sse-proxy": SERVED,
    "apim-http-tenants-api-v4-with-tenants": SERVED,
    "apim-secrets-api-with-gen-oauth2": ["/resources/0", STEP],
    "apim-v4-el-api-with-els": answers(500),
    "apim-v4-el-api-with-subscription-el": SERVED,
    "apim-v4-grpc-hello-world": ["/endpointGroups/0/endpoints/0"],
    "apim-v4-http-api": SERVED,
    "apim-v4-http-api-single-server": SERVED,  # by a listener with the server's id
    "apim-v4-http-cors-running-policies": ["/flows/0/response/0/policy"],
    "apim-v4-http-cors-with-response-template": ["/flows/0/response/0/policy"],
    "apim-v4-http-mapped-path-attribute": SERVED,
    "policy-assign-content-apis-v4-assign-content-proxy": answers(500),
    "policy-cache-cache-integration-cachev4": ["/resources/0", STEP],
    "policy-callout-http-v4-proxy-request-callout-http-el-support":
        [STEP, "/flows/0/response/0/policy"],
    "policy-circuit-breaker-apis-v4-circuit-breaker": [STEP],
    "policy-json-validation-apis-v4-proxy": [STEP, "/flows/0/response/0/policy"],
    "policy-mock-apis-v4-mock-v4": answers(400),
    "policy-oauth2-apis-oauth2-v4": ["/resources/0"],
    "policy-resource-filtering-apis-v4-api-whitelist-and-blacklist-with-methods": answers(403),
    "policy-retry-apis-v4-retry": SERVED,
    "policy-transformheaders-apis-add-update-whitelist-remove-headers-v4-proxy": SERVED,
}
FOLDER = "apis/v4"
V2_ANSWERS = {
    "apim-definition-jackson-api-overridedhttpconfig-expected": answers(502),  # by a proxy that is not there
    "policy-dynamic-routing-apis-v2-with-endpoint": answers(400),  # no rule fits
    "policy-interrupt-apis-interrupt-responsetemplate": answers(400),  # by its template
}


def prepared(name, text, backend):
    """The definition with an id, paths and targets of this test; and what to ask for."""
    definition = json.loads(text)
    definition["id"] = name
    paths = []
    for listener in definition["listeners"]:
        for path in listener.get("paths", []):
            path["path"] = f"/{name}{path['path']}"
            paths.append((path["path"], path.get("host")))
    for group in definition["endpointGroups"]:
        for endpoint in group["endpoints"]:
            configuration = endpoint.get("configuration") or {}
            if "target" in configuration:
                target = urllib.parse.urlsplit(configuration["target"])
                if target.scheme in ("http", "https"):
                    configuration["target"] = backend.url + target.path
    return definition, paths


def prepared_v2(name, text, backend):
    definition = json.loads(text)
    definition["id"] = name
    proxy = definition["proxy"]
    proxy.pop("context_path", None)
    proxy["virtual_hosts"] = [{"path": f"/{name}"}]
    for endpoint in proxy.get("endpoints", []) + [
            endpoint for group in proxy.get("groups", []) for endpoint in group["endpoints"]]:
        endpoint["target"] = backend.url + urllib.parse.urlsplit(endpoint["target"]).path
    return definition, [(f"/{name}", None)]


class Compat(unittest.TestCase):
    maxDiff = None

    def test_each_definition_is_answered_or_refused_with_its_pointers(self):
        folder = harness.compat_or_skip() / FOLDER
        backend = self.enterContext(Backend())
        apis, paths = {}, {}
        for file in sorted(folder.glob("*.json")):
            apis[file.name], paths[file.stem] = prepared(file.stem, file.read_text(), backend)
        first = harness.free_port()
        gateway = self.enterContext(Gateway({
            "perigee.sync.local.openPlan": "true", "http.port": None, "http.host": None,
            "servers[0].id": "first", "servers[0].type": "http", "servers[0].port": first,
            "servers[0].host": "127.0.0.1"},
            apis=apis, server="second"))
        gateway.started()
        found = {}
        for entry in gateway.node_json("/_node/apis"):
            name = entry["source"].rsplit("/", 1)[-1].removesuffix(".json")
            if entry["state"] == "deployed":
                found[name] = self.asked(gateway, paths[name])
            else:
                found[name] = [re.match(r"error at (\S+): .+", reason).group(1)
                               for reason in entry["reasons"]]
                self.check_told(gateway, entry)
        self.assertEqual(found, EXPECTED)
        only_second = paths["apim-v4-http-api-single-server"][0][0]
        self.assertEqual(gateway.request(only_second + "/x", port=first)[0], 404)

    def check_told(self, gateway, entry):
        """A refusal stands in the log too: file, API id, pointer and reason."""
        for reason in entry["reasons"]:
            line = f"{entry['source']}: API {entry['id']}: {reason}"
            self.assertTrue(any(line in logged for logged in gateway.log), line)

    def test_the_table_is_that_of_the_index(self):
        folder = harness.compat_or_skip() / "apis"
        apis = json.loads((folder / "index.json").read_text())["apis"]
        listed = {api["file"] for api in apis}
        self.assertEqual({f"v4/{name}.json" for name in EXPECTED},
                         {file for file in listed if file.startswith("v4/")})

    def test_each_v2_definition_is_answered_or_refused_with_its_pointers(self):
        folder = harness.compat_or_skip() / "apis/v2"
        backend = self.enterContext(Backend())
        apis, paths = {}, {}
        for file in sorted(folder.glob("*.json")):
            apis[file.name], paths[file.stem] = prepared_v2(file.stem, file.read_text(), backend)
        gateway = self.enterContext(Gateway({"perigee.sync.local.openPlan": "true"}, apis=apis))
        gateway.started()
        entries = {entry["source"].rsplit("/", 1)[-1].removesuffix(".json"): entry
                   for entry in gateway.node_json("/_node/apis")}
        self.assertEqual(sorted(entries), sorted(paths))
        for name, entry in entries.items():
            with self.subTest(name=name):
                if entry["state"] == "deployed":
                    self.assertEqual(self.asked(gateway, paths[name]), V2_ANSWERS.get(name, SERVED))
                    continue
                for reason in entry["reasons"]:
                    self.assertRegex(reason, r"^error at /\S+: .+")
                self.check_told(gateway, entry)

    def asked(self, gateway, paths):
        for path, host in paths:
            headers = {"Host": host} if host else {}
            status, _, _ = gateway.request(path + "/x", headers=headers)
            if status != 200:
                return answers(status)
        return SERVED


if __name__ == "__main__":
    harness.run()
