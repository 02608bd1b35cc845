"""The scenario model of bench/run: measures fleets of three sizes, compares each size with
what the formulas of model.py predict from the other two, and predicts other fleets."""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import time

import memory
import model
import processes
from programs import SETTLE_S, Collector, end_load, start_load

SIZES = (1000, 5000)  # and --nodes
REPORTS_S = (1, 5)
ROUNDS = 3            # of all sizes and reports; the median counts
ROWS = 20             # of the history of each node in these fleets
CLONE_NEWNET = 0x40000000
PREDICTED = (model.Fleet(1000, 1, 5), model.Fleet(20000, 1, 1), model.Fleet(20000, 1, 5), model.Fleet(100000, 1, 1),
            model.Fleet(100000, 1, 5), model.Fleet(100000, 10, 10))


@contextlib.contextmanager
def own_network():
    """A network namespace of our own, where nobody else's bytes count. False where that needs root."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", encoding="ascii") as before:
        entered = libc.unshare(CLONE_NEWNET) == 0
        try:
            if entered:
                subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield entered
        finally:
            if entered:
                libc.setns(before.fileno(), CLONE_NEWNET)


def lo_bytes():
    with open("/proc/net/dev", encoding="ascii") as file:
        return int(re.search(r"lo: *(\d+)", file.read()).group(1))


def loop_turns(collector):
    return int(re.search(r"headroom_loop_turn_seconds_count (\d+)", collector.get("/metrics"))[1])


def traffic(work, nodes, seconds, report_s):
    """What a second of a fleet takes that has a sample a second and a report each report_s: turns, frames, samples, us of CPU
    and bytes on the network; and the collector's memory, its open files besides the connections, and the bytes of a row."""
    collector = Collector(work, "--max-agents", str(nodes + 100), "--history", f"{ROWS}s", "--report", f"{report_s}s",
                          "--http", "127.0.0.1:0")
    loadgen = start_load(collector, "--nodes", nodes, "--settle", f"{SETTLE_S}s", "--for", "1h")
    collector.wait_connected(nodes)
    time.sleep(SETTLE_S)
    turns, network, cpu, begin = (loop_turns(collector), lo_bytes(), processes.cpu_ns(collector.process.pid), time.monotonic())
    time.sleep(seconds)
    passed = time.monotonic() - begin
    cpu, network = processes.cpu_ns(collector.process.pid) - cpu, lo_bytes() - network
    turns = loop_turns(collector) - turns
    resident_kib = processes.resident_kib(collector.process.pid)
    files = len(os.listdir(f"/proc/{collector.process.pid}/fd")) - nodes
    loadgen.send_signal(signal.SIGTERM)
    result = end_load(loadgen)
    collector.stop()
    size = os.path.getsize(os.path.join(collector.data, "metrics.csv"))
    shutil.rmtree(collector.data)
    return {"nodes": nodes, "turns": turns / passed, "frames": result["frames_sent"] / result["seconds"], "samples": nodes,
            "cpu_us": cpu / 1e3 / passed, "bytes": network / passed, "files": files, "row_bytes": size / result["stored"],
            "resident_kib": resident_kib}


