"""A small Headroom agent in Python, written from proto/PROTOCOL.md and proto/headroom.proto alone.

It shows what an agent in another language must do: frame messages, retain each sample until it is acknowledged, stay
within the credit, and resume after a lost connection at the seq that the collector names. It reads no metrics itself;
the caller passes them to produce(). `protoc --python_out=DIR proto/headroom.proto` generates the module headroom_pb2.
"""
import secrets
import socket
import struct
import time

import headroom_pb2 as pb

FRAME_LEN = struct.Struct(">I")
REPLY_LEN_MAX = 512
LOSSES_MAX = 32
REPLY_S = 40.0  # a collector on a busy machine answers late
VERSION = 1


class Closed(Exception):
    """The collector closed the connection without a Reject."""


class Rejected(Exception):
    """The collector's last frame was a Reject."""

    def __init__(self, reject):
        code = pb.RejectCode.Name(reject.code) if reject.HasField("code") else "no code"
        super().__init__(f"{code}, {pb.Action.Name(reject.action)}: {reject.text}")
        self.code = reject.code
        self.action = reject.action
        self.text = reject.text


def uptime_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Connection:
    """Frames over TCP, without rules for the order of messages."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send_message(self, message):
        self.send_bytes(FRAME_LEN.pack(len(message)) + message)

    def send(self, **body):
        self.send_message(pb.Frame(**body).SerializeToString())

    def receive(self, timeout_s=REPLY_S):
        """The next Frame. Raises Rejected on a Reject, Closed at the end of the stream, TimeoutError if it is late."""
        deadline_s = time.monotonic() + timeout_s
        (length,) = FRAME_LEN.unpack(self._take(FRAME_LEN.size, 0, deadline_s))
        if not 1 <= length <= REPLY_LEN_MAX:
            raise ValueError(f"the collector sent a frame of {length} bytes")
        message = self._take(length, FRAME_LEN.size, deadline_s)
        self.received = self.received[FRAME_LEN.size + length:]
        frame = pb.Frame.FromString(message)
        if frame.HasField("reject"):
            raise Rejected(frame.reject)
        return frame

    def _take(self, length, offset, deadline_s):
        """Buffers received bytes until the frame is complete, so that a timeout does not lose part of it."""
        while len(self.received) < offset + length:
            self.socket.settimeout(max(deadline_s - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed
            self.received += data
        return self.received[offset:offset + length]

    def end(self):
        """Closes the sending side; the peer may still send."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the peer was faster

    def close(self):
        self.socket.close()


