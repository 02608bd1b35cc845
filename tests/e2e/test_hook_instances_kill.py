"""A collector that is killed in the middle of an order to packaging/hooks/systemd-instances, alone or together with the
hook, as by systemd. Each instance that the fake systemctl runs has an agent."""

import os
import signal
import threading

from headroom_test import SOURCE, FakeNode, Fleet, HeadroomTest, free_port, main, wait_until

FLAGS = ("--tick", "500ms", "--warm-up", "1s", "--lead-time", "2s", "--stabilization", "1s", "--gone-after", "5s")
LONG_S = 120
PREFIX = "headroom-worker@"

# It starts and stops unit by unit, and waits before each one after the first as long as there is a file `slow`.
SYSTEMCTL = """#!/bin/sh
cd "$UNITS"
case "$*" in
list-units*)
    for last; do :; done
    for unit in $last; do
        [ ! -e "$unit" ] || echo "$unit loaded active running Headroom node"
    done
    exit ;;
esac
verb=$2
shift 2
for unit; do
    before=$(test ! -e "$unit" || echo active)
    case $verb in
    start) : > "$unit" ;;
    stop) rm -f "$unit" ;;
    esac
    echo "$verb $unit $before" >> ../calls
    while [ -e ../slow ]; do sleep 0.05; done
done
"""

HOOK = """#!/bin/sh
echo "$$ $*" >> "{folder}/calls-of-hook"
PATH="{folder}/bin:$PATH" UNITS="{folder}/units" exec "{hook}" "$@"
"""


class Instances(threading.Thread):
    """Runs an agent for each unit, and ends those whose unit has gone."""

    def __init__(self, test, fleet):
        super().__init__(daemon=True)
        self.test = test
        self.fleet = fleet
        self.agents = {}
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.05):
            names = self.test.units()
            for name in names - self.agents.keys():
                node = FakeNode(self.test.path(f"root-{name}-{len(self.fleet.nodes)}"))
                self.fleet.nodes.append(node)
                self.agents[name] = self.test.start_agent(name, [f"127.0.0.1:{self.test.port}"], "--group", "web",
                                                          "--root", node.root, "--on-stop", "leaving")
            for name in self.agents.keys() - names:
                self.agents.pop(name).signal(signal.SIGTERM)

    def end(self):
        self.ended.set()
        self.join()


class KilledCollector(HeadroomTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        for name in ("units", "bin"):
            os.mkdir(self.path(name))
        self.program("bin/systemctl", SYSTEMCTL)
        self.program("hook", HOOK.format(folder=self.folder,
                                         hook=os.path.join(SOURCE, "packaging", "hooks", "systemd-instances")))
        self.addCleanup(self.set_slow, False)

    def program(self, name, text):
        os.chmod(self.write(name, text), 0o755)

    def set_slow(self, is_slow):
        if is_slow:
            self.write("slow", "")
        elif os.path.exists(self.path("slow")):
            os.remove(self.path("slow"))

    def units(self):
        return {name.removeprefix(PREFIX).removesuffix(".service") for name in os.listdir(self.path("units"))}

    def lines(self, name):
        try:
            with open(self.path(name), encoding="ascii") as file:
                return [line.split() for line in file.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def orders(self):
        """[[process, operation, group, TO, node, ...], ...]"""
        return [words for words in self.lines("calls-of-hook") if words[1].startswith("scale-")]

    def calls(self, verb):
        """[(node, whether it ran), ...]"""
        return [(words[1].removeprefix(PREFIX).removesuffix(".service"), words[2:] == ["active"])
                for words in self.lines("calls") if words[0] == verb]

    def start(self, count, level, least, most):
        """With so many instances, whose number may be least to most."""
        self.bounds = ("--min", str(least), "--max", str(most))
        for number in range(1, count + 1):
            self.write(f"units/{PREFIX}web-{number}.service", "")
        fleet = Fleet([], level)
        fleet.start()
        self.addCleanup(fleet.end)
        instances = Instances(self, fleet)
        instances.start()
        self.addCleanup(instances.end)
        return self.start_one()

    def start_one(self):
        return self.start_collector("--on-scale", self.path("hook"), *FLAGS, *self.bounds, port=self.port)

    def kill(self, collector, with_hook):
        """In the middle of the last order. A hook that outlives the collector ends before the next one orders."""
        [pid, _, _, to] = self.orders()[-1][:4]
        collector.kill()
        if with_hook:
            os.killpg(int(pid), signal.SIGKILL)
        self.set_slow(False)
        if not with_hook:
            wait_until(lambda: len(self.units()) == int(to), lambda: self.calls("start") + self.calls("stop"))
        return self.start_one()


class ScaleOut(KilledCollector):
    def kill_during_it(self, with_hook):
        self.set_slow(True)
        collector = self.start(2, 0.95, 2, 6)
        wait_until(lambda: self.calls("start"), collector.log, timeout=LONG_S)
        collector = self.kill(collector, with_hook)
        collector.wait_log("the collector was killed during 1 orders; how far they got is unknown")
        wait_until(lambda: len(self.units()) == 6, collector.log, timeout=LONG_S)
        self.assertEqual(self.units(), {f"web-{number}" for number in range(1, 7)})
        self.assertEqual(sorted(self.calls("start")), [(f"web-{number}", False) for number in range(3, 7)])
        self.assertEqual(self.calls("stop"), [])
        self.assert_stops(collector)

    def test_it_is_completed_and_starts_nothing_twice(self):
        self.kill_during_it(with_hook=False)

    def test_it_ended_with_the_collector_and_is_ordered_again(self):
        self.kill_during_it(with_hook=True)


class ScaleIn(KilledCollector):
    def kill_during_it(self, with_hook):
        """Of a quarter: a third would be a mass loss for the next collector, which a person or a count has to confirm."""
        self.set_slow(True)
        collector = self.start(8, 0.05, 6, 8)
        wait_until(lambda: self.calls("stop"), collector.log, timeout=LONG_S)
        collector = self.kill(collector, with_hook)
        collector.wait_log("the collector was killed during 1 orders; how far they got is unknown")
        wait_until(lambda: len(self.units()) == 6, collector.log, timeout=LONG_S)
        named = {node for order in self.orders() if order[1] == "scale-in" for node in order[4:]}
        stopped = [node for node, _ in self.calls("stop")]
        self.assertLessEqual(set(stopped), named)
        self.assertEqual(len(stopped), 2, self.calls("stop"))
        self.assertEqual(self.calls("start"), [])
        self.assertTrue(all(ran for _, ran in self.calls("stop")), self.calls("stop"))
        self.assert_stops(collector)

    def test_it_stops_only_what_was_named(self):
        self.kill_during_it(with_hook=False)

    def test_it_ended_with_the_collector_and_is_decided_anew(self):
        self.kill_during_it(with_hook=True)


if __name__ == "__main__":
    main()