def median_streams(work, sizes, seconds):
    """For each size and report, the round with the median CPU time."""
    kinds = [(nodes, report_s) for nodes in sizes for report_s in REPORTS_S]
    rounds = [[traffic(work, nodes, seconds, report_s) for nodes, report_s in kinds] for _ in range(ROUNDS)]
    return [sorted(seen, key=lambda one: one["cpu_us"])[ROUNDS // 2] for seen in zip(*rounds)]


def cpu_row(seen):
    return seen["turns"], seen["frames"], seen["samples"]


def bytes_row(seen):
    return seen["frames"], seen["samples"]


def resident_constants(streams, memories, full_kib):
    """memories: {nodes: resident KiB with that many agents without samples}, 0 included. full_kib: of a node with a history of
    600 samples."""
    node_kib = model.fit([(1, nodes) for nodes in memories], list(memories.values()))[1]
    row_kib = (full_kib - node_kib) / 600
    rows = [(1, nodes, 0) for nodes in memories] + [(1, seen["nodes"], seen["samples"]) for seen in streams]
    kib = [*memories.values(), *(seen["resident_kib"] - seen["nodes"] * ROWS * row_kib for seen in streams)]
    return *model.fit(rows, kib), row_kib


def constants_of(streams, memories, full_kib, networked):
    cpu = model.fit([cpu_row(seen) for seen in streams], [seen["cpu_us"] for seen in streams])
    resident = resident_constants(streams, memories, full_kib)
    wire = (model.fit([bytes_row(seen) for seen in streams], [seen["bytes"] for seen in streams]) if networked else (0, 0))
    return model.Constants(*cpu, *resident, *wire, max(seen["row_bytes"] for seen in streams),
                           max(seen["files"] for seen in streams))


def dot(row, constants):
    return sum(value * constant for value, constant in zip(row, constants))


def check(streams, memories, full_kib, nodes, networked):
    """Rows of the table: a size as measured, and as the constants of the other sizes predict it."""
    others = {size: kib for size, kib in memories.items() if size != nodes}
    constants = constants_of([seen for seen in streams if seen["nodes"] != nodes], others, full_kib, networked)
    for seen in (seen for seen in streams if seen["nodes"] == nodes):
        mib = model.resident_mib(model.Fleet(nodes, history_s=ROWS), constants)
        words = (f"CPU {seen['cpu_us'] / 1e4:.2f} % of a core, predicted {dot(cpu_row(seen), constants[0:3]) / 1e4:.2f} %; "
                 f"resident {seen['resident_kib'] / 1024:.1f} MiB, predicted {mib:.1f}")
        if networked:
            words += (f"; network {seen['bytes'] * 8 / 1e6:.2f} Mbit/s, predicted "
                      f"{dot(bytes_row(seen), (constants.frame_bytes, constants.sample_bytes)) * 8 / 1e6:.2f}")
        samples = seen["samples"] / seen["frames"]
        yield (f"{nodes:,} agents, {samples:.1f} samples in a frame, {seen['turns']:.0f} turns a second, {ROWS} rows each",
               words, "", {f"cpu_us_{nodes}_by_{round(samples)}": seen["cpu_us"] / seen["samples"]})


def predict(constants):
    for fleet in PREDICTED:
        network = f", network {model.network_mbit(fleet, constants):.1f} Mbit/s" if constants.frame_bytes else ""
        yield (f"predicted: {fleet.nodes:,} agents, a sample each {fleet.interval_s} s, a report each {fleet.report_s} s",
               f"{100 * model.cpu_share(fleet, constants):.1f} % of a core, {model.resident_mib(fleet, constants):,.0f} MiB, "
               f"{model.descriptors(fleet, constants):,.0f} descriptors{network}, "
               f"{model.disk_gb_a_day(fleet, constants):,.0f} GB of text a day", "")


def measure(work, options):
    sizes = sorted({size for size in (*SIZES, options.nodes) if size <= options.nodes})
    if len(sizes) < 3:
        raise SystemExit("model: --nodes is the third size, above 5000")
    seconds = max(options.seconds, ROWS - SETTLE_S + 1)
    with own_network() as networked:
        streams = median_streams(work, sizes, seconds)
        connected = {nodes: memory.connected_kib(work, nodes) for nodes in sizes}
        full_kib = memory.node_kib(work)
    memories = {0: min(start for start, _ in connected.values()), **{nodes: kib for nodes, (_, kib) in connected.items()}}
    for nodes in sizes:
        yield from check(streams, memories, full_kib, nodes, networked)
    constants = constants_of(streams, memories, full_kib, networked)
    for name, value in constants._asdict().items():
        yield f"constant {name}", f"{value:.4g}", "", {name: value}
    yield from predict(constants)
