"""The programs that bench/run measures, and the load that it puts on them."""

import json
import os
import re
import resource
import signal
import subprocess
import time
import urllib.request

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(SOURCE, "build", "release")
MEASURED = ("src/collector/headroom-collector", "src/cli/headroom", "bench/headroom-tick", "bench/headroom-hooks")
MEASURING = ("bench/headroom-loadgen", "bench/headroom-floor")
SETTLE_S = 30  # until all agents have the report_ms of a fleet of their size, and Acks come as steadily as samples


def path(build, program):
    return os.path.join(build, *program.split("/"))


class Programs:
    """The paths of the programs in a build folder. The load may come from another one."""

    def __init__(self):
        self.use(RELEASE, RELEASE)

    def use(self, build, load_build):
        self.build = build
        self.collector, self.headroom, self.tick, self.hooks = (path(build, name) for name in MEASURED)
        self.loadgen, self.floor = (path(load_build, name) for name in MEASURING)


programs = Programs()


def build(source, folder, names, launcher=None):
    """Builds these programs of a source tree, by the preset release, into a folder. launcher: of the compiler, such as
    ccache."""
    launch = [f"-DCMAKE_C_COMPILER_LAUNCHER={launcher}"] if launcher else []
    environment = {**os.environ, "CCACHE_BASEDIR": source, "CCACHE_NOHASHDIR": "1"}
    subprocess.run(["cmake", "--preset", "release", "-Wno-dev", "-B", folder, *launch], cwd=source, check=True,
                   stdout=subprocess.DEVNULL, env=environment)
    subprocess.run(["cmake", "--build", folder, "--target", *(os.path.basename(name) for name in names)], check=True,
                   stdout=subprocess.DEVNULL, env=environment)


class Collector:
    def __init__(self, work, *flags, port=0, data=None):
        self.log_path = os.path.join(work, f"collector-{time.monotonic_ns()}.log")
        self.data = data or os.path.join(work, "data")
        self.started = time.monotonic()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([programs.collector, "--listen", f"127.0.0.1:{port}", "--data", self.data,
                                             "--tick", "1h", "--http", "off", *flags], stderr=log)
        self.port = int(self.wait_log(r"listening on 127\.0\.0\.1:(\d+)").group(1))
        self.ready_s = time.monotonic() - self.started

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_log(self, pattern, seconds=600, behind=0):
        """behind: how much of the log is passed over."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.log()[behind:])
            if found:
                return found
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"no {pattern!r} in the log:\n{self.log()}")
            time.sleep(0.02)

    def get(self, url_path):
        """With --http."""
        port = self.wait_log(r"http on 127\.0\.0\.1:(\d+)")[1]
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{url_path}", timeout=60).read().decode()

    def wait_connected(self, count, seconds=300):
        deadline = time.monotonic() + seconds
        while json.loads(self.get("/api/v1/fleet"))["connected"] < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"not {count} agents within {seconds} s:\n{self.log()}")
            time.sleep(0.25)

    def waits(self):
        """The figures of its loop and its store since its start."""
        behind = len(self.log())
        self.process.send_signal(signal.SIGUSR1)
        loop = self.wait_log(r"loop: busy for ([\d.]+)% .* waits ([\d.]+) ms at the 99th .*, ([\d.]+) ms at the 99\.9th; "
                             r"the longest turn took ([\d.]+) ms; in CPU time of the loop alone, ([\d.]+), ([\d.]+) and "
                             r"([\d.]+) ms", behind=behind)
        store = self.wait_log(r"store: .* median (\d+) ms, 99th percentile (\d+) ms, maximum (\d+) ms", behind=behind)
        return {"busy": float(loop[1]), "loop_p99": float(loop[2]), "loop_p999": float(loop[3]),
                "loop_max": float(loop[4]), "cpu_p99": float(loop[5]), "cpu_p999": float(loop[6]),
                "cpu_max": float(loop[7]),
                "store_p99": int(store[2]), "store_max": int(store[3])}

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


def start_load(collector, *flags):
    return subprocess.Popen([programs.loadgen, "--collector", f"127.0.0.1:{collector.port}", "--pid",
                             str(collector.process.pid), *map(str, flags)], stdout=subprocess.PIPE, text=True)


def end_load(loadgen):
    out, _ = loadgen.communicate()
    result = json.loads(out)
    if result["streaming"] < result["nodes"]:
        raise RuntimeError(f"only {result['streaming']} of {result['nodes']} agents could connect")
    return result


def most_nodes():
    """19,000, or as many as the collector accepts with the descriptors that a process may have here: it keeps 996 or more for
    other things."""
    return min(19000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 1000)


def load(collector, *flags):
    return end_load(start_load(collector, *flags))


def cpu_us(result):
    return result["cpu_us_per_sample"]["loop"] + result["cpu_us_per_sample"]["worker"]


def floor(nodes, period_s=1):
    """CPU time a sample of a server that only reads one frame of each node in this time, in us."""
    out = subprocess.run([programs.floor, "sockets", str(nodes), str(period_s)], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)["cpu_us_per_sample"]
