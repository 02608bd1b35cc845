"""Two collectors, and agents configured with both: they leave the first when it is killed, and return when it has been
back for a minute. Each CSV has gaps where the other has samples; together they are complete."""

import itertools
import re
import time

from headroom_test import free_port, main, read_csv_columns, wait_until
from http_client import get
from truth import TruthTest, stored_samples

MOVED_S = 30
STEADY_S = 60  # the first must have been reachable for this long
RETURNED_S = STEADY_S + 40
SMALL_OUTBOX = 200  # 10 s
ENOUGH = SMALL_OUTBOX + 60


class TwoCollectors(TruthTest):
    def setUp(self):
        super().setUp()
        self.first = self.start_collector(data="first", port=self.port)
        self.second = self.start_collector("--http", "127.0.0.1:0", data="second", port=free_port())
        both = [self.first, self.second]
        self.roomy = [self.start_traced(f"roomy-{i}", both) for i in range(3)]
        self.small = [self.start_traced(f"small-{i}", both, "--outbox", str(SMALL_OUTBOX)) for i in range(3)]
        self.agents = self.roomy + self.small

    def wait_until_produced(self, count):
        wait_until(lambda: all(agent.run.update().newest_seq() >= count for agent in self.agents), f"{count} samples")

    def kill_first(self):
        """The contents of the outboxes at that time: {agent: (first seq, last seq)}."""
        self.first.kill()
        killed = time.monotonic()
        newest = {agent: agent.run.update().newest_seq() for agent in self.agents}
        for agent in self.agents:
            agent.wait_log(rf" connected to {self.second.address()}")
        moved = time.monotonic() - killed
        print(f"all on the second collector within {moved:.1f} s", flush=True)
        self.assertLess(moved, MOVED_S)
        room = round(20 * (moved + 1.0))  # samples that were produced meanwhile
        return {agent: (1 if agent in self.roomy else seq + room - SMALL_OUTBOX, seq) for agent, seq in newest.items()}

    def assert_holds(self, collector, held):
        stored = stored_samples(collector.data)
        for agent, (first_seq, last_seq) in held.items():
            seqs = {seq for samples in stored[agent.node].values() for seq, _ in samples}
            self.assertLessEqual(set(range(first_seq, last_seq + 1)), seqs, agent.node)

    def assert_ring_is_file(self, collector, node):
        """Checks that the ring shows the same samples of the node as the CSV; --history is longer than this test."""
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        rows = get(port, f"/api/v1/nodes/{node}/series?metric=cpu_percent").json()["rows"]

        def stored():
            columns = read_csv_columns(collector.data, "metrics", ("node_id", "cpu"))
            return [float(cpu) if cpu else None for name, cpu in columns if name == node]

        wait_until(lambda: len(stored()) >= len(rows), "the last rows in the CSV")
        self.assertGreater(len(rows), ENOUGH)
        for at, (row, cpu) in enumerate(itertools.zip_longest(rows, stored(), fillvalue=())):
            self.assertEqual(row[1:2], [cpu], f"sample {at} of {len(rows)}")
        times = [row[0] for row in rows]
        self.assertEqual(times, sorted(times))

    def restart_first(self):
        self.first = self.start_collector(data="first", port=self.port)
        self.first.port()
        back = time.monotonic()
        for agent in self.agents:
            agent.wait_log(rf"returning from {self.second.address()} to {self.first.address()}", timeout=RETURNED_S)
            self.assertGreaterEqual(time.monotonic() - back, STEADY_S - 1)
        print(f"all returned {time.monotonic() - back:.0f} s after the first one was back", flush=True)
        for agent in self.agents:
            agent.wait_log(rf" connected to {self.first.address()}", count=2)

    def assert_union(self):
        """Checks that each has every sample at most once and in order, and that together they are complete."""
        stored = [stored_samples(collector.data) for collector in (self.first, self.second)]
        for agent in self.agents:
            [instance] = self.produced(self.agents)[agent.node]
            union = set()
            for samples_by_instance in (part[agent.node] for part in stored):
                [samples] = samples_by_instance.values()
                self.assertEqual(samples, sorted(set(samples)), agent.node)
                union.update(samples)
            self.assert_same(agent.node, sorted(union), instance.samples)

    def assert_gaps_are_elsewhere(self, collector):
        stored = self.stored_seqs(collector.data)
        missing = self.assert_gaps_recorded(collector.data, stored, ("elsewhere",))
        dropped, elsewhere = map(int, re.search(r"(\d+) dropped by agents, (\d+) stored elsewhere",
                                                collector.log()).groups())
        self.assertEqual((dropped, elsewhere), (0, missing))
        self.assertGreater(missing, 0)
        for (node, _), seqs in stored.items():
            whole = seqs == list(range(1, len(seqs) + 1))
            self.assertEqual(whole, node.startswith("roomy"), node)

    def test_agents_move_to_the_second_and_return(self):
        self.wait_until_produced(ENOUGH)
        held = self.kill_first()
        self.settle(self.agents)
        self.assert_holds(self.second, held)
        self.restart_first()
        self.assert_ring_is_file(self.second, self.roomy[0].node)
        self.stop_agents(self.agents)
        self.assert_stops(self.first)
        self.assert_stops(self.second)
        self.assert_union()
        self.assert_gaps_are_elsewhere(self.first)
        self.assert_gaps_are_elsewhere(self.second)


if __name__ == "__main__":
    main()
