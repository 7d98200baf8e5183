"""What docs/ shows is what the program does: files and sessions, the expressions of every table."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness
import pages

DOCS = harness.SOURCE / "docs"
UNPARSABLE = "Fails always, warned of with"


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


class Expressions(unittest.TestCase):
    """Every row of the tables of expressions.md, in a flow of its own of the API that the page shows."""

    @classmethod
    def setUpClass(cls):
        cls.text = pages.text_of("expressions.md")
        cls.shop = json.loads(pages.files_of(cls.text)["shop.json"])
        cls.command = next(command for _, command, _ in pages.commands_of(cls.text))

    def rows(self, *headings):
        """(expression, what the page says) of the tables with these columns."""
        tables = pages.tables_of(self.text)
        found = [(pages.unquoted(row[0]), row[1]) for head, rows in tables if tuple(head[:2]) == headings
                 for row in rows]
        self.assertGreater(len(found), 4, headings)
        return found

    def test_files_and_sessions(self):
        self.assertEqual(pages.Page(self, "expressions.md").run(), 1)

    def start(self, steps, phase="request"):
        """A gateway that runs the n-th step for requests with the header `X-Row: n`."""
        flows = [{"name": f"row {row}", phase: [step], "selectors": [
            {"type": "http", "path": "/items/:id"},
            {"type": "condition", "condition": f"{{#request.headers['X-Row'][0] == '{row}'}}"}]}
            for row, step in enumerate(steps)]
        page = pages.Page(self, "expressions.md", {"shop.json": self.shop | {"flows": flows}})
        for row in range(len(steps)):
            answer = page.output(self.command + f" -D - -H 'X-Row: {row}'")
            end = answer.index("")
            yield row, int(answer[0].split()[1]), answer[1:end], answer[end + 1:], page.gateway

    @staticmethod
    def setting(expression, **more):
        return {"policy": "transform-headers", **more,
                "configuration": {"addHeaders": [{"name": "X-Result", "value": expression}]}}

    def test_values_in_the_request(self):
        rows = self.rows("Expression", "Gives")
        for row, status, _, body, _ in self.start([self.setting(expression) for expression, _ in rows]):
            with self.subTest(expression=rows[row][0]):
                self.assertEqual(status, 200, body)
                self.check_value(json.loads("\n".join(body))["headers"].get("X-Result"), rows[row][1])

    def test_values_in_the_response(self):
        rows = self.rows("In the response", "Gives")
        steps = [self.setting(expression) for expression, _ in rows]
        for row, status, head, _, _ in self.start(steps, "response"):
            with self.subTest(expression=rows[row][0]):
                self.assertEqual(status, 200)
                found = [line.removeprefix("X-Result: ") for line in head if line.startswith("X-Result: ")]
                self.check_value(found[0] if found else None, rows[row][1])

    def check_value(self, found, shown):
        self.assertEqual(found, None if shown == "nothing" else pages.unquoted(shown))

    def test_conditions(self):
        rows = self.rows("Condition", "Holds")
        steps = [self.setting("yes", condition=condition) for condition, _ in rows]
        for row, status, _, body, _ in self.start(steps):
            with self.subTest(condition=rows[row][0]):
                found = "fails"
                if status == 200:
                    found = json.loads("\n".join(body))["headers"].get("X-Result", "no")
                self.assertEqual((found, status), (rows[row][1], 500 if found == "fails" else 200))

    def test_failures(self):
        rows = self.rows("Expression", "Fails with")
        for row, status, _, _, gateway in self.start([self.setting(expression) for expression, _ in rows]):
            expression, reason = rows[row][0], pages.unquoted(rows[row][1])
            with self.subTest(expression=expression):
                self.assertEqual(status, 500)
                line = gateway.wait_for(f"expression '{expression}': ")
                self.assertIn(reason, line)

    def test_what_cannot_be_parsed_fails_always(self):
        rows = self.rows("Expression", UNPARSABLE)
        for row, status, _, _, gateway in self.start([self.setting(expression) for expression, _ in rows]):
            with self.subTest(expression=rows[row][0]):
                self.assertEqual(status, 500)
                gateway.wait_for(pages.unquoted(rows[row][1]))

    def test_refusals_and_warnings(self):
        for severity, heading in (("error", "Refused with"), ("warning", "Warned of with"),
                                  ("warning", UNPARSABLE)):
            for expression, reason in self.rows("Expression", heading):
                with self.subTest(expression=expression):
                    lines = self.checked(expression)
                    told = [line for line in lines if line.startswith(severity + ": ")]
                    self.assertEqual(len(told), 1, lines)
                    self.assertTrue(told[0].endswith(": " + pages.unquoted(reason)), told)

    def checked(self, expression):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        flows = [{"request": [self.setting(expression)]}]
        (folder / "shop.json").write_text(json.dumps(self.shop | {"flows": flows}))
        done = subprocess.run([harness.BINARY, "check", "shop.json"], cwd=folder, capture_output=True, text=True,
                              timeout=harness.PATIENCE)
        return done.stdout.splitlines()


if __name__ == "__main__":
    harness.run()
