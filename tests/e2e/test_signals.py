"""Numbers from outside scale groups: by a query to an engine that dies on the way, and by a program, from zero and back."""

import json
import os
import signal
import time
import unittest

from engines import PROMETHEUS
from headroom_test import HeadroomTest, main, wait_until
from http_client import get
from signal_case import Exporter, ScrapingPrometheus, bridge_in_path, section

NODES = ("alpha", "beta", "gamma", "delta")
TICK_S = 1
FLAGS = ("--tick", f"{TICK_S}s", "--lead-time", "2s", "--stabilization", "4s", "--max", "30", "--http", "127.0.0.1:0")


class SignalTest(HeadroomTest):
    def start(self, *flags):
        collector = self.start_collector(*FLAGS, *flags, variables=bridge_in_path())
        self.port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        return collector

    def group(self, name):
        """What the collector answers about the group; {}: it does not know it yet."""
        groups = get(self.port, "/api/v1/groups").json()["groups"]
        return next((group for group in groups if group["name"] == name), {})

    def wait_group(self, name, condition, what):
        last = {}

        def found():
            last.update(self.group(name))
            return last if last and condition(last) else None

        return wait_until(found, lambda: f"{what}: {json.dumps(last)[:3000]}\n{self.programs[0].log()}", timeout=60)


def signal_of(group, name):
    return next((entry for entry in group.get("signals", ()) if entry["name"] == name), {})


@unittest.skipIf(PROMETHEUS is None, "prometheus is not installed")
class Queries(SignalTest):
    def test_an_engine_that_dies_in_a_ramp(self):
        exporter = Exporter(self, requests=240)
        engine = ScrapingPrometheus(self, exporter)
        engine.start()
        config = self.write("c.conf", f"[collector]\nquery-url = {engine.url}\nquery-timeout = 500ms\n"
                            + section("rps", query="sum(requests)", per_node=100))
        collector = self.start("--config", config)
        fleet, _ = self.start_fleet(NODES, collector, 0.20, "--group", "web")
        self.wait_group("web", lambda group: signal_of(group, "rps").get("value") == 240, "the first value")
        collector.wait_said("web", r"hold 4 \(")
        exporter.values = {"requests": 400}
        self.wait_group("web", lambda group: group["desired"] == 6, "a scale-up by the signal")

        self.outage(collector, engine.kill, engine.start)
        fleet.jump(0.20)
        self.outage(collector, lambda: engine.program.signal(signal.SIGSTOP),
                    lambda: engine.program.signal(signal.SIGCONT), fleet)

        # It was the guard that kept them: cpu has asked for fewer nodes all the time.
        fleet.jump(0.20)
        exporter.values = {"requests": 10}
        collector.wait_said("web", r"scale down 4 -> [12] \(cpu ")
        self.assert_stops(collector)

    def test_a_reload_with_another_query(self):
        exporter = Exporter(self, requests=240, jobs=7)
        engine = ScrapingPrometheus(self, exporter)
        engine.start()

        def configure(query):
            return self.write("c.conf", f"[collector]\nquery-url = {engine.url}\n"
                              + section("rps", query=query, per_node=100) + section("jobs", query="sum(jobs)"))

        collector = self.start("--config", configure("sum(requests)"))
        self.wait_group("web", lambda group: signal_of(group, "rps").get("value") == 240 and
                        signal_of(group, "jobs").get("value") == 7, "both values")
        configure("sum(requests) / 2")
        collector.signal(signal.SIGHUP)
        self.wait_group("web", lambda group: signal_of(group, "rps").get("value") == 120 and
                        signal_of(group, "jobs").get("value") == 7, "the value of the other query")
        self.assert_stops(collector)

    def outage(self, collector, begin, end, fleet=None):
        """No scale-in while the engine is away, for longer than the stabilization; then it is back."""
        decided = len(collector.said("web"))
        begin()
        gone = self.wait_group("web", lambda group: signal_of(group, "rps")["state"] != "present", "a missing signal")
        self.assertRegex(signal_of(gone, "rps")["why"], "no answer from|has not answered within 500 ms")
        self.assertIsNone(signal_of(gone, "rps")["value"])
        collector.wait_said("web", r"hold 4 \(cpu \d+% now.*; rps is missing\)", after=decided)
        since = time.monotonic()
        while time.monotonic() - since < 8 * TICK_S:
            time.sleep(0.2)
            self.assertNotEqual(self.group("web")["action"], "down")
        if fleet is not None:
            fleet.jump(0.99)
            collector.wait_said("web", r"scale up \d+ -> \d+ \(cpu ", after=decided)
        self.assertFalse([said for said in collector.said("web")[decided:] if "scale down" in said])
        end()
        back = time.monotonic()
        self.wait_group("web", lambda group: signal_of(group, "rps")["state"] == "present", "the signal again")
        self.assertLess(time.monotonic() - back, 2 * TICK_S + 3)


HOOK = """#!/bin/sh
cd {folder} || exit 1
case $1 in
contract) echo 2 ;;
count) cat nodes ;;
scale-out | scale-in) echo "$1 $3" >> orders; echo "$3" > nodes.new && mv nodes.new nodes ;;
*) exit 2 ;;
esac
"""

