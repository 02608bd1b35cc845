"""Shared by the tests of the HTTP server."""

from headroom_test import HeadroomTest, wait_until
from http_client import get

PROTOTYPE = {"node_id": "old-1", "cpu": 41.5, "memory": 63.2, "disk_read": 123456, "disk_write": 7890,
             "timestamp": 1764000000.25}


class HttpTest(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "200ms", "--http", "127.0.0.1:0")

    def start(self, *flags):
        collector = self.start_collector(*flags)
        self.port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        return collector

    def start_web(self, *flags):
        """A group of two nodes with a decision."""
        collector = self.start("--max", "7", *flags)
        self.start_fleet(["web-1", "web-2"], collector, 0.95, "--group", "web")
        for node in ("web-1", "web-2"):
            collector.wait_samples(node, 1)
        wait_until(lambda: get(self.port, "/api/v1/groups/web").status == 200, lambda: collector.log())
        return collector
