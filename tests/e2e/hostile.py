"""Peers that mean harm: their frames, put together by hand from proto/headroom.proto, and what they do with them. Also
for bench/attack."""

import os
import select
import shutil
import socket
import struct
import subprocess
import threading
import time

REJECT_TAG = 10 << 3 | 2  # Frame.reject, as the first byte of a message
WELCOME_TAG = 8 << 3 | 2


# ---- frames ----


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def part(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def frame(*parts):
    message = b"".join(parts)
    return struct.pack(">I", len(message)) + message


def hello(node, group="web", instance=7, interval_ms=1000, oldest=1, newest=0, more=b""):
    """more: optional fields."""
    return frame(part(1, number(1, 1) + part(2, node.encode()) + part(3, group.encode()) + b"\x21" +
                      struct.pack("<Q", instance) + number(8, interval_ms) + number(9, oldest) + number(10, newest) +
                      more))


def sample(seq, cpu=50.0):
    now_ms = int(time.time() * 1000)
    return number(1, seq) + number(2, now_ms) + number(3, seq) + b"\x25" + struct.pack("<f", cpu)


def batch(*samples, more=b""):
    return frame(part(2, number(1, 1) + b"".join(part(2, each) for each in samples) + more))


ACCOUNT = part(3, number(1, 5) + number(2, 4) + number(3, 1) + number(4, 0))
SAMPLES = b"".join(part(2, sample(seq)) for seq in range(1, 65))
FIRST_BATCH = frame(part(2, number(1, 1) + SAMPLES))

# What a peer sends again and again after its Hello and FIRST_BATCH: all of it is allowed, and uses no credit.
LEGAL = {
    "empty batches": batch() * 8192,
    "duplicates": FIRST_BATCH * 40,
    "duplicates in another field order": frame(part(2, SAMPLES + number(1, 1))) * 40,
    "empty batches with an account": frame(part(2, ACCOUNT + number(1, 1))) * 4096,
    "large frames of unknown fields": batch(more=number(1000, 7) * 200 + part(1001, bytes(60000))) * 8,
}
GARBAGE = b"\xff" * (1 << 18)
BEGUN_LARGE = struct.pack(">I", 1 << 18) + b"\x0a" * 100000    # of the longest frame that an agent may send
LARGE_BUT_ITS_END = struct.pack(">I", 1 << 18) + b"\x0a" * ((1 << 18) - 1)
BEGUN_HELLO = struct.pack(">I", 4096) + b"\x0a" * 4000         # of the longest one before the Welcome


# ---- connections ----


def connect(port, host="127.0.0.1", timeout=40):
    """host: the peer's own address; all of 127.0.0.0/8 is this machine's."""
    return socket.create_connection(("127.0.0.1", port), timeout, (host, 0))


def read_message(peer):
    """The next message of the collector; empty at the end of the connection."""
    try:
        head = peer.recv(4, socket.MSG_WAITALL)
        return peer.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if len(head) == 4 else b""
    except ConnectionError:
        return b""


def read_reject(peer):
    """Passes over all else; empty if the connection ends without one."""
    message = read_message(peer)
    while message and message[0] != REJECT_TAG:
        message = read_message(peer)
    return message


def greet(port, data, host="127.0.0.1"):
    """Sends a Hello. Returns the connection and the answer."""
    peer = connect(port, host)
    peer.sendall(data)
    return peer, read_message(peer)


def is_open(peer):
    try:
        return peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


# ---- attacks: each until `over()` is true ----


def pump_once(port, data, name, over, host):
    peer, _ = greet(port, hello(name, instance=1 + hash(name) % 2**32), host)
    with peer:
        peer.sendall(FIRST_BATCH)
        peer.settimeout(1)
        rest = memoryview(data)
        while not over():
            try:
                rest = rest[peer.send(rest):] or memoryview(data)
            except TimeoutError:
                pass


def pump(port, data, name, over, host="127.0.0.1"):
    """A peer that has greeted sends `data` as fast as it is read. If that ends its connection, it comes again."""
    while not over():
        try:
            pump_once(port, data, name, over, host)
        except OSError:
            pass


def throw_garbage(port, over, host="127.0.0.1"):
    """Goes on for a second after it was rejected, again and again."""
    while not over():
        try:
            with connect(port, host, 1) as peer:
                ends = time.monotonic() + 1
                while time.monotonic() < ends and not over():
                    peer.sendall(GARBAGE)
        except OSError:
            pass


def hold(port, data, count, over, host="127.0.0.1"):
    """Holds that many connections, each of which has sent `data`, and renews those that are closed."""
    peers = []
    while not over():
        for peer in [peer for peer in peers if not is_open(peer)]:
            peer.close()
            peers.remove(peer)
        while len(peers) < count and not over():
            try:
                peer = connect(port, host, 5)
                peers.append(peer)
                peer.setblocking(False)
                if data:
                    peer.send(data)
            except OSError:
                time.sleep(0.001)
        time.sleep(0.01)
    for peer in peers:
        peer.close()


def flood_names(port, name_of, over, host="127.0.0.1"):
    """Says Hello under one (node, group) after the other, and goes."""
    count = 0
    while not over():
        node, group = name_of(count)
        try:
            with connect(port, host, 5) as peer:
                peer.sendall(hello(node, group, instance=count + 1))
                peer.recv(512)
            count += 1
        except OSError:
            pass
    return count


class Attackers:
    """Attacks that run at the same time, as threads: what they do is nearly all system calls."""

    def __init__(self, *attacks):
        """attacks: functions of over(), which begin at once."""
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=attack, args=(self.ended.is_set,), daemon=True) for attack in attacks]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


