"""Rolling replacements of all nodes of a group, by drain, stop and kill, with a new node before the old one goes and
after it: at constant load the desired count stays, no order is for fewer nodes than the load needs, and afterwards
nodes that are gone stand in nobody's way."""

import time

from fleet_case import HIGH, FleetCase, need
from headroom_test import main, wait_until
from http_client import get
from light_fleet import KILLED, LEFT, STOPPED

NODES = 10
DEMAND = 6.5    # 65 %; 72 % while one of ten is away
PAUSE_S = 0.3   # between two steps of the roll, once the collector has seen the last one
WINDOW_S = 15  # the stabilization window: longer than a step takes on a busy machine
HOW = {"drain": LEFT, "stop": STOPPED, "kill": KILLED}
SURGE = [f"{how}-surge" for how in HOW]
IN_PLACE = [f"{how}-in-place" for how in HOW]
GROUPS = SURGE + IN_PLACE


class Rolling(FleetCase):
    def roll(self, fleet, old):
        """Replaces the i-th nodes of all groups at the same time. A node that is stopped in place comes back under its
        name. A deployment waits until a new node is ready before it takes the next one."""
        for i in range(NODES):
            for group in SURGE:
                fleet.add(group)
            for group in IN_PLACE:
                fleet.remove(old[group][i], HOW[group.split("-")[0]])
            self.wait_live({**dict.fromkeys(SURGE, NODES + 1), **dict.fromkeys(IN_PLACE, NODES - 1)})
            for group in SURGE:
                fleet.remove(old[group][i], HOW[group.split("-")[0]])
            for group in IN_PLACE:
                fleet.add(group, old[group][i] if group == "stop-in-place" else None)
            self.wait_live(dict.fromkeys(GROUPS, NODES))

    def wait_live(self, live):
        """Until the collector has seen so many live nodes of each group, and a pause."""
        def seen():
            groups = get(self.http, "/api/v1/groups").json()["groups"]
            return {group["name"]: group["nodes"]["live"] for group in groups}
        wait_until(lambda: seen() == live, lambda: f"{live}: {seen()}")
        time.sleep(PAUSE_S)

    def assert_steady(self, fleet, since):
        orders = fleet.orders
        self.assert_orders_suffice(orders, fleet.demand)
        for group in GROUPS:
            desired = set(self.said_desired(self.rows()[since:], group))
            self.assertLessEqual(desired, set(range(need(DEMAND) - 1, need(DEMAND) + 2)), f"{group}: {orders}")

    def assert_helped(self, fleet, groups):
        """Those that report are overloaded: what is gone does not count as capacity."""
        for group in groups:
            fleet.demand[group] = 1.15 * NODES
        wait_until(lambda: all(fleet.load(group) <= HIGH for group in groups),
                   lambda: f"{ {group: fleet.load(group) for group in groups} }: {fleet.orders}", timeout=60)

    def test_the_desired_count_stays_while_all_nodes_are_replaced(self):
        fleet = self.start_light(dict.fromkeys(GROUPS, DEMAND), counted=SURGE)
        collector = self.start_collector("--on-scale", self.hook, "--gone-after", "10m", "--stabilization", f"{WINDOW_S}s",
                                         "--http", "127.0.0.1:0")
        self.http = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        fleet.move(collector.port())
        old = {group: [fleet.add(group) for _ in range(NODES)] for group in GROUPS}
        for group in GROUPS:
            collector.wait_said(group, rf"hold {NODES}\b(?!.*(roll call|no decision))")
        since = len(self.rows())

        self.roll(fleet, old)
        time.sleep(WINDOW_S + 1)
        self.assert_steady(fleet, since)
        self.assert_helped(fleet, [group for group in GROUPS if not group.startswith("stop")])
        self.assert_stops(collector)


if __name__ == "__main__":
    main()
