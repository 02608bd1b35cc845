"""Bad frames cost the sender its connection, and do not affect healthy agents."""

import random
import socket
import struct

from headroom_test import WAIT_S, HeadroomTest, main, wait_until

NODES = ("alpha", "beta", "gamma")
HELLO_FRAME_LEN_MAX = 4096
CROWD = 300


def frame(message):
    return struct.pack(">I", len(message)) + message


def hello(version=1, node=b"stranger", instance=7, interval=b"\xe8\x07", end=b"\x48\x01\x50\x00"):
    """As in the example in PROTOCOL.md."""
    body = b"".join([bytes([0x08, version]), bytes([0x12, len(node)]), node, b"\x1a\x03web", b"\x21",
                     struct.pack("<Q", instance), b"\x40", interval, end])
    return frame(bytes([0x0A, len(body)]) + body)


EMPTY_BATCH = frame(b"\x12\x02\x08\x01")
BATCH_BACKWARDS = frame(b"\x12\x12\x08\x01" + b"\x12\x06\x08\x02\x10\x01\x18\x01" + b"\x12\x06\x08\x01\x10\x01\x18\x01")
REJECT_TAG = 10 << 3 | 2  # Frame.reject

# name: (bytes, expected text in the Reject and the log)
BAD = {
    "a length of zero": (b"\0\0\0\0", "a frame's length is 0 or above 4096"),
    "one byte too long": (struct.pack(">I", HELLO_FRAME_LEN_MAX + 1), "a frame's length is 0 or above 4096"),
    "the longest length": (b"\xff\xff\xff\xff", "a frame's length is 0 or above 4096"),
    "a web browser": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "is this a Headroom agent?"),
    "no message": (frame(b"\xff" * 20), "a message of 20 bytes is not a valid Frame"),
    "a batch before hello": (EMPTY_BATCH, "Batch before Hello"),
    "an old version": (hello(version=0), "protocol version 0 is too old"),
    "a bad node id": (hello(node=b"-x"), 'node id "-x" is not of the form'),
    "a node id that is not UTF-8": (hello(node=b"\xc3\x28"), "is not a valid Frame"),
    "no instance": (hello(instance=0), "instance is 0"),
    "too short an interval": (hello(interval=b"\x01"), "interval_ms is 1; 50 to 3600000 is allowed"),
    "seqs that do not fit": (hello(end=b"\x48\x05\x50\x00"), "oldest_seq 5 and newest_seq 0 are inconsistent"),
    "seq going backwards": (hello() + BATCH_BACKWARDS, "seq goes from 2 to 1 inside a batch"),
}


