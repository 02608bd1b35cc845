"""The network between agents and their collector is away for longer than gone-after, then the agents return one by one:
at a constant load no order is for fewer nodes than there are or for more, and afterwards idle nodes are removed by
name.

HEADROOM_FLEET_PARTITION_S makes it longer; from ten minutes on, gone-after is the default (see scripts/soak)."""

import os
import signal
import sys
import time

from headroom_test import SOURCE, WAIT_S, FakeNode, Fleet, Program, main, wait_until
from order_hooks import OrderHookTest

PARTITION_S = float(os.environ.get("HEADROOM_FLEET_PARTITION_S", "9"))
GONE_AFTER = "10m" if PARTITION_S > 600 else "5s"
NODES = 6
LEVEL = 0.70  # asks for the existing number of nodes
RETURN_S = 1.5  # between two agents
SETTLE_S = 5.0  # longer than the stabilization window
E2E = os.path.join(SOURCE, "tests", "e2e")


class Link(Program):
    """The network of one agent. Stopped, it drops everything."""

    def __init__(self, port, log_path):
        super().__init__([sys.executable, "-B", os.path.join(E2E, "proxy.py"), str(port)], log_path)

    def address(self):
        return self.wait_log(r"listening on (\S+)").group(1)


class Partition(OrderHookTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "500ms", "--lead-time", "2s",
                       "--warm-up", "500ms", "--stabilization", "3s", "--gone-after", GONE_AFTER, "--min", "2",
                       "--max", "20")

    def setUp(self):
        super().setUp()
        self.collector = self.start_collector("--on-scale", self.hook)
        nodes = [FakeNode(self.path(f"root-{i}")) for i in range(NODES)]
        self.fleet = Fleet(nodes, LEVEL)
        self.fleet.start()
        self.addCleanup(self.fleet.end)
        self.links = [self.start_link() for _ in nodes]
        for i, (node, link) in enumerate(zip(nodes, self.links)):
            self.start_agent(f"web-{i}", [link.address()], "--group", "web", "--root", node.root)

    def start_link(self):
        link = Link(self.collector.port(), self.log_path("link"))
        self.programs.append(link)
        return link

    def wait_newest(self, condition, timeout=WAIT_S):
        """Waits for a last decision that meets the condition."""
        def found():
            rows = self.collector.decisions()
            return rows and condition(rows[-1])

        wait_until(found, self.collector.log, timeout)

    def is_whole(self, row):
        return (row["action"], row["live"], row["missing"], row["roll_call"]) == ("hold", str(NODES), "0", "0")

    def orders(self):
        return [line.split() for line in self.hook_lines("orders")]

    def cut(self):
        for link in self.links:
            link.signal(signal.SIGSTOP)
        cut_s = time.monotonic()
        self.wait_newest(lambda row: row["live"] == "0")
        time.sleep(max(0.0, cut_s + PARTITION_S - time.monotonic()))

    def return_one_by_one(self):
        for link in self.links:
            link.signal(signal.SIGCONT)
            time.sleep(RETURN_S)
        self.wait_newest(self.is_whole, timeout=90)

    def test_no_node_is_removed_for_silence(self):
        self.wait_newest(self.is_whole)
        self.cut()
        self.return_one_by_one()
        time.sleep(SETTLE_S)
        for _, verb, _, to in self.orders():  # the minimum may be asked for
            self.assertEqual((verb, to), ("scale-out", str(NODES)), self.collector.log())
        given = len(self.orders())
        self.assertEqual(self.collector.decisions()[-1]["desired"], str(NODES))

        self.fleet.jump(0.05)
        _, verb, group, to, *names = wait_until(lambda: self.orders()[given:], self.collector.log)[0]
        self.assertEqual((verb, group, int(to) + len(names)), ("scale-in", "web", NODES))
        self.assert_stops(self.collector)


if __name__ == "__main__":
    main()
