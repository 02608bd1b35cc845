"""Nodes that fall silent: the collector holds, logs the reason, and removes no nodes because of it."""

import time

from headroom_test import HeadroomTest, main

FLAGS = ("--tick", "500ms", "--lead-time", "3s", "--stabilization", "3s", "--max", "20")
SAID_S = 40   # changes of visibility are logged at once; slow machines and sanitizers need time
WATCH_S = 10   # three stabilization windows
KNOWN = 20   # samples: a node that reported for less than ten intervals, and at least a second, is soon forgotten


def names(group, count):
    return [f"{group}-{i}" for i in range(count)]


class Silence(HeadroomTest):
    def start_group(self, collector, group, count, level):
        return self.start_fleet(names(group, count), collector, level, "--group", group, "--interval", "100ms")[1]

    def kill(self, agents):
        for agent in agents:
            agent.kill()

    def assert_no_scale_in(self, collector):
        self.assertFalse([row["why"] for row in collector.decisions() if row["action"] == "down"], collector.log())
        self.assertNotIn("scale down", collector.log())

    def test_some_or_all_of_a_group(self):
        """At 60 %, the load of one half of a group would fit on two nodes, but the load of the silent half is unknown
        and assumed to continue. The other groups have scaled out before, so that a hold is logged at once."""
        collector = self.start_collector(*FLAGS)
        half = self.start_group(collector, "half", 4, 0.60)
        most = self.start_group(collector, "most", 5, 0.90)
        whole = self.start_group(collector, "whole", 4, 0.90)
        for agent in half + most + whole:
            collector.wait_samples(agent.node, KNOWN)
        collector.wait_said("half", r"hold \d \(cpu 60% now")
        collector.wait_said("most", r"scale up \d -> ")
        collector.wait_said("whole", r"scale up \d -> ")
        self.kill(half[:2] + most[:3] + whole)
        # At least as many as were there: that harms no node that only fell silent.
        collector.wait_said("most", r"scale up to at least \d+, \d of them carry load \(cpu 90% now.*; [23] missing")
        collector.wait_said("whole", r"scale up to at least \d+, 0 of them carry load \(4 of 4 nodes do not report: ")
        # A tick may come between the two silences; the second alone is not logged at once.
        collector.wait_said("half", r"hold 4 \(cpu 60% now.*[12] (missing|nodes? that do(es)? not report)",
                            timeout=SAID_S)
        time.sleep(WATCH_S)
        self.assert_no_scale_in(collector)
        for group, action, existing, missing in (("half", "hold", 4, 2), ("most", "up", 5, 3), ("whole", "up", 4, 4)):
            last = [row for row in collector.decisions() if row["group"] == group][-1]
            self.assertEqual((last["action"], last["existing"]), (action, str(existing)))
            self.assertIn(int(last["missing"]), range(1, missing + 1))  # a decision that stands is not logged again
            self.assertGreaterEqual(int(last["desired"]), existing)

    def test_a_restarted_collector_waits_for_the_nodes_that_it_knows(self):
        collector = self.start_collector(*FLAGS)
        agents = self.start_group(collector, "web", 3, 0.60)
        for agent in agents:
            collector.wait_samples(agent.node, 3)
        self.kill(agents)
        self.assert_stops(collector)
        collector = self.start_collector(*FLAGS)
        collector.wait_said("web", r"hold \d \(3 of 3 nodes do not report: no decision without data; 3 not reported since the start")
        time.sleep(WATCH_S)
        self.assert_no_scale_in(collector)


if __name__ == "__main__":
    main()