# ---- with a key ----


def client_hello(key):
    """The first bytes that a client with a key (a line of `headroom key`) sends: they can be sent again and again, and
    each time the collector does its half of a handshake. None without openssl."""
    command = openssl_command(key)
    if command is None:
        return None
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = subprocess.Popen([*command, "-connect", f"127.0.0.1:{server.getsockname()[1]}"], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peer, _ = server.accept()
        with peer:
            head = peer.recv(5, socket.MSG_WAITALL)
            data = head + peer.recv(int.from_bytes(head[3:5], "big"), socket.MSG_WAITALL)
        child.communicate()
    return data


def openssl_command(key):
    """A client of TLS with that key of an agent; None without openssl."""
    if shutil.which("openssl") is None:
        return None
    words = key.strip().split(":")
    identity = f"hr1/agent/{words[2]}/{words[3]}/{words[4]}"
    return ["openssl", "s_client", "-tls1_3", "-quiet", "-psk_identity", identity, "-psk", words[5]]


def start_openssl(port, key):
    return subprocess.Popen([*openssl_command(key), "-connect", f"127.0.0.1:{port}"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)


def greet_encrypted(port, data, key):
    """As greet(). Returns the answer."""
    with start_openssl(port, key) as child:
        child.stdin.write(data)
        message = child.stdout.read(512)[4:]
        child.kill()
    return message


def pump_encrypted_once(port, data, name, key, over):
    with start_openssl(port, key) as child:
        try:
            child.stdin.write(hello(name, instance=1 + hash(name) % 2**32))
            child.stdout.read(512)
            child.stdin.write(FIRST_BATCH)
            os.set_blocking(child.stdin.fileno(), False)
            rest = memoryview(data)
            while not over() and child.poll() is None:
                if select.select([], [child.stdin], [], 1)[1]:
                    rest = rest[child.stdin.write(rest) or 0:] or memoryview(data)
        finally:
            child.kill()


def pump_encrypted(port, data, name, key, over):
    """As pump()."""
    while not over():
        try:
            pump_encrypted_once(port, data, name, key, over)
        except OSError:
            pass


def replay(port, data, over, host="127.0.0.1"):
    """Sends a ClientHello, waits for what the collector answers, and does it again."""
    while not over():
        try:
            with connect(port, host, 5) as peer:
                peer.sendall(data)
                peer.recv(4096)
        except OSError:
            pass


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid):
    """CPU time of all threads that the process has had."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
