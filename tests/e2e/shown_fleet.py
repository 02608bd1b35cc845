"""Light nodes for pictures of the page: each has the metrics that a test gives it, and may have a past."""

import time

from page_fleet import PageFleet, PageNode


class ShownNode(PageNode):
    """`metrics`: what its samples have."""

    INTERVAL_MS = 200

    def __init__(self, address, name, group, metrics):
        super().__init__(address, name, group, 0)
        self.metrics = dict(metrics)

    def reading(self):
        return self.metrics

    def remember(self, ago_s, metrics):
        """A sample of before: it is delivered late."""
        self.produce(time_ms=int(1000 * (time.time() - ago_s)),
                     uptime_ms=int(1000 * (time.clock_gettime(time.CLOCK_BOOTTIME) - ago_s)), **{**self.metrics, **metrics})


class ShownFleet(PageFleet):
    def __init__(self, port):
        super().__init__(port, {})
        self.address = ("127.0.0.1", port)

    def add(self, name, group, past=(), **metrics):
        """`past`: [(seconds ago, metrics that were others)]."""
        node = ShownNode(self.address, name, group, metrics)
        for ago_s, then in past:
            node.remember(ago_s, then)
        self.nodes = {**self.nodes, name: node}

    def set(self, **metrics):
        for node in self.nodes.values():
            node.metrics = {**node.metrics, **metrics}

    def move(self, port):
        """The collector is at another port, or there again."""
        self.address = ("127.0.0.1", port)
        for node in self.nodes.values():
            node.address = self.address
            node.connect_s = 0.0
