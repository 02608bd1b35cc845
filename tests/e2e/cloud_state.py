"""A project in a cloud, for the stubs of command-line tools: a directory with the servers that exist, the faults that a
test has asked for, and the commands that were given."""

import contextlib
import fcntl
import json
import os
import time


class Refused(Exception):
    """The cloud refuses a command: expired, throttled, quota, broken, unknown, taken or above."""


class CloudState:
    """`state`: {desired, largest, naming, servers, number, throttled}. `desired` is null if nothing keeps a number of
    servers; otherwise missing servers are started, and surplus ones stopped, the oldest first. A server is {name, id,
    label, created_s, deleted_s}.

    The faults, all optional: lag_s: how long a list does not show what has changed; quota: how many servers can exist;
    throttle: how many commands are refused for their rate; expired: all are refused; slow_s, linger_s: how
    long a command that changes something takes before its effect, and after it; broken: ids of servers that can't be
    deleted."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name, default):
        try:
            with open(self.path(name), encoding="ascii") as file:
                return json.load(file)
        except FileNotFoundError:
            return default

    def write(self, name, value):
        with open(self.path(f"{name}.new"), "w", encoding="ascii") as file:
            json.dump(value, file)
        os.replace(self.path(f"{name}.new"), self.path(name))

    @contextlib.contextmanager
    def changed(self):
        """The state, which is written unless an exception is raised."""
        with open(self.path("lock"), "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.read("state", None)
            yield state
            self.write("state", state)

    # ---- for tests ----

    def begin(self, names=(), label=None, naming=None, largest=50):
        """A cloud with servers that have long existed; with `naming`, a format for a number, their number is kept."""
        servers = [{"name": name, "id": str(i + 1), "label": label, "created_s": 0, "deleted_s": None}
                   for i, name in enumerate(names)]
        self.write("state", {"desired": len(servers) if naming else None, "largest": largest, "naming": naming,
                             "servers": servers, "number": len(servers), "throttled": 0})

    def ask_faults(self, **faults):
        """Replaces the faults."""
        with self.changed() as state:
            state["throttled"] = 0
            self.write("faults", faults)

    def existing(self):
        """The servers that exist in truth."""
        return [server for server in self.read("state", None)["servers"] if server["deleted_s"] is None]

    def names(self):
        return [server["name"] for server in self.existing()]

    def desired(self):
        return self.read("state", None)["desired"]

    def commands(self):
        """The commands that change something, as they began."""
        try:
            with open(self.path("commands"), encoding="ascii") as file:
                return [json.loads(line) for line in file.read().splitlines()]
        except FileNotFoundError:
            return []

    # ---- for tools ----

    def fault(self, name, default=0):
        return self.read("faults", {}).get(name, default)

    def admit(self):
        """A command reaches the cloud. Raises Refused."""
        if self.fault("expired"):
            raise Refused("expired")
        with self.changed() as state:
            throttled = state["throttled"] < self.fault("throttle")
            state["throttled"] += throttled
        if throttled:
            raise Refused("throttled")

    @contextlib.contextmanager
    def effect(self, words):
        """The state, to be changed by a command."""
        with open(self.path("commands"), "a", encoding="ascii") as file:
            file.write(json.dumps(words) + "\n")
        time.sleep(self.fault("slow_s"))
        with self.changed() as state:
            yield state
            keep_desired(state, self.fault("quota", None))
        time.sleep(self.fault("linger_s"))

    def listed(self):
        """The servers as a list shows them: late."""
        with self.changed() as state:
            keep_desired(state, self.fault("quota", None))
        now_s = time.time()
        late_s = now_s - self.fault("lag_s")
        return [server for server in state["servers"]
                if server["created_s"] <= late_s and (server["deleted_s"] or now_s + 1) > late_s]

    def create(self, state, name, label=None):
        """Raises Refused."""
        start(state, name, label, self.fault("quota", None))

    def delete(self, state, server_id):
        """Raises Refused."""
        if server_id in self.fault("broken", []):
            raise Refused("broken")
        for server in state["servers"]:
            if server["id"] == server_id and server["deleted_s"] is None:
                server["deleted_s"] = time.time()
                return
        raise Refused("unknown")


def here(state):
    return [server for server in state["servers"] if server["deleted_s"] is None]


def start(state, name, label, quota):
    if quota is not None and len(here(state)) >= quota:
        raise Refused("quota")
    state["number"] += 1
    state["servers"].append({"name": name or state["naming"].format(state["number"]), "id": str(state["number"]),
                             "label": label, "created_s": time.time(), "deleted_s": None})


def keep_desired(state, quota):
    if state["desired"] is None:
        return
    surplus = len(here(state)) - state["desired"]
    for server in here(state)[:max(surplus, 0)]:
        server["deleted_s"] = time.time()
    with contextlib.suppress(Refused):
        for _ in range(-surplus):
            start(state, None, None, quota)
