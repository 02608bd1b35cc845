"""Three agents and a collector: all samples are stored, and an agent that stops leaves none behind."""

import re
import signal
import statistics

from headroom_test import METRICS_HEADER, HeadroomTest, main, wait_until

NODES = ("alpha", "beta", "gamma")


class Streaming(HeadroomTest):
    def start_three(self):
        collector = self.start_collector()
        return collector, [self.start_agent(node, [collector], "--group", "web") for node in NODES]

    def test_every_sample_of_every_agent_is_stored_once(self):
        collector, agents = self.start_three()
        for node in NODES:
            collector.wait_samples(node, 15)
        for agent in agents:
            self.assert_stops(agent)
        rows = collector.samples()
        self.assert_all_stored(agents, rows)
        self.assertEqual({row["node_id"] for row in rows}, set(NODES))
        self.assertEqual({row["group"] for row in rows}, {"web"})
        self.assertEqual([agent.connections() for agent in agents], [1, 1, 1])
        self.assert_stops(collector)
        count = len(rows)
        self.assertIn(f"agents: {count} samples produced, {count} sent, {count} acknowledged, 0 dropped (outbox full 0, "
                      "rejected 0, spool damaged 0), 0 waiting", collector.log())

    def test_the_header_and_the_values_are_as_documented(self):
        collector, _ = self.start_three()
        collector.wait_samples("alpha", 10)
        with open(f"{collector.data}/metrics.csv", encoding="ascii") as file:
            self.assertEqual(file.readline(), METRICS_HEADER + "\n")
        rows = [row for row in collector.samples() if row["node_id"] == "alpha"]
        for row in rows:
            self.assertRegex(row["timestamp"], r"^\d{10}\.\d{3}$")
            self.assertRegex(row["instance"], r"^i[0-9a-f]{16}$")
            self.assertRegex(row["memory"], r"^\d{1,3}\.\d\d$")
            self.assertTrue(0.0 < float(row["memory"]) < 100.0, row)
        steps = [float(b["uptime"]) - float(a["uptime"]) for a, b in zip(rows, rows[1:])]
        self.assertAlmostEqual(statistics.median(steps), 0.2, delta=0.05)  # a busy machine leaves ticks out
        self.assertEqual(sorted(float(row["timestamp"]) for row in rows), [float(row["timestamp"]) for row in rows])

    def test_a_collector_that_stops_stores_all_that_it_received(self):
        collector, agents = self.start_three()
        for node in NODES:
            collector.wait_samples(node, 5)
        self.assert_stops(collector)
        last_words = re.search(r"stopped: (\d+) samples received, (\d+) stored, 0 duplicates", collector.log())
        rows = collector.samples()
        self.assertEqual([int(number) for number in last_words.groups()], [len(rows), len(rows)])
        self.assert_whole(rows)
        for agent in agents:
            agent.wait_log(r"the collector is shutting down; samples waiting: ")
            agent.signal(signal.SIGTERM)
        for agent in agents:
            self.assertEqual(agent.join(), 0)
            stored = sum(row["node_id"] == agent.node for row in rows)
            self.assertEqual(agent.account()["acknowledged"], stored, agent.log())

    def start_busy_three(self, *flags):
        """Under a load that needs more nodes, so that each change of their number is logged."""
        collector = self.start_collector("--tick", "500ms")
        _, agents = self.start_fleet(NODES, collector, 0.95, "--group", "web", *flags)
        return collector, agents, collector.wait_said("web", r"scale up 3 -> ")

    def test_a_draining_agent_is_no_capacity_any_more(self):
        collector, agents, said = self.start_busy_three()
        agents[0].signal(signal.SIGUSR1)
        agents[0].wait_log(r"draining: ")
        collector.wait_samples("alpha", len(collector.samples()) + 3)  # it runs until it is stopped
        self.assert_stops(agents[0])
        collector.wait_said("web", r"scale up .*; 1 leaving", after=said)
        self.assert_all_stored(agents[:1], collector.samples())

    def test_an_agent_started_with_drain_is_no_capacity_once_it_stops(self):
        collector, agents, said = self.start_busy_three("--drain")
        self.assert_stops(agents[0])
        collector.wait_said("web", r"scale up .*; 1 leaving", after=said)

    def test_an_agent_that_just_stops_stays_capacity(self):
        collector, agents, said = self.start_busy_three()
        self.assert_stops(agents[0])
        collector.wait_log(r"node alpha \(web\): its agent restarts")
        wait_until(lambda: any(row["returning"] == "1" for row in collector.decisions()),
                   lambda: f"a decision with a returning node:\n{collector.log()}")
        self.assertEqual({row["current"] for row in collector.decisions()[said:]}, {"3"}, collector.log())


if __name__ == "__main__":
    main()
