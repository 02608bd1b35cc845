"""What an agent that may connect can cost, seen from outside: it is slowed down or rejected, and others go on."""

import os
import time

from headroom_test import main, wait_until
from http_client import get
from interop_case import Agent, InteropTest, Rejected, pb
from interop_client import uptime_ms

HOUR_MS = 3600000


class Budgets(InteropTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--http", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.collector = self.start_collector()
        self.port = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

    def limits(self):
        return get(self.port, "/api/v1/fleet").json()["limits"]

    def metric(self, line):
        return next(float(text.rsplit(" ", 1)[1]) for text in get(self.port, "/metrics").text().splitlines()
                    if text.startswith(line + " "))

    def test_an_agent_that_sends_faster_than_it_says_is_slowed_down(self):
        """It says an hour and has a sample at any time, within its credit."""
        agent = self.session(self.collector, "liar", interval_ms=HOUR_MS)
        credit, burst = agent.credit, 2 * agent.credit
        began = time.monotonic()
        while agent.acknowledged < burst or time.monotonic() - began < 5:
            self.produce(agent, credit - len(agent.kept))
            if agent.send() == 0:
                agent.send_batch()
            agent.wait_for_ack(0.2)
            self.assertLess(time.monotonic() - began, 60)
        seconds = time.monotonic() - began
        self.assertLessEqual(agent.newest_seq - len(agent.kept), burst + credit + 2 * seconds + 10)
        self.assertEqual(agent.credit, 1)
        self.assertEqual(self.limits()["slowed"], 1)
        self.assertGreaterEqual(self.limits()["reached"]["interval"], 1)
        self.assertEqual(self.metric("headroom_agents_slowed"), 1)
        self.collector.wait_log(r"node liar: its agent sends more samples than its interval of 3600000 ms allows")
        agent.cut()
        wait_until(lambda: self.limits()["slowed"] == 0, self.collector)

    def test_who_ignores_the_credit_is_rejected(self):
        agent = self.session(self.collector, "liar", interval_ms=HOUR_MS)
        with self.assertRaises(Rejected) as caught:
            for _ in range(100):
                self.produce(agent, agent.welcome.credit // 2)
                agent.send_batch(list(agent.kept.values()))
                agent.kept = {}
                time.sleep(0.2)  # the disk is not what bounds it
                while agent.wait_for_ack(0.01) is not None:
                    pass
        self.assertEqual(caught.exception.code, pb.REJECT_CODE_CREDIT_EXCEEDED)
        self.collector.wait_log(r"node liar: ended its connection .*: more samples than its credit, and than its "
                                r"interval of 3600000 ms allows")

    def test_what_was_kept_during_an_outage_is_delivered_at_once(self):
        """Three hours, a second apart."""
        agent = self.agent(self.collector, "patient")
        count = 3 * 3600
        now_ms, now_uptime_ms = time.time_ns() // 1_000_000, uptime_ms()
        for seq in range(1, count + 1):
            ago_ms = (count - seq) * 1000
            agent.kept[seq] = pb.Sample(seq=seq, time_ms=now_ms - ago_ms, uptime_ms=max(0, now_uptime_ms - ago_ms),
                                        cpu_percent=50)
        agent.newest_seq = count
        if agent.kept[1].uptime_ms == 0:
            self.skipTest("this machine has not been up for three hours")
        agent.hello()
        agent.deliver(timeout_s=120)
        self.assertEqual(agent.acknowledged, count)
        self.assertEqual(self.limits()["reached"]["interval"], 0)

    def connect_often(self, node_id, lost):
        """250 Hellos, each of another run. Returns how many were rejected."""
        rejected = 0
        for instance in range(1, 251):
            agent = Agent(("127.0.0.1", self.collector.port()), node_id, instance=instance)
            agent.newest_seq = 66
            agent.losses = [[seq, seq] for seq in range(2, 65, 2)] if lost else []
            agent.kept = {} if lost else {1: pb.Sample(seq=1, time_ms=0, uptime_ms=0)}
            agent.connect()
            try:
                agent.hello()
            except Rejected as reject:
                self.assertEqual(reject.code, pb.REJECT_CODE_FULL)
                rejected += 1
            agent.cut()
        return rejected

    def test_a_node_that_connects_without_end_is_rejected(self):
        rejected = self.connect_often("restless", lost=False)
        self.assertGreater(rejected, 100)
        self.assertEqual(self.limits()["reached"]["reconnects"], rejected)
        self.collector.wait_log(r"agents connect as node restless too often")
        honest = self.session(self.collector, "n1")
        self.produce(honest, 5)
        honest.deliver()

    def test_runs_that_lost_samples_do_not_fill_the_disk(self):
        """Each makes 66 rows of gaps.csv."""
        rejected = self.connect_often("forgetful", lost=True)
        self.assertGreater(rejected, 100)
        self.assert_stops(self.collector)
        size = os.path.getsize(os.path.join(self.collector.data, "gaps.csv"))
        self.assertLess(size, (250 - rejected + 1) * 66 * 150)

    def test_names_of_groups_without_samples_leave_no_trace(self):
        for number in range(200):
            self.session(self.collector, f"x{number}", group=f"g{number}").cut()
        honest = self.session(self.collector, "n1", group="web")
        self.produce(honest, 1)
        honest.deliver()
        groups = [group["name"] for group in get(self.port, "/api/v1/groups").json()["groups"]]
        self.assertEqual(groups, ["web"])


if __name__ == "__main__":
    main()
