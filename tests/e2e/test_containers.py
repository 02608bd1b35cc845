"""The agent in containers: trees of cgroup files in each layout, and real cgroups where this machine lets a test make
them. tests/vm does the latter for version 2, on a kernel of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

from headroom_test import AGENT, DATA, KEY, SOURCE, HeadroomTest, Program, main, run, wait_until
from http_client import get

TOP = "/sys/fs/cgroup"
MIB = 1 << 20
MOUNT_2 = f"30 23 0:26 / {TOP} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
NO_LIMIT_1 = "9223372036854771712\n"


def mounts_1(root):
    return "".join(f"3{i} 23 0:3{i} {root} {TOP}/{name} rw - cgroup cgroup rw,{name}\n"
                   for i, name in enumerate(("memory", "cpu,cpuacct", "blkio", "cpuset")))


def cgroup(path, memory="max", current=0, inactive=0, cpu="max 100000", **more):
    """The files of a cgroup of version 2."""
    files = {"memory.max": f"{memory}\n", "memory.current": f"{current}\n",
             "memory.stat": f"anon 1\nfile 1\ninactive_file {inactive}\nactive_file 0\n",
             "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n", "memory.swap.max": "max\n",
             "memory.swap.current": "0\n", "cpu.max": f"{cpu}\n",
             "cpu.stat": "usage_usec 5000000\nuser_usec 1\nsystem_usec 1\nnr_periods 10\nnr_throttled 5\n",
             "io.stat": "8:0 rbytes=1000 wbytes=2000 rios=1 wios=1 dbytes=0 dios=0\n",
             "cpu.pressure": "some avg10=42.00 avg60=0.00 avg300=0.00 total=1\n"}
    files.update({name.replace("__", "."): text for name, text in more.items()})
    return {f"{TOP}{path}/{name}": text for name, text in files.items()}


def cgroup_1(path, memory=NO_LIMIT_1, usage=0, inactive=0, quota=-1):
    """The files of a cgroup of version 1."""
    return {f"{TOP}/memory{path}/memory.limit_in_bytes": f"{memory}\n",
            f"{TOP}/memory{path}/memory.usage_in_bytes": f"{usage}\n",
            f"{TOP}/memory{path}/memory.stat": f"inactive_file 0\ntotal_inactive_file {inactive}\n",
            f"{TOP}/memory{path}/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
            f"{TOP}/cpu,cpuacct{path}/cpu.cfs_quota_us": f"{quota}\n",
            f"{TOP}/cpu,cpuacct{path}/cpu.cfs_period_us": "100000\n",
            f"{TOP}/cpu,cpuacct{path}/cpu.stat": "nr_periods 10\nnr_throttled 5\nthrottled_time 1\n",
            f"{TOP}/cpu,cpuacct{path}/cpuacct.usage": "5000000000\n",
            f"{TOP}/blkio{path}/blkio.throttle.io_service_bytes": "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n"}


class Trees(HeadroomTest):
    """Below --root."""

    def put(self, files):
        self.root = self.path("root")
        shutil.copytree(os.path.join(DATA, "proc-container"), self.root)
        for name, text in files.items():
            path = self.root + name
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)

    def once(self, files, *flags):
        if files is not None:
            self.put(files)
        ended = run(AGENT, "--once", "--interval", "200ms", "--root", self.root, *flags)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return json.loads(ended.stdout)

    def assert_machine(self, sample):
        self.assertEqual((sample["view"], sample["memory_percent"], sample["load1"]), ("machine", 25.0, 0.08))

    def test_a_container_at_89_percent_of_its_limit(self):
        sample = self.once({"/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": MOUNT_2,
                            **cgroup("", 1000 * MIB, 950 * MIB, 60 * MIB, "50000 100000")})
        self.assertEqual(sample["view"], "cgroup /sys/fs/cgroup: 0.5 cpus, 1000 MiB")
        self.assertEqual(sample["memory_percent"], 89.0)
        self.assertEqual((sample["cpu_percent"], sample["throttled_percent"]), (0.0, 0.0))
        self.assertEqual((sample["oom_kills"], sample["psi_cpu_percent"]), (1, 42.0))
        self.assertEqual((sample["disk_read_bytes"], sample["disk_write_bytes"]), (1000, 2000))
        self.assertEqual(sample["net_rx_bytes"], 75000)
        for name in ("load1", "iowait_percent", "steal_percent", "swap_percent", "psi_io_percent", "disk_busy_percent"):
            self.assertIsNone(sample[name], name)

    def test_a_limit_of_an_ancestor(self):
        sample = self.once({"/proc/self/cgroup": "0::/pod/app\n", "/proc/self/mountinfo": MOUNT_2,
                            **cgroup("/pod", 512 * MIB, 256 * MIB, 0), **cgroup("/pod/app", "max", 100 * MIB, 0)})
        self.assertEqual((sample["view"], sample["memory_percent"]), ("cgroup /sys/fs/cgroup/pod: 4 cpus, 512 MiB", 50))

    def test_no_limit(self):
        self.assert_machine(self.once({"/proc/self/cgroup": "0::/a\n", "/proc/self/mountinfo": MOUNT_2,
                                       **cgroup("/a", "max", 100 * MIB, 0)}))

    def test_a_limit_of_the_agents_own_service(self):
        self.assert_machine(self.once({"/proc/self/cgroup": "0::/system.slice/headroom-agent.service\n",
                                       "/proc/self/mountinfo": MOUNT_2, **cgroup("/system.slice"),
                                       **cgroup("/system.slice/headroom-agent.service", 16 * MIB, 2 * MIB)}))

    def test_version_1(self):
        sample = self.once({"/proc/self/cgroup": "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n2:blkio:/docker/x\n",
                            "/proc/self/mountinfo": mounts_1("/docker/x"),
                            **cgroup_1("", 1000 * MIB, 950 * MIB, 60 * MIB, 50000)})
        self.assertEqual(sample["view"], "cgroup /sys/fs/cgroup/memory: 0.5 cpus, 1000 MiB")
        self.assertEqual((sample["memory_percent"], sample["cpu_percent"], sample["oom_kills"]), (89.0, 0.0, 2))
        self.assertEqual((sample["disk_read_bytes"], sample["disk_write_bytes"]), (5, 6))

    def test_version_1_without_limits(self):
        self.assert_machine(self.once({"/proc/self/cgroup": "4:memory:/user.slice\n3:cpu,cpuacct:/user.slice\n",
                                       "/proc/self/mountinfo": mounts_1("/"), **cgroup_1("/user.slice")}))

    def test_a_hybrid_host(self):
        sample = self.once({"/proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/\n0::/\n",
                            "/proc/self/mountinfo": mounts_1("/") + MOUNT_2.replace(TOP, f"{TOP}/unified"),
                            **cgroup_1(""), **cgroup_1("/job", 100 * MIB, 40 * MIB)})
        self.assertEqual(sample["view"], "cgroup /sys/fs/cgroup/memory/job: 4 cpus, 100 MiB")
        self.assertEqual(sample["memory_percent"], 40.0)

    def test_files_that_are_missing_or_garbled(self):
        files = {"/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": MOUNT_2,
                 **cgroup("", 1000 * MIB, 500 * MIB, 0, "50000 100000", cpu__stat="x\n", io__stat="8:0\n",
                          memory__events="", cpu__pressure="y")}
        del files[f"{TOP}/memory.stat"]
        sample = self.once(files)
        self.assertEqual(sample["memory_percent"], 50.0)
        for name in ("cpu_percent", "throttled_percent", "disk_read_bytes", "oom_kills", "psi_cpu_percent"):
            self.assertIsNone(sample[name], name)

    def test_without_a_list_of_mounts(self):
        sample = self.once({"/proc/self/cgroup": "0::/a", **cgroup("/a", 1000 * MIB, 500 * MIB)})
        self.assertEqual(sample["memory_percent"], 50.0)

    def test_version_1_without_a_list_of_mounts(self):
        sample = self.once({"/proc/self/cgroup": "4:memory:/a", **cgroup_1("/a", 1000 * MIB, 500 * MIB)})
        self.assertEqual(sample["memory_percent"], 50.0)

    def test_a_whole_machine_below_the_root(self):
        """/proc/self is the agent there, in a container of its own; process 1 is the machine's."""
        self.assert_machine(self.once({"/proc/1/cgroup": "0::/init.scope\n", "/proc/1/mountinfo": MOUNT_2,
                                       "/proc/self/cgroup": "0::/kubepods/agent\n", "/proc/self/mountinfo": MOUNT_2,
                                       **cgroup("/kubepods/agent", 32 * MIB, 2 * MIB)}))

    def test_off_and_by_name(self):
        files = {"/proc/self/cgroup": "0::/a\n", "/proc/self/mountinfo": MOUNT_2,
                 **cgroup("/a", 1000 * MIB, 500 * MIB), **cgroup("/b", "max", 500 * MIB)}
        self.assert_machine(self.once(files, "--cgroup", "off"))
        for name in ("b", f"{TOP}/b"):
            self.assertTrue(self.once(None, "--cgroup", name)["view"].startswith("cgroup /sys/fs/cgroup/b: 4 cpus"))
        sample = self.once(None, "--cgroup", "c")
        self.assertEqual((sample["view"], sample["memory_percent"]), ("cgroup c, which does not exist", None))

    def test_the_collector_weighs_half_a_core(self):
        """And a container that gets more while it runs."""
        self.put({"/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": MOUNT_2,
                  **cgroup("", 1000 * MIB, 500 * MIB, 0, "50000 100000")})
        collector = self.start_collector("--http", "127.0.0.1:0")
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        agent = self.start_agent("alpha", [collector], "--root", self.root)

        def size():
            node = get(port, "/api/v1/nodes/alpha").json()
            return node["cores"], node["memory_bytes"] // MIB
        agent.wait_log("measuring the cgroup /sys/fs/cgroup: 0.5 cpus, 1000 MiB")
        collector.wait_samples("alpha", 2)
        self.assertEqual(size(), (0.5, 1000))
        with open(f"{self.root}{TOP}/cpu.max", "w", encoding="ascii") as file:
            file.write("150000 100000\n")
        agent.wait_log("measuring the cgroup /sys/fs/cgroup: 1.5 cpus, 1000 MiB")
        wait_until(lambda: size() == (1.5, 1000), lambda: f"the new weight, not {size()}")
        self.assertEqual(agent.connections(), 1)


