"""bench/: what it concludes from measurements, and small runs of the real thing with the programs of this build."""

import json
import os
import random
import subprocess
import sys
import unittest

from headroom_test import COLLECTOR, HeadroomTest, main

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(SOURCE, "bench")
BUILD = os.path.dirname(os.path.dirname(os.path.dirname(COLLECTOR)))
sys.path.insert(0, BENCH)

import comparison  # noqa: E402
import model  # noqa: E402
from peers import collectd, netdata, samples, victoria  # noqa: E402
from results import Results, figures_of  # noqa: E402


class Comparisons(unittest.TestCase):
    def verdict(self, name, old, new, least=0.03):
        return comparison.judge(name, old, new, least)["verdict"]

    def test_five_pairs_that_agree_are_a_change_and_four_of_them_are_not(self):
        old = [2.0, 2.4, 1.9, 3.0, 2.2]
        self.assertEqual(self.verdict("cpu_us", old, [1.3 * value for value in old]), "worse")
        self.assertEqual(self.verdict("cpu_us", old, [0.7 * value for value in old]), "better")
        self.assertEqual(self.verdict("cpu_us", old, [2.6, 3.1, 2.5, 2.9, 2.9]), "same")
        self.assertEqual(self.verdict("cpu_us", old[:4], [1.3 * value for value in old[:4]]), "same")

    def test_more_is_better_of_a_rate(self):
        old = [100.0, 120.0, 90.0, 130.0, 110.0]
        self.assertEqual(self.verdict("ingest.acknowledged_per_second", old, [1.2 * value for value in old]), "better")
        self.assertEqual(self.verdict("ingest.acknowledged_per_second", old, [0.8 * value for value in old]), "worse")

    def test_a_change_that_is_certain_but_small_does_not_count(self):
        old = [2.0, 2.4, 1.9, 3.0, 2.2]
        new = [1.02 * value for value in old]
        self.assertEqual(self.verdict("cpu_us", old, new), "same")
        self.assertEqual(self.verdict("cpu_us", old, new, 0.01), "worse")

    def test_values_of_zero_are_compared_by_their_differences(self):
        self.assertEqual(self.verdict("lost", [0] * 5, [0] * 5), "same")
        self.assertEqual(self.verdict("lost", [0] * 5, [3, 1, 2, 8, 1]), "worse")
        self.assertEqual(self.verdict("lost", [3, 1, 2, 8, 1], [0] * 5), "better")

    def test_noise_alone_seldom_counts(self):
        seeded = random.Random(7)
        changes = sum(self.verdict("cpu_us", *([seeded.lognormvariate(0, 0.3) for _ in range(6)] for _ in "on")) != "same"
                      for _ in range(400))
        self.assertLess(changes, 0.1 * 400 + 30)
        self.assertGreater(changes, 0)

    def test_the_chance_is_that_of_all_choices_of_signs(self):
        self.assertEqual(comparison.chance([1.0, 1.0, 1.0]), 1 / 8)
        self.assertEqual(comparison.chance([-1.0, -2.0]), 1 / 4)
        self.assertEqual(comparison.chance([0.0, 0.0]), 1.0)

    def test_each_side_goes_first_in_turn(self):
        self.assertEqual(comparison.order(3), [("old", "new"), ("new", "old"), ("old", "new")])


