"""Tests of the harness's own judgement.

python3 -m unittest discover -s bench -p '*_test.py' -t bench
"""
import json
import os
import tempfile
import unittest

from lib import definitions, records, report, rounds, shapes, stats


def outcome(**figures):
    """A shape `plain` whose rounds have these CPU figures per target."""
    made = rounds.Outcome(shapes.named(["plain"])[0][0], 0, dict.fromkeys(figures, ""))
    for values in zip(*figures.values(), strict=True):
        made.rounds.append({name: {"cpu_us": value, "load_share": 0.5, "proxy_share": 1.0,
                                   "waited_share": 0.0}
                            for name, value in zip(figures, values)})
    return made


class MedianRatio(unittest.TestCase):
    def test_pairs_rounds_so_that_common_drift_cancels_out(self):
        base = [10.0, 20.0, 40.0, 80.0, 160.0]
        interval = stats.median_ratio([0.5 * value for value in base], base)
        self.assertEqual((0.5, 0.5, 0.5, 5),
                         (interval.median, interval.low, interval.high, interval.rounds))

    def test_spread_rounds_give_a_wide_interval(self):
        interval = stats.median_ratio([1, 2, 3, 4, 5, 6, 7], [1] * 7)
        self.assertEqual(4, interval.median)
        self.assertTrue(interval.low <= 3 and interval.high >= 5)
        self.assertFalse(interval.is_within(0.04))

    def test_a_round_without_its_pair_is_refused(self):
        with self.assertRaises(ValueError):
            stats.median_ratio([1, 2], [1])


class Goals(unittest.TestCase):
    def test_judged_by_the_far_end_of_the_interval(self):
        goal = shapes.Goal("nginx", 0.70)
        self.assertTrue(goal.holds(stats.Interval(0.70, 0.60, 0.75, 9)))
        self.assertFalse(goal.holds(stats.Interval(0.70, 0.69, 0.76, 9)))

    def test_a_lower_bound_is_judged_by_the_near_end(self):
        goal = shapes.Goal("nginx", 1.5, at_least=True)
        self.assertTrue(goal.holds(stats.Interval(1.6, 1.45, 1.7, 9)))
        self.assertFalse(goal.holds(stats.Interval(1.6, 1.44, 1.7, 9)))

    def test_a_shape_fails_when_one_of_its_goals_does(self):
        verdicts = [each.verdict for each in outcome(
            perigee=[6.5] * 9, nginx=[10.0] * 9, forwarder=[5.0] * 9).comparisons()]
        self.assertEqual(["holds", "holds"], verdicts)
        verdicts = [each.verdict for each in outcome(
            perigee=[7.0] * 9, nginx=[10.0] * 9, forwarder=[5.0] * 9).comparisons()]
        self.assertEqual(["holds", "FAILS"], verdicts)


class Definition(unittest.TestCase):
    def test_is_what_its_shape_says(self):
        flows = definitions.ORDERS["definition"].flows()
        steps = [step for flow in flows[:3] for step in flow["request"] + flow["response"]]
        self.assertEqual((10, 6), (len(flows), len(steps)))
        self.assertEqual(4, json.dumps(flows[:3]).count("{#"))

    def test_copies_differ_in_id_and_path_only(self):
        original = definitions.api("one", "/one", "http://10.0.0.1")
        first, second = definitions.copies(original, (1, 2))
        self.assertNotEqual(first["id"], second["id"])
        self.assertNotEqual(first["listeners"][0]["paths"], second["listeners"][0]["paths"])
        for copy in (first, second):
            copy["id"] = "one"
            copy["listeners"] = original["listeners"]
        self.assertEqual([original, original], [first, second])


