"""collectd's network plugin with its csv plugin, which gets packets of collectd's binary protocol."""

import glob
import os
import socket
import struct
import subprocess
import time

import processes

from .samples import BATCH_SAMPLES, METRICS, VALUES, node_name, values_of

NAME = "collectd, network to csv; no acknowledgement, no fsync"
PROGRAM = "/usr/sbin/collectd"
CONF = '''
BaseDir "{work}"
PIDFile "{work}/collectd.pid"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin network
LoadPlugin csv
<Plugin network>
  Listen "127.0.0.1" "{port}"
  MaxPacketSize 65535
</Plugin>
<Plugin csv>
  DataDir "{work}/csv"
</Plugin>
'''


def text(kind, value):
    data = value.encode("ascii") + b"\0"
    return struct.pack(">HH", kind, 4 + len(data)) + data


def number(kind, value):
    return struct.pack(">HHQ", kind, 12, value)


def gauge(value):
    return struct.pack(">HHHB", 6, 15, 1, 1) + struct.pack("<d", value)


def packet(node, times_s):
    """The samples of a node at these times."""
    parts = [text(0, node_name(node)), number(9, 1 << 30), text(2, "headroom"), text(4, "gauge")]
    for time_s in times_s:
        parts.append(number(8, int(time_s * (1 << 30))))
        for metric, value in zip(METRICS, values_of(node, time_s)):
            parts += [text(5, metric), gauge(value)]
    return b"".join(parts)


class Daemon:
    def __init__(self, work):
        self.port = processes.free_port(socket.SOCK_DGRAM)
        self.work = work
        conf = os.path.join(work, "collectd.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write(CONF.format(work=work, port=self.port))
        with open(os.path.join(work, "collectd.log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([PROGRAM, "-f", "-C", conf], stdout=log, stderr=log)
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, data):
        self.out.sendto(data, ("127.0.0.1", self.port))

    def samples(self):
        """How many are in the files."""
        total = 0
        for path in glob.glob(os.path.join(self.work, "csv", "*", "headroom", "*")):
            with open(path, "rb") as file:
                total += file.read().count(b"\n") - 1
        return total // VALUES

    def cost(self, send):
        """Runs send(), waits until the daemon is idle. Returns its CPU time for each sample that came into a file, in us, and
        how many did."""
        stored, before = self.samples(), processes.cpu_ns(self.process.pid)
        send()
        used = 0
        while processes.cpu_ns(self.process.pid) - before - used > 1e6:
            used = processes.cpu_ns(self.process.pid) - before
            time.sleep(0.5)
        count = self.samples() - stored
        return used / 1e3 / max(count, 1), count


def send_frames(daemon, since_s, seconds, nodes):
    begin = time.monotonic()
    for turn in range(seconds * nodes):
        daemon.send(packet(turn % nodes, [since_s + turn // nodes]))
        time.sleep(max(0, begin + turn / nodes - time.monotonic()))


def send_batches(daemon, since_s, seconds, nodes):
    """At a rate that it can follow: it drops packets above that."""
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        since = since_s + turn // nodes * BATCH_SAMPLES
        daemon.send(packet(turn % nodes, range(since, since + BATCH_SAMPLES)))
        turn += 1
        time.sleep(0.05)


def run(work, seconds, nodes):
    if not os.access(PROGRAM, os.X_OK):
        return None
    daemon = Daemon(work)
    start_s = int(time.time()) - 1000000

    def probe():
        daemon.send(packet(nodes, [time.time()]))
        return daemon.samples() > 0

    try:
        processes.wait_for(probe, "collectd")
        start_kib = processes.resident_kib(daemon.process.pid)
        daemon.cost(lambda: send_frames(daemon, start_s, 2, nodes))  # makes the files
        frame_us, frames = daemon.cost(lambda: send_frames(daemon, start_s + 10, seconds, nodes))
        node_kib = (processes.resident_kib(daemon.process.pid) - start_kib) / nodes
        batch_us, _ = daemon.cost(lambda: send_batches(daemon, start_s + 1000, seconds, min(nodes, 100)))
        return {"batch_us": batch_us, "frame_us": frame_us, "frames": frames, "node_kib": node_kib}
    finally:
        daemon.process.terminate()
        daemon.process.wait()
        daemon.out.close()
