"""Other programs under the same load, for bench/run: a FastAPI server that appends to a CSV file, as the Python
prototype did, and collectd's network plugin with its csv plugin. Each gets as much load as it can take; the result is
its CPU time per sample."""

import glob
import http.client
import os
import socket
import struct
import subprocess
import sys
import time

FASTAPI_SERVER = '''
import csv, sys
from fastapi import FastAPI
from pydantic import BaseModel
import uvicorn

class Sample(BaseModel):
    node_id: str
    cpu: float
    memory: float
    disk_read: int
    disk_write: int
    timestamp: float

app = FastAPI()
file = open(sys.argv[2], "a", newline="")
writer = csv.writer(file)

@app.post("/metrics")
async def ingest(sample: Sample):
    writer.writerow([sample.node_id, sample.cpu, sample.memory, sample.disk_read, sample.disk_write, sample.timestamp])
    file.flush()
    return {"status": "ok"}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
'''

COLLECTD_CONF = '''
BaseDir "{work}"
PIDFile "{work}/collectd.pid"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin network
LoadPlugin csv
<Plugin network>
  Listen "127.0.0.1" "{port}"
</Plugin>
<Plugin csv>
  DataDir "{work}/csv"
</Plugin>
'''
COLLECTD_VALUES = 11


def cpu_ns(pid):
    """CPU time of all live threads."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"timed out waiting for {what}")
        time.sleep(0.05)


def python_with_fastapi():
    """Debian's modules belong to Debian's interpreter."""
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import fastapi, uvicorn"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return python
    return None


def post_for(port, seconds):
    """Posts on one keep-alive connection as fast as answers come. Returns the number of answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json"}
    posted = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = ('{"node_id": "node-%05d", "cpu": 41.5, "memory": 62.25, "disk_read": 123456, "disk_write": 654321, '
                '"timestamp": %.3f}' % (posted % 1000, time.time()))
        connection.request("POST", "/metrics", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the FastAPI server answers {answer.status}")
        posted += 1
    return posted


def run_fastapi(work, seconds):
    """{"samples", "cpu_us"} or None if it is not installed."""
    python = python_with_fastapi()
    if python is None:
        return None
    port = free_port()
    path = os.path.join(work, "fastapi.csv")
    server = subprocess.Popen([python, "-c", FASTAPI_SERVER, str(port), path])
    try:
        wait_for(lambda: os.path.exists(path), "the FastAPI server")

        def answers():
            try:
                return post_for(port, 0.2) > 0
            except ConnectionError:
                return False

        wait_for(answers, "the FastAPI server")
        before = cpu_ns(server.pid)
        samples = post_for(port, seconds)
        return {"samples": samples, "cpu_us": (cpu_ns(server.pid) - before) / 1e3 / samples}
    finally:
        server.terminate()
        server.wait()


def collectd_packet(host, now):
    """One packet of collectd's binary protocol: 11 values of a host, of one interval."""
    def text(kind, value):
        data = value.encode("ascii") + b"\0"
        return struct.pack(">HH", kind, 4 + len(data)) + data

    def number(kind, value):
        return struct.pack(">HHQ", kind, 12, value)

    def gauge(value):
        return struct.pack(">HHHB", 6, 15, 1, 1) + struct.pack("<d", value)

    parts = [text(0, host), number(8, int(now * (1 << 30))), number(9, 1 << 30), text(2, "headroom"), text(4, "gauge")]
    for i in range(COLLECTD_VALUES):
        parts += [text(5, f"value{i}"), gauge(10.0 + i)]
    return b"".join(parts)


def run_collectd(work, seconds, hosts=500):
    """{"samples", "stored", "cpu_us"}, a sample being a host's set of 11 values, or None if it is not installed."""
    if not os.access("/usr/sbin/collectd", os.X_OK):
        return None
    port = free_port(socket.SOCK_DGRAM)
    conf = os.path.join(work, "collectd.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(COLLECTD_CONF.format(work=work, port=port))
    with open(os.path.join(work, "collectd.log"), "w", encoding="utf-8") as log:
        daemon = subprocess.Popen(["/usr/sbin/collectd", "-f", "-C", conf], stdout=log, stderr=log)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    files = os.path.join(work, "csv", "*", "headroom", "*")

    def rows():
        total = 0
        for path in glob.glob(files):
            with open(path, "rb") as file:
                total += file.read().count(b"\n") - 1
        return total

    def send(count, since):
        for i in range(count):
            host = i % hosts
            if host % 50 == 0:
                time.sleep(0.02)  # a rate that it can follow
            out.sendto(collectd_packet(f"node-{host:05}", since + i // hosts), ("127.0.0.1", port))

    def probe():
        out.sendto(collectd_packet("probe", time.time()), ("127.0.0.1", port))
        return rows() > 0

    try:
        wait_for(probe, "collectd")
        start = time.time() - 100000
        send(hosts, start - 10)  # makes the files
        wait_for(lambda: rows() >= hosts * COLLECTD_VALUES * 0.9, "collectd")
        stored = rows()
        before = cpu_ns(daemon.pid)
        sent = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            send(hosts, start + sent // hosts)
            sent += hosts
        time.sleep(1)
        used = cpu_ns(daemon.pid) - before
        stored = (rows() - stored) // COLLECTD_VALUES
        return {"samples": sent, "stored": stored, "cpu_us": used / 1e3 / max(stored, 1)}
    finally:
        daemon.terminate()
        daemon.wait()
        out.close()
