"""The agent agrees with psutil over the same seconds: cpu and memory when the machine is idle, when it is busy, and
during half a minute of changing load; and the bytes of disks and network interfaces."""

import json
import multiprocessing
import os
import subprocess
import threading
import time
import unittest

from headroom_test import AGENT, WAIT_S, HeadroomTest, main, run

try:
    import psutil
except ImportError:
    psutil = None

POINTS = 2.0  # over 4 s: the readings are not at the same moment
TRIES = 5     # over 4 s: a busy machine does not do the same all the time
POINTS_OF_LONG = 1.0  # over half a minute
MEMORY_POINTS = 0.1
# Seconds, and the share of one processor's time that is used in them.
CHANGING = ((4, 1.0), (3, 0.0), (5, 0.5), (2, 1.0), (4, 0.2), (6, 0.0), (6, 0.8))


def burn():
    while True:
        pass


def burn_changing():
    for seconds, share in CHANGING:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            busy_until = time.monotonic() + 0.05 * share
            while time.monotonic() < busy_until:
                pass
            time.sleep(0.05 * (1.0 - share))


class Memory(threading.Thread):
    """Watches psutil's memory: at which times it was how much."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.seen = []

    def run(self):
        while not self.ended.wait(0.01):
            self.seen.append((time.time(), psutil.virtual_memory()))

    def percents(self, at_s):
        """At that time, and at the next ones before and after it, since memory changes."""
        after = next((i for i, (when, _) in enumerate(self.seen) if when >= at_s), len(self.seen) - 1)
        return [100.0 * (memory.total - memory.available) / memory.total
                for _, memory in self.seen[max(0, after - 5):after + 50]]


def totals():
    """What psutil counts of physical disks and interfaces, by the agent's names."""
    disks = [counters for name, counters in psutil.disk_io_counters(perdisk=True, nowrap=False).items()
             if os.path.exists(f"/sys/block/{name}/device")]
    nics = [counters for name, counters in psutil.net_io_counters(pernic=True, nowrap=False).items()
            if os.path.exists(f"/sys/class/net/{name}/device")]
    found = {}
    if disks:
        found["disk_read_bytes"] = sum(disk.read_bytes for disk in disks)
        found["disk_write_bytes"] = sum(disk.write_bytes for disk in disks)
    if nics:
        found["net_rx_bytes"] = sum(nic.bytes_recv for nic in nics)
        found["net_tx_bytes"] = sum(nic.bytes_sent for nic in nics)
    return found


@unittest.skipIf(psutil is None, "needs python3-psutil")
class Psutil(HeadroomTest):
    def burn(self, cores, how=burn):
        for _ in range(cores):
            process = multiprocessing.Process(target=how, daemon=True)
            process.start()
            self.addCleanup(process.join)
            self.addCleanup(process.kill)

    def measure(self):
        """--once measures cpu from its start to its end, and memory at its end. Returns both, and psutil's."""
        psutil.cpu_percent()
        ended = run(AGENT, "--once", "--interval", "4s")
        cpu = psutil.cpu_percent()
        memory = psutil.virtual_memory().percent
        sample = json.loads(ended.stdout)
        print(f"cpu {sample['cpu_percent']} %, psutil {cpu} %; memory {sample['memory_percent']} %, psutil {memory} %")
        return (sample["cpu_percent"], sample["memory_percent"]), (cpu, memory)

    def compare(self):
        for _ in range(TRIES):
            ours, theirs = self.measure()
            if all(abs(a - b) <= POINTS for a, b in zip(ours, theirs)):
                return ours[0]
        self.fail(f"{ours} and {theirs} differ each time")

    def test_idle(self):
        self.compare()

    def test_one_busy_core(self):
        self.burn(1)
        self.assertGreater(self.compare(), 70.0 / os.cpu_count())

    def test_all_cores_busy(self):
        self.burn(os.cpu_count())
        self.assertGreater(self.compare(), 90.0)

    def test_half_a_minute_of_changing_load(self):
        self.burn(1, burn_changing)
        memory = Memory()
        memory.start()
        psutil.cpu_percent()
        ended = subprocess.run([AGENT, "--once", "--interval", f"{sum(seconds for seconds, _ in CHANGING)}s"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=WAIT_S + 60, check=True)
        cpu = psutil.cpu_percent()
        memory.ended.set()
        memory.join()
        sample = json.loads(ended.stdout)
        percents = memory.percents(sample["timestamp"])
        print(f"cpu {sample['cpu_percent']} %, psutil {cpu} %; memory {sample['memory_percent']} %, psutil "
              f"{min(percents):.2f} to {max(percents):.2f} %")
        self.assertAlmostEqual(sample["cpu_percent"], cpu, delta=POINTS_OF_LONG)
        self.assertGreaterEqual(sample["memory_percent"], min(percents) - MEMORY_POINTS)
        self.assertLessEqual(sample["memory_percent"], max(percents) + MEMORY_POINTS)

    def test_bytes_are_equal(self):
        """A disk may be at work between the readings: then the agent's is between psutil's. A quieter moment is tried."""
        equal = set()
        names = set(totals())
        for _ in range(50):
            before = totals()
            sample = json.loads(run(AGENT, "--once", "--interval", "50ms").stdout)
            after = totals()
            for name in names:
                self.assertLessEqual(before[name], sample[name], name)
                self.assertLessEqual(sample[name], after[name], name)
                if before[name] == after[name]:
                    equal.add(name)
            if equal == names:
                break
        print(f"equal: {', '.join(sorted(equal)) or 'none'}")


if __name__ == "__main__":
    main()
