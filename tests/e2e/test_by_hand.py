"""What people and schedules do to orders: with a real collector, its hook, and light nodes that it adds and removes."""

import json
import time

from clock import Clock
from fleet_case import HIGH, FleetCase, need
from headroom_test import COLLECTOR_STEPPED, main, wait_until
from light_fleet import KILLED

LEAD_S = 2.0
WATCH_S = 5.0  # longer than the lead time and the stabilization window


class ByHand(FleetCase):
    COLLECTOR_FLAGS = (*FleetCase.COLLECTOR_FLAGS, "--http", "127.0.0.1:0")

    def start(self, nodes, demand, *flags):
        """The collector, and a group without a roll call."""
        self.fleet = self.start_light({"web": demand}, lead_s=0.5)
        self.collector = self.start_collector("--on-scale", self.hook, "--max", "12", "--gone-after", "10m", *flags)
        self.fleet.move(self.collector.port())
        for _ in range(nodes):
            self.fleet.add("web")
        self.wait_status("no roll call", lambda web: web["nodes"]["live"] == nodes and
                         web["conditions"]["data-complete"]["status"])

    def wait_status(self, what, condition):
        wait_until(lambda: condition(self.status()["web"]), lambda: f"{what}: {self.status()}\n{self.collector.log()}")

    def wait_members(self, count):
        """Waits until the group has that many nodes, and no order is on its way."""
        wait_until(lambda: len(self.fleet.members("web")) == count,
                   lambda: f"{count} nodes: {self.fleet.orders}\n{self.collector.log()}", timeout=60)
        self.wait_status(f"{count} nodes", lambda web: (web["nodes"]["live"], web["existing"]) == (count, count))

    def orders_since(self, given):
        return self.fleet.orders[given:]

    def assert_nothing_ordered(self, given):
        time.sleep(WATCH_S)
        self.assertEqual(self.orders_since(given), [], self.collector.log())

    def assert_named_steps(self, orders):
        """Each removes named nodes, at most half of the group."""
        for order in orders:
            self.assertEqual((order.verb, order.had - len(order.nodes)), ("scale-in", order.to), order)
            self.assertLessEqual(len(order.nodes), (order.had + 1) // 2, order)


class Pins(ByHand):
    def test_a_pin_raises_at_once_and_lowers_by_named_steps(self):
        self.start(4, 2.6)
        self.headroom("pin", "web=8", "--for", "10m")
        self.wait_members(8)
        self.assertEqual({(order.verb, order.to) for order in self.fleet.orders}, {("scale-out", 8)})
        given = len(self.fleet.orders)
        self.headroom("pin", "web=3", "--for", "10m")
        self.wait_members(3)
        self.assert_named_steps(self.orders_since(given))
        self.assertGreater(len(self.orders_since(given)), 1, "one order removes at most half of the nodes")

        self.headroom("pin", "web=1", "--for", "10m")
        self.wait_members(1)  # whatever the load needs

        port = self.collector.port()
        self.headroom("pin", "web=2", "--for", "10m")
        self.wait_members(2)
        self.headroom("pin", "web=4", "--for", "10m")
        self.wait_members(4)
        self.headroom("pin", "web=3", "--for", "10m")
        self.collector.kill()
        self.settle_hooks()
        self.collector = self.start_collector("--on-scale", self.hook, "--max", "12", port=port)
        self.wait_members(3)
        self.assert_stops(self.collector)
        self.assertEqual([row["why"] for row in self.rows() if (row["action"], row["roll_call"]) == ("down", "1")], [])


class Pauses(ByHand):
    def test_a_pause_holds_everything(self):
        self.start(4, 2.6, "--min", "3")
        self.headroom("pause", "web", "--for", "10m")
        self.fleet.demand["web"] = 3.8
        self.wait_status("a vote that is held", lambda web: web["guard"] == "paused")
        for name in self.fleet.members("web")[:2]:
            self.fleet.remove(name, KILLED)
        self.wait_status("two missing nodes", lambda web: web["nodes"]["missing"] == 2)
        self.assert_nothing_ordered(0)  # not even the minimum is restored
        self.headroom("resume", "web")
        wait_until(lambda: self.fleet.load("web") < HIGH, lambda: f"{self.fleet.orders}\n{self.collector.log()}")

    def test_a_pause_of_scale_in_holds_only_that(self):
        self.start(6, 3.9)
        self.headroom("pause", "web", "--scale-in", "--for", "10m")
        self.fleet.demand["web"] = 0.9
        self.wait_status("a scale-in that is held", lambda web: web["guard"] == "paused")
        self.assert_nothing_ordered(0)
        self.fleet.demand["web"] = 6.0
        wait_until(lambda: self.fleet.load("web") < HIGH, lambda: f"{self.fleet.orders}\n{self.collector.log()}")
        self.assertEqual({order.verb for order in self.fleet.orders}, {"scale-out"})
        given = len(self.fleet.orders)
        self.fleet.demand["web"] = 0.9
        self.headroom("resume", "web")
        wait_until(lambda: "scale-in" in {order.verb for order in self.orders_since(given)}, self.collector.log)


class Forgetting(ByHand):
    def test_forgotten_nodes_do_not_count_any_more(self):
        """Two of six are killed. They may exist, and count as busy: so an order leaves more nodes than there are, which
        removes none, until somebody says that they do not exist."""
        self.start(6, 3.9)
        self.headroom("pause", "web", "--scale-in", "--for", "10m")  # until they are missing
        self.fleet.demand["web"] = 0.8
        for name in self.fleet.members("web")[:2]:
            self.fleet.remove(name, KILLED)
        self.wait_status("missing nodes that exist", lambda web: (web["nodes"]["missing"], web["existing"]) == (2, 6))
        self.headroom("resume", "web")
        wait_until(lambda: self.fleet.orders, self.collector.log)
        time.sleep(WATCH_S)
        self.assertLessEqual(need(2 + 0.8, HIGH), min(order.to for order in self.fleet.orders), self.fleet.orders)
        self.assertEqual(len(self.fleet.members("web")), 4)
        given = len(self.fleet.orders)
        self.assertIn("forgot 2 nodes", self.headroom("forget", "web", "--missing"))
        self.wait_members(need(0.8))
        self.assert_named_steps(self.orders_since(given)[-1:])


class Schedules(ByHand):
    AHEAD_S = 30  # longer than a roll call without state

    def test_its_nodes_are_ordered_one_lead_time_before_it_begins(self):
        lead_s = 10
        begin_s = (time.time() // 60 + 2) * 60
        clock = Clock(self.path("clock"))
        self.addCleanup(clock.close)
        clock.set(round(begin_s - self.AHEAD_S - time.time()))
        config = self.write("schedule.conf", "[group web]\nmin = 2\n[schedule rush]\ngroup = web\nzone = UTC\nmin = 7\n"
                                             f"from = {time.strftime('%H:%M', time.gmtime(begin_s))}\n")
        fleet = self.start_light({"web": 1.0}, lead_s=0.5)
        self.collector = self.start_collector("--on-scale", self.hook, "--max", "12", "--lead-time", f"{lead_s}s",
                                              "--config", config, program=COLLECTOR_STEPPED, variables=clock.variables)
        fleet.move(self.collector.port())
        for _ in range(2):
            fleet.add("web")
        wait_until(lambda: fleet.orders, self.collector.log, timeout=90)
        self.assertEqual([(order.verb, order.to) for order in fleet.orders], [("scale-out", 7)])
        row = next(row for row in self.rows() if row["order"] == "intent")
        before_s = begin_s - float(row["timestamp"])
        self.assertLessEqual(before_s, lead_s + 2 * 0.25)  # one lead time and a tick
        self.assertGreater(before_s, 0, "a busy machine may be late, but not as late as that")


class Unseen(ByHand):
    def test_the_minimum_of_an_unseen_group_waits_for_the_roll_call(self):
        """Without a state, and with one that knows no node: agents may be on their way."""
        config = self.write("unseen.conf", "[group web]\nmin = 2\nmax = 5\n")
        for life in range(2):
            begun_s = time.time()
            collector = self.start_collector("--on-scale", self.hook, "--config", config)
            intents = wait_until(lambda: [row for row in collector.decisions() if row["order"] == "intent"
                                          and float(row["timestamp"]) > begun_s], collector.log, timeout=90)
            self.assertEqual((intents[0]["to"], intents[0]["live"], intents[0]["roll_call"]), ("2", "0", "0"))
            self.assertGreater(float(intents[0]["timestamp"]) - begun_s, 10)
            self.assertEqual(len(collector.log_matches("read back the scaler's state of 1 groups")), life)
            self.assert_stops(collector)


class AnyVictims(ByHand):
    def start_any(self):
        self.start(6, 3.9, "--config", self.write("any.conf", "[group web]\nvictims = any\n"))

    def test_without_a_count_there_is_no_scale_in(self):
        self.start_any()
        self.collector.wait_log(r"hook for web, count: .*; scale-in is refused, since with victims = any the collector "
                                r"must know how many nodes exist")
        self.fleet.demand["web"] = 0.9
        self.wait_status("a scale-in that is refused", lambda web: web["guard"] == "uncounted")
        self.assert_nothing_ordered(0)

    def test_with_a_count_the_hook_gets_no_names(self):
        self.write("hook/count.web", "6\n")
        self.start_any()
        self.fleet.counted = ("web",)
        self.fleet.demand["web"] = 0.9
        wait_until(lambda: self.fleet.orders, self.collector.log)
        order = self.fleet.orders[0]
        self.assertEqual((order.verb, order.nodes), ("scale-in", []), order)
        self.assertTrue(3 <= order.to < 6, order)
        record = json.loads(self.hook_lines("records")[0])
        self.assertEqual((record["action"], record["to"], record["victims"]), ("down", order.to, []))


if __name__ == "__main__":
    main()
