"""One group that is spread over two collectors: an engine adds up what they observe, and a head collector without agents
scales the group by the sum. The queries and settings are those of docs/fleets.md."""

import json
import os
import re
import unittest
import urllib.parse

from engines import VICTORIA, Victoria, request
from fleet_case import HIGH, FleetCase, need
from headroom_test import BUILD, COLLECTOR, SOURCE, Program, free_port, main, wait_until
from http_client import get
from light_fleet import LightFleet

BRIDGE = os.environ.get("HEADROOM_BRIDGE", os.path.join(BUILD, "bridge", "headroom-bridge"))
NODES = 4
GROWN = 4.5  # cores
STABILIZATION_S = 5
LOAD = 2.6  # cores: 65 % of the nodes, so that none is too many


def block(heading):
    """The first indented block of a section of docs/fleets.md."""
    with open(os.path.join(SOURCE, "docs", "fleets.md"), encoding="utf-8") as file:
        section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", file.read(), re.M | re.S).group(1)
    lines = re.search(r"^(    .*\n|\n(?=    ))+", section, re.M).group(0).splitlines()
    return "".join(line[4:] + "\n" for line in lines)


def setting(name):
    return re.search(rf"^{name} = (.*)$", block("The head"), re.M).group(1)


class SpreadFleet(LightFleet):
    """Its nodes connect to the collectors in turn. Their load rises by `per_second` cores up to `goal`."""

    def __init__(self, folder, addresses):
        super().__init__(folder, {"web": LOAD}, lead_s=1.0)
        self.addresses = addresses
        self.address = addresses[0]
        self.goal = LOAD
        self.per_second = 0.0
        self.peak = 0.0  # the highest utilisation

    def _add(self, group, name=None):
        self.address = self.addresses[self.count % len(self.addresses)]
        return super()._add(group, name)

    def _step(self):
        self.demand["web"] = min(self.goal, self.demand["web"] + self.STEP_S * self.per_second)
        self.peak = max(self.peak, self.demand["web"] / max(1, len(self._members("web"))))
        super()._step()


class ScrapingVictoria(Victoria):
    """It scrapes the shards and the head each second."""

    def __init__(self, test, shards, head):
        super().__init__(test)
        config = block("The database").replace("interval: 5s", "interval: 1s")
        config = re.sub(r"^ *authorization:.*\n", "", config, flags=re.M)
        for name, port in zip(("a", "b", "head"), (*shards, head)):
            config = config.replace(f"{name}.example:7421", f"127.0.0.1:{port}")
        self.config = test.write("scrape.yml", config)

    def command(self):
        return [*super().command(), "-promscrape.config", self.config]

    def value(self, query):
        """None: no series."""
        words = urllib.parse.urlencode({"query": query, "nocache": 1, "max_lookback": "15s"})
        result = json.loads(request(f"{self.url}/api/v1/query?{words}"))["data"]["result"]
        return float(result[0]["value"][1]) if result else None


