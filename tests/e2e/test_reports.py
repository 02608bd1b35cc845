"""Agents that send several samples in a frame, because the setting `report` asks for it."""

import json
import re

from headroom_test import main, read_csv, wait_until
from http_case import HttpTest
from http_client import batches_by_form, get


class ReportTest(HttpTest):
    def node(self, name):
        """Without looking at the node alone, which would end its reports."""
        nodes = json.loads(get(self.port, "/api/v1/nodes").text())["nodes"]
        return next((node for node in nodes if node["id"] == name), {})

    def wait_report(self, name, report_ms):
        wait_until(lambda: self.node(name).get("report_ms") == report_ms, lambda: f"{self.node(name)}")

    def number(self, name):
        found = re.search(rf"^{name}(?:{{.*}})? (\S+)$", get(self.port, "/metrics").text(), re.M)
        return float(found.group(1)) if found else None

    def counts(self):
        """Samples and frames received."""
        frames = sum(batches_by_form(self.port).values())
        return self.number("headroom_samples_received_total"), frames


class Frames(ReportTest):
    """Ten samples a second, and a report each second."""

    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "3s", "--http", "127.0.0.1:0")
    AGENT_FLAGS = ("--interval", "100ms")

    def samples_per_frame(self):
        samples, frames = self.counts()
        wait_until(lambda: self.counts()[0] >= samples + 60, "60 samples")
        later_samples, later_frames = self.counts()
        return (later_samples - samples) / (later_frames - frames)

    def test_a_frame_has_many_samples_and_none_is_lost(self):
        collector = self.start()
        _, agents = self.start_fleet(["n1", "n2"], collector, 0.5)
        for name in ("n1", "n2"):
            collector.wait_samples(name, 1)
        self.assertLess(self.samples_per_frame(), 2.0)
        for agent in agents:
            self.assert_stops(agent)
        self.assert_stops(collector)

        collector = self.start("--report", "1s")
        _, agents = self.start_fleet(["n3", "n4"], collector, 0.5)
        for name in ("n3", "n4"):
            self.wait_report(name, 1000)
        self.assertGreater(self.samples_per_frame(), 4.0)
        self.assertEqual(self.number("headroom_group_report_seconds"), 1.0)
        for agent in agents:
            self.assert_stops(agent)
        self.assert_stops(collector)
        self.assert_all_stored(agents, [row for row in read_csv(self.path("data/metrics.csv"))
                                        if row["node_id"] in ("n3", "n4")])

    def test_a_node_that_is_looked_at_sends_each_sample(self):
        collector = self.start("--report", "1s")
        self.start_fleet(["n1", "n2"], collector, 0.5)
        for name in ("n1", "n2"):
            self.wait_report(name, 1000)
        wait_until(lambda: json.loads(get(self.port, "/api/v1/nodes/n1").text())["report_ms"] == 0, "each sample of n1")
        self.assertEqual(self.node("n2")["report_ms"], 1000)
        self.wait_report("n1", 1000)  # nobody looks any more


class Age(ReportTest):
    """The default tick, and the longest reports that it allows."""

    COLLECTOR_FLAGS = ("--http", "127.0.0.1:0")
    AGENT_FLAGS = ("--interval", "1s")
    BOUND_S = 15 / 3 + 1

    def test_samples_at_a_decision_are_at_most_a_third_of_a_tick_and_a_second_old(self):
        names = [f"n{i}" for i in range(6)]
        collector = self.start("--report", "5s")
        self.start_fleet(names, collector, 0.5)
        for name in names:
            self.wait_report(name, 5000)
        ages = []

        def has_decided():
            """It is very unlikely that two decisions have the same age, in milliseconds."""
            age = self.number("headroom_group_data_age_seconds")
            if age is not None and age not in ages[-1:]:
                ages.append(age)
            return len(ages) >= 3

        wait_until(has_decided, lambda: f"ages at decisions: {ages}", timeout=300)
        print(f"ages at decisions: {ages} s", flush=True)
        self.assertGreater(max(ages), 1.5)  # so reports were in force
        self.assertLessEqual(max(ages), self.BOUND_S)
        self.assertEqual(self.node("n1")["state"], "live")


if __name__ == "__main__":
    main()
