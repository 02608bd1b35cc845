"""Every Reject in proto/PROTOCOL.md that an agent can cause, and silence."""

import time

from headroom_test import KEY, main
from interop_case import (BATCH_SAMPLES_MAX, FRAME_LEN_MAX, UNKNOWN_FIELD, Connection, InteropTest, document_example,
                          encode, framed, pb, wrap)

ACK = {"ack": pb.Ack(stored_seq=0, credit=1, held=False)}
BATCH = {"batch": pb.Batch(sent_uptime_ms=1)}
GOODBYE = {"goodbye": pb.Goodbye(departure=pb.DEPARTURE_RESTARTING)}
BROKEN_FRAMES = {
    "zero length": framed(b""),
    "a length above the limit": framed(b"\0" * (FRAME_LEN_MAX + 1))[:4],
    "the greatest length": b"\xff\xff\xff\xff",
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
    "garbage": framed(b"\xff" * 10),
    "a message cut short": framed(document_example()[4:-1]),
    "no body": framed(UNKNOWN_FIELD),
    "an unknown body": framed(b"\x92\x03\x00"),
}


def make_hello(**changes):
    """The example Hello of the document with changes; None omits a field."""
    fields = {"version": 1, "node_id": "n1", "group": "web", "instance": 1, "interval_ms": 1000, "oldest_seq": 1,
              "newest_seq": 0, **changes}
    return pb.Hello(**{name: value for name, value in fields.items() if value is not None})