class RealCgroup(HeadroomTest):
    """A cgroup of this machine: a fiftieth of a cpu, which it gets on a busy machine too, and 200 MiB."""

    VIEW = r"^cgroup .*headroom-test-\d+: 0\.02 cpus, 200 MiB$"
    LIMITS = {"memory": {"memory.max": str(200 * MIB), "memory.limit_in_bytes": str(200 * MIB)},
              "cpu": {"cpu.max": "2000 100000", "cpu.cfs_quota_us": "2000"}, "cpuacct": {}}

    def setUp(self):
        super().setUp()
        name = f"headroom-test-{os.getpid()}"
        if os.path.exists(f"{TOP}/cgroup.controllers"):
            self.folders = [f"{TOP}/{name}"]
        else:
            self.folders = [f"{TOP}/{controller}/{name}" for controller in self.LIMITS]
        self.processes = []
        self.addCleanup(self.remove)
        try:
            self.create()
        except OSError as error:
            self.skipTest(f"this machine lets no test make a cgroup with limits: {error}")

    def create(self):
        for folder in self.folders:
            os.mkdir(folder)
            for limits in self.LIMITS.values():
                for name, limit in limits.items():
                    if os.path.exists(f"{folder}/{name}"):
                        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                            file.write(limit)
        if not any(os.path.exists(f"{folder}/{name}") for folder in self.folders for name in self.LIMITS["memory"]):
            raise OSError("no memory controller")

    def remove(self):
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        for folder in self.folders:
            if os.path.exists(folder):
                wait_until(lambda path=folder: self.is_removed(path), f"the end of {folder}")

    @staticmethod
    def is_removed(folder):
        try:
            os.rmdir(folder)
        except OSError:
            return False
        return True

    def enter(self):
        for folder in self.folders:
            with open(f"{folder}/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")

    def start_inside(self, code):
        process = subprocess.Popen([sys.executable, "-c", code], preexec_fn=self.enter, stdout=subprocess.PIPE)
        self.processes.append(process)
        return process

    def once(self, *flags, **how):
        ended = subprocess.run([AGENT, "--once", *flags], stdout=subprocess.PIPE, check=True, **how)
        return json.loads(ended.stdout)

    def test_a_busy_container_that_has_filled_half_of_its_memory(self):
        load = self.start_inside(f"x = b'x' * {100 * MIB}\nprint(flush=True)\nwhile True: pass")
        self.assertEqual(load.stdout.readline(), b"\n")
        sample = self.once("--interval", "3s", "--cgroup", self.folders[0])
        self.assertRegex(sample["view"], self.VIEW)
        self.assertGreater(sample["memory_percent"], 48)
        self.assertLess(sample["memory_percent"], 75)
        self.assertGreater(sample["throttled_percent"], 20)
        self.assertGreater(sample["cpu_percent"], 20)
        self.assertEqual(sample["oom_kills"], 0)

    def test_the_agent_finds_the_container_that_it_is_in(self):
        self.assertRegex(self.once("--interval", "2s", preexec_fn=self.enter)["view"], self.VIEW)
        self.assertNotIn("headroom-test", self.once("--interval", "100ms")["view"])


