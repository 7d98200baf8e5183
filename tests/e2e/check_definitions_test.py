"""What is wrong with API definitions: `perigee check`, the log and /_node/apis say the same."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import harness
from harness import Gateway, api

NOWHERE = "http://127.0.0.1:1"


def check(*arguments, **environment):
    done = subprocess.run([harness.BINARY, "check", *arguments], capture_output=True, text=True,
                          timeout=harness.PATIENCE, env={**os.environ, **environment})
    return done.returncode, done.stdout + done.stderr


DEFINITIONS = harness.COMPAT / "apis"
BROAD = {"v4": "apim-http-flows-api-conditional-flows.json", "v2": "apim-standalone-flow-best-match-flow.json"}


def with_one_fault(value):
    """Copies of a JSON value, each with another member or item that is of a wrong type."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        wrong = 7 if not isinstance(value[key], (int, float)) else "seven"
        for replaced in (wrong, *with_one_fault(value[key])):
            copied = value.copy()
            copied[key] = replaced
            yield copied


class CheckDefinitions(unittest.TestCase):
    def folder(self, files):
        """A gravitee.yml and definitions beside it."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return folder

    def test_broken_json_is_told_with_file_line_and_column(self):
        folder = self.folder({"apis/broken.json": '{\n  "id": }\n'})
        told = f"{folder}/apis/broken.json:2:9: not valid JSON: found '}}', expected a value"
        gateway = self.enterContext(Gateway({"services.sync.local.path": folder / "apis"}))
        self.assertTrue(gateway.wait_for(f"- {told}").endswith(told))
        gateway.started()
        self.assertEqual([entry["reasons"] for entry in gateway.node_json("/_node/apis")], [[told]])
        self.assertEqual(check(folder / "apis"), (1, f"error: {told}\n1 file checked: 1 error, 0 warnings\n"))

    def test_a_definition_without_version_is_told_what_to_add(self):
        definition = api(NOWHERE)
        del definition["definitionVersion"]
        folder = self.folder({"a.json": definition})
        _, text = check(folder)
        self.assertIn(f"error: {folder}/a.json: without definitionVersion it is a v2 definition, and has no 'proxy'; "
                      'write "definitionVersion": "4.0.0" when it is a v4 definition\n', text)

    def test_what_cannot_be_read_hides_nothing_else(self):
        definition = api(NOWHERE, flows=[{"name": "f", "request": [{"policy": "transform-header"}], "selectors": 7}])
        definition["listeners"][0]["cors"] = {"enabled": True, "allowOrigin": ["http://(bad"]}
        definition["plans"] = [{"name": "no id", "status": "published", "security": {"type": "key-less"}},
                               {"id": "keys", "name": "k", "status": "published", "security": {"type": "jwt"}}]
        folder = self.folder({"apis/a.json": definition})
        status, text = check(folder / "apis")
        told = [line.split("a.json: ")[1].split(": ")[0] for line in text.splitlines() if ".json: /" in line]
        self.assertEqual(status, 1)
        self.assertEqual(sorted(told), ["/flows/0/request/0/policy", "/flows/0/selectors",
                                        "/listeners/0/cors/allowOrigin/0", "/plans/0/id", "/plans/1/security/type"], text)

    def test_an_explained_api_shows_what_is_around_it(self):
        step = {"policy": "transform-headers", "configuration": {"scope": "REQUEST", "addHeaders": []}}
        definition = api(NOWHERE, flows=[{"name": "own", "request": [
            {"policy": "shared-policy-group-policy", "configuration": {"sharedPolicyGroupId": group}}
            for group in ("both", "absent")]}])
        definition["failover"] = {"enabled": True, "maxRetries": 3, "slowCallDuration": 700, "openStateDuration": 5000,
                                  "maxFailures": 4, "perSubscription": False}
        definition["endpointGroups"][0]["services"] = {"healthCheck": {
            "enabled": True, "type": "http-health-check", "configuration": {
                "schedule": "*/5 * * * * *", "method": "GET", "successThreshold": 1, "failureThreshold": 2, "target": "/up",
                "assertion": "{#response.status == 200}"}}}
        group = {"id": "both", "name": "both", "environmentId": "DEFAULT", "phase": "REQUEST",
                 "policies": [{**step, "name": "inside"}]}
        organization = {"id": "DEFAULT", "flowMode": "DEFAULT", "flows": [
            {"name": "around", "enabled": True, "methods": [], "path-operator": {"path": "/", "operator": "STARTS_WITH"},
             "pre": [{**step, "name": "before", "enabled": True}], "post": []}]}
        folder = self.folder({
            "a.json": definition,
            "b.json": {"type": "DEPLOY_SHARED_POLICY_GROUP", "payload": json.dumps(group)},
            "c.json": {"type": "PUBLISH_ORGANIZATION", "payload": json.dumps(organization)}})
        status, text = check("--explain", folder)
        self.assertEqual(status, 0, text)
        for line in ("    request, of the organization",
                     "flow 'around': every path", "1. transform-headers 'before'",
                     "1. shared policy group both", "  1. transform-headers 'inside'",
                     "2. shared policy group absent, not deployed: skipped",
                     "checked by GET http://127.0.0.1:1/up: down after 2 failures, up after 1 successes",
                     "failover: 3 more attempts; breaker of the API: open for 5000 ms after 4 calls that failed "
                     "or took more than 700 ms"):
            self.assertIn(line.strip(), text)

    def test_any_one_fault_is_told_and_the_rest_is_looked_at(self):
        harness.compat_or_skip()
        definitions = {}
        for kind in ("v4", "v2"):
            original = json.loads((DEFINITIONS / kind / BROAD[kind]).read_text())
            for number, broken in enumerate(with_one_fault(original)):
                definitions[f"apis/{kind}-{number}.json"] = broken
        self.assertGreater(len(definitions), 100)
        folder = self.folder(definitions)
        status, text = check(folder / "apis")
        self.assertEqual(status, 1)  # no signal
        self.assertIn(f"{len(definitions)} files checked: ", text)

    def test_warnings_of_a_served_api(self):
        definition = api(NOWHERE, flowz=[])
        definition["listeners"][0]["servers"] = ["nope"]
        definition["listeners"][0]["paths"].append({"host": "*.example.com", "path": "/a"})
        definition["endpointGroups"].append({"name": "spare", "type": "http-proxy", "endpoints": []})
        expected = {
            "/flowz": "unknown member, ignored; did you mean 'flows'?",
            "/listeners/0/servers/0": "no server of the configuration has the id 'nope': no request reaches the "
                                      "listener through it; known: 'http'",
            "/listeners/0/paths/1/host": "'*.example.com' fits no host: it is a pattern only with "
                                         "api.allowOverlappingContext: true in gravitee.yml; set that, or write a "
                                         "path for each host",
            "/endpointGroups/1/endpoints": "group 'spare' has no usable endpoint: its requests are answered with 503 "
                                           "NO_ENDPOINT_FOUND",
        }
        folder = self.folder({"gravitee.yml": "services: {core: {http: {enabled: false}}}\n", "a.json": definition})
        gateway = self.enterContext(Gateway(apis={"a.json": definition})).started()
        served = gateway.node_json("/_node/apis")[0]
        self.assertEqual(sorted(served["warnings"]), sorted(f"warning at {at}: {what}" for at, what in expected.items()))
        self.assertEqual(gateway.request("/a")[0], 404)  # on the server 'http'
        _, text = check(folder)
        for at, what in expected.items():
            self.assertEqual(gateway.text().count(f"warning at {at}: {what}"), 1)
            self.assertIn(f"warning: {folder}/a.json: {at}: {what}\n", text)

    def test_servers_are_not_judged_without_a_configuration(self):
        definition = api(NOWHERE)
        definition["listeners"][0]["servers"] = ["nope"]
        self.assertEqual(check(self.folder({"a.json": definition})), (0, "1 file checked: 0 errors, 0 warnings\n"))

    def test_paths_are_judged_as_the_configuration_says(self):
        apis = {"apis/deep.json": api(NOWHERE, "/b/c", "deep"), "apis/short.json": api(NOWHERE, "/b", "short")}
        hidden = "path '/b/c/' on any host is never reached"
        off = "services: {sync: {local: {enabled: true, path: apis}}}\n"
        on = "api: {allowOverlappingContext: true}\n" + off
        for yaml, told in ((off, True), (on, False)):
            folder = self.folder(apis | {"gravitee.yml": yaml})
            gateway = self.enterContext(Gateway({"services.sync.local.path": folder / "apis"}, yaml=yaml)).started()
            self.assertEqual(hidden in gateway.text(), told)
            for paths in ([folder], [folder / "apis", folder / "gravitee.yml"]):
                self.assertEqual(hidden in check(*paths)[1], told, yaml)
        self.assertIn(hidden, check(folder / "apis")[1])  # no configuration: the defaults
        self.assertNotIn(hidden, check("--environment", folder / "apis",
                                       GRAVITEE_API_ALLOWOVERLAPPINGCONTEXT="true")[1])

    def test_each_folder_is_judged_by_the_configuration_that_watches_it(self):
        apis = {"deep.json": api(NOWHERE, "/b/c", "deep"), "short.json": api(NOWHERE, "/b", "short")}
        folder = self.folder({f"{part}/{name}": definition for part in ("on", "off") for name, definition in apis.items()})
        for part, overlapping in (("on", "true"), ("off", "false")):
            (folder / f"{part}.yml").write_text(
                f"api: {{allowOverlappingContext: {overlapping}}}\n"
                f"services: {{sync: {{local: {{enabled: true, path: {folder / part}}}}}}}\n")
        _, text = check(folder)
        self.assertIn(f"{folder}/off: API deep", text)
        self.assertNotIn(f"{folder}/on: API deep", text)

    def test_what_the_sharding_tags_leave_out_is_not_judged(self):
        folder = self.folder({"gravitee.yml": "tags: internal\n", "a.json": api(NOWHERE, tags=["external"], plans=[])})
        code, text = check(folder)
        self.assertEqual(code, 0, text)
        self.assertIn(f"info: {folder}/a.json: API api is not for the sharding tags of the configuration", text)


if __name__ == "__main__":
    harness.run()
