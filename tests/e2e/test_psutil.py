"""cpu and memory agree with psutil over the same seconds: idle, with one busy core, and with all cores busy."""

import json
import multiprocessing
import os
import unittest

from headroom_test import AGENT, HeadroomTest, main, run

try:
    import psutil
except ImportError:
    psutil = None

POINTS = 2.0
TRIES = 5  # the two measure over almost the same seconds, and a busy machine does not do the same all the time


def burn():
    while True:
        pass


@unittest.skipIf(psutil is None, "needs python3-psutil")
class Psutil(HeadroomTest):
    def burn(self, cores):
        for _ in range(cores):
            process = multiprocessing.Process(target=burn, daemon=True)
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


if __name__ == "__main__":
    main()
