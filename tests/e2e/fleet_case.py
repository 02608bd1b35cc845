"""Shared by the tests of light nodes, orders and desired counts."""

import math
import os
import shutil
import signal

from headroom_test import SOURCE, HeadroomTest, read_csv, segment_paths
from light_fleet import LightFleet

HIGH, TARGET = 0.80, 0.70  # the defaults


def need(demand, share=TARGET):
    return math.ceil(demand / share - 1e-9)


class FleetCase(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "250ms", "--lead-time", "2s",
                       "--warm-up", "500ms", "--stabilization", "3s")

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("hook"))
        self.hook = shutil.copy(os.path.join(SOURCE, "tests", "e2e", "order_hook"), self.path("hook/run"))
        self.addCleanup(self.end_hooks)

    def hook_runs(self):
        """[(its process, the collector's, order id), ...]"""
        try:
            with open(self.path("hook/runs"), encoding="ascii") as file:
                lines = [line.split() for line in file]
        except FileNotFoundError:
            return []
        return [(int(pid), int(parent), tuple(map(int, order_id.split(".")))) for pid, parent, order_id in lines]

    def end_hooks(self):
        """Those that hang outlive a collector that is killed. Each has a process group of its own."""
        for pid, _, _ in self.hook_runs():
            try:
                with open(f"/proc/{pid}/cmdline", encoding="ascii") as file:
                    if self.hook in file.read():
                        os.killpg(pid, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass

    def start_light(self, demand, lead_s=1.0, counted=()):
        fleet = LightFleet(self.path("hook"), demand, lead_s, counted)
        fleet.start()
        self.addCleanup(fleet.end)
        return fleet

    def rows(self, data="data"):
        return [row for path in segment_paths(self.path(data), "decisions") for row in read_csv(path)]

    def said_desired(self, rows, group):
        """The desired counts of the group's decisions, in the order of the file."""
        return [int(row["desired"]) for row in rows if row["group"] == group and row["desired"]]

    def assert_orders_suffice(self, orders, demand):
        """No order is for fewer nodes than the load of the group needs."""
        for order in orders:
            self.assertGreaterEqual(order.to, need(demand[order.group], HIGH), order)
