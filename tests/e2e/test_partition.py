"""A network that drops everything for a minute: both sides notice, no group is scaled in, and afterwards no sample is
missing.

HEADROOM_PARTITION_S makes it longer (see scripts/soak)."""

import os
import signal
import sys
import time

from headroom_test import SOURCE, Program, main, wait_until
from truth import TracedAgent, TruthTest

PARTITION_S = float(os.environ.get("HEADROOM_PARTITION_S", "60"))
ACK_S = 1
NOTICED_S = 3 * ACK_S
LINGERS_S = 1  # the collector reads this long from rejected agents
BUSY_S = 15    # extra time for a busy machine
SEEN_S = 5     # by then decisions have included all of them for longer than the stabilization window
GROUP = 4
LEVEL = 0.70  # asks for the existing number of nodes
SCALING = ("--tick", "500ms", "--lead-time", "3s", "--stabilization", "3s", "--max", "20")


class Proxy(Program):
    def __init__(self, port, log_path):
        super().__init__([sys.executable, "-B", os.path.join(SOURCE, "tests", "e2e", "proxy.py"), str(port)], log_path)

    def address(self):
        return self.wait_log(r"listening on (\S+)").group(1)


class Partition(TruthTest):
    def start_proxy(self, collector):
        proxy = Proxy(collector.port(), self.log_path("proxy"))
        self.programs.append(proxy)
        return proxy

    def sockets(self, program):
        """The number of agents that it holds."""
        folder = f"/proc/{program.process.pid}/fd"
        count = 0
        for fd in os.listdir(folder):
            try:
                count += os.readlink(os.path.join(folder, fd)).startswith("socket:")
            except FileNotFoundError:
                pass  # closed since then
        return count

    def noticed_after(self, programs, pattern, since):
        """Seconds until each of them has logged the pattern."""
        for program in programs:
            program.wait_log(pattern)
        return time.monotonic() - since

    def test_all_arrives_after_a_partition(self):
        collector = self.start_collector(*SCALING, "--ack-interval", f"{ACK_S}s")
        proxy = self.start_proxy(collector)
        idle = self.sockets(collector)
        agents = []
        for group in ("web", "db"):
            agents += self.start_fleet([f"{group}-{i}" for i in range(GROUP)], proxy.address(), LEVEL,
                                       "--group", group, "--outbox", "100000", kind=TracedAgent)[1]
        self.settle(agents)
        time.sleep(SEEN_S)

        cut = time.monotonic()
        proxy.signal(signal.SIGSTOP)
        by_agents = self.noticed_after(agents, r"lost .*: no data received for three ack intervals", cut)
        by_collector = self.noticed_after([collector], r"ended its connection .*: no data received for 3 s", cut)
        print(f"noticed by the agents within {by_agents:.1f} s, by the collector within {by_collector:.1f} s",
              flush=True)
        wait_until(lambda: self.sockets(collector) == idle, "the end of all sessions")
        let_go = time.monotonic() - cut
        self.assertLess(by_agents, NOTICED_S + BUSY_S)
        self.assertLess(by_collector, NOTICED_S + BUSY_S)
        self.assertLess(let_go, NOTICED_S + LINGERS_S + BUSY_S)
        for group in ("web", "db"):
            collector.wait_said(group, rf"hold \d+ \({GROUP} of {GROUP} nodes do not report: no decision without data")
        time.sleep(max(0.0, cut + PARTITION_S - time.monotonic()))

        newest = [agent.run.update().newest_seq() for agent in agents]
        stored = [agent.run.acked_seq for agent in agents]
        self.assertGreater(min(a - b for a, b in zip(newest, stored)), PARTITION_S * 20 * 0.5)
        proxy.signal(signal.SIGCONT)
        healed = time.monotonic()
        self.settle(agents)
        print(f"{sum(newest) - sum(stored)} samples of {len(agents)} agents arrived within "
              f"{time.monotonic() - healed:.1f} s of its end", flush=True)
        self.stop_agents(agents)
        self.assert_stops(collector)
        self.assert_no_scale_in(collector)
        self.assertEqual(self.assert_truth(agents, collector.data), 0)

    def assert_no_scale_in(self, collector):
        self.assertEqual([row["why"] for row in collector.decisions() if row["action"] == "down"], [])
        self.assertNotIn("scale down", collector.log())


if __name__ == "__main__":
    main()
