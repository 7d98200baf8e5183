"""Policies that name a target: the attribute request.endpoint in a running gateway (lifecycle.md 8.1)."""
import unittest

import harness
from harness import Backend, Gateway


def api(backend, url, name="r"):
    step = {"policy": "dynamic-routing", "configuration": {"rules": [{"pattern": "/x/(.*)", "url": url}]}}
    return {
        "id": "r", "name": name, "apiVersion": "1", "definitionVersion": "4.0.0", "type": "proxy",
        "listeners": [{"type": "http", "paths": [{"path": "/r"}], "entrypoints": [{"type": "http-proxy"}]}],
        "endpointGroups": [
            {"name": "main", "type": "http-proxy", "endpoints": [
                {"name": "one", "type": "http-proxy", "configuration": {"target": backend.url}}]},
            {"name": "spare", "type": "http-proxy", "endpoints": [
                {"name": "two", "type": "http-proxy", "configuration": {"target": backend.url + "/two"}}]}],
        "plans": [{"id": "p", "name": "p", "status": "published", "security": {"type": "key-less"}}],
        "flows": [{"name": "f", "enabled": True, "request": [step]}],
    }


class Routing(unittest.TestCase):
    def setUp(self):
        self.backend, self.other = self.enterContext(Backend()), self.enterContext(Backend())

    def gateway(self, url):
        gateway = self.enterContext(Gateway({}, apis={"r.json": api(self.backend, url)}))
        gateway.started()
        return gateway

    def test_a_url(self):
        gateway = self.gateway(self.other.url + "/z/{#group[0]}")
        for number in range(3):
            self.assertEqual(gateway.request(f"/r/x/{number}")[0], 200)
        # The endpoints that were made for it live on; they go when the gateway does (its end is looked at).
        mark = gateway.mark()
        gateway.put("r.json", api(self.backend, self.other.url + "/z/{#group[0]}", name="changed"))
        gateway.wait_for("name[changed]", since=mark)
        self.assertEqual(gateway.request("/r/x/4")[0], 200)

    def test_an_endpoint_by_its_name(self):
        gateway = self.gateway("{#endpoints['two']}/{#group[0]}")
        self.assertEqual(gateway.request("/r/x/1")[0], 200)

    def test_an_endpoint_of_an_unknown_type_leaves_the_others_serving(self):
        odd = {"name": "odd", "type": "http-proxi", "configuration": {"topics": []}}
        definition = api(self.backend, "{#endpoints['spare']}/{#group[0]}")
        definition["endpointGroups"][0]["endpoints"].insert(0, odd)
        definition["endpointGroups"][1] = {"name": "spare", "type": "mock", "endpoints": [dict(odd, name="other")]}
        definition["flows"][0]["selectors"] = [{"type": "http", "path": "/x"}]
        gateway = self.enterContext(Gateway({}, apis={"r.json": definition}))
        gateway.started()
        gateway.wait_for("endpoint 'odd' is left out: unknown endpoint type 'http-proxi'; did you mean 'http-proxy'?")
        for _ in range(4):
            self.assertEqual(gateway.request("/r/y")[0], 200)
        self.assertEqual(gateway.request("/r/x/1")[0], 503)

    def test_a_path_that_no_rule_fits(self):
        self.assertEqual(self.gateway("/{#group[0]}").request("/r/y")[0], 400)


if __name__ == "__main__":
    harness.run()
