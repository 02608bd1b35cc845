"""Shared by the tests of attacks: a collector with an honest agent, and what an attack costs both.

CPU times are held to tight bounds, since other programs do not lengthen them; times on the clock to loose ones."""

import re
import time

from headroom_test import HeadroomTest, wait_until
from hostile import connect, hello, read_message, resident_bytes, WELCOME_TAG
from http_client import get

MIB = 1 << 20
LATE_S = 10            # a machine that is several times too busy
SLOW_TURN_S = 0.0075   # CPU time; an attack that holds the loop takes 20 to 500 ms of each turn
LONG_TURN_S = 0.025
SLOW_SHARE = 0.01
LONG_SHARE = 0.001
LONG_TURNS = 3         # whatever the share: a page fault or the machine itself


class Figures:
    """The collector's own account at a moment, or a second before: it keeps its answer for that long."""

    CPU = "headroom_loop_turn_cpu_seconds"

    def __init__(self, text):
        self.text = text
        self.turns = self.value(f"{self.CPU}_count")
        self.cpu_s = self.value(f"{self.CPU}_sum")

    def value(self, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", self.text, re.M)[1])

    def turns_above(self, bound_s):
        return self.turns - self.value(f'{self.CPU}_bucket{{le="{bound_s:g}"}}')


class AttackCase(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "1h", "--http", "127.0.0.1:0")
    AGENT_FLAGS = ("--interval", "100ms", "--group", "web")

    def start(self, *flags, agent_flags=(), **how):
        """A collector, and the agent `honest` that streams to it."""
        self.collector = self.start_collector(*flags, **how)
        self.http = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        self.port = self.collector.port()
        self.agent = self.start_agent("honest", [self.collector], *agent_flags)
        self.collector.wait_samples("honest", 10)
        self.begun = self.figures()
        self.resident = resident_bytes(self.collector.process.pid)

    def figures(self):
        return Figures(get(self.http, "/metrics").text())

    def welcomed_s(self, node, host="127.0.0.1"):
        """How long another honest agent waits for its Welcome."""
        begun = time.monotonic()
        with connect(self.port, host) as peer:
            peer.sendall(hello(node, instance=1 + hash(node) % 2**32))
            message = read_message(peer)
        self.assertEqual(message[:1], bytes([WELCOME_TAG]), message)
        return time.monotonic() - begun

    def healthy_s(self):
        begun = time.monotonic()
        self.assertEqual(get(self.http, "/healthz").status, 200)
        return time.monotonic() - begun

    def probe(self, seconds, agents=True):
        """While an attack runs: honest agents get in, and health checks are answered."""
        ends, waits, count = time.monotonic() + seconds, [], 0
        while time.monotonic() < ends or count < 3:
            if agents:
                waits.append(self.welcomed_s(f"probe-{count % 5}"))
            waits.append(self.healthy_s())
            count += 1
            time.sleep(0.05)
        self.assertLess(max(waits), LATE_S)

    def assert_harmless(self, memory):
        """The attack so far has held the loop for no turn, has taken at most that much memory, and has cost the honest
        agent nothing."""
        now = self.figures()
        grown = resident_bytes(self.collector.process.pid) - self.resident
        turns = now.turns - self.begun.turns
        slow, long = (now.turns_above(bound) - self.begun.turns_above(bound) for bound in (SLOW_TURN_S, LONG_TURN_S))
        print(f"{turns:.0f} turns of {1000 * (now.cpu_s - self.begun.cpu_s) / turns:.2f} ms of CPU, {slow:.0f} above "
              f"{1000 * SLOW_TURN_S:g} ms, {long:.0f} above {1000 * LONG_TURN_S:g} ms; {grown / MIB:.1f} MiB",
              flush=True)
        self.assertLessEqual(slow, LONG_TURNS + SLOW_SHARE * turns)
        self.assertLessEqual(long, LONG_TURNS + LONG_SHARE * turns)
        self.assertLess(grown, memory)
        self.assert_undisturbed()

    def assert_undisturbed(self):
        """The honest agent still streams, over its first connection, and has lost nothing."""
        stored = len([row for row in self.collector.samples() if row["node_id"] == "honest"])
        self.collector.wait_samples("honest", stored + 3)
        self.assert_stops(self.agent)
        self.assertEqual(self.agent.connections(), 1, self.agent.log())
        self.assert_nothing_lost(self.collector, self.agent)

    def assert_nothing_lost(self, collector, agent):
        self.assertEqual(agent.account()["dropped"], 0, agent.log())
        self.assert_all_stored([agent], [row for row in collector.samples() if row["node_id"] == agent.node])

    def wait_figure(self, name, least):
        return wait_until(lambda: self.figures().value(name) >= least,
                          lambda: f"{name} >= {least}:\n{self.collector.log()}")
