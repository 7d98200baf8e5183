"""Definitions in a watched folder: served, changed, removed, broken, without a failed request."""
import json
import threading
import unittest

import harness
from harness import Backend, Gateway, api, setting


class Load:
    """Asks one path over and over on keep-alive connections; every answer must have this status."""

    def __init__(self, gateway, path, connections=2):
        self.answers, self.failures = 0, []
        self._gateway, self._path = gateway, path
        self._stop = threading.Event()
        self._progress = threading.Condition()
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        import http.client
        connection = http.client.HTTPConnection(self._gateway.host, self._gateway.port, timeout=60)
        while not self._stop.is_set():
            try:
                connection.request("GET", self._path)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failures.append(answer.status)
            except OSError as error:
                self.failures.append(repr(error))
                connection.close()
            with self._progress:
                self.answers += 1
                self._progress.notify_all()
        connection.close()

    def more(self, count=100):
        """Waits for this many further answers."""
        with self._progress:
            until = self.answers + count
            assert self._progress.wait_for(lambda: self.answers >= until, harness.PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


class Apis(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend())

    def start(self, **apis):
        files = {name + ".json": definition for name, definition in apis.items()}
        return self.enterContext(Gateway(apis=files)).started()

    def test_a_definition_is_proxied(self):
        gateway = self.start(api=api(self.backend.url + "/base"))
        status, headers, body = gateway.request("/a/x?q=1", "POST", body=b"hello")
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body), {"method": "POST", "path": "/base/x?q=1", "body": "hello"})
        self.assertIn("X-Gravitee-Request-Id", headers)
        status, _, body = gateway.request("/other")
        self.assertEqual((status, body), (404, b"No context-path matches the request URI."))

    def test_changes_take_effect_without_a_failed_request(self):
        gateway = self.start(api=api(self.backend.url))
        with Load(gateway, "/a/x") as load:
            load.more()
            mark = gateway.mark()
            gateway.put("second.json", api(self.backend.url, "/b", "second"))
            gateway.wait_for("API id[second]", mark)
            self.assertEqual(self.eventually(gateway, "/b/x", 200)[0], 200)
            for revision in range(20):
                mark = gateway.mark()
                gateway.put("api.json", api(self.backend.url, flows=setting("X-Revision", str(revision))))
                gateway.wait_for("API id[api]", mark)
                load.more(20)
            headers = self.eventually(
                gateway, "/a/x", 200, lambda headers: headers["X-Revision"] == "19")[1]
            self.assertEqual(headers["X-Revision"], "19")
            mark = gateway.mark()
            gateway.remove("second.json")
            gateway.wait_for("undeployed", mark)
            self.eventually(gateway, "/b/x", 404)
            load.more()
        self.assertEqual(load.failures, [])

    def eventually(self, gateway, path, status, holds=lambda headers: True):
        """Asks until the answer is so: a deployment is logged a moment before workers take it."""
        for _ in range(1000):
            got = gateway.request(path)
            if got[0] == status and holds(got[1]):
                return got
        self.fail(f"{path} does not answer {status}: {got[0]}")

    def listed(self, gateway, count):
        """The list of APIs once it has this many entries; it follows the log by a moment."""
        for _ in range(1000):
            entries = gateway.node_json("/_node/apis")
            if len(entries) == count:
                return entries
        self.fail(f"{len(entries)} entries instead of {count}: {entries}")

    def test_a_broken_file_keeps_the_old_version_and_says_why(self):
        gateway = self.start(api=api(self.backend.url), other=api(self.backend.url, "/b", "other"))
        mark = gateway.mark()
        gateway.put("api.json", json.dumps(api(self.backend.url))[:100])
        line = gateway.wait_for("api.json", mark)
        self.assertIn("ERROR", line)
        self.assertEqual(gateway.request("/a/x")[0], 200)
        self.assertEqual(gateway.request("/b/x")[0], 200)
        refused = [e for e in self.listed(gateway, 3) if e["state"] == "refused"]
        self.assertTrue(refused[0]["source"].endswith("/api.json"))
        self.assertTrue(refused[0]["previousServes"])
        self.assertTrue(refused[0]["reasons"][0])
        mark = gateway.mark()
        gateway.put("api.json", api(self.backend.url, flows=setting("X-Mended", "yes")))
        gateway.wait_for("has been deployed", mark)
        self.eventually(gateway, "/a/x", 200, lambda headers: headers["X-Mended"] == "yes")
        self.assertEqual([e["state"] for e in self.listed(gateway, 2)], ["deployed"] * 2)

    def test_what_is_not_supported_refuses_its_api_with_the_pointer(self):
        bad = api(self.backend.url, "/bad", "bad")
        bad["flows"] = [{"name": "f", "request": [{"policy": "no-such-policy", "enabled": True}]}]
        gateway = self.start(api=api(self.backend.url), bad=bad)
        self.assertEqual(gateway.request("/a/x")[0], 200)
        self.assertEqual(gateway.request("/bad/x")[0], 404)
        entry = next(e for e in self.listed(gateway, 2) if e["state"] == "refused")
        self.assertEqual(entry["id"], "bad")
        self.assertIn("/flows/0/request/0/policy", entry["reasons"][0])
        self.assertIn("no-such-policy", gateway.text())

    def test_many_definitions_are_there_when_the_port_opens(self):
        gateway = self.start(**{
            f"api{n}": api(self.backend.url, f"/many/{n}", f"id{n}") for n in range(200)})
        for n in (0, 100, 199):
            self.assertEqual(gateway.request(f"/many/{n}/x")[0], 200)
        self.listed(gateway, 200)

    def test_a_config_map_swap_is_seen(self):
        gateway = self.enterContext(Gateway())
        gateway.started()
        old, new = gateway.apis / "..old", gateway.apis / "..new"
        for folder, value in ((old, "old"), (new, "new")):
            folder.mkdir()
            definition = api(self.backend.url, flows=setting("X-Version", value))
            (folder / "api.json").write_text(json.dumps(definition))
        (gateway.apis / "..data").symlink_to("..old")
        mark = gateway.mark()
        (gateway.apis / "api.json").symlink_to("..data/api.json")
        gateway.wait_for("has been deployed", mark)
        self.eventually(gateway, "/a/x", 200, lambda headers: headers["X-Version"] == "old")
        mark = gateway.mark()
        (gateway.apis / "..data_tmp").symlink_to("..new")
        (gateway.apis / "..data_tmp").rename(gateway.apis / "..data")
        gateway.wait_for("has been deployed", mark)
        self.eventually(gateway, "/a/x", 200, lambda headers: headers["X-Version"] == "new")


if __name__ == "__main__":
    harness.run()
