"""From /proc to the CSV: stored values match the files."""

import json
import os
import shutil
import time

from headroom_test import AGENT, DATA, METRICS, HeadroomTest, main, run, wait_until
from http_client import get

AVERAGES_S = 5  # the agent does not read the kernel's averages more often

# Metrics without a source under tests/data.
NOWHERE = dict.fromkeys(("throttled", "oom_kills", "app_load", "app_capacity", "fs"), "")

# The values in the constant files under tests/data. cpu and its shares are absent because no ticks pass.
VM = {
    "cpu": "", "iowait": "", "steal": "",
    "memory": "25.00",  # 6000000 of 8000000 kB available
    "swap": "5.00",
    "disk_read": str((1000000 + 20000 + 88) * 512),  # vda, nvme0n1, cciss/c0d0
    "disk_write": str((400000 + 6000 + 24) * 512),
    "disk_busy": "0.00",
    "load1": "1.37",
    "net_rx": "730112044", "net_tx": "91200311",  # eth0
    "psi_cpu": "12.50", "psi_memory": "0.25", "psi_io": "3.75",
    **NOWHERE,
}
CONTAINER = {
    "cpu": "", "iowait": "", "steal": "",
    "memory": "25.00",
    "swap": "",  # no such device
    "disk_read": "", "disk_write": "", "disk_busy": "",  # disks belong to the host
    "load1": "0.08",
    "net_rx": "75000", "net_tx": "32000",  # eth0 and eth1
    "psi_cpu": "", "psi_memory": "", "psi_io": "",
    **NOWHERE,
}


def metrics(row):
    return {name: row[name] for name in METRICS}


