"""A collector whose rows headroom-bridge forwards."""

import json
import os
import subprocess

from headroom_test import BRIDGE, COLLECTOR, HeadroomTest, Program, read_csv_columns, wait_until

LOADGEN = os.environ.get("HEADROOM_LOADGEN",
                         os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(COLLECTOR))), "bench",
                                      "headroom-loadgen"))
METRICS = {"cpu": ("headroom_node_cpu_ratio", 100), "disk_read": ("headroom_node_disk_read_bytes_total", 1),
           "load1": ("headroom_node_load1", 1)}


class Forwarder(Program):
    def __init__(self, test, url, *flags, name="vm"):
        os.makedirs(test.path("state"), exist_ok=True)
        os.makedirs(test.path(f"reports/{name}"), exist_ok=True)
        wait_until(lambda: os.path.isdir(test.path("data")), "the collector's directory")
        self.state_path = test.path(f"reports/{name}/forward-{name}.state")
        super().__init__([BRIDGE, "forward", "--data", test.path("data"), "--state", test.path("state"), "--report",
                          test.path(f"reports/{name}"), "--to", url, "--name", name, *flags], test.log_path("forward"))
        test.programs.append(self)

    def state(self):
        with open(self.state_path, encoding="utf-8") as file:
            return json.load(file)


def rows_of(data):
    """{(node, time_ms): {column: value}}; a row's time is unique for a node of the load generator."""
    found = {}
    for node, timestamp, *values in read_csv_columns(data, "metrics", ("node_id", "timestamp", *METRICS)):
        found[node, round(float(timestamp) * 1000)] = dict(zip(METRICS, values))
    return found


class ForwardTest(HeadroomTest):
    def stored(self):
        """How many rows the collector has stored: of metrics.csv, and of decisions.csv."""
        return len(rows_of(self.path("data"))), len(list(read_csv_columns(self.path("data"), "decisions", ("group",))))

    def load(self, collector, *flags):
        loadgen = subprocess.Popen([LOADGEN, "--collector", collector.address(), *flags], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        self.addCleanup(loadgen.communicate)
        self.addCleanup(loadgen.kill)
        return loadgen

    def forward(self, url, *flags, **how):
        return Forwarder(self, url, "--batch", "200ms", "--from", "oldest", *flags, **how)

    def assert_account(self, state, **expected):
        """Every row that was read is somewhere."""
        self.assertEqual(state["rows_read"], sum(state[name] for name in ("settled", "unsettled", "refused", "filtered",
                                                                          "waiting")), state)
        self.assertEqual({name: state[name] for name in expected}, expected, state)

    def wait_state(self, forwarder, condition, timeout=60):
        def found():
            state = forwarder.state() if os.path.exists(forwarder.state_path) else None
            return state if state and condition(state) else None

        return wait_until(found, lambda: f"a state of {forwarder}:\n{forwarder.log()}", timeout)

    def differences(self, engine, without):
        """What the engine has of the stored rows but those: how many values are missing, wrong, or there twice or in
        addition."""
        rows = {key: values for key, values in rows_of(self.path("data")).items() if key not in without}
        missing = wrong = more = 0
        for column, (name, divisor) in METRICS.items():
            found, count = engine.samples(name)
            expected = {key: float(values[column]) / divisor for key, values in rows.items() if values[column] != ""}
            more += count - len(expected)
            for (node, time_ms), value in expected.items():
                got = found.get(node, {}).get(time_ms)
                missing += got is None
                wrong += got is not None and abs(got - value) > 1e-9 * max(1.0, abs(value))
        return len(rows), missing, wrong, max(more, 0)

    def wait_whole(self, engine, without=frozenset()):
        """Until the engine has all stored rows but those, each once. Returns their number."""
        found = []

        def whole():
            found[:] = [self.differences(engine, without)]
            return found[0][1:] == (0, 0, 0)

        wait_until(whole, lambda: f"(rows, missing, wrong, more) = {found}", timeout=120)
        return found[0][0]
