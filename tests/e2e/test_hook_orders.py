"""The collector's side of the hook's contract: what it orders, and that each order has one outcome, also after a kill."""

import os
import random
import shutil
import stat
import time

from headroom_test import SOURCE, free_port, main, wait_until
from order_hooks import OrderHookTest

NODES = ("web-1", "web-2")
KILLS = int(os.environ.get("HEADROOM_HOOK_KILLS", "8"))
FLAGS = ("--tick", "500ms", "--warm-up", "1s", "--max", "20", "--cpu-forecast=off")

# A hook for Headroom 0.1: it knows one operation.
OLD_HOOK = """#!/bin/sh
[ "$1" = scale ] || { echo "unknown operation $1" >&2; exit 2; }
echo "$*" >> "$(dirname "$0")/orders"
"""


def order_id(row):
    return f"{row['order_epoch']}.{row['order_number']}"


class HookOrders(OrderHookTest):
    def setUp(self):
        super().setUp()
        self.address_port = free_port()

    def start(self, *flags, lead_time="60s"):
        return self.start_collector("--on-scale", self.hook, *FLAGS, "--lead-time", lead_time, *flags,
                                    port=self.address_port)

    def wait_lines(self, name, count, collector):
        return wait_until(lambda: self.hook_lines(name) if len(self.hook_lines(name)) >= count else None,
                          lambda: f"{count} lines of {name}:\n{collector.log()}")

    def orders(self, collector):
        return [row for row in collector.decisions() if row["order"]]

    def assert_one_outcome_each(self, collector):
        """Every intent has one outcome behind it, and each outcome an intent before it."""
        open_orders = []
        for row in self.orders(collector):
            order = (row["group"], order_id(row))
            if row["order"] == "intent":
                self.assertNotIn(order, open_orders)
                open_orders.append(order)
            else:
                open_orders.remove(order)
        self.assertEqual(open_orders, [], collector.log())

    def test_an_order_names_the_least_number_of_nodes_and_its_id(self):
        collector = self.start()
        self.start_fleet(NODES, collector, 0.95, "--group", "web")
        order = self.wait_lines("done", 1, collector)[0].split()
        self.assertEqual(order[1:3], ["scale-out", "web"])
        self.assertGreater(int(order[3]), 2)
        row = next(row for row in self.orders(collector) if row["order"] == "intent")
        self.assertEqual((order_id(row), row["to"]), (order[0], order[3]))
        self.assert_stops(collector)
        self.assert_one_outcome_each(collector)

    def test_a_hook_for_an_older_version_is_refused(self):
        self.write("hook/run", OLD_HOOK)
        os.chmod(self.path("hook/run"), 0o755)
        collector = self.start()
        self.start_fleet(NODES, collector, 0.95, "--group", "web")
        collector.wait_log(r"nothing is ordered: `\S+ contract` must print 2, but its exit status was 2; a hook for "
                           r'Headroom 0\.1 has to be changed, see "Moving from 0\.1" in scaling-hooks\.md')
        collector.wait_said("web", r"scale up 2 -> \d")
        self.assertEqual(self.hook_lines("orders"), [])
        self.assertEqual(self.orders(collector), [])
        shutil.copy(os.path.join(SOURCE, "tests", "e2e", "order_hook"), self.path("hook/new"))
        os.replace(self.path("hook/new"), self.path("hook/run"))  # it is asked again, without a reload
        collector.wait_log("the hook keeps contract 2")
        self.wait_lines("done", 1, collector)

    def test_a_kill_during_a_run_leaves_one_outcome_and_the_order_is_given_again(self):
        self.write("hook/sleep", "600")
        collector = self.start()
        self.start_fleet(NODES, collector, 0.95, "--group", "web")
        first = self.wait_lines("orders", 1, collector)[0].split()
        collector.kill()
        os.remove(self.path("hook/sleep"))
        collector = self.start()
        collector.wait_log(r"the collector was killed during 1 orders; how far they got is unknown")
        # While only one of both nodes has reported, an order may be for less.
        done = lambda: [line.split() for line in self.hook_lines("done")]
        wait_until(lambda: any(int(order[3]) >= int(first[3]) for order in done()), collector.log, timeout=120)
        self.assertEqual({order[1] for order in done()}, {"scale-out"})
        self.assertNotIn(first[0], [order[0] for order in done()])
        self.assert_stops(collector)
        self.assert_one_outcome_each(collector)
        unknown = [row for row in self.orders(collector) if row["order"] == "unknown"]
        self.assertEqual([order_id(row) for row in unknown], [first[0]])

    def test_a_kill_during_a_backoff_does_not_forget_the_order(self):
        """Until the next try the order only waits; it is given again at once after the start."""
        self.write("hook/status", "1")
        collector = self.start()
        self.start_fleet(NODES, collector, 0.95, "--group", "web")
        self.wait_lines("orders", 3, collector)
        collector.kill()
        os.remove(self.path("hook/status"))
        collector = self.start()
        self.wait_lines("done", 1, collector)
        self.assert_stops(collector)
        self.assert_one_outcome_each(collector)

    def test_each_order_has_one_outcome_whenever_the_collector_is_killed(self):
        """With a hook that works, fails, hangs, or finds too few nodes. Ids rise from run to run, over all starts."""
        seed = int(os.environ.get("HEADROOM_SEED", random.randrange(1 << 31)))
        print(f"HEADROOM_SEED={seed}", flush=True)
        rng = random.Random(seed)
        flags = ("--stabilization", "1s", "--hook-timeout", "1s")
        collector = self.start(*flags, lead_time="2s")
        fleet, _ = self.start_fleet(("web-1", "web-2", "web-3"), collector, 0.95, "--group", "web")
        for _ in range(KILLS):
            for name, values in (("status", (None, "1", "65")), ("sleep", (None, "0.3", "5"))):
                value = rng.choice(values)
                if value is not None:
                    self.write(f"hook/{name}", value)
                elif os.path.exists(self.path(f"hook/{name}")):
                    os.remove(self.path(f"hook/{name}"))
            fleet.jump(rng.choice((0.2, 0.7, 0.95, 0.99)))
            time.sleep(rng.uniform(0.05, 2.0))
            collector.kill()
            self.settle_hooks()
            collector = self.start(*flags, lead_time="2s")
            collector.port()
        for name in ("status", "sleep"):
            if os.path.exists(self.path(f"hook/{name}")):
                os.remove(self.path(f"hook/{name}"))
        done = len(self.hook_lines("done"))
        fleet.jump(0.99)
        self.wait_lines("done", done + 1, collector)
        self.assert_stops(collector)
        self.assert_one_outcome_each(collector)
        ids = [tuple(map(int, line.split()[0].split("."))) for line in self.hook_lines("orders")]
        self.assertEqual(ids, sorted(set(ids)), "each run has a newer order than the one before")

    def test_the_count_is_asked_for(self):
        self.write("hook/count.web", "9\nweb-1\nweb-2\n")
        collector = self.start()
        fleet, _ = self.start_fleet(NODES, collector, 0.50, "--group", "web")
        wait_until(lambda: any(row["count"] == "9" for row in collector.decisions()), collector.log)
        fleet.jump(0.95)
        order = self.wait_lines("done", 1, collector)[0].split()
        self.assertGreater(int(order[3]), 9, "as many as exist, and the nodes that are lacking")

    def test_a_program_that_only_counts_serves_a_group_with_a_reader(self):
        self.write("hook/count.web", "9\n")
        collector = self.start_collector(*FLAGS, "--actuator", "reader", "--count", self.hook,
                                         port=self.address_port)
        self.start_fleet(NODES, collector, 0.95, "--group", "web")
        row = wait_until(lambda: next((row for row in self.orders(collector)), None), collector.log)
        self.assertEqual(row["order"], "published")
        self.assertEqual(self.hook_lines("orders"), [])
        self.assertTrue(os.stat(self.hook).st_mode & stat.S_IXUSR)


if __name__ == "__main__":
    main()