class Packaged(HeadroomTest):
    """packaging/containers and packaging/kubernetes."""

    def start_with_agent(self, *command, **variables):
        self.collector = self.start_collector("--http", "127.0.0.1:0")
        self.port = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        container = Program([os.path.join(SOURCE, "packaging", "containers", "with-agent"), *command],
                            self.log_path("container"),
                            {"PATH": f"{os.path.dirname(AGENT)}:{os.environ['PATH']}",
                             "HEADROOM_COLLECTOR": self.collector.address(), "HEADROOM_NODE_ID": "alpha",
                             "HEADROOM_AGENT_FLAGS": "--interval 200ms --cgroup off", **variables})
        self.programs.append(container)
        self.collector.wait_samples("alpha", 2)
        return container

    def node(self):
        return get(self.port, "/api/v1/nodes/alpha").json()

    def test_a_container_that_is_stopped_leaves(self):
        container = self.start_with_agent(
            "sh", "-c", "trap 'echo ending >&2; sleep 1; exit 7' TERM; echo ready >&2; while :; do sleep 0.1; done",
            HEADROOM_GROUP="web")
        container.wait_log("^ready")
        self.assertEqual((self.node()["group"], self.node()["state"]), ("web", "live"))
        container.signal(signal.SIGTERM)
        self.assertEqual(container.join(), 7)
        container.wait_log("^ending")
        wait_until(lambda: self.node()["state"] == "leaving", lambda: f"the node to leave: {self.node()}")
        self.programs.remove(container)

    def test_a_program_that_ends_takes_the_agent_along(self):
        container = self.start_with_agent(
            "sh", "-c", f"while [ ! -e {self.path('end')} ]; do sleep 0.1; done; exit 3")
        self.assertEqual(self.node()["group"], "default")
        self.write("end", "")
        self.assertEqual(container.join(), 3)
        wait_until(lambda: self.node()["state"] == "leaving", lambda: f"the node to leave: {self.node()}")
        self.programs.remove(container)

    def test_the_flags_of_the_manifest_are_the_agents(self):
        """All of them; the files that they name are elsewhere."""
        path = os.path.join(SOURCE, "packaging", "kubernetes", "base", "agent-daemonset.yaml")
        with open(path, encoding="ascii") as file:
            flags = re.findall(r"^ +- (--\S+)$", file.read(), re.MULTILINE)
        self.assertGreater(len(flags), 5)
        root = self.path("host")
        shutil.copytree(os.path.join(DATA, "proc-vm"), root)
        places = {"/host": root, "/etc/headroom/token": self.write("token", KEY), "$(NODE_NAME)": "alpha"}
        flags = [f"{name}={places.get(value, value)}" for name, value in (flag.split("=", 1) for flag in flags)]
        sample = json.loads(run(AGENT, "--once", "--interval", "100ms", *flags).stdout)
        self.assertEqual((sample["node_id"], sample["group"], sample["memory_percent"]), ("alpha", "workers", 25.0))


if __name__ == "__main__":
    main()
