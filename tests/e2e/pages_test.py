"""What docs/ shows is what the program does: the files and sessions of definitions.md."""
import re
import unittest

import harness
import pages

DOCS = harness.SOURCE / "docs"


class Overview(unittest.TestCase):
    def test_every_page_is_reached_from_the_overview(self):
        reached, ahead = set(), [DOCS / "overview.md"]
        while ahead:
            page = ahead.pop()
            if page in reached:
                continue
            reached.add(page)
            for link in re.findall(r"\]\(([^)#:]+\.md)", page.read_text()):
                ahead.append((page.parent / link).resolve())
        self.assertEqual(sorted(set(DOCS.rglob("*.md")) - reached), [])


class Definitions(unittest.TestCase):
    def test_files_and_sessions(self):
        page = pages.Page(self, "definitions.md")
        self.assertGreaterEqual(page.run(), 8)


if __name__ == "__main__":
    harness.run()
