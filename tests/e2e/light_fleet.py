"""A fleet of light nodes: they speak the protocol, share the load of their group, and come and go as deployments and a
cloud have it. The cloud carries out the orders that order_hook writes down."""

import os
import select
import threading
import time
from collections import namedtuple

from interop_case import Agent, Closed, Rejected, pb

LEFT, STOPPED, KILLED = "leaves", "restarts", "killed"  # how a node goes

Order = namedtuple("Order", "order_id verb group to nodes had")  # had: how many nodes the group had


def read_orders(path):
    """What order_hook wrote down: [(order_id, verb, group, to, nodes), ...]. order_id is (epoch, number)."""
    try:
        with open(path, encoding="ascii") as file:
            text = file.read()
    except FileNotFoundError:
        return []
    orders = []
    for line in text[: text.rfind("\n") + 1].splitlines():
        order_id, verb, group, to, *nodes = line.split()
        orders.append((tuple(map(int, order_id.split("."))), verb, group, int(to), nodes))
    return orders


class LightNode(Agent):
    """One core. It connects, sends and reconnects as step() is called."""

    INTERVAL_MS = 200
    RETRY_S = 0.5

    def __init__(self, address, name, group):
        super().__init__(address, name, group, interval_ms=self.INTERVAL_MS)
        self.level = 0.0
        self.due_s = time.monotonic()
        self.connect_s = 0.0
        self.connected = False

    def make_hello(self):
        hello = super().make_hello()
        hello.cores = 1
        hello.memory_bytes = 1 << 30
        return hello

    def reading(self):
        return {"cpu_percent": 100 * self.level, "memory_percent": 20.0}

    def step(self, now_s):
        if now_s < self.due_s:
            return
        self.due_s = max(self.due_s + self.INTERVAL_MS / 1000, now_s)
        self.produce(**self.reading())
        if not self.connected and now_s < self.connect_s:
            return
        try:
            if not self.connected:
                self.connect()
                self.hello()
                self.connected = True
            if self.send() == 0 and self.newest_seq % 3 == 0:
                self.send_batch()
            while select.select([self.connection.socket], [], [], 0)[0]:
                self.receive()
        except (OSError, Closed, Rejected):
            self.lose(now_s)

    def lose(self, now_s):
        self.cut()
        self.connected = False
        self.connect_s = now_s + self.RETRY_S

    def go(self, how):
        if self.connected and how != KILLED:
            try:
                self.goodbye(pb.DEPARTURE_LEAVING if how == LEFT else pb.DEPARTURE_RESTARTING)
            except (OSError, Closed, Rejected):
                pass
        self.cut()


class LightFleet(threading.Thread):
    """Groups of nodes. `demand`: the load of each group, in cores. `folder`: the hook's."""

    STEP_S = 0.05

    def __init__(self, folder, demand, lead_s, counted=()):
        super().__init__(daemon=True)
        self.folder = folder
        self.demand = dict(demand)
        self.lead_s = lead_s
        self.address = None
        self.lock = threading.Lock()
        self.nodes = {}         # name: LightNode
        self.starting = []      # (time, group) of nodes on their way
        self.count = 0          # of nodes so far
        self.orders = []        # that were carried out
        self.counted = counted  # groups whose nodes the hook counts
        self.ended = threading.Event()

    # ---- nodes ----

    def add(self, group, name=None):
        with self.lock:
            return self._add(group, name)

    def _add(self, group, name=None):
        self.count += 1
        name = name or f"{group}-{self.count}"
        self.nodes[name] = LightNode(self.address, name, group)
        return name

    def remove(self, name, how):
        with self.lock:
            self._remove(name, how)

    def _remove(self, name, how):
        node = self.nodes.pop(name, None)
        if node is not None:
            node.go(how)

    def members(self, group):
        with self.lock:
            return self._members(group)

    def _members(self, group):
        return [name for name, node in self.nodes.items() if node.group == group]

    def load(self, group):
        """The share of a node."""
        return self.demand[group] / max(1, len(self.members(group)))

    def move(self, port):
        """The collector is at another port, or there again."""
        with self.lock:
            self.address = ("127.0.0.1", port)
            for node in self.nodes.values():
                node.address = self.address
                node.connect_s = 0.0

    # ---- the cloud ----

    def _carry_out(self):
        for order_id, verb, group, to, nodes in read_orders(os.path.join(self.folder, "done"))[len(self.orders):]:
            on_way = sum(name == group for _, name in self.starting)
            have = len(self._members(group)) + on_way
            self.orders.append(Order(order_id, verb, group, to, nodes, have))
            if verb == "scale-out":
                self.starting += [(time.monotonic() + self.lead_s, group)] * (to - have)
                continue
            for name in nodes or self._members(group):  # no names: any
                if have > to and name in self.nodes:
                    have -= 1
                    self._remove(name, LEFT)

    def _start_nodes(self, now_s):
        for due_s, group in [item for item in self.starting if item[0] <= now_s]:
            self.starting.remove((due_s, group))
            self._add(group)

    def _write_counts(self):
        for group in self.counted:
            path = os.path.join(self.folder, f"count.{group}")
            with open(path + ".new", "w", encoding="ascii") as file:
                file.write(f"{len(self._members(group)) + sum(name == group for _, name in self.starting)}\n")
            os.rename(path + ".new", path)

    # ---- time ----

    def _step(self):
        now_s = time.monotonic()
        self._carry_out()
        self._start_nodes(now_s)
        self._write_counts()
        shares = {group: min(1.0, cores / max(1, len(self._members(group)))) for group, cores in self.demand.items()}
        for node in list(self.nodes.values()):
            node.level = shares[node.group]
            node.step(now_s)

    def run(self):
        while not self.ended.wait(self.STEP_S):
            with self.lock:
                if self.address is not None:
                    self._step()

    def end(self):
        self.ended.set()
        self.join()
        for node in self.nodes.values():
            node.cut()
