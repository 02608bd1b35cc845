"""The scenario memory of bench/run: differences of the collector's resident memory."""

import shutil

from programs import Collector, load


def connected_kib(work, nodes):
    """Resident memory without agents, and with agents that are connected and have no samples."""
    collector = Collector(work, "--max-agents", str(nodes + 100))
    resident = load(collector, "--nodes", nodes, "--interval", "1h", "--for", "1s")["resident_kib"]
    collector.stop()
    shutil.rmtree(collector.data)
    return resident["start"], resident["connected"]


def node_kib(work, flags=()):
    """Of a node with 600 samples. Two fleets, one after the other: the first allocates the sessions and the backlog that the
    second reuses."""
    collector = Collector(work, "--max-agents", "19000")
    first, second = (load(collector, "--nodes", 4000, "--prefix", prefix, "--backlog", 620, "--batch", 32, "--for",
                          "6s", *flags)["resident_kib"]["end"] for prefix in ("first", "second"))
    collector.stop()
    shutil.rmtree(collector.data)
    return (second - first) / 4000


def measure(work, options):
    start, connected = connected_kib(work, options.nodes)
    agent_kib = (connected - start) / options.nodes
    yield (f"resident memory per connected agent without samples ({options.nodes:,} of them)", f"{agent_kib:.2f} KiB",
           "1.5 KiB per session", {"agent_kib": agent_kib})
    for what, figure, flags in (("in its ring", "node_kib", ()), ("of all metrics", "node_all_kib", ("--all-metrics",))):
        kib = node_kib(work, flags)
        yield f"resident memory per node with 600 samples {what}", f"{kib:.1f} KiB", "24 KiB", {figure: kib}