@unittest.skipIf(VICTORIA is None, "victoria-metrics is not installed")
class Sums(FleetCase):
    def setUp(self):
        super().setUp()
        self.ports = [free_port(), free_port()]
        self.http_ports = [free_port(), free_port()]
        self.head_port = free_port()
        self.shards = [self.start_shard(0), self.start_shard(1)]
        self.fleet = SpreadFleet(self.path("hook"), [("127.0.0.1", port) for port in self.ports])
        self.addCleanup(self.fleet.end)
        for _ in range(NODES):
            self.fleet.add("web")
        self.fleet.start()
        self.engine = ScrapingVictoria(self, self.http_ports, self.head_port)
        self.engine.start()
        self.wait_sum(LOAD, NODES)

    def start_shard(self, index):
        shard = self.start_collector("--mode", "observe", "--http", f"127.0.0.1:{self.http_ports[index]}",
                                     data=f"shard-{index}", port=self.ports[index])
        shard.port()
        return shard

    def known(self):
        return self.engine.value(setting("query")), self.engine.value(setting("nodes"))

    def wait_sum(self, demand, nodes):
        def is_there():
            value, count = self.known()
            return value is not None and abs(value - demand) < 0.1 and count == nodes

        wait_until(is_there, lambda: f"{demand} cores on {nodes} nodes: {self.known()}", 90)

    def start_head(self):
        """With the settings of the document: only paths, addresses and times are those of the test."""
        config = re.sub(r"^http-token-file = .*\n", "", block("The head"), flags=re.M)
        for name, value in {"http": f"127.0.0.1:{self.head_port}", "query-url": self.engine.url, "on-scale": self.hook,
                            "per-node": "1", "min": "1", "max": "20"}.items():
            config, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", config, flags=re.M)
            self.assertEqual(count, 1, name)
        config = config.replace("[collector]\n", "[collector]\nlisten = 127.0.0.1:0\ntick = 1s\n"
                                "lead-time = 6s\nwarm-up = 500ms\nflush = 50ms\n"
                                f"stabilization = {STABILIZATION_S}s\n")
        head = Program([COLLECTOR, "--config", self.write("head.conf", config), "--data", self.path("head")],
                       self.log_path("head"), {"PATH": f"{os.path.dirname(BRIDGE)}:{os.environ['PATH']}"})
        self.programs.append(head)
        return head

    def status(self):
        try:
            return get(self.head_port, "/api/v1/groups/web").json()
        except OSError:
            return {}

    def decisions(self):
        return [row for row in self.rows("head") if row["group"] == "web"]

    def wait_settled(self, head):
        """Until the head knows the group, and forecasts its load."""
        wait_until(lambda: self.status()["nodes"]["live"] == NODES, lambda: f"{self.status()}:\n{head.log()}", 90)
        wait_until(lambda: "within" in self.status()["why"], head.log, 90)
        self.fleet.peak = 0.0

    def test_the_head_grows_the_group_before_high_is_crossed(self):
        head = self.start_head()
        self.wait_settled(head)
        self.assertEqual(self.engine.value('sum(headroom_group_nodes{group="web",state="live"})'), NODES)
        self.fleet.per_second, self.fleet.goal = 0.03, GROWN
        wait_until(lambda: len(self.fleet.members("web")) > NODES, head.log, 120)
        self.assertLess(self.fleet.peak, HIGH, head.log())
        first = next(row for row in self.decisions() if row["action"] == "up")
        self.assertEqual((first["rule"], first["live"]), ("forecast", str(NODES)), first)
        wait_until(lambda: self.known()[1] == len(self.fleet.members("web")) >= need(GROWN),
                   lambda: f"{self.known()}:\n{head.log()}", 120)
        # The growth is spread over both shards, and neither has ordered anything.
        for index, shard in enumerate(self.shards):
            self.assertGreater(len({row["node_id"] for row in shard.samples()}), NODES / 2)
            self.assertEqual([row for row in self.rows(f"shard-{index}") if row["order"]], [])

    def test_the_head_removes_nothing_while_a_shard_is_gone(self):
        head = self.start_head()
        self.wait_settled(head)
        self.shards[1].kill()
        wait_until(lambda: self.status()["conditions"]["signals-fresh"]["status"] is False, head.log, 90)
        since_ms = self.status()["decided_ms"]
        wait_until(lambda: self.status()["decided_ms"] > since_ms + 4000 * STABILIZATION_S, head.log, 90)
        self.shards[1] = self.start_shard(1)
        wait_until(lambda: self.status()["conditions"]["signals-fresh"]["status"] is True, head.log, 90)
        self.wait_sum(LOAD, NODES)
        self.assertEqual([order for order in self.fleet.orders if order.verb == "scale-in"], [], head.log())

    def test_a_shard_that_is_gone_leaves_no_half_of_the_sum(self):
        unguarded = setting("query").split(" and on ()")[0]
        for shard in self.shards:
            self.assertEqual(len({row["node_id"] for row in shard.samples()}), NODES / 2)
        self.shards[1].kill()
        wait_until(lambda: self.known()[0] is None, lambda: f"no answer: {self.known()}", 60)
        half = self.engine.value(unguarded)
        self.assertTrue(half is None or half < 0.6 * LOAD, half)
        self.shards[1] = self.start_shard(1)
        self.wait_sum(LOAD, NODES)

    def test_the_samples_of_both_are_in_the_engine(self):
        for index, shard in enumerate(self.shards):
            os.makedirs(self.path(f"state-{index}"))
            forwarder = Program([BRIDGE, "forward", "--data", shard.data, "--state", self.path(f"state-{index}"), "--to",
                                 self.engine.write_url, "--name", "vm", "--labels", f"collector={'ab'[index]}", "--batch",
                                 "200ms", "--from", "oldest"], self.log_path("forward"))
            self.programs.append(forwarder)
        def homes():
            return {(series["metric"]["node"], series["metric"].get("collector"))
                    for series in self.engine.export('headroom_node_cpu_ratio{collector!=""}')}

        wait_until(lambda: homes() == {(f"web-{i}", "ab"[(i - 1) % 2]) for i in range(1, NODES + 1)}, homes)


if __name__ == "__main__":
    main()
