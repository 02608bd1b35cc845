"""Shared by the end-to-end tests: the two programs as objects, their files, fake /proc trees, and waits that poll.

A test never sleeps for a fixed time and then checks. It waits until the expected state is reached, with a timeout that
is long enough for a build with sanitizers on a busy machine. It sleeps only to check that something does not happen."""

import csv
import ctypes
import glob
import io
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(SOURCE, "build", "dev", "src")
AGENT = os.environ.get("HEADROOM_AGENT", os.path.join(BUILD, "agent", "headroom-agent"))
COLLECTOR = os.environ.get("HEADROOM_COLLECTOR", os.path.join(BUILD, "collector", "headroom-collector"))
SCALER = os.environ.get("HEADROOM_SCALER", os.path.join(BUILD, "offline", "headroom-scaler"))
HEADROOM = os.environ.get("HEADROOM", os.path.join(BUILD, "cli", "headroom"))
BRIDGE = os.environ.get("HEADROOM_BRIDGE", os.path.join(BUILD, "bridge", "headroom-bridge"))
HOOK_TEST = os.environ.get("HEADROOM_HOOK_TEST", os.path.join(BUILD, "hooktest", "headroom-hook-test"))
TEST_PROGRAMS = os.path.join(SOURCE, "build", "dev", "tests", "e2e")
COLLECTOR_STEPPED = os.environ.get("HEADROOM_COLLECTOR_STEPPED",
                                   os.path.join(TEST_PROGRAMS, "headroom-collector-stepped"))
DATA = os.path.join(SOURCE, "tests", "data")

# The key of a fleet.
KEY = "hr1:fleet:39cbca3b789d5acd67238832fc6d079b24bde3081ae5272dd0b322217062abcd:99da521d\n"

WAIT_S = 40
POLL_S = 0.02
EXIT_SKIPPED = 77  # SKIP_RETURN_CODE of CTest
SANITIZER_REPORT = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|runtime error:|event loop is not empty")


def wait_until(condition, what, timeout=WAIT_S):
    """Polls until the condition is true, and returns its value. A key or a line that is not there yet, as before a
    group's first decision, is a condition that is not true yet."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            found = condition()
        except LookupError:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out after {timeout} s waiting for {what() if callable(what) else what}")
        time.sleep(POLL_S)


reserved_ports = []


def free_port():
    """A port for a program that is restarted on it. It is below the range from which connect() picks ports; otherwise
    an agent that connects to it while no program listens might be assigned the port itself. A socket with an abstract
    name, which ends with the test, reserves it among the tests that run at the same time."""
    while True:
        port = random.randrange(15000, 32000)
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0headroom-e2e-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        reserved_ports.append(reservation)
        return port


def zstd_compress(data):
    """As the program zstd would, by the library that our programs use."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = library.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    compressed = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(compressed, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), 3)
    return compressed.raw[:size]


# ---- the programs ----


