"""Every row of metrics.csv is in the engine once, although engine and forwarder are killed again and again, the collector
rotates its file, the forwarder's disk is full now and then, and the engine refuses some rows for ever."""

import os
import time
import unittest

from engines import PROMETHEUS, VICTORIA, Prometheus, Victoria
from forward_case import ForwardTest, Forwarder
from headroom_test import main, read_csv
from http_client import post_samples
from test_full_disk import DiskTest

LOAD_S = float(os.environ.get("HEADROOM_FORWARD_SECONDS", "30"))
NODES = os.environ.get("HEADROOM_FORWARD_NODES", "500")
ENGINE_KILL_S = 7
FORWARDER_KILL_S = 11
POISON_S = 2
FULL_S = 6  # every other time, the disk of the cursor is full for that long


class KillTest(DiskTest, ForwardTest):
    def begin(self, engine):
        self.engine = engine
        self.engine.start()
        self.collector = self.start_collector("--rotate-size", "256K", "--http", "127.0.0.1:0", "--http-ingest")
        self.http_port = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        self.poison = set()
        self.ballast = None
        try:
            self.disk = self.mount("1m")
            os.symlink(self.disk, self.path("state"))
        except unittest.SkipTest:
            self.disk = None

    def post_old_row(self):
        """Of yesterday: an engine may refuse it each time."""
        time_ms = round(1000 * (time.time() - 86400))
        post_samples(self.http_port, [{"node_id": "old", "timestamp": time_ms / 1000, "cpu": 1.0, "memory": 2.0,
                                       "disk_read": 3, "disk_write": 4}])
        self.poison.add(("old", time_ms))

    def fill_or_free(self):
        if self.disk is None:
            return
        if self.ballast is None:
            self.ballast = self.fill(self.disk)
        else:
            os.remove(self.ballast)
            self.ballast = None

    def start_forwarder(self):
        return Forwarder(self, self.engine.write_url, "--settle", "12s", "--batch", "500ms", "--from", "oldest")

    def load_and_kill(self):
        """Returns the last forwarder."""
        forwarder = self.start_forwarder()
        loadgen = self.load(self.collector, "--nodes", NODES, "--interval", "500ms", "--for", f"{LOAD_S:.0f}s")
        now = time.monotonic()
        due = {"engine": now + 4, "forwarder": now + 6, "poison": now + 1, "disk": now + FULL_S}
        while loadgen.poll() is None:
            now = time.monotonic()
            if now > due["engine"]:
                self.engine.kill()
                self.engine.start()
                due["engine"] = time.monotonic() + ENGINE_KILL_S
            if now > due["forwarder"]:
                forwarder.kill()
                forwarder = self.start_forwarder()
                self.forwarder_kills += 1
                due["forwarder"] = now + FORWARDER_KILL_S
            if now > due["poison"]:
                self.post_old_row()
                due["poison"] = now + POISON_S
            if now > due["disk"]:
                self.fill_or_free()
                due["disk"] = now + FULL_S
            time.sleep(0.05)
        if self.ballast is not None:
            self.fill_or_free()
        return forwarder

    def check(self, engine, refused):
        self.forwarder_kills = 0
        self.begin(engine)
        forwarder = self.load_and_kill()
        self.assertGreater(self.engine.starts, 2)
        without = self.poison if refused else set()
        rows = self.wait_whole(self.engine, without)
        self.assertGreater(rows, 1000)
        # The last rows survive a kill that comes before they are settled.
        self.engine.kill()
        self.engine.start()
        self.assertEqual(self.wait_whole(self.engine, without), rows)
        state = self.wait_state(forwarder, lambda state: state["rows_read"] > 0 and state["waiting"] == 0, 120)
        self.assert_stops(forwarder)
        self.assert_stops(self.collector)
        self.assert_account(state, damaged=0)
        self.assertEqual(state["lost_to_retention"], {"files": 0, "from_ms": None, "to_ms": None})
        print(f"{rows} rows, {self.engine.starts - 1} kills of the engine, {self.forwarder_kills} of the forwarder, "
              f"{len(self.poison)} old rows")


@unittest.skipIf(VICTORIA is None, "victoria-metrics is not installed")
class Victorias(KillTest):
    def test_kills(self):
        self.check(Victoria(self), refused=False)


@unittest.skipIf(PROMETHEUS is None, "prometheus is not installed")
class Prometheuses(KillTest):
    def test_kills_and_rows_that_are_refused(self):
        """It refuses a whole request for one row that is too old, with status 400 or 500."""
        self.check(Prometheus(self), refused=True)
        found = {(row["node_id"], round(float(row["timestamp"]) * 1000))
                 for row in read_csv(self.path("state/forward-vm.refused.csv"))}
        if self.disk is None:  # a full disk has no room for the list either
            self.assertEqual(found, self.poison)
        self.assertLessEqual(found, self.poison)


if __name__ == "__main__":
    main()