class Agent:
    """One node. Samples survive a lost connection: call connect() and hello() again."""

    def __init__(self, address, node_id, group="web", instance=None, interval_ms=1000):
        self.address = address
        self.node_id = node_id
        self.group = group
        self.interval_ms = interval_ms
        self.instance = instance or secrets.randbits(64) or 1
        self.newest_seq = 0
        self.kept = {}    # seq: Sample, ascending; the unacknowledged samples
        self.losses = []  # [first_seq, last_seq], ascending
        self.acknowledged = 0
        self.dropped = 0
        self.connection = None
        self.welcome = None
        # For this connection: the last seq sent, the last seq acknowledged, and the bound on their difference.
        self.sent_seq = 0
        self.stored_seq = 0
        self.credit = 0

    def produce(self, **metrics):
        """Adds one sample; a metric that is not given is absent."""
        self.newest_seq += 1
        fields = {"time_ms": time.time_ns() // 1_000_000, "uptime_ms": uptime_ms(), **metrics}
        self.kept[self.newest_seq] = pb.Sample(seq=self.newest_seq, **fields)
        return self.newest_seq

    def drop_oldest(self):
        """Drops the oldest samples, as an agent does when its memory is full."""
        seq = min(self.kept)
        del self.kept[seq]
        self.dropped += 1
        if self.losses and self.losses[-1][1] == seq - 1:
            self.losses[-1][1] = seq
        else:
            self.losses = self.losses[1 - LOSSES_MAX:] + [[seq, seq]]

    def connect(self):
        self.cut()
        self.connection = Connection(self.address)

    def cut(self):
        if self.connection is not None:
            self.connection.close()

    def hello(self):
        """Sends a Hello and returns the Welcome. Renumbers under a new instance if the collector has more samples."""
        self.connection.send(hello=self.make_hello())
        self.welcome = self.connection.receive().welcome
        if self.welcome.version != VERSION:
            raise ValueError(f"the collector answered with version {self.welcome.version}")
        self.sent_seq = self.welcome.resume_seq
        self.stored_seq = 0
        self.credit = self.welcome.credit
        if self.welcome.resume_seq > self.newest_seq:
            return self._start_instance_anew()
        self._acknowledge(self.welcome.stored_seq)
        return self.welcome

    def make_hello(self):
        hello = pb.Hello(version=VERSION, node_id=self.node_id, group=self.group, instance=self.instance,
                         interval_ms=self.interval_ms, oldest_seq=min(self.kept, default=self.newest_seq + 1),
                         newest_seq=self.newest_seq, account=self.account())
        self._add_losses(hello, self.losses)
        return hello

    @staticmethod
    def _add_losses(message, losses):
        for first, last in losses:
            message.losses.add(first_seq=first, last_seq=last, reason=pb.LOSS_REASON_OUTBOX_FULL)

    def account(self):
        return pb.Account(produced=self.newest_seq, acknowledged=self.acknowledged,
                          dropped_outbox_full=self.dropped, dropped_spool_damaged=0)

    def _start_instance_anew(self):
        samples = list(self.kept.values())
        self.instance = secrets.randbits(64) or 1
        self.kept = {}
        self.losses = []
        self.acknowledged = self.dropped = 0
        self.newest_seq = len(samples)
        for seq, sample in enumerate(samples, start=1):
            sample.seq = seq
            self.kept[seq] = sample
        self.connect()
        return self.hello()

    def send(self, count_max=None):
        """Sends as many samples as the credit allows, at most count_max, and returns the number."""
        count = 0
        while batch := self._next_batch(None if count_max is None else count_max - count):
            self.send_batch(batch)
            self.sent_seq = batch[-1].seq
            count += len(batch)
        return count

    def in_flight(self):
        return self.sent_seq - self.stored_seq

    def _next_batch(self, count_max):
        """The next samples without a jump in seq: one batch within count_max, the batch limit and the credit."""
        waiting = [seq for seq in self.kept if seq > self.sent_seq]
        if not waiting:
            return []
        if waiting[0] != self.sent_seq + 1:
            if self.in_flight() > 0:
                return []  # before a jump, wait until nothing is in flight
            self.sent_seq = self.stored_seq = waiting[0] - 1
        room = min(self.credit - self.in_flight(), self.welcome.batch_samples_max)
        if count_max is not None:
            room = min(room, count_max)
        batch = []
        frame_len = 128  # the frame without samples, rounded up
        for seq in waiting[:max(room, 0)]:
            frame_len += self.kept[seq].ByteSize() + 4
            if seq != self.sent_seq + 1 + len(batch) or frame_len > self.welcome.frame_len_max:
                break
            batch.append(self.kept[seq])
        return batch

    def send_batch(self, samples=()):
        """Sends one batch regardless of credit; an empty one is a keepalive."""
        batch = pb.Batch(sent_uptime_ms=uptime_ms(), samples=samples, account=self.account())
        if samples:
            # Drops directly before the first sample explain the jump to it.
            self._add_losses(batch, [loss for loss in self.losses if loss[1] + 1 == samples[0].seq])
        self.connection.send(batch=batch)

    def receive(self, timeout_s=REPLY_S):
        """Waits for one Ack and returns it; Rejected, Closed and TimeoutError as in Connection."""
        frame = self.connection.receive(timeout_s)
        if not frame.HasField("ack"):
            raise ValueError("the collector sent something else than an Ack")
        ack = frame.ack
        self.credit = ack.credit
        self._acknowledge(ack.stored_seq)
        return ack

    def _acknowledge(self, stored_seq):
        self.stored_seq = max(self.stored_seq, stored_seq)
        for seq in [seq for seq in self.kept if seq <= stored_seq]:
            del self.kept[seq]
            self.acknowledged += 1

    def deliver(self, timeout_s=REPLY_S):
        """Sends and waits until all samples are acknowledged."""
        deadline_s = time.monotonic() + timeout_s
        while self.kept:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{len(self.kept)} samples not acknowledged")
            if self.send() == 0:
                self.send_batch()
            self.wait_for_ack(self.welcome.ack_interval_ms / 2000)

    def wait_for_ack(self, timeout_s):
        try:
            return self.receive(timeout_s)
        except TimeoutError:
            return None

    def goodbye(self, departure=pb.DEPARTURE_RESTARTING):
        """Sends the Goodbye, and returns the last Ack."""
        self.connection.send(goodbye=pb.Goodbye(departure=departure))
        while True:
            ack = self.receive()
            if ack.last and self.in_flight() == 0:
                self.cut()
                return ack
