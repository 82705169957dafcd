"""The statistics, on processes with known answers."""

import math
import unittest

import support
from comparing import stats, table
from support import process


class Definitions(unittest.TestCase):
    def test_steady_state_is_the_median_of_the_second_half(self):
        self.assertEqual(stats.steady_ns(process("p", "x", [90, 80, 70, 5, 3, 4])), 4e6)

    def test_the_second_half_of_an_odd_count_has_the_middle_iteration(self):
        self.assertEqual(stats.steady_ns(process("p", "x", [90, 6, 4])), 5e6)

    def test_one_iteration_is_its_own_steady_state(self):
        self.assertEqual(stats.steady_ns(process("p", "x", [7])), 7e6)

    def test_whole_run_starts_with_the_process(self):
        self.assertEqual(stats.whole_ns(process("p", "x", [5, 4, 3], starting_ms=10), 2), 19e6)

    def test_whole_run_compares_as_many_iterations_as_the_fewest(self):
        cells = stats.cells([process("p", "slow", [10] * 3, starting_ms=0),
                             process("p", "quick", [1] * 50, starting_ms=0)])
        self.assertEqual(cells["p", "slow"].whole, [30e6])
        self.assertEqual(cells["p", "quick"].whole, [3e6])

    def test_a_failed_process_does_not_shorten_the_others(self):
        broken = dict(process("p", "b", [1]), failure="killed by SIGSEGV")
        cells = stats.cells([process("p", "a", [10] * 4, starting_ms=0), broken])
        self.assertEqual(cells["p", "a"].whole, [40e6])

    def test_peak_memory_is_the_processs_own_figure_else_the_parents(self):
        self.assertEqual(stats.peak_kb(process("p", "x", [1], peak_kb=500)), 500)
        self.assertEqual(stats.peak_kb(dict(process("p", "x", [1]), peak_rss_kb=None)), 10241)


class Ratios(unittest.TestCase):
    def setUp(self):
        self.processes = []
        for turn, (base, fast) in enumerate(((40, 10), (44, 11), (36, 9))):
            self.processes += [process("p", "base", [base] * 4, turn, peak_kb=1000),
                               process("p", "fast", [99, 99, fast, fast], turn, peak_kb=3000)]

    def test_speed_is_base_over_own_and_memory_own_over_base(self):
        found = stats.compare(support.raw(self.processes, {"p": "python"}), "fast")["p"]
        self.assertAlmostEqual(found["steady"].value, 4.0)
        self.assertAlmostEqual(found["memory"].value, 3.0)

    def test_interval_holds_the_estimate_and_spans_the_extremes_of_three(self):
        found = stats.compare(support.raw(self.processes, {"p": "python"}), "fast")["p"]["steady"]
        low, high = found.low_high
        self.assertLess(low, found.value)
        self.assertGreater(high, found.value)
        self.assertGreaterEqual(low, 36 / 11)
        self.assertLessEqual(high, 44 / 9)

    def test_same_numbers_give_the_same_interval(self):
        data = support.raw(self.processes, {"p": "python"})
        first, second = stats.compare(data, "fast")["p"], stats.compare(data, "fast")["p"]
        self.assertEqual(first["steady"].low_high, second["steady"].low_high)

    def test_one_process_has_no_interval(self):
        found = stats.compare(support.raw(self.processes[:2], {"p": "python"}), "fast")["p"]
        self.assertIsNone(found["steady"].low_high)
        self.assertAlmostEqual(found["steady"].value, 4.0)

    def test_more_processes_narrow_the_interval(self):
        def width(count):
            values = [10 + (turn * 7 % 5) / 2 for turn in range(count)]
            processes = [process("p", name, [value] * 2, turn)
                         for turn, value in enumerate(values) for name in ("base", "fast")]
            low, high = stats.compare(
                support.raw(processes, {"p": "python"}), "fast")["p"]["steady"].low_high
            return high - low
        self.assertLess(width(60), width(5))


class Means(unittest.TestCase):
    def data(self):
        processes = []
        for turn in range(2):
            for program, own in (("p", 5), ("q", 20), ("n", 10)):
                processes += [process(program, "base", [10] * 2, turn),
                              process(program, "fast", [own] * 2, turn)]
        return support.raw(processes, {"p": "python", "q": "python", "n": "numpy-small"})

    def test_geometric_means_over_all_and_by_kind(self):
        data = self.data()
        data["processes"] = [each for each in data["processes"] if each["program"] != "q"]
        groups = stats.means(data, stats.compare(data, "fast"))
        self.assertAlmostEqual(groups["python"]["steady"].value, 2.0)
        self.assertAlmostEqual(groups["numpy-small"]["steady"].value, 1.0)
        self.assertAlmostEqual(groups["all"]["steady"].value, math.sqrt(2.0))
        self.assertEqual(groups["all"]["programs"], 2)

    def test_twice_as_fast_and_half_as_fast_cancel(self):
        data = self.data()
        groups = stats.means(data, stats.compare(data, "fast"))
        self.assertAlmostEqual(groups["python"]["steady"].value, 1.0)

    def test_start_up_is_compared_but_is_no_program(self):
        data = self.data()
        data["processes"] += [support.start("base", 20), support.start("fast", 40)]
        compared = stats.compare(data, "fast")
        self.assertAlmostEqual(compared["start-up"]["whole"].value, 0.5)
        self.assertNotIn("steady", compared["start-up"])
        self.assertEqual(stats.means(data, compared)["all"]["programs"], 3)

    def test_failed_and_inapplicable_programs_stay_out_and_are_named(self):
        data = self.data()
        data["processes"][1]["failure"] = "killed by SIGSEGV"
        data["processes"][-1]["missing"] = "numpy"
        compared = stats.compare(data, "fast")
        self.assertEqual(sorted(compared), ["q"])
        text = table.render(data)
        self.assertIn("FAILED 1 of 2: killed by SIGSEGV", text)
        self.assertIn("n/a: no numpy", text)

    def test_summary_has_the_table_as_plain_data(self):
        summary = stats.summarise(self.data())
        self.assertAlmostEqual(summary["ratios"]["fast"]["p"]["steady"]["ratio"], 2.0)
        self.assertEqual(summary["measured"]["p"]["base"]["state"], "ok")
        self.assertEqual(summary["geometric_means"]["fast"]["python"]["programs"], 2)


if __name__ == "__main__":
    unittest.main()
