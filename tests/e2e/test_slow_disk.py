"""A disk that hangs holds back only the agents, through their credit: the event loop, HTTP and ticks continue."""

import os
import re
import time

from headroom_test import COLLECTOR_STEPPED, HeadroomTest, main, wait_until
from http_client import get

NODES = [f"web-{i}" for i in range(4)]
ROWS_MAX = 20000 * 64  # samples that all agents together may have in flight
INTERVAL_S = 0.05
WATCH_S = 8  # more than twice the silence after which a peer counts as dead
TICK_S = 0.5
HTTP_S = 5  # the longest allowed response time, with sanitizers on a busy machine; the disk hangs for longer


class SlowDisk(HeadroomTest):
    def start(self):
        self.stall = self.path("stall")
        collector = self.start_collector("--tick", f"{TICK_S}s", "--http", "127.0.0.1:0", "--max-agents", "20000",
                                         program=COLLECTOR_STEPPED, variables={"HEADROOM_DISK_STALL": self.stall})
        self.credit = ROWS_MAX // int(collector.wait_log(r"for up to (\d+) agents").group(1))
        self.http = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        return collector

    def metrics(self, *names):
        text = get(self.http, "/metrics").text()
        return [float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1)) for name in names]

    def metric(self, name):
        return self.metrics(name)[0]

    def turns_over_a_second(self):
        """The number of loop turns since the start."""
        turns, short = self.metrics("headroom_loop_turn_seconds_count", 'headroom_loop_turn_seconds_bucket{le="1"}')
        return turns - short

    def in_flight(self):
        """Samples received that are not stored."""
        received, stored = self.metrics("headroom_samples_received_total", "headroom_samples_stored_total")
        return received - stored

    def end_stall(self):
        if os.path.exists(self.stall):
            os.remove(self.stall)

    def decided_at(self):
        return get(self.http, "/api/v1/groups/web").json()["decided_ms"]

    def watch(self, seconds):
        """Sends requests continuously; returns the slowest response time and the number of ticks seen."""
        ticks, slowest = set(), 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            self.assertEqual(get(self.http, "/healthz").status, 200)
            ticks.add(self.decided_at())
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.1)
        return slowest, len(ticks)

    def test_a_disk_that_hangs(self):
        collector = self.start()
        agents = [self.start_agent(node, [collector], "--group", "web", "--interval", f"{INTERVAL_S}s")
                  for node in NODES]
        for node in NODES:
            collector.wait_samples(node, 5)
        wait_until(lambda: get(self.http, "/api/v1/groups/web").status == 200, collector.log)
        long_before = self.turns_over_a_second()

        self.addCleanup(self.end_stall)
        open(self.stall, "wb").close()
        stuck = self.metric("headroom_samples_stored_total")
        held_s = 2 * self.credit * INTERVAL_S
        begun, ticks_begun = self.watch(held_s)
        wait_until(lambda: self.in_flight() >= self.credit * len(NODES), "agents that have used up their credit")
        received = self.metric("headroom_samples_received_total")
        slowest, ticks = self.watch(WATCH_S)
        self.assertLess(max(begun, slowest), HTTP_S)
        self.assertGreaterEqual(ticks_begun + ticks, (held_s + WATCH_S) / TICK_S / 2)
        self.assertEqual(self.turns_over_a_second(), long_before)
        # One write may have completed as the disk began to hang. After that nothing is stored, and no more samples than
        # the credit are received.
        stored = self.metric("headroom_samples_stored_total")
        self.assertLessEqual(stored - stuck, self.credit * len(NODES))
        self.assertEqual(self.metric("headroom_samples_received_total"), received)
        self.assertLessEqual(received - stored, self.credit * len(NODES))
        self.assertGreater(received - stored, self.credit)

        self.end_stall()
        for node in NODES:
            collector.wait_samples(node, 3 * self.credit)
        for agent in agents:
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 1, agent.log())
        self.assert_all_stored(agents, collector.samples())
        self.assertNotIn("can't be written", collector.log())


if __name__ == "__main__":
    main()