class Program:
    """A running program. Its log is its standard error, written to a file; `variables` are added to its environment."""

    def __init__(self, argv, log_path, variables=None):
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                            env={**os.environ, **(variables or {})})

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def log_matches(self, pattern):
        return list(re.finditer(pattern, self.log(), re.MULTILINE))

    def wait_log(self, pattern, count=1, timeout=WAIT_S):
        """Waits until the pattern has been logged `count` times, and returns the last match."""
        def found():
            matches = self.log_matches(pattern)
            return matches[-1] if len(matches) >= count else None

        return wait_until(found, lambda: f"{count} x {pattern!r} in the log of {self}:\n{self.log()}", timeout)

    def signal(self, signum):
        self.process.send_signal(signum)

    def join(self, timeout=WAIT_S):
        return self.process.wait(timeout)

    def running(self):
        return self.process.poll() is None

    def terminate(self):
        """Sends SIGTERM, as systemd does. Returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.join()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.join()

    def __str__(self):
        return os.path.basename(self.log_path)


class Collector(Program):
    def __init__(self, data, log_path, flags, port=0, wrapper=(), program=COLLECTOR, variables=None):
        self.data = data
        super().__init__([*wrapper, program, "--listen", f"127.0.0.1:{port}", "--http", "off", "--data", data,
                          *flags], log_path,
                         variables)

    def port(self):
        return int(self.wait_log(r"listening on 127\.0\.0\.1:(\d+)\b").group(1))

    def address(self):
        return f"127.0.0.1:{self.port()}"

    def url(self):
        """Of its HTTP server."""
        return "http://" + self.wait_log(r"http on (127\.0\.0\.1:\d+)").group(1)

    def samples(self):
        return read_samples(self.data)

    def decisions(self):
        return read_csv(os.path.join(self.data, "decisions.csv"))

    def saved_state(self):
        """The lines of the scaler's saved state."""
        try:
            with open(os.path.join(self.data, "scaler.state"), encoding="ascii") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def wait_saved(self, line):
        wait_until(lambda: line in self.saved_state(), lambda: f"{line!r} in scaler.state:\n{self.log()}")

    def said(self, group):
        """The sentences about a group in the log, without its conditions."""
        return [match.group(1) for match in self.log_matches(rf"^[0-9:]+ ({re.escape(group)}: .*)$")
                if not re.match(r"\S+ \S+ is (true|false): ", match.group(1))]

    def wait_said(self, group, pattern, after=0, timeout=WAIT_S):
        """Waits for a sentence about the group after the first ones, and returns the number of sentences up to it."""
        def found():
            said = self.said(group)
            return next((i + 1 for i in range(after, len(said)) if re.search(pattern, said[i])), None)

        return wait_until(found, lambda: f"{pattern!r} after {after} sentences in the log of {self}:\n{self.log()}",
                          timeout)

    def wait_samples(self, node, count):
        """Waits until `count` samples of the node are stored."""
        return wait_until(lambda: sum(row["node_id"] == node for row in self.samples()) >= count,
                          lambda: f"{count} samples of {node} in {self}:\n{self.log()}")

    def wait_not_visitor(self, node):
        """Waits until the node, at 200 ms, has reported for so long that it counts after it went: less is a visitor."""
        self.wait_samples(node, 15)


class Agent(Program):
    def __init__(self, node, addresses, log_path, flags, wrapper=(), program=AGENT, variables=None):
        self.node = node
        collectors = [word for address in addresses for word in ("--collector", address)]
        super().__init__([*wrapper, program, "--node-id", node, *collectors, *flags], log_path, variables)

    def account(self):
        """The account that it logged at exit, as numbers: produced, acknowledged, dropped, waiting."""
        words = re.search(r"stopped: (\d+) samples produced, \d+ sent, (\d+) acknowledged, (\d+) dropped .*, "
                          r"(\d+) (?:not acknowledged|left in the spool)", self.log())
        return dict(zip(("produced", "acknowledged", "dropped", "waiting"), map(int, words.groups())))

    def connections(self):
        return len(self.log_matches(r" connected to "))


def run(program, *flags, stdout=subprocess.PIPE):
    """Runs a program that exits by itself."""
    return subprocess.run([program, *flags], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True,
                          timeout=WAIT_S, check=False)


# ---- the collector's files ----

with open(os.path.join(os.path.dirname(DATA), "support", "metrics_header.h"), encoding="ascii") as metrics_header:
    METRICS_HEADER = "".join(re.findall(r'"(.*?)"', metrics_header.read()))

# The columns of metrics.csv, and those of them that are metrics.
METRICS_COLUMNS = METRICS_HEADER.split(",")
METRICS = [name for name in METRICS_COLUMNS if name not in ("node_id", "timestamp", "group", "instance", "seq", "uptime")]


