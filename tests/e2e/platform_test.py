"""Dictionaries, shared policy groups and platform flows from files, changed while the gateway runs."""
import json
import time
import unittest

import harness
from harness import Backend, Gateway


def event(kind, payload):
    return {"type": kind, "payload": json.dumps(payload)}


def set_header(name, value):
    return {"name": name, "policy": "transform-headers",
            "configuration": {"addHeaders": [{"name": name, "value": value}]}}


def group(value):
    return event("DEPLOY_SHARED_POLICY_GROUP", {"id": "g", "environmentId": "DEFAULT", "name": "g", "phase": "RESPONSE",
                                                "policies": [set_header("X-Group", value)]})


def organization(value):
    return event("PUBLISH_ORGANIZATION", {"id": "DEFAULT", "name": "o", "flowMode": "DEFAULT", "flows": [
        {"path-operator": {"path": "/", "operator": "STARTS_WITH"}, "pre": [],
         "post": [set_header("X-Platform", value)]}]})


def dictionary(value):
    return event("PUBLISH_DICTIONARY", {"id": "d", "key": "d", "environmentId": "DEFAULT", "properties": {"k": value}})


def access_point(host):
    return event("DEPLOY_ACCESS_POINT", {"id": "p", "referenceType": "ENVIRONMENT", "referenceId": "DEFAULT",
                                         "target": "GATEWAY", "host": host})


def eventually(check):
    """A plan is published some time after the log told what is in it."""
    end = time.monotonic() + harness.PATIENCE
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.02)


class Platform(unittest.TestCase):
    def test_what_is_new_serves_the_next_request(self):
        backend = self.enterContext(Backend())
        steps = [{"name": "g", "policy": "shared-policy-group-policy", "configuration": {"sharedPolicyGroupId": "g"}},
                 set_header("X-Dictionary", "{#dictionaries['d']['k']}")]
        api = harness.api(backend.url, path="/a", flows=[{"name": "f", "enabled": True, "response": steps}])
        gateway = self.enterContext(Gateway({}, apis={
            "a.json": api, "g.json": group("1"), "o.json": organization("1"), "d.json": dictionary("1")}))
        gateway.started()
        for value in ("1", "2", "3"):
            for name, made in (("g", group), ("o", organization), ("d", dictionary)):
                gateway.put(f"{name}.json", made(value))
            eventually(lambda: self.assertEqual(self.told(gateway), (200, [value] * 3)))
        deployments = [line for line in gateway.log if "API id[" in line and "has been deployed" in line]
        self.assertEqual(len(deployments), 1, deployments)
        gateway.remove("o.json")
        gateway.remove("g.json")
        gateway.put("d.json", event("UNPUBLISH_DICTIONARY", {"id": "d", "key": "d", "environmentId": "DEFAULT",
                                                             "properties": {}}))
        # An index of what is not there fails.
        eventually(lambda: self.assertEqual(self.told(gateway), (500, [None] * 3)))

    def test_access_points_come_and_go_without_a_deployment(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway({}, apis={"a.json": harness.api(backend.url, path="/a"),
                                                      "p.json": access_point("one.example")}))
        gateway.started()
        self.assertEqual(self.statuses(gateway), [200, 404])
        gateway.put("p.json", access_point("two.example"))
        eventually(lambda: self.assertEqual(self.statuses(gateway), [404, 200]))
        gateway.remove("p.json")
        eventually(lambda: self.assertEqual(self.statuses(gateway), [200, 200]))
        deployments = [line for line in gateway.log if "API id[" in line and "has been deployed" in line]
        self.assertEqual(len(deployments), 1, deployments)

    @staticmethod
    def statuses(gateway):
        return [gateway.request("/a/x", headers={"Host": host})[0] for host in ("one.example", "two.example")]

    def test_a_group_that_is_refused_is_listed_by_its_kind(self):
        gateway = self.enterContext(Gateway({}, apis={"g.json": group("1")})).started()
        broken = group("2")
        broken["payload"] = broken["payload"].replace("transform-headers", "transform-heders")
        gateway.put("g.json", broken)
        gateway.wait_for("g.json: shared policy group g is refused; its previous version goes on serving")
        eventually(lambda: self.assertEqual(
            [(entry["kind"], entry["id"], entry["state"], entry["previousServes"])
             for entry in gateway.node_json("/_node/apis")], [("shared policy group", "g", "refused", True)]))
        gateway.put("g.json", group("1"))
        eventually(lambda: self.assertEqual(gateway.node_json("/_node/apis"), []))
        gateway.remove("g.json")
        gateway.wait_for("g.json: shared policy group 'g' has been undeployed")

    @staticmethod
    def told(gateway):
        status, headers, _ = gateway.request("/a/x")
        return status, [headers.get(name) for name in ("X-Group", "X-Platform", "X-Dictionary")]


if __name__ == "__main__":
    harness.run()
