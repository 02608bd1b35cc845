"""The application's number: a resource of the groups that have it, and of no others."""

import json
import time

from headroom_test import SCALER, main, run, wait_until
from http_client import get
from interop_case import InteropTest
from light_fleet import LightNode


class Node(LightNode):
    def __init__(self, collector, name, group, **metrics):
        super().__init__(("127.0.0.1", collector.port()), name, group)
        self.level = 0.85
        self.metrics = metrics

    def produce(self, **metrics):
        return super().produce(**metrics, **self.metrics)


class Application(InteropTest):
    COLLECTOR_FLAGS = ("--ack-interval", "1s", "--flush", "50ms", "--tick", "200ms", "--http", "127.0.0.1:0")

    def group(self, name):
        answer = get(self.port, f"/api/v1/groups/{name}")
        return answer.json() if answer.status == 200 else None

    def test_work_that_waits_adds_nodes(self):
        collector = self.start_collector("--max", "20")
        self.port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        nodes = [Node(collector, f"web-{i}", "web", app_load=300, app_capacity=100) for i in (1, 2)]
        nodes.append(Node(collector, "plain-1", "plain"))
        for node in nodes:
            self.addCleanup(node.cut)

        def decided():
            for node in nodes:
                node.step(time.monotonic())
            state = self.group("web")
            seen = state["record"].get("app", {}).get("nodes") == 2 if state else False
            return state if seen and self.group("plain") else None

        state = wait_until(decided, collector.log)
        self.assertEqual(state["utilisation"]["app"], 3)
        self.assertEqual((state["demand"]["app"], state["capacity"]["app"]), (600, 200))
        app = state["record"]["app"]
        self.assertFalse(app["saturated"])
        self.assertEqual(app["reactive_vote"], 9)  # 600 / 100 / 70 %
        self.assertIn("app 300% now", state["why"])
        other = self.group("plain")
        self.assertIsNone(other["utilisation"]["app"])
        self.assertNotIn("app", other["record"])
        metrics = get(self.port, "/metrics").text()
        self.assertIn('headroom_group_utilisation_ratio{group="web",resource="app"} 3', metrics)
        self.assertNotIn('{group="plain",resource="app"}', metrics)
        self.stop(collector)

        rows = run(SCALER, "replay", "--json", "--tick", "200ms", f"{collector.data}/metrics.csv").stdout.splitlines()
        self.assertTrue(any(row.get("resource") == "app" for row in map(json.loads, rows)), rows)


if __name__ == "__main__":
    main()
