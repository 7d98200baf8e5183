"""/_node/metrics/prometheus as a scraper reads it: the text format, not only the names."""
import re
import unittest

import harness
from harness import Backend, Gateway, api

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?,?\}})? (\S+)")
COMMENT = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


def parse(test, text):
    """{family: (type, {(sample name, labels): value})}; fails where the format is broken."""
    test.assertTrue(text.endswith("\n"))
    families, helped, current = {}, set(), None
    for line in text.splitlines():
        comment = COMMENT.fullmatch(line)
        if comment and comment[1] == "HELP":
            test.assertNotIn(comment[2], helped, "HELP twice")
            helped.add(comment[2])
        elif comment:
            current = comment[2]
            test.assertNotIn(current, families, "a family in two places")
            test.assertIn(comment[3], ("counter", "gauge", "histogram", "summary", "untyped"))
            families[current] = (comment[3], {})
        else:
            sample = SAMPLE.fullmatch(line)
            test.assertTrue(sample, f"not a sample: {line!r}")
            kind, samples = families[current]
            test.assertIn(sample[1], [current + end for end in SUFFIXES.get(kind, ("",))], line)
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample[2] or ""))
            key = sample[1], tuple(sorted(labels.items()))
            test.assertNotIn(key, samples, "a series twice")
            samples[key] = float(sample[3])
    test.assertEqual(helped, set(families))
    return families


class Metrics(unittest.TestCase):
    def start(self, definition):
        return self.enterContext(Gateway(
            {"services.metrics.enabled": "true"}, apis={"api.json": definition})).started()

    def scrape(self, gateway):
        status, _, body = gateway.node("/_node/metrics/prometheus")
        self.assertEqual(status, 200)
        return parse(self, body.decode())

    def total(self, families, name, suffix="", **labels):
        samples = families[name][1] if name in families else {}
        return sum(value for (sample, found), value in samples.items()
                   if sample == name + suffix and labels.items() <= dict(found).items())

    def after(self, gateway, count, name, suffix="", **labels):
        """A scrape in which so many are counted: a worker counts when the answer has left."""
        for _ in range(1000):
            families = self.scrape(gateway)
            counted = self.total(families, name, suffix, **labels)
            if counted == count:
                return families
        self.fail(f"{name}{suffix} is {counted} and not {count}")

    def test_the_text_is_well_formed_and_adds_up(self):
        backend = self.enterContext(Backend())
        definition = api(backend.url, api_id='odd "id" \\ here')
        gateway = self.start(definition)
        for n in range(7):
            self.assertEqual(gateway.request(f"/a/{n}", "POST", body=b"x" * n)[0], 200)
        self.assertEqual(gateway.request("/none")[0], 404)
        # The node API is a server that counts itself, too.
        local = f"127.0.0.1:{gateway.port}"
        self.after(gateway, 7, "http_server_requests_total", local=local, code="200")
        self.after(gateway, 1, "http_server_requests_total", local=local, code="404")
        families = self.after(gateway, 7, "perigee_api_request_seconds", "_count")
        for name, (kind, samples) in families.items():
            if kind == "histogram":
                self.check_histogram(name, samples)
        self.assertEqual(self.total(families, "http_client_requests_total"), 7)
        self.assertEqual(self.total(families, "perigee_apis_deployed"), 1)
        self.assertEqual(self.total(families, "perigee_apis_refused"), 0)

    def check_histogram(self, name, samples):
        """Buckets never fall, the last one is +Inf and is the count."""
        series = {}
        for (sample, labels), value in samples.items():
            if sample == name + "_bucket":
                rest = dict(labels)
                bound = float(rest.pop("le"))
                series.setdefault(tuple(sorted(rest.items())), []).append((bound, value))
        self.assertTrue(series, f"{name} has no buckets")
        for labels, buckets in series.items():
            buckets.sort()
            counts = [count for _, count in buckets]
            self.assertEqual(counts, sorted(counts), (name, labels))
            self.assertEqual(buckets[-1], (float("inf"), samples[name + "_count", labels]))

    def test_counters_survive_a_redeploy(self):
        backend = self.enterContext(Backend())
        gateway = self.start(api(backend.url))
        for n in range(5):
            self.assertEqual(gateway.request("/a/x")[0], 200)
        self.after(gateway, 5, "perigee_api_request_seconds", "_count")
        mark = gateway.mark()
        gateway.put("api.json", api(backend.url, name="renamed"))
        gateway.wait_for("API id[api]", mark)
        self.assertEqual(gateway.request("/a/x")[0], 200)
        families = self.after(gateway, 6, "perigee_api_request_seconds", "_count")
        self.assertGreaterEqual(self.total(families, "http_server_requests_total"), 6)


if __name__ == "__main__":
    harness.run()
