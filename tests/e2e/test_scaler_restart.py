"""A killed collector continues its decisions: the desired count and the stabilization window survive."""

import os
import re
import time

from headroom_test import SOURCE, HeadroomTest, free_port, main, wait_until
from http_client import get

NODES = ("alpha", "beta", "gamma", "delta")
WINDOW_S = 16
# Three ticks may be missing: the time that the collector may be down, on a busy machine too.
FLAGS = ("--tick", "2s", "--lead-time", "2s", "--stabilization", f"{WINDOW_S}s", "--max", "20")


class ScalerRestart(HeadroomTest):
    def saved_desired(self, collector):
        """What the last scale-up wants, once it is saved."""
        wanted = [row["desired"] for row in collector.decisions() if row["action"] == "up"]
        return wanted[-1] if wanted and f"desired {wanted[-1]} decided" in collector.saved_state() else None

    def wait_decision(self, collector, what, condition):
        """When the first such decision was made, by its row."""
        row = wait_until(lambda: next((row for row in collector.decisions() if condition(row)), None),
                         lambda: f"{what}:\n{collector.log()}")
        return float(row["timestamp"])

    def test_a_kill_within_the_window_does_not_begin_it_anew(self):
        port = free_port()
        collector = self.start_collector(*FLAGS, port=port)
        self.start_fleet(NODES, collector, 0.20, "--group", "web")
        began = self.wait_decision(collector, "a decision with all nodes",
                                   lambda row: (row["live"], row["roll_call"]) == ("4", "0"))
        time.sleep(max(0.0, began + WINDOW_S / 2 - time.time()))  # half of the window has passed and is saved
        collector.wait_saved("desired 4 decided")
        collector.kill()
        restarted = time.time()
        collector = self.start_collector(*FLAGS, port=port)
        collector.wait_log(r"read back the scaler's state of 1 groups, saved \d+ m?s ago")
        scaled_in = self.wait_decision(collector, "a scale-in", lambda row: row["action"] == "down")
        self.assertGreater(scaled_in - began, WINDOW_S - 1, collector.log())
        self.assertLess(scaled_in - restarted, WINDOW_S - 1, collector.log())

    def test_a_kill_does_not_forget_the_count(self):
        """The desired count exceeds the nodes; until they report, only the saved state knows it."""
        collector = self.start_collector(*FLAGS)
        _, agents = self.start_fleet(NODES, collector, 0.95, "--group", "web")
        collector.wait_said("web", r"scale up 4 -> \d+ \(")
        wanted = wait_until(lambda: self.saved_desired(collector), "a scale-up that is saved")
        collector.kill()
        for agent in agents:
            agent.kill()
        collector = self.start_collector(*FLAGS)
        collector.wait_said("web", rf"hold {wanted} \(4 of 4 nodes do not report: .*; "
                                   "4 not reported since the start; roll call: no scale-in")
        self.assert_stops(collector)
        collector.wait_saved(f"desired {wanted} decided")

    def restart_s(self):
        """How long systemd waits before it starts the collector again."""
        with open(os.path.join(SOURCE, "packaging", "headroom-collector.service.in"), encoding="ascii") as unit:
            return int(re.search(r"^RestartSec=(\d+)s$", unit.read(), re.MULTILINE).group(1))

    def test_readers_get_the_number_again_and_no_sample_is_lost(self):
        port, http = free_port(), free_port()
        flags = (*FLAGS, "--tick", "500ms", "--cpu-forecast=off", "--http", f"127.0.0.1:{http}")
        collector = self.start_collector(*flags, port=port)
        _, agents = self.start_fleet(NODES, collector, 0.62, "--group", "web")

        def number():
            try:
                web = get(http, "/api/v1/groups/web")
            except OSError:
                return None
            return web.json()["desired"] if web.status == 200 else None

        wait_until(lambda: number() == 4, collector.log)
        for agent in agents:
            collector.wait_not_visitor(agent.node)
        collector.wait_saved("desired 4 decided")
        collector.kill()
        killed = time.monotonic()
        collector = self.start_collector(*flags, port=port)
        wait_until(lambda: number() == 4, collector.log)
        back = time.monotonic() - killed
        print(f"the number is back {back:.2f} s after the kill, and under systemd {self.restart_s()} s later", flush=True)
        for agent in agents:
            agent.wait_log(" connected to ", count=2)
        for agent in agents:
            self.assert_stops(agent)
        self.assert_stops(collector)
        self.assert_all_stored(agents, collector.samples())


if __name__ == "__main__":
    main()
