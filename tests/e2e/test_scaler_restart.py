"""A killed collector continues its decisions: the desired count and the stabilization window survive."""

import os
import time

from headroom_test import HeadroomTest, free_port, main, wait_until

NODES = ("alpha", "beta", "gamma", "delta")
WINDOW_S = 16
# Three ticks may be missing: the time that the collector may be down, on a busy machine too.
FLAGS = ("--tick", "2s", "--lead-time", "2s", "--stabilization", f"{WINDOW_S}s", "--max", "20")


class ScalerRestart(HeadroomTest):
    def wait_saved(self, pattern):
        """Waits until the saved state contains the line."""
        def found():
            try:
                with open(os.path.join(self.path("data"), "scaler.state"), encoding="ascii") as file:
                    return pattern in file.read().splitlines()
            except FileNotFoundError:
                return False

        wait_until(found, f"{pattern!r} in scaler.state")

    def test_a_kill_within_the_window_does_not_begin_it_anew(self):
        port = free_port()
        collector = self.start_collector(*FLAGS, port=port)
        self.start_fleet(NODES, collector, 0.20, "--group", "web")
        collector.wait_said("web", r"hold 4 \(cpu \d+% now(?!.*roll call)")
        began = time.monotonic()
        time.sleep(max(0.0, began + WINDOW_S / 2 - time.monotonic()))  # half of the window has passed and is saved
        self.wait_saved("desired 4 decided")
        collector.kill()
        restarted = time.monotonic()
        collector = self.start_collector(*FLAGS, port=port)
        collector.wait_log(r"read back the scaler's state of 1 groups, saved \d+ m?s ago")
        collector.wait_said("web", r"scale down 4 -> \d \(")
        scaled_in = time.monotonic()
        self.assertGreater(scaled_in - began, WINDOW_S - 1, collector.log())
        self.assertLess(scaled_in - restarted, WINDOW_S - 1, collector.log())

    def test_a_kill_does_not_forget_the_count(self):
        """The desired count exceeds the nodes; until they report, only the saved state knows it."""
        collector = self.start_collector(*FLAGS)
        _, agents = self.start_fleet(NODES, collector, 0.95, "--group", "web")
        collector.wait_said("web", r"scale up 4 -> \d+ \(")
        wanted = wait_until(lambda: [row["desired"] for row in collector.decisions() if row["action"] == "up"],
                            "a row of the scale-up")[-1]
        self.wait_saved(f"desired {wanted} decided")
        collector.kill()
        for agent in agents:
            agent.kill()
        collector = self.start_collector(*FLAGS)
        collector.wait_said("web", rf"hold {wanted} \(4 of 4 nodes do not report: .*; "
                                   "4 not reported since the start; roll call: no scale-in")
        self.assert_stops(collector)
        self.wait_saved(f"desired {wanted} decided")


if __name__ == "__main__":
    main()
