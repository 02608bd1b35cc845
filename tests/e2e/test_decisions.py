"""A load that rises and falls, and the collector's decisions."""

import re

from headroom_test import HeadroomTest, main, wait_until

NODES = ("alpha", "beta", "gamma", "delta")
FLAGS = ("--tick", "500ms", "--lead-time", "3s", "--stabilization", "3s", "--max", "20")

# Percentages below and above 80, with decimals where they are needed to see which.
BELOW = r"[67]\d(\.\d+)?%"
ABOVE = r"([89]\d|1\d\d)(\.\d+)?%"


class Decisions(HeadroomTest):
    def test_a_rising_and_falling_load(self):
        collector = self.start_collector(*FLAGS)
        fleet, _ = self.start_fleet(NODES, collector, 0.60, "--group", "web")
        for node in NODES:
            collector.wait_samples(node, 3)
        # Without a state, nothing is forecast until all nodes have had time to report.
        before = collector.wait_said("web", r"hold 4 \(cpu \d+% now(?!.*roll call)")

        fleet.move(0.95, 0.02)
        ahead = collector.wait_said("web", rf"scale up 4 -> \d+ \(cpu {BELOW} now, {ABOVE} within 3\.5 s, high 80%\)",
                                    after=before)
        collector.wait_said("web", rf"scale up 4 -> \d+ \(cpu {ABOVE} now, .*high 80%\)", after=ahead)
        wait_until(lambda: any(row["rule"] == "reactive" for row in collector.decisions()),
                   lambda: f"a reactive decision:\n{collector.log()}")
        high = len(collector.said("web"))
        fleet.jump(0.15)
        collector.wait_said("web", r"scale down 4 -> [123] \(cpu \d+% now, \d+% within 3\.5 s, high 80%", after=high)

        self.assert_stops(collector)  # nothing is decided between the reading of its rows and of its log
        rows = collector.decisions()
        self.check_rows(rows[before:])
        self.assertEqual([row["why"] for row in rows], collector.said("web"))

    def check_rows(self, rows):
        """Checks that each rule and guard is recorded for the right reason."""
        ups = [row for row in rows if row["action"] == "up"]
        self.assertEqual(ups[0]["rule"], "forecast")
        self.assertLess(float(ups[0]["cpu"]), 80.0)
        self.assertGreater(float(ups[0]["cpu_forecast_bound"]), 0.80 * float(ups[0]["cpu_capacity"]))
        for row in rows:
            if row["rule"] == "reactive":
                self.assertGreater(float(row["cpu"]), 80.0, row)
            if row["action"] == "down":
                self.assertLess(float(row["cpu"]), 80.0, row)
            self.assertEqual((row["group"], row["live"], row["missing"]), ("web", "4", "0"))
            self.assertTrue(re.match(rf"web: (hold {row['desired']}|scale {row['action']} {row['current']} -> "
                                     rf"{row['desired']}) \(", row["why"]), row)

    def test_each_group_has_its_own_decisions(self):
        collector = self.start_collector(*FLAGS, "--config", self.write("c.conf", "[group db]\ncpu-high = 95%\n"))
        self.start_fleet(["alpha", "beta"], collector, 0.85, "--group", "web")
        self.start_fleet(["gamma", "delta"], collector, 0.85, "--group", "db")
        collector.wait_said("web", r"scale up 2 -> 3 \(cpu 85% now.*, high 80%\)")
        collector.wait_said("db", r"hold [12] \(cpu 85% now")
        self.assertFalse(any("scale up 2" in sentence for sentence in collector.said("db")), collector.log())


if __name__ == "__main__":
    main()
