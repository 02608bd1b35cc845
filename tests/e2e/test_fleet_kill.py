"""SIGKILL of the collector at random moments, while its hook works, fails or hangs: each order has one outcome, no
order is run by another life of the collector than the one that decided it, and the lead time stays within its bounds.

HEADROOM_KILL_CYCLES makes it longer (see scripts/soak). Random choices follow from a seed, which is printed and can be
set with HEADROOM_SEED."""

import os
import random
import time
from collections import Counter

from fleet_case import FleetCase
from headroom_test import free_port, main, wait_until
from light_fleet import read_orders

CYCLES = int(os.environ.get("HEADROOM_KILL_CYCLES", "12"))
# The groups, and the files of their hook. One that hangs does nothing afterwards, either.
MODES = {"works": {}, "fails": {"status": "1"}, "hangs": {"sleep": "20", "status": "1"}}
LOW, HIGH = 1.5, 4.0  # cores
LEAD_S = 1.0
OUTCOMES = {"accepted", "failed", "without-effect", "withdrawn", "unknown"}


class Kills(FleetCase):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "200ms", "--lead-time", f"{LEAD_S:.0f}s",
                       "--warm-up", "200ms", "--stabilization", "1s", "--hook-timeout", "1s", "--scale-ins", "60",
                       "--min", "2", "--max", "12")

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("HEADROOM_SEED", random.randrange(1 << 32)))
        print(f"HEADROOM_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.port = free_port()
        for group, files in MODES.items():
            for name, value in files.items():
                self.write(f"hook/{name}.{group}", value)
        self.collector = self.start()
        self.fleet = self.start_light(dict.fromkeys(MODES, LOW), lead_s=0.5)
        self.fleet.move(self.port)
        for _ in range(4):
            for mode in MODES:
                self.fleet.add(mode)

    def start(self):
        return self.start_collector("--on-scale", self.hook, port=self.port)

    def kill(self):
        """One in five is killed while it starts. The others have time to see the load of some groups change."""
        if self.random.random() < 0.2:
            time.sleep(self.random.uniform(0.0, 0.1))
        else:
            self.collector.port()
            for mode in self.random.sample(list(MODES), 2):
                self.fleet.demand[mode] = LOW if self.fleet.demand[mode] == HIGH else HIGH
            time.sleep(self.random.uniform(0.0, 6.0))
        self.collector.kill()
        self.settle_hooks()
        time.sleep(self.random.uniform(0.0, 0.3))
        self.collector = self.start()

    # ---- checks ----

    def order_rows(self):
        """[(group, order id, stage), ...]"""
        return [(row["group"], (int(row["order_epoch"]), int(row["order_number"])), row["order"])
                for row in self.rows() if row["order"]]

    def assert_one_outcome(self, rows):
        intents = Counter((group, order_id) for group, order_id, stage in rows if stage == "intent")
        outcomes = Counter((group, order_id) for group, order_id, stage in rows if stage in OUTCOMES)
        self.assertEqual(intents, outcomes)
        self.assertLessEqual(set(intents.values()), {1})
        self.assertEqual({stage for _, _, stage in rows} - OUTCOMES - {"given-up"}, {"intent"})

    def assert_each_is_newer(self, rows):
        """The hook never runs an order that is not recorded, or not newer than the one before it."""
        intents = {(group, order_id) for group, order_id, stage in rows if stage == "intent"}
        newest = dict.fromkeys(MODES, (0, 0))
        for order_id, _, group, _, _ in read_orders(self.path("hook/orders")):
            self.assertIn((group, order_id), intents)
            self.assertLess(newest[group], order_id, group)
            newest[group] = order_id

    def assert_no_order_outlives_its_collector(self):
        """Each life of the collector has an epoch of its own for each group. (A hook whose collector is gone has
        another parent.)"""
        lives = {program.process.pid for program in self.programs}
        pairs = {(group, epoch, parent) for _, parent, (epoch, _), group in self.hook_runs() if parent in lives}
        self.assertEqual(len({(group, epoch) for group, epoch, _ in pairs}), len(pairs), pairs)
        self.assertEqual(len({(group, parent) for group, _, parent in pairs}), len(pairs), pairs)

    def assert_settles(self):
        """It scales on, also the groups whose hooks failed and hung."""
        for mode, files in MODES.items():
            self.fleet.demand[mode] = HIGH
            for name in files:
                os.remove(self.path(f"hook/{name}.{mode}"))
        wait_until(lambda: all(self.fleet.load(mode) < 0.8 for mode in MODES), self.collector.log, timeout=90)

    def test_each_order_has_one_outcome(self):
        for _ in range(CYCLES):
            self.kill()
        self.assert_settles()
        self.assert_stops(self.collector)

        rows = self.order_rows()
        print(f"{len(self.programs)} lives: {dict(Counter((group, stage) for group, _, stage in rows))}", flush=True)
        self.assert_one_outcome(rows)
        self.assert_each_is_newer(rows)
        self.assert_no_order_outlives_its_collector()
        for row in self.rows():
            if row["lead_time_s"]:
                self.assertTrue(LEAD_S / 4 <= float(row["lead_time_s"]) <= 4 * LEAD_S, row)
            if row["to"]:
                self.assertTrue(2 <= int(row["to"]) <= 12, row)


if __name__ == "__main__":
    main()
