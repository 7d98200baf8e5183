"""The example of each page of docs/policies does what the page shows of it."""
import unittest

import harness
import pages
from harness import Backend

FOLDER = harness.SOURCE / "docs/policies"
COUNTED_HERE = {"ratelimit.type": "local"}


class PolicyPages(unittest.TestCase):
    def run_page(self, name, keys=None, backends=None):
        page = pages.Page(self, f"policies/{name}.md", keys=keys, backends=backends)
        self.assertEqual(list(page.files), [f"{name}.json"])
        self.assertGreaterEqual(page.run(), 1, f"{name}.md shows no session")

    def test_examples(self):
        names = sorted(page.stem for page in FOLDER.glob("*.md"))
        self.assertGreater(len(names), 20)
        for name in set(names) - {"retry", "traffic-shadowing"}:
            with self.subTest(page=name):
                self.run_page(name, COUNTED_HERE)

    def test_retry(self):
        statuses = [503, 503, 200] + [503] * 3  # as the page says
        backend = self.enterContext(Backend(lambda request, body: (statuses.pop(0), b"{}")))
        self.run_page("retry", backends={pages.ECHO: backend})
        self.assertEqual(statuses, [])

    def test_traffic_shadowing(self):
        shadow = self.enterContext(Backend())
        self.run_page("traffic-shadowing", backends={"127.0.0.1:8091": shadow})
        method, path, headers = shadow.requests.get(timeout=harness.PATIENCE)
        self.assertEqual((method, path, headers["X-Shadow"]), ("GET", "/7", "true"))


if __name__ == "__main__":
    harness.run()
