"""headroom-scaler simulate on loads that are formulas: no load without noise is worse than with the Kubernetes HPA, and
no jump orders many more nodes than it needs."""

import os
import sys

from headroom_test import SCALER, HeadroomTest, main

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import synthetic_loads  # noqa: E402

# Each costs no more than with the HPA, and is above 90 % for no more than 0.1 % of the time longer.
NO_WORSE = ["flat", "flat_noise_5", "day", "day_noise_5", "day_flash_crowd", "opening_hours", "ramp", "growth", "walk",
            "step_up", "step_down_and_up", "minute_spikes", "saw_30m", "saw_2h"]
SMOOTH = ["day", "ramp", "growth", "saw_30m", "saw_2h"]
DELAYS = ["120s", "300s"]
JUMPS = ["step_up", "step_down_and_up", "on_off_10m", "on_off_1h", "on_off_4h", "day_flash_crowd"]


class SyntheticLoads(HeadroomTest):
    def simulate(self, name, delay):
        """The HPA, this scaler, and the nodes that the highest demand needs."""
        path, needed = synthetic_loads.write(self.folder, name)
        return *(synthetic_loads.simulate(SCALER, path, policy, delay) for policy in ("hpa", "headroom")), needed

    def test_no_worse_than_the_hpa(self):
        for name, delay in ((name, delay) for name in NO_WORSE for delay in DELAYS):
            with self.subTest(f"{name} at {delay}"):
                hpa, ours, needed = self.simulate(name, delay)
                self.assertLessEqual(ours["violation_share"], hpa["violation_share"] + 0.001)
                self.assertLessEqual(ours["cost_ratio"], hpa["cost_ratio"])
                if name in SMOOTH:
                    self.assertEqual(ours["violation_share"], 0)
                    self.assertLess(ours["max_nodes"], 1.25 * needed)
                    self.assertGreater(ours["coverage"], 0.75)

    def test_a_jump_orders_at_most_twice_what_it_needs(self):
        for name, delay in ((name, delay) for name in JUMPS for delay in DELAYS):
            with self.subTest(f"{name} at {delay}"):
                _, ours, needed = self.simulate(name, delay)
                self.assertLessEqual(ours["max_nodes"], 2.1 * needed)  # whole nodes, and at least 5 %


if __name__ == "__main__":
    main()
