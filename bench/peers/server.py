"""A server that takes samples over HTTP: single ones of many connections, then batches as fast as it takes them."""

import processes

from .samples import BATCH_SAMPLES
from .stream import Requests


def measure_server(server, port, seconds, nodes, encode, post_batches):
    """server: the process, which is ended. encode: as for Requests. post_batches(long_s) returns how many were posted."""
    try:
        processes.wait_for(lambda: processes.accepts(port), "the server")
        start_kib = processes.resident_kib(server.pid)
        requests = Requests(port, nodes, encode)
        requests.run(2)
        before = processes.cpu_ns(server.pid)
        frames = requests.run(seconds)
        frame_us = (processes.cpu_ns(server.pid) - before) / 1e3 / frames
        node_kib = (processes.resident_kib(server.pid) - start_kib) / nodes
        requests.close()
        post_batches(1)
        before = processes.cpu_ns(server.pid)
        count = post_batches(seconds) * BATCH_SAMPLES
        return {"batch_us": (processes.cpu_ns(server.pid) - before) / 1e3 / count, "frame_us": frame_us,
                "frames": frames, "node_kib": node_kib}
    finally:
        server.terminate()
        server.wait()
