"""Shared by the tests of light nodes, orders and desired counts."""

import math

from headroom_test import read_csv, segment_paths
from light_fleet import LightFleet
from order_hooks import OrderHookTest

HIGH, TARGET = 0.80, 0.70  # the defaults


def need(demand, share=TARGET):
    return math.ceil(demand / share - 1e-9)


class FleetCase(OrderHookTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "250ms", "--lead-time", "2s",
                       "--warm-up", "500ms", "--stabilization", "3s")

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
