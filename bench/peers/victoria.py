"""VictoriaMetrics, which gets samples by its import API: batches as JSON lines, single ones as Prometheus text."""

import json
import os
import shutil
import subprocess

import processes

from .samples import BATCH_SAMPLES, METRICS, node_name, values_of
from .server import measure_server
from .stream import http_post, post_for

NAME = "VictoriaMetrics, import; answers before the disk has it, written every 5 s"
START_S = 1700000000


def lines(node, since_s):
    """BATCH_SAMPLES samples of a node, a line for each of its metrics."""
    times = range(since_s, since_s + BATCH_SAMPLES)
    rows = zip(*(values_of(node, time_s) for time_s in times))
    return "".join(json.dumps({"metric": {"__name__": metric, "node": node_name(node)}, "values": row,
                               "timestamps": [1000 * time_s for time_s in times]}, separators=(",", ":")) + "\n"
                   for metric, row in zip(METRICS, rows)).encode()


def text(node, time_s):
    name = node_name(node)
    body = "".join(f'{metric}{{node="{name}"}} {value} {int(1000 * time_s)}\n'
                   for metric, value in zip(METRICS, values_of(node, time_s)))
    return http_post("/api/v1/import/prometheus", body.encode(), "text/plain")


def run(work, seconds, nodes):
    program = shutil.which("victoria-metrics")
    if program is None:
        return None
    port = processes.free_port()
    server = subprocess.Popen([program, "-storageDataPath", os.path.join(work, "victoria"), "-httpListenAddr",
                               f"127.0.0.1:{port}", "-retentionPeriod=10y", "-loggerLevel=ERROR"])
    bodies = [lines(node % nodes, START_S + node // nodes * BATCH_SAMPLES) for node in range(200)]

    def post_batches(long_s):
        return post_for(port, "/api/v1/import", "application/json", lambda turn: bodies[turn % len(bodies)], long_s)

    return measure_server(server, port, seconds, nodes, text, post_batches)