class LoadBound(unittest.TestCase):
    def test_named_when_the_load_was_busy_and_the_proxy_was_not(self):
        made = outcome(perigee=[1.0] * 3, nginx=[2.0] * 3)
        for sample in made.rounds:
            sample["perigee"].update(load_share=0.99, proxy_share=0.80)
            sample["nginx"].update(load_share=0.99, proxy_share=1.00)
        self.assertEqual(["perigee"], made.load_bound())


class Disturbance(unittest.TestCase):
    def test_one_disturbed_target_spoils_the_round(self):
        calm, disturbed = {"waited_share": 0.01}, {"waited_share": 0.03}
        self.assertFalse(rounds.is_disturbed({"perigee": calm, "nginx": calm}))
        self.assertTrue(rounds.is_disturbed({"perigee": calm, "nginx": disturbed}))


def answers(*rows):
    """Of (milliseconds, end of the window, status), all of one key."""
    return [records.Answer(int(at * 1e6), end, 100, 7, status, 0, 0) for at, end, status in rows]


class Windows(unittest.TestCase):
    @staticmethod
    def admitted(*rows):
        """What each window has, by its end; periods of 1000 ms, the clocks 5000 ms apart."""
        return {window.end_ms: (window.asked, window.admitted)
                for window in records.windows(answers(*rows), 1000, 5000)}

    def test_an_answer_belongs_to_the_window_that_it_names(self):
        self.assertEqual({6000: (3, 2), 7000: (1, 1)}, self.admitted(
            (0, 6000, 200), (990, 6000, 200), (999, 6000, 429), (999, 7000, 200)))

    def test_ends_that_are_near_each_other_are_one_window(self):
        self.assertEqual({6040: (3, 3), 7040: (1, 1)}, self.admitted(
            (0, 6000, 200), (10, 6040, 200), (20, 6013, 200), (1300, 7040, 200)))

    def test_what_nobody_counted_belongs_to_the_window_that_runs(self):
        self.assertEqual({6000: (2, 2), 7000: (1, 0)}, self.admitted(
            (0, 6000, 200), (500, -1, 200), (1100, 7000, 429)))

    def test_what_nobody_counted_makes_windows_of_its_own_in_a_gap(self):
        self.assertEqual({6000: (1, 1), 7000: (2, 2), 7500: (1, 1), 8500: (1, 0)}, self.admitted(
            (0, 6000, 200), (1000, -1, 200), (1999, -1, 200), (2000, -1, 200), (2600, 8500, 429)))

    def test_the_p99_is_a_rank(self):
        made = [records.Answer(0, 0, us * 1000, 0, 200, 0, 0) for us in range(1, 101)]
        self.assertEqual(99, records.quantile_ms(made, .99))

    def test_every_status_but_two_is_a_failure(self):
        made = answers((0, 1, 200), (0, 1, 429), (0, 1, 500), (0, -1, 0))
        self.assertEqual([500, 0], [each.status for each in records.failed(made)])


class Markdown(unittest.TestCase):
    HEADINGS = ("shape", "ratio", "median")

    def test_rows_of_the_same_name_are_replaced_and_others_stay(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.md")
            with open(path, "w") as file:
                file.write("top\n<!-- speed:begin -->\n<!-- speed:end -->\nend\n")
            report.update_markdown(path, "speed", self.HEADINGS,
                                   [("plain", "a/b", "1"), ("tls", "a/b", "2")], (0, 1))
            report.update_markdown(path, "speed", self.HEADINGS, [("tls", "a/b", "3")], (0, 1))
            with open(path) as file:
                text = file.read()
        self.assertEqual("top\n<!-- speed:begin -->\n| shape | ratio | median |\n"
                         "| --- | --- | --- |\n| plain | a/b | 1 |\n| tls | a/b | 3 |\n"
                         "<!-- speed:end -->\nend\n", text)

    def test_a_file_without_the_markers_is_refused(self):
        with tempfile.NamedTemporaryFile() as file, self.assertRaises(SystemExit):
            report.check_markdown(file.name, "speed")


if __name__ == "__main__":
    unittest.main()
