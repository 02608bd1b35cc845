"""Shared by the interop tests: the agent of interop_client.py with a real collector, and hand-made bytes."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from headroom_test import EXIT_SKIPPED, SOURCE, HeadroomTest

try:
    import google.protobuf  # noqa: F401
except ImportError:
    sys.exit(EXIT_SKIPPED)
if shutil.which("protoc") is None:
    sys.exit(EXIT_SKIPPED)

PROTO = pathlib.Path(SOURCE) / "proto"
GENERATED = tempfile.TemporaryDirectory(prefix="headroom-interop-")
subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={GENERATED.name}", str(PROTO / "headroom.proto")],
               check=True)
sys.path.insert(0, GENERATED.name)

import headroom_pb2 as pb  # noqa: E402
from interop_client import FRAME_LEN, Agent, Closed, Connection, Rejected  # noqa: E402

FRAME_LEN_MAX = 262144
BATCH_SAMPLES_MAX = 1024
UNKNOWN_FIELD = b"\xa0\x06\x01"  # number 100, value 1


def framed(*messages):
    return b"".join(FRAME_LEN.pack(len(message)) + message for message in messages)


def encode(**body):
    return pb.Frame(**body).SerializeToString()


def wrap(number, payload):
    """A hand-made length-delimited field, for values that the generated code refuses to encode."""
    length = len(payload)
    varint = b""
    while length > 0x7f:
        varint += bytes([length & 0x7f | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + varint + bytes([length]) + payload


def document_example():
    """The bytes of the example Hello in PROTOCOL.md."""
    text = (PROTO / "PROTOCOL.md").read_text(encoding="utf-8").split("## Example")[1]
    lines = re.findall(r"^ +((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  .*)?$", text, re.MULTILINE)
    return bytes.fromhex("".join(lines))


class InteropTest(HeadroomTest):
    COLLECTOR_FLAGS = ("--ack-interval", "1s")
    UNHURRIED = ("--ack-interval", "1m", "--flush", "1m")  # no Ack is sent because of the ack interval

    def connect(self, collector, data=b""):
        connection = Connection(("127.0.0.1", collector.port()))
        self.addCleanup(connection.close)
        connection.send_bytes(data)
        return connection

    def agent(self, collector, node_id="n1", **options):
        """An agent that is connected but has not sent a Hello."""
        agent = Agent(None, node_id, **options)
        self.addCleanup(agent.cut)
        self.move(agent, collector)
        return agent

    def move(self, agent, collector):
        agent.address = ("127.0.0.1", collector.port())
        agent.connect()

    def session(self, collector, node_id="n1", **options):
        agent = self.agent(collector, node_id, **options)
        agent.hello()
        return agent

    def produce(self, agent, count):
        for _ in range(count):
            agent.produce(cpu_percent=50)

    def rows(self, collector, agent):
        """The stored samples of the agent's instance."""
        return [row for row in collector.samples()
                if row["node_id"] == agent.node_id and row["instance"] == f"i{agent.instance:016x}"]

    def assert_stored(self, collector, agent, seqs):
        """Checks that exactly these samples of the agent's instance are stored, each once."""
        self.assertEqual([int(row["seq"]) for row in self.rows(collector, agent)], list(seqs))

    def stop(self, collector):
        """Returns the numbers in the collector's account at exit."""
        self.assert_stops(collector)
        words = re.search(r"stopped: (\d+) samples received, (\d+) stored, (\d+) duplicates, (\d+) dropped by agents, "
                          r"(\d+) stored elsewhere, (\d+) impossible values", collector.log())
        return dict(zip(("received", "stored", "duplicates", "dropped", "elsewhere", "bad_values"),
                        map(int, words.groups())))

    def assert_rejected(self, code, action, connection, timeout_s=40.0):
        """Expects a Reject, possibly after a Welcome and Acks, and nothing after it."""
        with self.assertRaises(Rejected) as caught:
            while True:
                connection.receive(timeout_s)
        reject = caught.exception
        self.assertEqual((pb.RejectCode.Name(reject.code), pb.Action.Name(reject.action)),
                         (f"REJECT_CODE_{code}", f"ACTION_{action}"), str(reject))
        self.assertLessEqual(len(reject.text.encode()), 255)
        connection.end()
        with self.assertRaises(Closed):
            connection.receive()
