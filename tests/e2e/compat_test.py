"""Every definition of the reference's own test suites does what compat_apis.py says: answers so, or is refused.

Ids and context paths are made unique so that all are deployed together, and the targets are ours.
"""
import json
import re
import unittest
import urllib.parse

import harness
from compat_apis import EXPECTED
from harness import Backend, Gateway


def ours(target, backend):
    """The same path at our backend; what is no URL of HTTP stays."""
    parts = urllib.parse.urlsplit(target)
    return backend.url + parts.path if parts.scheme in ("http", "https") else target


KEEPS_ITS_PATH = "v4/apim-http-overlapping-api-2"  # which stands in its condition


def prepared_v4(name, definition, backend):
    for listener in definition["listeners"]:
        for path in listener.get("paths", []):
            if name != KEEPS_ITS_PATH:
                path["path"] = f"/{name}{path['path']}"
    for group in definition["endpointGroups"]:
        for endpoint in group["endpoints"]:
            configuration = endpoint.get("configuration") or {}
            if "target" in configuration:
                configuration["target"] = ours(configuration["target"], backend)
    return [(path["path"], path.get("host")) for listener in definition["listeners"]
            for path in listener.get("paths", [])]


def prepared_v2(name, definition, backend):
    proxy = definition["proxy"]
    proxy.pop("context_path", None)
    proxy["virtual_hosts"] = [{"path": f"/{name}"}]
    for endpoint in proxy.get("endpoints", []) + [
            endpoint for group in proxy.get("groups", []) for endpoint in group["endpoints"]]:
        endpoint["target"] = ours(endpoint["target"], backend)
    return [(f"/{name}", None)]


def event(kind, payload):
    return {"type": kind, "payload": json.dumps(payload)}


def group(phase):
    """A shared policy group of the API that names two of them."""
    return event("DEPLOY_SHARED_POLICY_GROUP", {
        "id": f"spg-two-headers-on-{phase}", "environmentId": "DEFAULT", "name": phase, "phase": phase.upper(),
        "policies": [{"name": "inside", "policy": "transform-headers", "configuration": {
            "addHeaders": [{"name": "X-Inside", "value": phase}]}}]})


# What definitions name, without being APIs themselves.
PLATFORM = {
    "dictionary.json": event("PUBLISH_DICTIONARY", {"id": "test", "key": "test", "environmentId": "DEFAULT",
                                                    "properties": {"test": "of the dictionary"}}),
    "group-of-requests.json": group("request"),
    "group-of-responses.json": group("response"),
}


class Compat(unittest.TestCase):
    maxDiff = None

    def test_the_table_is_that_of_the_index(self):
        apis = json.loads((harness.compat_or_skip() / "apis/index.json").read_text())["apis"]
        self.assertEqual(sorted(f"{name}.json" for name in EXPECTED), sorted(api["file"] for api in apis))

    def test_each_definition_does_what_the_table_says(self):
        folder = harness.compat_or_skip() / "apis"
        self.calls = []
        self.backend = self.enterContext(Backend(self.answered))
        files, paths = dict(PLATFORM), {}
        for name in EXPECTED:
            definition = json.loads((folder / f"{name}.json").read_text())
            definition["id"] = name.replace("/", ".")
            prepare = prepared_v2 if name.startswith("v2/") else prepared_v4
            paths[name] = prepare(name, definition, self.backend)
            files[f"{definition['id']}.json"] = definition
        first = harness.free_port()
        self.gateway = self.enterContext(Gateway({
            "perigee.sync.local.openPlan": "true", "tenant": "tenant-2", "http.port": None, "http.host": None,
            "servers[0].id": "first", "servers[0].type": "http", "servers[0].port": first,
            "servers[0].host": "127.0.0.1"}, apis=files, server="second"))
        self.gateway.started()
        entries = {entry["source"].rsplit("/", 1)[-1].removesuffix(".json"): entry
                   for entry in self.gateway.node_json("/_node/apis")}
        self.assertEqual(sorted(entries), sorted(name.replace("/", ".") for name in EXPECTED))
        for name, expected in EXPECTED.items():
            with self.subTest(name=name):
                entry = entries[name.replace("/", ".")]
                found = dict(re.match(r"error at (\S+): (.+)", reason).groups() for reason in entry.get("reasons", []))
                self.assertEqual(found, expected if isinstance(expected, dict) else {})
                self.check_told(entry)
                for ask in expected if isinstance(expected, list) else []:
                    for path, host in paths[name]:
                        self.check(ask, path, host)
        only_second = paths["v4/apim-v4-http-api-single-server"][0][0]
        self.assertEqual(self.gateway.request(only_second + "/x", port=first)[0], 404)

    def check_told(self, entry):
        """A refusal stands in the log too: file, API id, pointer and reason."""
        for reason in entry.get("reasons", []):
            line = f"{entry['source']}: API {entry['id']}: {reason}"
            self.assertTrue(any(line in logged for logged in self.gateway.log), line)

    def answered(self, request, body):
        """The backend: tells what it got, with the status of X-Status; breaks off where X-Down says."""
        self.calls.append((request.path, request.headers, body.decode()))
        down = request.headers.get("X-Down")
        if down and request.path.startswith(down):
            raise ConnectionError("this endpoint is down")
        told = {"method": request.command, "path": request.path, "body": body.decode()}
        return int(request.headers.get("X-Status", 200)), json.dumps(told).encode()

    def check(self, ask, path, host):
        self.calls.clear()
        headers = ask.headers | ({"Host": host} if host else {})
        status, has, body = self.gateway.request(path.rstrip("/") + ask.path, ask.method, headers, ask.body)
        self.assertEqual(status, ask.status, (ask, body))
        if ask.says is not None:
            self.assertEqual(body.decode(), ask.says, ask)
        self.check_headers(has, ask.has, ask)
        if ask.calls is not None:
            self.assertEqual(len(self.calls), ask.calls, ask)
        if ask.tried is not None:
            self.assertEqual({path for path, _, _ in self.calls}, ask.tried, ask)
        if ask.at or ask.sees or ask.gets is not None:
            self.assertTrue(self.calls, ask)
            at, sees, gets = self.calls[-1]
            self.assertRegex(at, f"^{ask.at or '.*'}$", ask)
            self.check_headers(sees, ask.sees, ask)
            if ask.gets is not None:
                self.assertEqual(gets, ask.gets, ask)

    def check_headers(self, found, expected, ask):
        self.assertEqual({name: found.get(name) for name in expected}, expected, ask)


if __name__ == "__main__":
    harness.run()
