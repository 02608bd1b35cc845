"""Files of /proc that hang: lxcfs is stopped, as when it or its host is in trouble. Its metrics are absent meanwhile; all
else of the agent goes on.

lxcfs and the agent are in a mount namespace of the test's own."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from headroom_test import HeadroomTest, main, wait_until

HANG_S = int(os.environ.get("HEADROOM_HANG_S", "10"))
INTERVAL_S = 1
STOP_S = 1  # more than an agent that reads the kernel's files; it takes a tenth of a second more
OF_LXCFS = ("stat", "meminfo", "loadavg", "diskstats")
METRICS_OF_LXCFS = ("cpu", "memory", "disk_read", "disk_write")
METRICS_OF_KERNEL = ("net_rx", "net_tx")


def can_mount():
    return os.path.exists("/dev/fuse") and subprocess.run(["unshare", "-m", "true"], capture_output=True,
                                                          check=False).returncode == 0


@unittest.skipIf(shutil.which("lxcfs") is None, "needs lxcfs")
@unittest.skipUnless(can_mount(), "needs root and FUSE")
class HungFiles(HeadroomTest):
    AGENT_FLAGS = ("--interval", f"{INTERVAL_S}s")

    def start_lxcfs(self):
        """Returns its process, once its files can be read in its namespace."""
        os.mkdir(self.path("lxcfs"))
        with open(self.path("lxcfs.log"), "wb") as log:
            lxcfs = subprocess.Popen(["unshare", "-m", "--propagation", "private", "lxcfs", "-f", "-p",
                                      self.path("lxcfs.pid"), self.path("lxcfs")], stdout=log, stderr=log)
        self.addCleanup(lxcfs.wait)
        self.addCleanup(lxcfs.kill)
        wait_until(lambda: self.in_namespace(lxcfs, "cat", self.path("lxcfs/proc/stat")).returncode == 0, "lxcfs")
        return lxcfs

    @staticmethod
    def namespace(lxcfs):
        return ("nsenter", "--target", str(lxcfs.pid), "--mount")

    def in_namespace(self, lxcfs, *command):
        return subprocess.run([*self.namespace(lxcfs), *command], capture_output=True, check=False)

    def make_root(self):
        """A root whose /proc has the files of lxcfs, and otherwise those of the kernel."""
        os.makedirs(self.path("root/proc"))
        for name in ("net", "pressure", "1"):
            os.symlink(f"/proc/{name}", self.path(f"root/proc/{name}"))
        for name in OF_LXCFS:
            os.symlink(self.path(f"lxcfs/proc/{name}"), self.path(f"root/proc/{name}"))
        os.symlink("/sys", self.path("root/sys"))
        return self.path("root")

    def start_node(self, lxcfs, collector):
        return self.start_agent("alpha", [collector], "--root", self.make_root(), wrapper=self.namespace(lxcfs))

    def rows_after(self, collector, begin):
        return [row for row in collector.samples() if float(row["timestamp"]) > begin]

    def test_samples_go_on_without_the_metrics_of_lxcfs(self):
        collector = self.start_collector()
        lxcfs = self.start_lxcfs()
        agent = self.start_node(lxcfs, collector)
        wait_until(lambda: any(row["cpu"] and row["memory"] for row in collector.samples()), "metrics of lxcfs")
        has = [name for name in METRICS_OF_LXCFS if collector.samples()[-1][name]]

        lxcfs.send_signal(signal.SIGSTOP)
        begin = time.time()
        time.sleep(HANG_S)
        lxcfs.send_signal(signal.SIGCONT)
        end = time.time()
        wait_until(lambda: all(collector.samples()[-1][name] for name in has), "metrics of lxcfs again")

        # Without the samples beside which lxcfs stopped or went on.
        rows = self.rows_after(collector, begin + INTERVAL_S)
        hung = [row for row in rows if float(row["timestamp"]) + INTERVAL_S < end]
        self.assertGreaterEqual(len(hung), HANG_S - 4)
        for row in hung:
            self.assertEqual([row[name] for name in METRICS_OF_LXCFS], [""] * len(METRICS_OF_LXCFS), row)
            self.assertTrue(all(row[name] for name in METRICS_OF_KERNEL), row)
        times = [float(row["timestamp"]) for row in rows]
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), 3 * INTERVAL_S)
        self.assert_whole(collector.samples())
        agent.wait_log(r"reading cpu takes longer than 500 ms")
        self.assert_stops(agent)

    def test_sigterm_ends_the_agent_meanwhile(self):
        collector = self.start_collector()
        lxcfs = self.start_lxcfs()
        agent = self.start_node(lxcfs, collector)
        wait_until(lambda: any(row["cpu"] and row["memory"] for row in collector.samples()), "metrics of lxcfs")
        healthy = self.start_agent("beta", [collector])
        collector.wait_samples("beta", 1)
        lxcfs.send_signal(signal.SIGSTOP)
        agent.wait_log(r"reading memory takes longer than 500 ms")
        # A busy machine holds up both agents, and what is asserted is how long the files do.
        healthy.signal(signal.SIGTERM)
        agent.signal(signal.SIGTERM)
        self.assertEqual(healthy.join(), 0, healthy.log())
        begin = time.monotonic()
        self.assertEqual(agent.join(), 0, agent.log())
        self.assertLess(time.monotonic() - begin, STOP_S)
        self.assertEqual(agent.account()["waiting"], 0)


if __name__ == "__main__":
    main()