class Rejects(InteropTest):
    def setUp(self):
        super().setUp()
        self.collector = self.start_collector()

    def assert_greeting_rejected(self, code, action, data):
        connection = self.connect(self.collector, data)
        self.assert_rejected(code, action, connection)
        connection.close()

    def assert_hello_rejected(self, code, action, **changes):
        message = wrap(1, make_hello(**changes).SerializePartialToString())
        self.assert_greeting_rejected(code, action, framed(message))

    def test_broken_frames(self):
        for name, data in BROKEN_FRAMES.items():
            with self.subTest(name):
                self.assert_greeting_rejected("MALFORMED", "RETRY", data)

    def test_strings_that_are_not_utf_8(self):
        hello = make_hello().SerializeToString()
        for good, bad in ((b"n1", b"n\xe9"), (b"web", b"w\xffb")):
            with self.subTest(bad):
                self.assert_greeting_rejected("MALFORMED", "RETRY", framed(wrap(1, hello.replace(good, bad))))

    def test_hello_without_a_required_field(self):
        for field in make_hello().DESCRIPTOR.fields:
            if field.label == field.LABEL_REQUIRED:
                with self.subTest(field.name):
                    self.assert_hello_rejected("MALFORMED", "RETRY", **{field.name: None})

    def test_hello_with_impossible_seqs(self):
        for oldest, newest in ((0, 0), (2, 0), (12, 10), (2**63 + 1, 2**63), (2**64 - 1, 2**64 - 1)):
            with self.subTest(oldest=oldest, newest=newest):
                self.assert_hello_rejected("MALFORMED", "RETRY", oldest_seq=oldest, newest_seq=newest)

    def test_messages_before_hello(self):
        for body in (BATCH, GOODBYE, ACK):
            with self.subTest(str(body)):
                self.assert_greeting_rejected("MALFORMED", "RETRY", framed(encode(**body)))

    def test_messages_out_of_order(self):
        for bodies in ([{"hello": make_hello()}], [ACK], [GOODBYE, BATCH], [GOODBYE, GOODBYE]):
            with self.subTest(str(bodies)):
                agent = self.session(self.collector, instance=1)
                self.produce(agent, 1)
                agent.send()
                agent.connection.send_bytes(framed(*(encode(**body) for body in bodies)))
                self.assert_rejected("MALFORMED", "RETRY", agent.connection)
                agent.cut()

    def test_broken_batches(self):
        for name, seqs in {"seq backwards": (1, 3, 2), "seq twice": (1, 1), "seq 0": (0,), "seq too great": (2**63,),
                           "too many samples": range(1, BATCH_SAMPLES_MAX + 2)}.items():
            with self.subTest(name):
                agent = self.session(self.collector)
                agent.send_batch([pb.Sample(seq=seq, time_ms=1, uptime_ms=1) for seq in seqs])
                self.assert_rejected("MALFORMED", "RETRY", agent.connection)
                agent.cut()

    def test_version_0(self):
        self.assert_hello_rejected("VERSION", "RETRY_SLOWLY", version=0)

    def test_identities(self):
        for changes in ({"node_id": ""}, {"node_id": "a b"}, {"node_id": "-a"}, {"node_id": "a\n"}, {"node_id": "é"},
                        {"node_id": "a" * 129}, {"group": ""}, {"group": ".a"}, {"group": "a/b"},
                        {"group": "a" * 129}, {"instance": 0}, {"interval_ms": 0}, {"interval_ms": 49},
                        {"interval_ms": 3600001}):
            with self.subTest(changes):
                self.assert_hello_rejected("IDENTITY", "RETRY_SLOWLY", **changes)
        for changes in ({"node_id": "A0._-" + "a" * 123}, {"group": "0" * 128}, {"interval_ms": 50},
                        {"interval_ms": 3600000}, {"instance": 2**64 - 1}):
            with self.subTest(changes):
                connection = self.connect(self.collector, framed(encode(hello=make_hello(**changes))))
                self.assertEqual(connection.receive().welcome.version, 1)
                connection.close()

    def test_no_encryption(self):
        self.collector = self.start_collector("--token-file", self.write("token", KEY), data="guarded")
        self.assert_hello_rejected("TLS", "RETRY_SLOWLY")

    def test_a_twin_while_the_first_is_live(self):
        self.collector = self.start_collector(*self.UNHURRIED, data="unhurried")
        agent = self.session(self.collector, interval_ms=60000)  # it counts as live for minutes
        self.assert_hello_rejected("TWIN", "RETRY", instance=agent.instance ^ 1)
        self.produce(agent, 1)
        agent.send()
        self.assertEqual(agent.goodbye().stored_seq, 1)

    def test_another_instance_takes_over_from_a_silent_one(self):
        old = self.session(self.collector, interval_ms=50)
        time.sleep(1.1)
        new = self.session(self.collector, interval_ms=50)
        self.assert_rejected("TAKEN_OVER", "RETRY", old.connection)
        self.produce(new, 1)
        new.send()
        self.assertEqual(new.goodbye().stored_seq, 1)

    def test_the_same_instance_takes_over_at_once(self):
        old = self.session(self.collector)
        self.produce(old, 5)
        old.send()
        self.session(self.collector, instance=old.instance)
        self.assert_rejected("TAKEN_OVER", "RETRY", old.connection)

    def test_more_samples_than_credit(self):
        agent = self.session(self.collector)
        self.produce(agent, agent.credit + 1)
        agent.send_batch(list(agent.kept.values()))
        self.assert_rejected("CREDIT_EXCEEDED", "RETRY", agent.connection)

    def test_samples_in_flight_use_credit_after_a_break(self):
        collector = self.start_collector(*self.UNHURRIED, data="unhurried")
        for node_id, excess in (("modest", 0), ("greedy", 1)):
            agent = self.session(collector, node_id)
            self.produce(agent, 20)
            agent.send()
            agent.connect()
            welcome = agent.hello()
            self.assertEqual((welcome.resume_seq, welcome.stored_seq), (20, 0))
            self.produce(agent, agent.credit - 20 + excess)
            agent.send_batch([agent.kept[seq] for seq in agent.kept if seq > 20])
            if excess:
                self.assert_rejected("CREDIT_EXCEEDED", "RETRY", agent.connection)
            else:
                self.assertEqual(agent.receive().stored_seq, welcome.credit)

    def test_a_full_collector(self):
        self.collector = self.start_collector("--max-agents", "1", data="small")
        self.session(self.collector, "first")
        self.assert_greeting_rejected("FULL", "NEXT_COLLECTOR", document_example())


class Silence(InteropTest):
    """Ack intervals of 1 s. The waits are long, so they overlap."""

    def test_who_says_nothing_is_idle_and_signs_of_life_are_enough(self):
        collector = self.start_collector()
        start_s = time.monotonic()
        mute = self.connect(collector)
        silent = self.session(collector, "silent")
        living = self.session(collector, "living")
        acks = 0
        while acks < 3 or time.monotonic() - start_s < 4.5:
            living.send_batch()
            acks += living.wait_for_ack(0.5) is not None
        self.produce(living, 1)
        living.deliver()

        self.assertEqual(Connection.receive(silent.connection).WhichOneof("body"), "ack")
        self.assert_rejected("IDLE", "RETRY", silent.connection)

        self.assert_rejected("IDLE", "RETRY", mute)
        self.assertGreater(time.monotonic() - start_s, 4)


if __name__ == "__main__":
    main()
