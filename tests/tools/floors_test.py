"""tools/floors finds what it is there to find."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

FLOORS = pathlib.Path(__file__).resolve().parents[2] / "tools" / "floors"


class FloorsTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)
        self.write("src/floors.txt", "# a comment\n7 apps\n2 http el\n0 base\n")

    def write(self, path: str, text: str):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_floors(self):
        done = subprocess.run([sys.executable, FLOORS, self.root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_lower_floors_and_the_own_room_may_be_included(self):
        self.write("src/http/a.hpp", '#include "http/b.hpp"\n#include "base/json.hpp"\n#include <sys/types.h>\n')
        self.write("apps/perigee/main.cpp", '#include "el/el.hpp"\n')
        self.assertEqual(self.run_floors(), (0, ""))

    def test_an_upper_floor_is_refused_with_file_and_line(self):
        self.write("src/base/a.cpp", '#include "base/a.hpp"\n\n#include "http/b.hpp"\n')
        code, told = self.run_floors()
        self.assertEqual(code, 1)
        self.assertIn("src/base/a.cpp:3: base (floor 0) includes http (floor 2)", told)

    def test_headers_of_the_system_are_no_room(self):
        self.write("src/base/a.cpp", "#include <http/not_ours.h>\n")
        self.assertEqual(self.run_floors(), (0, ""))

    def test_a_neighbour_on_the_same_floor_is_refused(self):
        self.write("src/http/b.hpp", "")
        self.write("src/el/a.hpp", "  #  include <http/b.hpp>\n")
        code, told = self.run_floors()
        self.assertEqual(code, 1)
        self.assertIn("src/el/a.hpp:1: el (floor 2) includes http (floor 2)", told)

    def test_every_fault_is_told(self):
        self.write("src/base/a.cpp", '#include "http/b.hpp"\n#include "el/b.hpp"\n')
        self.assertEqual(len(self.run_floors()[1].splitlines()), 2)

    def test_a_room_without_a_floor_is_refused(self):
        self.write("src/attic/a.hpp", "")
        code, told = self.run_floors()
        self.assertEqual(code, 1)
        self.assertIn("src/attic: the room has no floor", told)


if __name__ == "__main__":
    unittest.main()