# It reports how many jobs wait, and how many nodes the hook has left.
PROGRAM = """#!/bin/sh
cd {folder} || exit 1
while :; do
    echo "signal jobs $(cat jobs) 0 nodes $(cat nodes)"
    sleep 0.3
done
"""


class Programs(SignalTest):
    def write_program(self, name, text):
        path = self.write(name, text.format(folder=self.folder))
        os.chmod(path, 0o755)
        return path

    def replace(self, name, text):
        os.rename(self.write(f"{name}.new-{time.monotonic_ns()}", text), self.path(name))

    def orders(self):
        if not os.path.exists(self.path("orders")):
            return []
        with open(self.path("orders"), encoding="ascii") as file:
            return file.read().splitlines()

    def test_from_zero_to_served_and_back(self):
        """A group without agents: nothing runs while there is nothing to do."""
        self.replace("jobs", "0\n")
        self.replace("nodes", "0\n")
        program = self.write_program("demand", PROGRAM)
        hook = self.write_program("hook", HOOK)
        config = self.write("c.conf", f"[collector]\non-scale = {hook}\n[group batch]\nmin = 0\nvictims = any\n"
                            + section("jobs", group="batch", per_node=10) + f"program = {program}\n")
        collector = self.start("--config", config)
        self.wait_group("batch", lambda group: signal_of(group, "jobs").get("value") == 0 and group["desired"] == 0,
                        "an idle group")
        self.assertEqual(self.orders(), [])
        self.replace("jobs", "25\n")
        wait_until(lambda: self.orders(), lambda: f"an order:\n{collector.log()}", timeout=60)
        first = self.orders()[0].split()
        self.assertEqual(first[0], "scale-out")
        self.assertIn(int(first[1]), (3, 4), self.orders())
        self.wait_group("batch", lambda group: group["nodes"]["live"] >= 3, "nodes")
        self.replace("jobs", "0\n")
        wait_until(lambda: "scale-in 0" in self.orders(), lambda: f"{self.orders()}\n{collector.log()}", timeout=60)
        self.wait_group("batch", lambda group: group["desired"] == 0, "an idle group again")
        self.assert_stops(collector)

    def test_a_program_that_dies_is_missing_with_its_last_line(self):
        program = self.write_program("demand", "#!/bin/sh\necho signal jobs 25 0 nodes 2\nsleep 1\n"
                                               "echo 'squeue: no such cluster' >&2\nexit 1\n")
        config = self.write("c.conf", section("jobs", group="batch", per_node=10) + f"program = {program} x\n")
        collector = self.start("--config", config)
        self.wait_group("batch", lambda group: signal_of(group, "jobs").get("why", "").endswith(
            " x ended with exit status 1: squeue: no such cluster"), "the reason")
        # A reload with another program ends the old one and starts the new one.
        other = self.write_program("other", "#!/bin/sh\necho signal jobs 7 0 nodes 2\n")
        self.write("c.conf", section("jobs", group="batch", per_node=10) + f"program = {other}\n")
        collector.signal(signal.SIGHUP)
        self.wait_group("batch", lambda group: signal_of(group, "jobs").get("value") == 7, "the value of the other")
        self.assert_stops(collector)

    def test_a_reload_of_changed_signals(self):
        """A program that stays is not started again, and the values of its signals stay."""
        program = self.write_program("demand", "#!/bin/sh\necho started >> {folder}/starts\n"
                                               "while echo signal jobs 25 0 nodes 2 && echo signal wait 3 0; do\n"
                                               "    sleep 0.3\ndone\n")
        wait = f"[signal wait]\ngroup = batch\nkind = limit\nlimit = 5\nprogram = {program}\n"

        def configure(per_node, more=""):
            return self.write("c.conf", section("jobs", group="batch", per_node=per_node)
                              + f"program = {program}\n{more}")

        collector = self.start("--config", configure(10))
        collector.wait_said("batch", r"\(jobs 25 of 20 now")
        configure(5, wait)
        collector.signal(signal.SIGHUP)
        collector.wait_said("batch", r"\(jobs 25 of 10 now")
        self.wait_group("batch", lambda group: signal_of(group, "wait").get("value") == 3, "the signal that was added")
        # One with an error changes nothing.
        configure(0)
        collector.signal(signal.SIGHUP)
        collector.wait_log(r"per-node must be a number from 0\.001")
        self.assertEqual(signal_of(self.group("batch"), "jobs")["per_node"], 5)
        configure(5)
        collector.signal(signal.SIGHUP)
        self.wait_group("batch", lambda group: [entry["name"] for entry in group["signals"]] == ["jobs"],
                        "the group without the signal that was dropped")
        with open(self.path("starts"), encoding="ascii") as file:
            self.assertEqual(file.read(), "started\n")
        self.assert_stops(collector)

    def test_without_the_bridge_signals_are_missing(self):
        config = self.write("c.conf", "[collector]\nquery-url = http://127.0.0.1:1\n" + section("rps", query="sum(x)"))
        collector = self.start_collector(*FLAGS, "--config", config, variables={"PATH": "/nowhere"})
        self.port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        self.wait_group("web", lambda group: signal_of(group, "rps").get("why") ==
                        "headroom-bridge query can't be started: No such file or directory", "the reason")
        self.assert_stops(collector)


if __name__ == "__main__":
    main()
