"""Groups of light nodes for the tests of the page, whose loads rise and fall by themselves."""

import math
import threading
import time

from light_fleet import LightNode


class PageNode(LightNode):
    """`unread`: it reports no cpu. `swing`: how far its cpu rises and falls, within `period_s`."""

    INTERVAL_MS = 500

    def __init__(self, address, name, group, phase):
        super().__init__(address, name, group)
        self.phase = phase
        self.base = self.memory = 0.3
        self.swing, self.period_s = 0.1, 120
        self.unread = False

    def reading(self):
        wave = self.swing * math.sin(self.phase + 2 * math.pi * time.monotonic() / self.period_s)
        reading = {"memory_percent": 100 * self.memory}
        if not self.unread:
            reading["cpu_percent"] = 100 * min(1.0, max(0.0, self.base + wave))
        return reading


class PageFleet(threading.Thread):
    """`groups`: the number of nodes of each."""

    STEP_S = 0.1

    def __init__(self, port, groups):
        super().__init__(daemon=True)
        self.nodes = {f"{group}-{i}": PageNode(("127.0.0.1", port), f"{group}-{i}", group, i)
                      for group, count in groups.items() for i in range(1, count + 1)}
        self.silent = set()  # names of nodes that have lost power
        self.ended = threading.Event()

    def group(self, name):
        return [node for node in self.nodes.values() if node.group == name]

    def set_load(self, group, cpu, memory=0.3):
        for node in self.group(group):
            node.base, node.memory = cpu, memory

    def run(self):
        while not self.ended.wait(self.STEP_S):
            now_s = time.monotonic()
            for name, node in self.nodes.items():
                if name not in self.silent:
                    node.step(now_s)
                elif node.connected:
                    node.lose(now_s)

    def end(self):
        self.ended.set()
        self.join()
        for node in self.nodes.values():
            node.cut()