class Models(unittest.TestCase):
    CONSTANTS = model.Constants(20.0, 5.0, 1.5, 8000, 2, 0.5, 0.035, 150, 100, 160, 30)

    def test_constants_are_recovered_from_measurements_with_noise(self):
        seeded, rows, seen = random.Random(3), [], []
        for nodes in (1000, 5000, 19000):
            for report_s in (1, 5):
                row = model.per_second(model.Fleet(nodes, 1, report_s))
                rows.append(row)
                seen.append(sum(value * constant for value, constant in zip(row, self.CONSTANTS)) * seeded.uniform(0.98, 1.02))
        for constant, found in zip(self.CONSTANTS, model.fit(rows, seen)):
            self.assertAlmostEqual(found, constant, delta=0.15 * constant)

    def test_measurements_that_do_not_determine_the_constants_are_refused(self):
        with self.assertRaisesRegex(ValueError, "do not determine"):
            model.fit([(1, 2), (2, 4), (3, 6)], [1, 2, 3])

    def test_what_a_fleet_takes(self):
        fleet = model.Fleet(10000, 1, 5)
        self.assertEqual(model.per_second(fleet), (100, 2000, 10000))
        self.assertAlmostEqual(model.cpu_share(fleet, self.CONSTANTS), (100 * 20 + 2000 * 5 + 10000 * 1.5) / 1e6)
        self.assertAlmostEqual(model.resident_mib(fleet, self.CONSTANTS), (8000 + 10000 * (2 + 0.5 + 600 * 0.035)) / 1024)
        self.assertAlmostEqual(model.network_mbit(fleet, self.CONSTANTS), (2000 * 150 + 10000 * 100) * 8 / 1e6)
        self.assertAlmostEqual(model.disk_gb_a_day(fleet, self.CONSTANTS), 10000 * 86400 * 160 / 1e9)
        self.assertEqual(model.descriptors(fleet, self.CONSTANTS), 10030)
        self.assertEqual(model.per_second(model.Fleet(100, 10, 1)), (10, 10, 10), "a report has at least one sample")


class Peers(unittest.TestCase):
    def test_each_request_has_all_values(self):
        self.assertEqual(victoria.text(3, 1e9).count(b'{node="node-00003"}'), samples.VALUES)
        lines = [json.loads(line) for line in victoria.lines(3, 10).splitlines()]
        self.assertEqual({len(line["values"]) for line in lines}, {samples.BATCH_SAMPLES})
        self.assertEqual(len(lines), samples.VALUES)
        self.assertEqual(collectd.packet(3, [1, 2]).count(b"load1"), 2)
        self.assertLess(len(collectd.packet(3, range(samples.BATCH_SAMPLES))), 65507)
        self.assertEqual(netdata.update(3, 1e9).count(b"SET "), samples.VALUES)


class Runs(HeadroomTest):
    def bench(self, program, *flags, status=0):
        done = subprocess.run([sys.executable, "-B", os.path.join(BENCH, program), *flags], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_a_run_writes_its_figures_with_commit_machine_load_and_time(self):
        path = self.path("run.json")
        out = self.bench("run", "--build", BUILD, "--seconds", "1", "--times", "2", "--json", path, "ingest").stdout
        self.assertIn("| ingest.cpu_us | ", out)
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        self.assertEqual([run["scenario"] for run in facts["runs"]], ["ingest", "ingest"])
        self.assertRegex(facts["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertGreaterEqual(facts["machine"]["processors"], 1)
        self.assertIn("commit", facts)
        self.assertGreater(facts["runs"][0]["load_average"], 0)
        self.assertEqual(figures_of(facts)["ingest.lost"], [0, 0])

    def test_two_builds_that_are_the_same_are_compared(self):
        path = self.path("compared.json")
        out = self.bench("compare", "--built", "--times", "2", "--seconds", "1", "--json", path, BUILD, BUILD, "ingest").stdout
        self.assertRegex(out, r"\| ingest\.cpu_us \| [\d.]+ \| [\d.]+ \| [\d.]+ \| [\d.]+ \| same \|")
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        self.assertEqual([run["side"] for run in facts["runs"]], ["old", "new", "new", "old"])

    def test_what_is_no_commit_is_refused(self):
        self.assertIn("is no commit", self.bench("compare", "no-such-commit", "HEAD", status=2).stderr)

    def test_a_folder_without_git_has_no_commit(self):
        self.assertIsNone(Results("/", {}).facts["commit"])


if __name__ == "__main__":
    main()
