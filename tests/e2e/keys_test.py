"""Keys of the configuration do what they are for, in the real program."""
import threading
import unittest

import harness
from harness import Backend, Gateway, api


class Keys(unittest.TestCase):
    def start(self, **keys):
        self.backend = self.enterContext(Backend())
        keys = {key.replace("__", "."): value for key, value in keys.items()}
        return self.enterContext(Gateway(keys, apis={"api.json": api(self.backend.url)})).started()

    def test_a_trace_begins_here_when_it_is_switched_on(self):
        gateway = self.enterContext(Gateway({"handlers.request.trace-context.enabled": "true"})).started()
        self.assertRegex(gateway.request("/none")[1]["traceparent"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        self.assertIsNone(self.start().request("/a/x")[1]["traceparent"])
        self.assertNotIn("traceparent", self.backend.requests.get()[2])

    def test_labels_of_metrics_are_chosen(self):
        gateway = self.start(**{
            "services__metrics__enabled": "true", "services__metrics__labels": "http_path,http_code",
            "services.metrics.include.http.client[0]": "remote",
            "services.metrics.exclude.http.client[0]": "http_code"})
        self.assertEqual(gateway.request("/a/x")[0], 200)
        text = gateway.scrape(r'^http_server_requests_total\{[^}]*,path="/a/",code="200"\} 1$')
        self.assertRegex(text, rf'(?m)^http_client_responses_total\{{[^}}]*,remote="127.0.0.1:'
                               rf'{self.backend.port}",path="/a/"\}} 1$')
        self.assertNotRegex(text, r'(?m)^http_.*local="')

    def test_the_path_of_metrics_may_be_the_raw_one(self):
        gateway = self.start(**{
            "services.metrics.enabled": "true", "services.metrics.labels": "http_path",
            "perigee.metrics.rawPath": "true", "services.metrics.prometheus.naming.version": "3.10"})
        self.assertEqual(gateway.request("/a/x?y")[0], 200)
        gateway.scrape(r'^http_server_requestCount_total\{[^}]*,path="/a/x"\} 1$')

    def test_a_thread_dump_tells_what_a_request_waits_for(self):
        come, go = threading.Event(), threading.Event()

        def slow(*_):
            come.set()
            go.wait(harness.PATIENCE)
            return 200, b"{}"

        gateway = self.start(**{"services.core.endpoints.threaddump.enabled": "true",
                                "http.instances": "1"})
        self.assertEqual(gateway.node("/_node/heapdump")[0], 404)
        self.backend.answer = slow
        asking = threading.Thread(target=gateway.request, args=("/a/x",))
        asking.start()
        self.assertTrue(come.wait(harness.PATIENCE))
        sent = self.backend.requests.get()[2]["X-Gravitee-Request-Id"]
        status, headers, body = gateway.node("/_node/threaddump")
        go.set()
        asking.join()
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain;charset=UTF-8"))
        self.assertRegex(body.decode(), rf'"gio.worker-0" thread \d+ .*\n'
                                        rf'    1 connections, 1 requests in progress\n'
                                        rf'    request {sent} for \d+\.\d+ s\n')
        for name in ("gio.ops", "gio.build"):
            self.assertIn(f'"{name}" thread ', body.decode())

    def test_the_folder_is_looked_at_after_the_delay_of_synchronisation(self):
        gateway = self.enterContext(Gateway({
            "services.sync.local.path": "/nonexistent", "services.sync.delay": "7",
            "services.sync.unit": "SECONDS"}))
        gateway.wait_for("it is looked at again every 7000 ms")


if __name__ == "__main__":
    harness.run()
