"""A Netdata parent, to which each node streams as a child does: one chart with all metrics of the node, an update each
second. A real child of the same metrics has eight charts or so. The stream has no batches."""

import getpass
import os
import socket
import subprocess
import time
import uuid

import processes

from .samples import METRICS, node_name, values_of

NAME = "Netdata parent, dbengine; no acknowledgement, full pages are written"
PROGRAM = "/usr/sbin/netdata"
OFF = ("timex", "checks", "idlejitter", "tc", "proc", "diskspace", "cgroups", "statsd", "netdata monitoring", "apps",
       "enable running new plugins")
CONF = '''
[global]
  run as user = {user}
[directories]
  config = {work}
  cache = {work}/cache
  lib = {work}/lib
  log = {work}/log
  home = {work}
[db]
  mode = dbengine
[web]
  bind to = 127.0.0.1:{port}
[health]
  enabled = no
[ml]
  enabled = no
[registry]
  enabled = no
[plugins]
{off}
'''
STREAM_CONF = '''
[{key}]
  enabled = yes
  default memory mode = dbengine
  health enabled by default = no
'''
CHART = ("CHART headroom.node '' 'Node' 'value' 'node' 'headroom.node' 'line' 1000 1 '' 'headroom' 'headroom'\n" +
         "".join(f"DIMENSION {metric} {metric} absolute 1 100 ''\n" for metric in METRICS)).encode()


def start(work, port, key):
    for name in ("cache", "lib/registry", "log"):
        os.makedirs(os.path.join(work, name))
    with open(os.path.join(work, "netdata.conf"), "w", encoding="ascii") as file:
        file.write(CONF.format(work=work, port=port, user=getpass.getuser(), off="\n".join(f"  {name} = no" for name in OFF)))
    with open(os.path.join(work, "stream.conf"), "w", encoding="ascii") as file:
        file.write(STREAM_CONF.format(key=key))
    with open(os.path.join(work, "netdata.out"), "w", encoding="utf-8") as log:
        return subprocess.Popen([PROGRAM, "-D", "-c", os.path.join(work, "netdata.conf")], stdout=log, stderr=log)


def connect(port, key, node):
    child = socket.create_connection(("127.0.0.1", port), 30)
    name = node_name(node)
    child.sendall(f"STREAM key={key}&hostname={name}&registry_hostname={name}&machine_guid={uuid.uuid4()}&update_every=1"
                  "&os=linux&timezone=UTC&abbrev_timezone=UTC&utc_offset=0&hops=1&tags=&ver=1 HTTP/1.1\r\n"
                  "User-Agent: netdata/1.37.1\r\nAccept: */*\r\n\r\n".encode())
    answer = child.recv(1000)
    if not answer.startswith(b"Hit me baby"):
        raise RuntimeError(f"the parent answers {answer!r}")
    child.sendall(CHART)
    return child


def update(node, time_s):
    sets = "".join(f"SET {metric} = {int(100 * value)}\n" for metric, value in zip(METRICS, values_of(node, time_s)))
    return f"BEGIN headroom.node 1000000\n{sets}END\n".encode()


def send(children, seconds):
    """Returns the number of updates."""
    begin = time.monotonic()
    for turn in range(seconds * len(children)):
        node = turn % len(children)
        children[node].sendall(update(node, time.time()))
        time.sleep(max(0, begin + turn / len(children) - time.monotonic()))
    return seconds * len(children)


def run(work, seconds, nodes):
    if not os.access(PROGRAM, os.X_OK):
        return None
    port, key = processes.free_port(), uuid.uuid4()
    parent = start(os.path.join(work, "netdata"), port, key)
    children = []
    try:
        processes.wait_for(lambda: processes.accepts(port), "Netdata")
        time.sleep(3)  # it goes on starting
        start_kib = processes.resident_kib(parent.pid)
        children = [connect(port, key, node) for node in range(nodes)]
        send(children, 5)
        before = processes.cpu_ns(parent.pid)
        frames = send(children, seconds)
        frame_us = (processes.cpu_ns(parent.pid) - before) / 1e3 / frames
        return {"batch_us": None, "frame_us": frame_us, "frames": frames,
                "node_kib": (processes.resident_kib(parent.pid) - start_kib) / nodes}
    finally:
        for child in children:
            child.close()
        parent.terminate()
        parent.wait()