class FakedProc(HeadroomTest):
    def start(self, data, *collector_flags):
        self.root = self.path("root")
        shutil.copytree(os.path.join(DATA, data), self.root)
        self.collector = self.start_collector(*collector_flags)
        self.agent = self.start_agent("alpha", [self.collector], "--root", self.root)
        return self.collector.wait_samples("alpha", 3)

    def change(self, name, before, after):
        """Changes a file in place with a single write, since the agent keeps it open; pads the end."""
        path = os.path.join(self.root, name)
        with open(path, encoding="ascii") as file:
            text = file.read()
        self.assertEqual(text.count(before), 1, text)
        changed = text.replace(before, after)
        fd = os.open(path, os.O_WRONLY)
        os.pwrite(fd, changed.ljust(len(text), "\n").encode("ascii"), 0)
        os.close(fd)

    def next_samples(self, count=3, after_s=0):
        """Samples taken after now, or at least this long after: by the clock of this machine, which is the node's."""
        time.sleep(after_s)
        now = time.time()

        def taken():
            rows = [row for row in self.collector.samples() if float(row["timestamp"]) > now]
            return rows if len(rows) >= count else None

        return wait_until(taken, self.collector.log)

    def test_a_machine(self):
        self.start("proc-vm")
        for row in self.next_samples():
            self.assertEqual(metrics(row), VM)

    def test_a_container(self):
        self.start("proc-container")
        for row in self.next_samples():
            self.assertEqual(metrics(row), CONTAINER)

    def test_cpu_is_what_passed_between_two_samples(self):
        """100 ticks: 30 user, 20 stolen, 10 waiting for I/O, 40 idle."""
        self.start("proc-vm")
        self.change("proc/stat", "cpu  41200 310 15400 902000 2600 0 880 1210 700 30",
                    "cpu  41230 310 15400 902040 2610 0 880 1230 700 30")
        busy = wait_until(lambda: [row for row in self.collector.samples() if row["cpu"]], "a sample with cpu")
        self.next_samples()
        self.assertEqual([(row["cpu"], row["iowait"], row["steal"]) for row in busy], [("50.00", "10.00", "20.00")])

    def test_gauges_follow_their_files(self):
        self.start("proc-vm")
        self.change("proc/meminfo", "MemAvailable:    6000000 kB", "MemAvailable:    2000000 kB")
        self.change("proc/meminfo", "SwapFree:        1900000 kB", "SwapFree:        1000000 kB")
        self.change("proc/loadavg", "1.37", "9.99")
        self.change("proc/pressure/io", "some avg10=3.75", "some avg10=4.00")
        expected = dict(VM, memory="75.00", swap="50.00", load1="9.99", psi_io="4.00")
        for row in self.next_samples(after_s=AVERAGES_S):
            self.assertEqual(metrics(row), expected)

    def test_cores_and_memory_that_are_added(self):
        self.start("proc-vm", "--http", "127.0.0.1:0")
        port = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

        def size():
            node = get(port, "/api/v1/nodes/alpha").json()
            return node["cores"], node["memory_bytes"] >> 10
        self.assertEqual(size(), (2, 8000000))
        self.change("proc/stat", "\nintr ", "\ncpu2 1 0 0 1 0 0 0 0 0 0\nintr ")
        self.change("proc/meminfo", "MemTotal:        8000000 kB", "MemTotal:        9000000 kB")
        self.agent.wait_log("the node now has 3 cores and 8789 MiB of memory")
        wait_until(lambda: size() == (3, 9000000), lambda: f"the new weight, not {size()}")
        self.assertEqual(self.agent.connections(), 1)

    def test_counters_follow_whole_disks_and_real_interfaces(self):
        self.start("proc-vm")
        self.change("proc/diskstats", "vda 20000 310 1000000", "vda 20000 310 1000008")
        self.change("proc/diskstats", "vda1 19900 310 999000", "vda1 19900 310 999008")
        self.change("proc/diskstats", "dm-0 20100 0 999000", "dm-0 20100 0 999008")
        self.change("proc/net/dev", "730112044", "730112144")
        self.change("proc/net/dev", "5100233", "6100233")  # docker0
        expected = dict(VM, disk_read=str(int(VM["disk_read"]) + 8 * 512), net_rx="730112144")
        for row in self.next_samples():
            self.assertEqual(metrics(row), expected)

    def test_counters_never_fall(self):
        """After a reset, a counter has increased by its present value."""
        self.start("proc-vm")
        self.change("proc/diskstats", "vda 20000 310 1000000", "vda 1 0       0000100")
        expected = dict(VM, disk_read=str(int(VM["disk_read"]) + 100 * 512))
        for row in self.next_samples():
            self.assertEqual(metrics(row), expected)

    def test_what_can_not_be_read_is_absent_until_it_can(self):
        self.start("proc-vm")
        for name in ("proc/meminfo", "proc/loadavg", "proc/diskstats", "proc/net/dev", "proc/pressure/cpu"):
            os.truncate(os.path.join(self.root, name), 0)
        absent = ("memory", "swap", "load1", "disk_read", "disk_write", "disk_busy", "net_rx", "net_tx", "psi_cpu")
        for row in self.next_samples(after_s=AVERAGES_S):
            self.assertEqual(metrics(row), dict(VM, **dict.fromkeys(absent, "")))
        for name in ("proc/meminfo", "proc/loadavg", "proc/diskstats", "proc/net/dev", "proc/pressure/cpu"):
            shutil.copyfile(os.path.join(DATA, "proc-vm", name), os.path.join(self.root, name))
        for row in self.next_samples():
            self.assertEqual(metrics(row), VM)
        self.assertEqual(self.agent.connections(), 1)

    def test_a_file_that_comes_later_is_found(self):
        self.start("proc-container")
        shutil.copytree(os.path.join(DATA, "proc-vm", "proc", "pressure"), os.path.join(self.root, "proc", "pressure"))
        wait_until(lambda: self.collector.samples()[-1]["psi_cpu"] == "12.50", "the pressure of the cpu")

    def test_values_that_can_not_be_true_cost_only_their_metric(self):
        self.start("proc-vm")
        self.change("proc/pressure/memory", "some avg10=0.25 avg60", "some avg10=200.25 avg60")
        for row in self.next_samples(after_s=AVERAGES_S):
            self.assertEqual(metrics(row), dict(VM, psi_memory=""))


class RealProc(HeadroomTest):
    """The real /proc of this machine."""

    def disk_bytes(self):
        """The sums over all whole disks: (read, written)."""
        sums = [0, 0]
        with open("/proc/diskstats", encoding="ascii") as file:
            for words in map(str.split, file):
                if os.path.exists(f"/sys/block/{words[2].replace('/', '!')}/device"):
                    sums[0] += 512 * int(words[5])
                    sums[1] += 512 * int(words[9])
        return sums

    def once(self, *flags):
        ended = run(AGENT, "--once", "--interval", "200ms", *flags)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return json.loads(ended.stdout)

    def test_disk_bytes_are_those_of_diskstats(self):
        before = self.disk_bytes()
        sample = self.once()
        after = self.disk_bytes()
        for i, name in enumerate(("disk_read_bytes", "disk_write_bytes")):
            if sample[name] is None:
                self.assertEqual(after[i], 0, "no disk of its own")
                continue
            self.assertLessEqual(before[i], sample[name])
            self.assertLessEqual(sample[name], after[i])

    def test_once_prints_one_sample(self):
        sample = self.once("--node-id", "alpha", "--group", "web")
        self.assertEqual((sample["node_id"], sample["group"]), ("alpha", "web"))
        for name in ("cpu_percent", "memory_percent"):
            self.assertTrue(0.0 <= sample[name] <= 100.0, sample)


if __name__ == "__main__":
    main()