class BadFrames(HeadroomTest):
    def setUp(self):
        super().setUp()
        self.collector = self.start_collector("--max-agents", "1000")  # which leaves descriptors for the crowd
        self.agents = [self.start_agent(node, [self.collector]) for node in NODES]
        for node in NODES:
            self.collector.wait_samples(node, 1)

    def connect(self):
        stranger = socket.create_connection(("127.0.0.1", self.collector.port()), timeout=WAIT_S)
        self.addCleanup(stranger.close)
        return stranger

    def read_frame(self, stranger):
        """The next message, or None if the connection is closed."""
        head = stranger.recv(4, socket.MSG_WAITALL)
        return stranger.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if len(head) == 4 else b""

    def read_reject(self, stranger):
        """The Reject, skipping earlier frames; None if the connection is closed without one."""
        try:
            message = self.read_frame(stranger)
            while message and message[0] != REJECT_TAG:
                message = self.read_frame(stranger)
            return message
        except ConnectionResetError:
            return b""

    def send(self, data):
        """The text of the collector's Reject."""
        with self.connect() as stranger:
            stranger.sendall(data)
            return self.read_reject(stranger)

    def log_lines(self, text):
        return [line for line in self.collector.log().splitlines() if text in line]

    def assert_undisturbed(self):
        """All samples of the agents are still stored, over their original connections."""
        for node in NODES:
            stored = sum(row["node_id"] == node for row in self.collector.samples())
            self.collector.wait_samples(node, stored + 3)
        for agent in self.agents:
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 1, agent.log())
        rows = self.collector.samples()
        self.assertEqual({row["node_id"] for row in rows}, set(NODES))
        self.assert_all_stored(self.agents, rows)

    def test_bad_frames_are_rejected_with_a_reason(self):
        for name, (data, text) in BAD.items():
            with self.subTest(name):
                self.assertIn(text.encode("ascii"), self.send(data))
        self.assert_undisturbed()

    def test_frames_in_single_bytes_are_rejected_alike(self):
        with self.connect() as stranger:
            stranger.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in EMPTY_BATCH:
                stranger.send(bytes([byte]))
            self.assertIn(b"Batch before Hello", self.read_reject(stranger))
        self.assert_undisturbed()

    def test_random_bytes_cost_only_their_connection(self):
        noise = random.Random(42)
        for _ in range(100):
            self.assertTrue(self.send(b"\xff" + noise.randbytes(noise.randrange(3, 2000))))
            self.assertTrue(self.send(frame(noise.randbytes(noise.randrange(1, 2000)))))
            with self.connect() as stranger:
                stranger.sendall(noise.randbytes(noise.randrange(1, 2000)))
        self.assert_undisturbed()

    def test_each_kind_is_logged(self):
        """Each with its own collector, so that rate limits on other messages do not delay it."""
        for name in ("a length of zero", "a web browser", "no message", "a batch before hello", "an old version",
                     "a bad node id", "seq going backwards"):
            with self.subTest(name):
                data, text = BAD[name]
                self.collector = self.start_collector(data=name.replace(" ", "-"))
                self.send(data)
                what = "node stranger: ended its" if data.startswith(hello()) else "rejected a"
                self.collector.wait_log(rf"warning: {what} connection from 127\.0\.0\.1: ")
                self.assertEqual(len(self.log_lines(text)), 1, self.collector.log())

    def test_a_flood_of_one_kind_is_few_lines(self):
        data, text = BAD["a length of zero"]
        for _ in range(200):
            self.send(data)
        wait_until(lambda: self.log_lines(text), lambda: f"{text!r} in the log:\n{self.collector.log()}")
        self.assertLess(len(self.log_lines("warning")), 30, self.collector.log())
        self.assert_undisturbed()

    def test_a_flood_of_one_kind_hides_no_other_kind(self):
        for _ in range(20):
            self.send(BAD["a length of zero"][0])
        data, text = BAD["an old version"]
        self.assertIn(text.encode("ascii"), self.send(data))
        wait_until(lambda: self.log_lines(text), lambda: f"{text!r} in the log:\n{self.collector.log()}")

    def test_a_frame_cut_short_by_its_sender_is_rejected_and_logged(self):
        """The sender has closed only its half of the connection, and can still read the reason."""
        with self.connect() as stranger:
            stranger.sendall(hello()[:-3])
            stranger.shutdown(socket.SHUT_WR)
            self.assertIn(b"frame", self.read_reject(stranger))
        wait_until(lambda: self.log_lines("rejected a connection"), "a line in the log")
        self.assert_undisturbed()

    def test_a_sender_that_vanishes_inside_a_frame_costs_nothing(self):
        for cut in (1, 3, 4, 5, 20):
            with self.connect() as stranger:
                stranger.sendall(hello()[:cut])
        self.assert_undisturbed()

    def test_strangers_that_say_nothing_are_sent_away(self):
        """Hundreds of bad connections at once, and one that stops inside a frame."""
        crowd = [self.connect() for _ in range(CROWD)]
        half = self.connect()
        half.sendall(hello()[:-5])
        for stranger in (half, crowd[0], crowd[-1]):
            self.assertIn(b"no Hello within 5 s", self.read_reject(stranger))
        self.assertGreaterEqual(len(self.log_lines("no Hello within 5 s")), 1)
        self.assertLess(len(self.log_lines("warning")), 30, self.collector.log())
        self.assert_undisturbed()


if __name__ == "__main__":
    main()