def read_text(path):
    """The text of a file, which may be a compressed one."""
    if path.endswith(".zst"):
        return subprocess.run(["zstdcat", path], stdout=subprocess.PIPE, check=True).stdout.decode("ascii")
    with open(path, encoding="ascii", newline="") as file:
        return file.read()


def read_csv(path):
    """The rows as dictionaries, without an incomplete last line."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        return []
    return list(csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1])))


def segment_paths(data, name):
    """Its files, oldest first. Of a segment that is being compressed, there are two: the one with the rows as text."""
    segments = sorted(glob.glob(os.path.join(data, f"{name}-*.csv")) + glob.glob(os.path.join(data, f"{name}-*.csv.zst")))
    whole = [path for path in segments if path.removesuffix(".zst") not in segments or not path.endswith(".zst")]
    return whole + glob.glob(os.path.join(data, f"{name}.csv"))


def read_samples(data):
    return [row for path in segment_paths(data, "metrics") for row in read_csv(path)]


def open_lines(path):
    """The lines of a file, one at a time unless it is compressed."""
    if path.endswith(".zst"):
        yield from io.StringIO(read_text(path), newline="\n")
        return
    with open(path, encoding="ascii", newline="\n") as file:
        yield from file


def read_csv_columns(data, name, columns, last=None):
    """The rows of all segments, or of the last ones, as tuples of columns. For many rows without quoted fields."""
    for path in segment_paths(data, name)[-last if last else 0 :]:
        lines = open_lines(path)
        header = next(lines, "")
        if not header.endswith("\n"):  # the collector was killed before it had written that
            continue
        names = header.rstrip("\n").split(",")
        indices = [names.index(column) for column in columns]
        for line in lines:
            if line.endswith("\n"):
                fields = line.rstrip("\n").split(",")
                yield tuple(fields[i] for i in indices)


def seqs_by_instance(rows):
    """{(node, instance): [seq, ...]} in the order of the file."""
    seqs = {}
    for row in rows:
        seqs.setdefault((row["node_id"], row["instance"]), []).append(int(row["seq"]))
    return seqs


def gap_rows(data):
    """{instance: [(first_seq, last_seq, reason), ...]} from gaps.csv. Segments are named as for metrics.csv."""
    gaps = {}
    for node, instance, first_seq, last_seq, reason in read_csv_columns(
            data, "gaps", ("node_id", "instance", "first_seq", "last_seq", "reason")):
        gaps.setdefault((node, instance), []).append((int(first_seq), int(last_seq), reason))
    return gaps


def gaps_between(seqs):
    """The seqs from 1 on that are missing from the ascending list, as ranges."""
    gaps = []
    before = 0
    for seq in seqs:
        if seq > before + 1:
            gaps.append((before + 1, seq - 1))
        before = seq
    return gaps


def joined(ranges):
    """Non-overlapping ranges, with adjacent ones merged."""
    whole = []
    for first, last in sorted(ranges):
        if whole and first <= whole[-1][1]:
            raise AssertionError(f"{first} to {last} is there twice")
        if whole and first == whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], last)
        else:
            whole.append((first, last))
    return whole


# ---- fake nodes ----


class FakeNode:
    """A root with a /proc of one core. The agent keeps its files open, so they are rewritten in place with a single
    write of constant length, which readers see as a whole."""

    CPU_LINE = "cpu  {0:20d} 0 0 {1:20d} 0 0 0 0 0 0\ncpu0 {0:20d} 0 0 {1:20d} 0 0 0 0 0 0\n"
    MEMORY = "MemTotal: 1000000 kB\nMemFree: 700000 kB\nMemAvailable: 750000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"

    def __init__(self, root):
        self.root = root
        self.busy = 1000000
        self.idle = 1000000
        os.makedirs(os.path.join(root, "proc"))
        with open(os.path.join(root, "proc", "meminfo"), "w", encoding="ascii") as file:
            file.write(self.MEMORY)
        self.fd = os.open(os.path.join(root, "proc", "stat"), os.O_RDWR | os.O_CREAT, 0o644)
        self.advance(0.0, 1.0)

    def advance(self, load, seconds):
        """Advances time, of which the share `load` is busy. Ticks are microseconds; only shares matter."""
        self.busy += round(load * seconds * 1e6)
        self.idle += round((1.0 - load) * seconds * 1e6)
        os.pwrite(self.fd, self.CPU_LINE.format(self.busy, self.idle).encode("ascii"), 0)

    def close(self):
        os.close(self.fd)


class Fleet(threading.Thread):
    """Fake nodes under one load, which is constant or moves to another level."""

    STEP_S = 0.03

    def __init__(self, nodes, level):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.level = level
        self.goal = level
        self.per_second = 0.0
        self.ended = threading.Event()

    def move(self, goal, per_second):
        self.per_second = per_second
        self.goal = goal

    def jump(self, level):
        self.move(level, 1e9)

    def run(self):
        before = time.monotonic()
        while not self.ended.wait(self.STEP_S):
            now = time.monotonic()
            reach = self.per_second * (now - before)
            self.level += max(-reach, min(reach, self.goal - self.level))
            for node in self.nodes:
                node.advance(self.level, now - before)
            before = now

    def end(self):
        self.ended.set()
        self.join()
        for node in self.nodes:
            node.close()


# ---- the test case ----


class HeadroomTest(unittest.TestCase):
    """Has its own directory, starts programs, ends them after the test, and checks their exit status."""

    maxDiff = None
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "1h")
    AGENT_FLAGS = ("--interval", "200ms")

    def run(self, result=None):
        self.result = result if result is not None else self.defaultTestResult()
        self.faults_before = self.faults()
        return super().run(self.result)

    def faults(self):
        return len(self.result.errors) + len(self.result.failures)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="headroom-e2e-")
        self.programs = []
        self.addCleanup(self.remove_folder)
        self.addCleanup(self.end_programs)

    def remove_folder(self):
        """Retains the files of a failed test for inspection."""
        if self.faults() > self.faults_before or "HEADROOM_KEEP" in os.environ:
            print(f"files retained: {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def log_path(self, name):
        return self.path(f"{name}.{len(self.programs)}.log")

    def start_collector(self, *flags, data="data", port=0, **how):
        """Starts a collector, which scales groups without sections too. If a flag is given twice, the last one counts."""
        flags = ("--scale-groups", "any", *self.COLLECTOR_FLAGS, *flags)
        collector = Collector(self.path(data), self.log_path("collector"), flags, port, **how)
        self.programs.append(collector)
        return collector

    def start_agent(self, node, collectors, *flags, kind=Agent, **how):
        """`kind`: Agent, or a class with the same constructor arguments."""
        addresses = [c if isinstance(c, str) else c.address() for c in collectors]
        agent = kind(node, addresses, self.log_path(f"agent-{node}"), (*self.AGENT_FLAGS, *flags), **how)
        self.programs.append(agent)
        return agent

    def start_fleet(self, names, collector, level, *flags, **how):
        """Starts agents on fake nodes under one load, and returns the fleet and the agents."""
        nodes = [FakeNode(self.path(f"root-{name}")) for name in names]
        fleet = Fleet(nodes, level)
        fleet.start()
        self.addCleanup(fleet.end)
        agents = [self.start_agent(name, [collector], "--root", node.root, *flags, **how)
                  for name, node in zip(names, nodes)]
        return fleet, agents

    def headroom(self, *words, status=0, variables=None, socket_path=None):
        """Runs a command, and returns what it prints; on failure, what it prints to standard error."""
        done = subprocess.run([HEADROOM, *words, "--socket", socket_path or self.path("data/admin.sock")], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT_S, check=False,
                              env={**os.environ, **(variables or {})})
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        self.assertEqual(done.stderr == "", status == 0, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def headroom_reads(self, *words, url=None, statuses=(0, 1), variables=None):
        """Runs a command that reads, of self.collector without a URL. Returns what it prints; on failure, what it prints
        to standard error."""
        variables = {"HEADROOM_COLLECTOR_URL": url or self.collector.url(), **(variables or {})}
        done = subprocess.run([HEADROOM, *words], text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=WAIT_S, check=False, env={**os.environ, **variables})
        self.assertIn(done.returncode, statuses, (words, done.stdout, done.stderr))
        self.assertNotEqual(done.stdout == "", done.stderr == "", (done.stdout, done.stderr))
        return done.stdout or done.stderr

    def status(self):
        """The groups of self.collector by their names."""
        return {group["name"]: group for group in json.loads(self.headroom_reads("status", "--json"))["groups"]}

    def assert_stops(self, program):
        self.assertEqual(program.terminate(), 0, program.log())

    def assert_whole(self, rows):
        """Checks that each instance's samples are complete, each once and in order. Returns their counts."""
        counts = {}
        for instance, seqs in seqs_by_instance(rows).items():
            self.assertEqual(seqs, list(range(1, len(seqs) + 1)), instance)
            counts[instance] = len(seqs)
        return counts

    def assert_all_stored(self, agents, rows):
        """For agents that have stopped: checks that all samples that they produced are in the rows, once."""
        counts = self.assert_whole(rows)
        for agent in agents:
            account = agent.account()
            stored = sum(count for (node, _), count in counts.items() if node == agent.node)
            self.assertEqual((account["produced"], account["waiting"]), (account["acknowledged"], 0), agent.log())
            self.assertEqual(stored, account["produced"], f"samples of {agent}")

    def assert_stream_unrejected(self, agents, collector):
        """Checks that each agent streams on its first connection, and loses nothing. Then stops all of them."""
        for agent in agents:
            collector.wait_samples(agent.node, 10)
        for agent in agents:
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 1, agent.log())
        self.assert_all_stored(agents, collector.samples())
        self.assertEqual(collector.log_matches("rejected"), [])
        self.assert_stops(collector)

    def assert_gaps_recorded(self, data, seqs, reasons):
        """Checks that gaps.csv has each gap in the stored {(node, instance): [seq, ...]} once, with one of the reasons,
        and nothing else. It may have more after the last stored seq. Returns the number of missing seqs."""
        recorded = gap_rows(data)
        missing = 0
        for instance, stored in seqs.items():
            gaps = gaps_between(stored)
            missing += sum(last - first + 1 for first, last in gaps)
            rows = recorded.get(instance, [])
            within = [(first, min(last, stored[-1])) for first, last, _ in rows if first <= stored[-1]]
            self.assertEqual(joined(within), gaps, f"gaps of {instance}: {rows}")
            self.assertLessEqual({reason for _, _, reason in rows}, set(reasons), instance)
        return missing

    def end_programs(self):
        """Ends programs that still run, agents first. A second SIGTERM ends an agent's wait for a dead collector. If
        the program has just removed its handler, the signal itself ends it."""
        for program in reversed(self.programs):
            if program.running():
                program.signal(signal.SIGCONT)
                program.signal(signal.SIGTERM)
                time.sleep(POLL_S)
                program.signal(signal.SIGTERM)
                self.assertIn(self.join_or_kill(program), (0, -signal.SIGTERM), program.log())
        for program in self.programs:
            self.assertIsNone(SANITIZER_REPORT.search(program.log()), program.log())

    def join_or_kill(self, program):
        try:
            return program.join()
        except subprocess.TimeoutExpired:
            program.kill()
            return f"had to be killed: {program}"


def main():
    """As unittest.main(), but reports to CTest if every test was skipped."""
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(EXIT_SKIPPED if result.testsRun > 0 and len(result.skipped) >= result.testsRun else 0)
