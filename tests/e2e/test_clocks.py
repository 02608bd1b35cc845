"""Wall clocks on a node and on the collector's machine step by an hour, forward and back: nothing is lost, all nodes
stay live, decisions continue, and none of them scales."""

import time

from clock import Clock
from headroom_test import COLLECTOR_STEPPED, main, wait_until
from truth import TracedAgent, TruthTest

NODES = [f"web-{i}" for i in range(4)]
SCALING = ("--tick", "500ms", "--lead-time", "3s", "--stabilization", "3s", "--max", "20", "--rotate-age", "30m")
LEVEL = 0.70  # asks for the four existing nodes
HOUR_S = 3600
TEN_YEARS_S = 10 * 365 * 86400
SEEN_S = 2   # by then a decision has included all of them
WATCH_S = 8  # longer than the stabilization window


class Clocks(TruthTest):
    def clock(self, name):
        clock = Clock(self.path(name))
        self.addCleanup(clock.close)
        return clock

    def setUp(self):
        super().setUp()
        self.node_clock = self.clock("node-clock")
        self.collector_clock = self.clock("collector-clock")
        self.collector = self.start_collector(*SCALING, port=self.port, program=COLLECTOR_STEPPED,
                                              variables=self.collector_clock.variables)
        self.fleets = []
        self.agents = []
        self.start_web(NODES[:1], variables=self.node_clock.variables)
        self.start_web(NODES[1:])
        self.stepped = self.agents[0]
        self.settle(self.agents)
        time.sleep(SEEN_S)
        # The nodes joined one after another, which a forecast from few points mistakes for a trend.
        wait_until(lambda: "scale up" not in self.collector.said("web")[-1], self.collector.log)
        self.decided = len(self.collector.decisions())

    def start_web(self, nodes, **how):
        fleet, agents = self.start_fleet(nodes, self.collector, LEVEL, "--group", "web", kind=TracedAgent, **how)
        self.fleets.append(fleet)
        self.agents += agents

    def step(self, clock):
        """Forward and back. Between the steps nothing may happen. Afterwards everything works as before, so that a
        rising load is noticed."""
        for seconds in (HOUR_S, -HOUR_S):
            clock.set(seconds)
            time.sleep(WATCH_S)
            self.settle(self.agents)
        rows = self.collector.decisions()[self.decided :]
        self.assertLessEqual({(row["action"], row["live"], row["missing"], row["desired"]) for row in rows},
                             {("hold", "4", "0", "4")}, self.collector.log())
        for fleet in self.fleets:
            fleet.jump(0.95)
        self.collector.wait_said("web", r"scale up 4 -> ")

    def finish(self):
        """No sample and no connection was lost."""
        self.stop_agents(self.agents)
        self.assert_stops(self.collector)
        self.assertEqual(self.assert_truth(self.agents, self.collector.data), 0)
        for agent in self.agents:
            self.assertEqual(agent.connections(), 1, agent.log())

    def assert_stepped(self, times):
        """The step was real: stored timestamps show it."""
        self.assertGreater(max(times) - min(times), HOUR_S - 60)

    def test_a_node_whose_clock_steps(self):
        self.step(self.node_clock)
        self.finish()
        self.assert_stepped([float(row["timestamp"]) for row in self.collector.samples()
                             if row["node_id"] == self.stepped.node])

    def test_a_collector_whose_clock_steps(self):
        self.step(self.collector_clock)
        self.finish()
        self.assert_stepped([float(row["timestamp"]) for row in self.collector.decisions()])

    def test_a_node_that_is_installed_anew_with_a_wrong_clock(self):
        """The agent has lost its state, and its clock says 2016. Neither the agent nor the collector, restarted on rows
        that are years apart, mistakes new samples for old ones."""
        self.kill_agent(self.stepped)
        self.node_clock.set(-TEN_YEARS_S)
        self.agents[0] = self.start_traced(NODES[0], [self.collector], "--group", "web",
                                           variables=self.node_clock.variables)
        self.settle(self.agents)
        self.collector.wait_log(rf"node {NODES[0]}: its clock is \d+ s behind the collector's")
        self.collector.kill()
        self.collector = self.start_collector(*SCALING, port=self.port)
        self.settle(self.agents)
        self.stop_agents(self.agents)
        self.assert_stops(self.collector)
        self.assert_truth(self.agents, self.collector.data)
        runs = {row["instance"] for row in self.collector.samples() if row["node_id"] == NODES[0]}
        self.assertEqual(len(runs), 2)
        self.assert_stepped([float(row["timestamp"]) for row in self.collector.samples()
                             if row["node_id"] == NODES[0]])

    def test_a_clock_that_is_off_is_shown(self):
        node = self.stepped.node
        for seconds, word in ((HOUR_S, "ahead of"), (-HOUR_S, "behind")):
            self.node_clock.set(seconds)
            self.collector.wait_log(rf"node {node}: its clock is (3599|3600|3601) s {word} the collector's")
        self.node_clock.set(0)
        self.collector.wait_log(rf"node {node}: its clock agrees")
        self.finish()
        named = {match.group(1) for match in self.collector.log_matches(r"node (\S+): its clock is")}
        self.assertEqual(named, {node}, self.collector.log())

    def test_all_are_off_when_the_collector_is(self):
        self.collector_clock.set(HOUR_S)
        for node in NODES:
            self.collector.wait_log(rf"node {node}: its clock is (3599|3600|3601) s behind the collector's")
        self.finish()


if __name__ == "__main__":
    main()
