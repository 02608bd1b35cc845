"""A fleet of real agents that a hook starts and stops, under a load that is spread over the running nodes."""

import glob
import os
import signal
import threading
import time

from headroom_test import AGENT, FakeNode, HeadroomTest, main, wait_until

NAMES = [f"web-{number}" for number in range(1, 7)]
START_UP_S = 3.0
LATE_S = 1.0  # by which ticks of a busy machine may see a node later
HIGH = 0.80

# A node serves once its agent starts. The hook records orders and their times by name.
HOOK = """#!/bin/sh
cd {folder}
have=$(ls pids | wc -l)
case $1 in
contract)
    echo 2 ;;
count)
    echo "$have"
    ls pids ;;
scale-out)
    for name in {names}; do
        if [ "$have" -lt "$3" ] && [ ! -e "pids/$name" ]; then
            date +%s.%N > "ordered/$name"
            sh -c 'sleep {start_up}; : > "serving/$1"; exec {agent} --collector "$(cat address)" --node-id "$1" \
                --group web --root "root-$1" --interval 200ms' sh "$name" > /dev/null 2>> "agent-$name.log" &
            echo $! > "pids/$name"
            have=$((have + 1))
        fi
    done
    [ "$have" -ge "$3" ] ;;
scale-in)
    to=$3
    [ "$have" -gt "$to" ] || exit 65
    shift 3
    for name; do
        if [ "$have" -gt "$to" ] && [ -e "pids/$name" ]; then
            kill -USR1 "$(cat "pids/$name")"
            sleep 0.2
            kill -TERM "$(cat "pids/$name")"
            rm -f "pids/$name" "serving/$name"
            have=$((have - 1))
        fi
    done ;;
*)
    exit 2 ;;
esac
"""


class Load(threading.Thread):
    """Work for a number of cores, spread evenly over the nodes that serve."""

    STEP_S = 0.03

    def __init__(self, nodes, serving, demand):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.serving = serving
        self.demand = demand
        self.goal = demand
        self.per_second = 0.0
        self.peak = 0.0  # the highest utilisation
        self.ended = threading.Event()

    def move(self, goal, per_second):
        self.per_second = per_second
        self.goal = goal

    def run(self):
        before = time.monotonic()
        while not self.ended.wait(self.STEP_S):
            now = time.monotonic()
            reach = self.per_second * (now - before)
            self.demand += max(-reach, min(reach, self.goal - self.demand))
            names = set(os.listdir(self.serving))
            share = min(1.0, self.demand / max(1, len(names)))
            self.peak = max(self.peak, share)
            for name, node in self.nodes.items():
                node.advance(share if name in names else 0.0, now - before)
            before = now

    def end(self):
        self.ended.set()
        self.join()
        for node in self.nodes.values():
            node.close()


class Fleet(HeadroomTest):
    def setUp(self):
        super().setUp()
        for folder in ("pids", "serving", "ordered"):
            os.mkdir(self.path(folder))
        self.addCleanup(self.end_agents)

    def end_agents(self):
        for path in glob.glob(self.path("pids/*")):
            try:
                with open(path, encoding="ascii") as file:
                    os.kill(int(file.read()), signal.SIGTERM)
            except (ProcessLookupError, ValueError):
                pass

    def start_up(self, flags, demand):
        """The collector with its hook, two running nodes, and their load."""
        hook = self.write("hook", HOOK.format(folder=self.folder, names=" ".join(NAMES), agent=AGENT,
                                              start_up=START_UP_S))
        os.chmod(hook, 0o755)
        load = Load({name: FakeNode(self.path(f"root-{name}")) for name in NAMES}, self.path("serving"), demand)
        load.start()
        self.addCleanup(load.end)
        collector = self.start_collector("--on-scale", hook, *flags)
        self.write("address", collector.address())
        for name in NAMES[:2]:
            self.write(f"serving/{name}", "")
        for name in NAMES[:2]:
            agent = self.start_agent(name, [collector], "--group", "web", "--root", self.path(f"root-{name}"))
            self.write(f"pids/{name}", str(agent.process.pid))
        for name in NAMES[:2]:
            collector.wait_samples(name, 3)
        return collector, load

    def lead_times(self, collector, intents):
        """The time from the hook's call to the first sample, for each node that joined."""
        first = {}
        for row in collector.samples():
            first.setdefault(row["node_id"], float(row["timestamp"]))
        times = []
        for path in glob.glob(self.path("ordered/*")):
            with open(path, encoding="ascii") as file:
                called = float(file.read())
            ordered = max(float(row["timestamp"]) for row in intents if float(row["timestamp"]) <= called)
            times.append(first[os.path.basename(path)] - ordered)
        return times

    def test_a_fleet_that_grows_and_shrinks(self):
        collector, load = self.start_up(("--tick", "250ms", "--lead-time", "6s", "--price", "60", "--warm-up", "1s", 
                                         "--max", str(len(NAMES)), "--stabilization", "6s"), 0.8)
        collector.wait_said("web", "hold [12]")
        load.peak = 0.0

        load.move(3.0, 0.05)
        wait_until(lambda: len(os.listdir(self.path("serving"))) > 2, collector.log)
        self.assertLess(load.peak, HIGH, collector.log())
        wait_until(lambda: load.demand == load.goal and len(os.listdir(self.path("serving"))) >= 5, collector.log)
        self.assertLess(load.peak, HIGH, collector.log())
        grown = len(collector.decisions())
        wait_until(lambda: {row["node_id"] for row in collector.samples()} >= set(os.listdir(self.path("serving"))),
                   collector.log)

        load.move(0.5, 1e9)
        wait_until(lambda: len(os.listdir(self.path("serving"))) <= 2, collector.log, timeout=150)  # two steps, and a grace
        collector.wait_log(r"hook for web, scale-in of \d nodes? to [12]: accepted after ")
        self.assert_stops(collector)
        self.check_story(collector, grown)
        self.check_lead_time(collector, collector.decisions())

    def check_lead_time(self, collector, rows):
        """The lead time was learned: the median, as in the scaler. The configured one is twice as long."""
        learned = float(rows[-1]["lead_time_s"])
        times = self.lead_times(collector, [row for row in rows if row["order"] == "intent"])
        self.assertGreaterEqual(len(times), 3)
        seen = sorted(times)[(len(times) * 50 + 99) // 100 - 1]
        self.assertTrue(0.8 * seen <= learned <= 1.2 * seen + LATE_S, f"{learned} s learned, {seen} s of {times} s taken")
        self.assertGreaterEqual(min(times), START_UP_S)

    def check_story(self, collector, grown):
        """Each order is recorded before it is accepted; scale-outs come first, scale-ins at the end."""
        orders = [row for row in collector.decisions() if row["order"]]
        self.assertEqual([row["order"] for row in orders].count("failed"), 0, orders)
        waiting = []
        for row in orders:
            order = (row["order_epoch"], row["order_number"], row["to"])
            if row["order"] == "intent":
                self.assertNotIn(order, waiting)
                waiting.append(order)
            else:
                waiting.remove(order)
        intents = [row for row in orders if row["order"] == "intent"]
        self.assertEqual((intents[0]["current"], intents[0]["action"], intents[0]["mode"]), ("2", "up", "full"))
        self.assertEqual(intents[0]["rule"], "forecast")
        self.assertEqual(intents[-1]["action"], "down")
        said = collector.said("web")
        for row in intents:
            self.assertIn(row["why"], said)
        self.assertTrue(any(row["action"] == "down" for row in collector.decisions()[grown:]))


if __name__ == "__main__":
    main()
