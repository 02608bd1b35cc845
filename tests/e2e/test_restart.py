"""Kills and restarts: no sample is lost, and none is stored twice."""

import signal

from headroom_test import HeadroomTest, free_port, main, seqs_by_instance, wait_until

NODES = ("alpha", "beta", "gamma")


class Restart(HeadroomTest):
    def start_three(self, *collectors):
        agents = [self.start_agent(node, collectors) for node in NODES]
        for node in NODES:
            collectors[0].wait_samples(node, 5)
        return agents

    def stop_agents(self, agents, collector):
        """Waits until all agents are connected to the collector and their samples arrive."""
        for agent in agents:
            stored = sum(row["node_id"] == agent.node for row in collector.samples())
            collector.wait_samples(agent.node, stored + 3)
        for agent in agents:
            agent.signal(signal.SIGTERM)
        for agent in agents:
            self.assertEqual(agent.join(), 0, agent.log())

    def test_a_killed_collector_has_all_samples_once_when_it_is_back(self):
        port = free_port()
        collector = self.start_collector(port=port)
        agents = self.start_three(collector)
        for kills in range(1, 4):
            collector.kill()
            collector = self.start_collector(port=port)
            collector.wait_log(r"read back \d+ samples of 3 nodes")
            for agent in agents:
                agent.wait_log(r" connected to ", count=kills + 1)
        self.stop_agents(agents, collector)
        self.assert_all_stored(agents, collector.samples())

    def test_a_collector_that_is_restarted_has_all_samples_once(self):
        port = free_port()
        collector = self.start_collector(port=port)
        agents = self.start_three(collector)
        self.assert_stops(collector)
        before = len(collector.samples())
        collector = self.start_collector(port=port)
        collector.wait_log(rf"read back {before} samples of 3 nodes")
        self.stop_agents(agents, collector)
        self.assert_all_stored(agents, collector.samples())
        self.assertNotIn("invalid rows", collector.log())

    def test_agents_go_on_while_the_collector_is_down(self):
        port = free_port()
        collector = self.start_collector(port=port)
        agents = self.start_three(collector)
        self.assert_stops(collector)
        for agent in agents:
            agent.wait_log(r"can't reach 127\.0\.0\.1:\d+: .*; samples waiting: [1-9]\d")
            self.assertTrue(agent.running())
        collector = self.start_collector(port=port)
        self.stop_agents(agents, collector)
        self.assert_all_stored(agents, collector.samples())

    def test_agents_wait_for_a_collector_that_comes_later(self):
        port = free_port()
        agent = self.start_agent("alpha", [f"127.0.0.1:{port}"])
        agent.wait_log(r"can't reach ")
        collector = self.start_collector(port=port)
        collector.wait_samples("alpha", 5)
        self.assert_stops(agent)
        self.assert_all_stored([agent], collector.samples())

    def test_a_killed_agent_begins_a_new_instance(self):
        collector = self.start_collector()
        agents = self.start_three(collector)
        agents[0].kill()
        before = [row for row in collector.samples() if row["node_id"] == "alpha"]
        successor = self.start_agent("alpha", [collector])
        successor.wait_log(r" connected to ")
        wait_until(lambda: sum(node == "alpha" for node, _ in seqs_by_instance(collector.samples())) == 2,
                   "samples of the new instance")
        self.assert_stops(successor)
        rows = [row for row in collector.samples() if row["node_id"] == "alpha"]
        self.assertEqual(rows[: len(before)], before)
        counts = list(self.assert_whole(rows).values())
        self.assertEqual(counts[1], successor.account()["produced"])
        self.assertEqual([agent.connections() for agent in agents[1:]], [1, 1])

    def test_a_hung_agent_gives_way_to_a_new_one(self):
        """As after a power failure: the old connection is still open, but silent."""
        collector = self.start_collector()
        agents = self.start_three(collector)
        agents[0].signal(signal.SIGSTOP)
        successor = self.start_agent("alpha", [collector])
        successor.wait_log(r" connected to ")
        agents[0].kill()
        rows = len(collector.samples())
        collector.wait_samples("alpha", rows + 3)
        self.assert_stops(successor)
        self.assert_whole(collector.samples())
        self.assertEqual(successor.connections(), 1)

    def test_agents_move_to_the_second_collector(self):
        first = self.start_collector(data="first")
        second = self.start_collector(data="second")
        agents = self.start_three(first, second)
        first.kill()
        for agent in agents:
            agent.wait_log(rf" connected to {second.address()}")
        self.stop_agents(agents, second)
        self.assert_whole(first.samples())
        self.assert_all_stored(agents, second.samples())  # the outbox still held all of them


if __name__ == "__main__":
    main()
