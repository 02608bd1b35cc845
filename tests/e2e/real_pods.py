"""Pods with real agents, for played_hpa.Deployment: each is a headroom-agent on a fake machine of one core."""

import signal
import threading
import time

from headroom_test import FakeNode
from played_hpa import READY_S


class RealPods(threading.Thread):
    """The pods that are ready share a load, in cores. A pod that ends says that its node leaves, as the main process of
    a container does."""

    STEP_S = 0.05

    def __init__(self, case, collector, demand):
        super().__init__(daemon=True)
        self.case = case
        self.collector = collector
        self.demand = demand
        self.lock = threading.Lock()
        self.pods = {}    # name: (machine, agent, when it began)
        self.ending = []  # (machine, agent)
        self.ended = threading.Event()

    def add(self, group, name):
        machine = FakeNode(self.case.path(f"root-{name}"))
        agent = self.case.start_agent(name, [self.collector], "--root", machine.root, "--group", group,
                                      "--on-stop", "leaving")
        with self.lock:
            self.pods[name] = (machine, agent, time.monotonic())

    def remove(self, name, _):
        with self.lock:
            machine, agent, _ = self.pods.pop(name)
            self.ending.append((machine, agent))
        agent.signal(signal.SIGTERM)

    def step(self, now_s, seconds):
        with self.lock:
            ready = [machine for machine, _, begin_s in self.pods.values() if now_s - begin_s >= READY_S]
            busy = ready or [machine for machine, _, _ in self.pods.values()]
            machines = [machine for machine, _, _ in self.pods.values()] + [machine for machine, _ in self.ending]
            for machine in machines:
                machine.advance(min(1.0, self.demand / len(busy)) if machine in busy else 0.0, seconds)

    def run(self):
        before_s = time.monotonic()
        while not self.ended.wait(self.STEP_S):
            now_s = time.monotonic()
            self.step(now_s, now_s - before_s)
            before_s = now_s

    def end(self):
        self.ended.set()
        self.join()
        for machine, *_ in [*self.pods.values(), *self.ending]:
            machine.close()
