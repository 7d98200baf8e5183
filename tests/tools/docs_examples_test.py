"""Every API definition that docs/policies shows in a ```json block passes `perigee check`.

What the pages show of requests to them is run by tests/e2e/policy_pages_test.py.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("PERIGEE_BINARY", ROOT / "build/dev/perigee"))
BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def checked(directory, name, text):
    path = pathlib.Path(directory, name)
    path.write_text(text)
    return subprocess.run([BINARY, "check", path], capture_output=True, text=True, timeout=60)


class DocsExamplesTest(unittest.TestCase):
    def setUp(self):
        self.assertTrue(BINARY.is_file(), f"{BINARY} is not there: build it or set PERIGEE_BINARY")

    def test_definitions_of_policy_pages_are_accepted(self):
        pages = sorted((ROOT / "docs/policies").glob("*.md"))
        self.assertTrue(pages, "docs/policies has no pages")
        for page in pages:
            examples = BLOCK.findall(page.read_text())
            self.assertTrue(examples, f"{page.name}: no ```json block")
            for number, example in enumerate(examples, 1):
                with self.subTest(page=page.name, example=number), tempfile.TemporaryDirectory() as directory:
                    result = checked(directory, f"{page.stem}-{number}.json", example)
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                    self.assertIn(" 0 errors, 0 warnings", result.stdout)

    def test_a_wrong_definition_is_noticed(self):
        example = BLOCK.findall((ROOT / "docs/policies/key-less.md").read_text())[0]
        with tempfile.TemporaryDirectory() as directory:
            result = checked(directory, "wrong.json", example.replace('"key-less"', '"key-lass"'))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
