"""Headroom and Debian's Slurm: slurm-demand and slurm-scale, run by a collector, scale a partition of nodes that Slurm
powers up and down."""

import os
import statistics
import subprocess
import time
import unittest

from headroom_test import main, wait_until
from http_client import get
from slurm_case import CORES, HOOKS, MISSING, SlurmTest

NODES = 4
WAVE = 3 * CORES  # jobs of one core
JOB_S = 3
WINDOW_S = 3
GAP_S = 10  # between two waves: much longer than the stabilization window

CONFIG = f"""[collector]
on-scale = {HOOKS}/slurm-scale
hook-timeout = 60s
[group batch]
min = 1
max = {NODES}
victims = any
[signal batch]
group = batch
kind = load
per-node = {CORES}
high = 100%
target = 100%
missing-after = 8s
program = {HOOKS}/slurm-demand batch --loop 0.5s
"""


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class CollectorTest(SlurmTest):
    def start(self):
        config = self.write("c.conf", CONFIG)
        collector = self.start_collector("--config", config, "--tick", "500ms", "--lead-time", "8s", "--stabilization",
                                         f"{WINDOW_S}s", "--http", "127.0.0.1:0", variables=self.variables)
        collector.wait_log("the hook keeps contract 2")
        self.url = collector.url()
        return collector

    def record(self):
        """The newest decision; {} before the first one."""
        port = int(self.url.rpartition(":")[2])
        return get(port, "/api/v1/groups/batch").json().get("record") or {}

    def wait_record(self, condition, what):
        return wait_until(lambda: condition(self.record()), lambda: f"{what}: {self.record()}", timeout=90)

    def hook(self, *words):
        """By hand. Returns its exit status."""
        return subprocess.run([f"{HOOKS}/slurm-scale", *map(str, words)], env={**os.environ, **self.variables},
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                              check=False).returncode

    def power_up_all(self):
        self.assertEqual(self.hook("scale-out", "batch", NODES), 0)
        self.wait_kinds(lambda kinds: list(kinds.values()) == ["idle"] * NODES, "all nodes up")

    def assert_each_ran_once(self, counts):
        """{name: tasks}: no job was lost, cancelled, or begun again."""
        for file in ("begun", "ended"):
            self.assertEqual(sorted((row[0], int(row[1])) for row in self.rows(file)),
                             sorted((name, task) for name, tasks in counts.items() for task in range(1, tasks + 1)), file)


class Waves(CollectorTest):
    def test_after_three_waves_nodes_are_up_before_the_jobs(self):
        """The stabilization window is shorter than the time between two waves, so it is the forecast that keeps nodes."""
        self.start_slurm(NODES)
        self.assertEqual(list(self.kinds().values()), ["off"] * NODES)
        collector = self.start()
        names = ("one", "two", "three", "four")
        waits = []
        for name in names:
            if waits:
                time.sleep(GAP_S)
            before = self.record()
            waits.append(statistics.median(self.run_wave(name, WAVE, JOB_S)))
            if name == "one":
                collector.wait_said("batch", r"scale up \d -> [34] \(batch 12 of [04] now")
        print("median waits in s:", *(round(wait, 1) for wait in waits), flush=True)
        self.assertLess(waits[-1], waits[0] / 2)
        # Before the last wave nothing ran, and the nodes were kept for what was expected.
        self.assertEqual((before["signals"]["batch"]["value"], before["rule"]), (0, "forecast"), before["why"])
        self.assertGreaterEqual(min(before["live"], before["signals"]["batch"]["forecast_vote"]), WAVE // CORES,
                                before["why"])
        self.assert_each_ran_once(dict.fromkeys(names, WAVE))
        self.assert_stops(collector)


class Jobs(CollectorTest):
    def test_none_is_lost(self):
        """Idle nodes are powered down all the time, while jobs end and start on them."""
        self.start_slurm(NODES)
        self.power_up_all()
        counts = {f"j{number}": 10 for number in range(5)}
        for number, (name, tasks) in enumerate(counts.items()):
            self.submit(name, tasks, 1 + number % 3)
            wait_until(lambda: self.begun("j0"), "jobs that run")
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                self.hook("scale-in", "batch", 0)
                self.hook("scale-in", "batch", 0, *self.kinds())
        self.wait_ended("j", sum(counts.values()))
        self.assertNotEqual(self.rows("suspended"), [])
        self.assert_each_ran_once(counts)

    def test_those_that_wait_for_something_else_order_nothing(self):
        self.start_slurm(NODES)
        self.submit("first", 1, 0, "--hold")
        self.submit("held", 8, 0, "--hold")
        self.submit("dependent", 8, 0, "--dependency=afterok:1")
        self.submit("later", 8, 0, "--begin=now+1hour")
        self.assertEqual(self.demand(), "signal batch 0 0 nodes 0 floor 0")
        collector = self.start()
        self.wait_record(lambda record: (record["live"], record["desired"], record["pending"]) == (1, 1, 0), "one node")
        time.sleep(WINDOW_S)
        self.assertEqual(self.rows("resumed"), [["c1"]])
        # One that waits for two nodes is what the others are not.
        self.submit("wide", 1, 0, "--nodes=2")
        self.wait_ended("wide", 1)
        self.assertEqual([row[0] for row in self.rows("ended")], ["wide"])
        self.assert_stops(collector)


class Outage(CollectorTest):
    def test_while_slurmctld_is_away_no_node_goes(self):
        self.start_slurm(NODES)
        self.power_up_all()
        self.submit("job", WAVE, 4)
        wait_until(lambda: len(self.begun("job")) == WAVE, "jobs that run")
        collector = self.start()
        collector.wait_said("batch", r"hold 4 \(batch 12 of 16 now")
        self.assert_stops(self.slurmctld)
        self.wait_ended("job", WAVE)
        collector.wait_log(r"signals-fresh is false: batch: slurm-nodes: sinfo has not answered within 4 s|"
                           "signals-fresh is false: batch: .*Unable to contact slurm controller")
        time.sleep(3 * WINDOW_S)
        self.assertNotEqual(self.record()["signals"]["batch"]["state"], "present")
        self.assertEqual(self.rows("suspended"), [])
        self.assertFalse([said for said in collector.said("batch") if "scale down" in said])
        # It is back, and so is the demand: none.
        self.start_slurmctld()
        collector.wait_said("batch", r"scale down 4 -> \d \(batch 0 of 16 now", timeout=60)
        self.wait_kinds(lambda kinds: self.rows("suspended") != [], "idle nodes that are powered down")
        self.assert_each_ran_once({"job": WAVE})
        self.assert_stops(collector)


if __name__ == "__main__":
    main()
