"""The promises of proto/PROTOCOL.md, tested by an independent agent in Python with a real collector."""

import random
import signal
import socket
import struct
import time
from decimal import Decimal

from headroom_test import main, wait_until
from http_client import get
from interop_case import (BATCH_SAMPLES_MAX, FRAME_LEN_MAX, UNKNOWN_FIELD, Agent, Closed, InteropTest, document_example,
                          encode, framed, pb, wrap)

FIELDS = [field.name for field in pb.Sample.DESCRIPTOR.fields]
PERCENTAGES = [name for name in FIELDS if name.endswith("_percent")]
GAUGES = ("load1", "app_load", "app_capacity")
COUNTS = [*(name for name in FIELDS if name.endswith("_bytes")), "oom_kills"]


def column(metric):
    """The instance's name in the CSV."""
    return metric.removesuffix("_percent").removesuffix("_bytes")


def cell(value):
    """A value as the CSV has it: two decimals, byte counts whole, absent is empty."""
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


class Greeting(InteropTest):
    def test_hello_is_byte_for_byte_the_documents_example(self):
        hello = Agent(None, "n1", instance=1).make_hello()
        hello.ClearField("account")
        self.assertEqual(framed(encode(hello=hello)), document_example())

    def test_the_documents_example_is_welcome(self):
        welcome = self.connect(self.start_collector(), document_example()).receive().welcome
        self.assertEqual((welcome.version, welcome.resume_seq, welcome.stored_seq, welcome.held), (1, 0, 0, False))
        self.assertEqual((welcome.ack_interval_ms, welcome.frame_len_max, welcome.batch_samples_max),
                         (1000, FRAME_LEN_MAX, BATCH_SAMPLES_MAX))
        self.assertGreater(welcome.credit, 0)

    def test_a_future_version_is_answered_with_version_1(self):
        collector = self.start_collector()
        for version in (2, 2**32 - 1):
            agent = self.agent(collector)
            hello = agent.make_hello()
            hello.version = version
            agent.connection.send(hello=hello)
            self.assertEqual(agent.connection.receive().welcome.version, 1)
            agent.cut()

    def test_frames_may_be_split_and_joined(self):
        collector = self.start_collector()
        agent = self.agent(collector)
        for byte in framed(encode(hello=agent.make_hello())):
            agent.connection.send_bytes(bytes([byte]))
        self.assertEqual(agent.connection.receive().welcome.version, 1)
        self.produce(agent, 20)
        batches = [pb.Batch(sent_uptime_ms=1, samples=[sample]) for sample in agent.kept.values()]
        agent.connection.send_bytes(framed(*(encode(batch=batch) for batch in batches)))
        agent.sent_seq = 20
        self.assertEqual(agent.goodbye().stored_seq, 20)
        self.assert_stored(collector, agent, range(1, 21))

    def test_unknown_fields_are_ignored(self):
        collector = self.start_collector()
        agent = self.agent(collector)
        agent.connection.send_message(wrap(1, agent.make_hello().SerializeToString() + UNKNOWN_FIELD))
        self.assertEqual(agent.connection.receive().welcome.version, 1)
        agent.produce(cpu_percent=7)
        sample = agent.kept[1].SerializeToString() + UNKNOWN_FIELD
        batch = pb.Batch(sent_uptime_ms=1).SerializeToString() + wrap(2, sample) + UNKNOWN_FIELD
        agent.connection.send_message(wrap(2, batch) + UNKNOWN_FIELD)
        agent.sent_seq = 1
        self.assertEqual(agent.goodbye().stored_seq, 1)
        self.assertEqual(self.rows(collector, agent)[0]["cpu"], "7.00")

    def test_a_frame_may_be_as_long_as_the_limit(self):
        agent = self.session(self.start_collector())
        batch = pb.Batch(sent_uptime_ms=1).SerializeToString()
        batch += wrap(15, b"\0" * (FRAME_LEN_MAX - len(batch) - 8))  # 4 bytes of header for it and for the Batch
        message = wrap(2, batch)
        self.assertEqual(len(message), FRAME_LEN_MAX)
        agent.connection.send_message(message)
        self.produce(agent, 1)
        agent.deliver()


class Delivery(InteropTest):
    def test_a_thousand_samples_arrive_with_their_exact_values(self):
        collector = self.start_collector()
        agent = self.session(collector, group="api.v2")
        chance = random.Random(7)
        produced = []
        for i in range(1000):
            metrics = {name: chance.randrange(10001) / 100 for name in PERCENTAGES}
            metrics.update({name: chance.randrange(100001) / 100 for name in GAUGES})
            metrics.update({name: chance.randrange(2**40) + (i << 40) for name in COUNTS})
            if i % 10 == 3:
                metrics.pop(chance.choice(sorted(metrics)))
            agent.produce(time_ms=1700000000000 + 1001 * i, uptime_ms=5000 + 1001 * i, **metrics)
            produced.append(metrics)
        agent.deliver()
        self.assertEqual(agent.acknowledged, 1000)
        self.assert_stored(collector, agent, range(1, 1001))
        for i, (row, metrics) in enumerate(zip(self.rows(collector, agent), produced)):
            self.assertEqual(row["group"], "api.v2")
            self.assertEqual(Decimal(row["timestamp"]), Decimal(1700000000000 + 1001 * i) / 1000)
            self.assertEqual(Decimal(row["uptime"]), Decimal(5000 + 1001 * i) / 1000)
            for name in (*PERCENTAGES, *GAUGES, *COUNTS):
                self.assertEqual(row[column(name)], cell(metrics.get(name)), f"{name} of sample {i + 1}")

    def test_half_the_credit_brings_an_ack_before_its_time(self):
        agent = self.session(self.start_collector(*self.UNHURRIED))
        self.produce(agent, (agent.credit + 1) // 2)
        agent.send()
        self.assertEqual(agent.receive().stored_seq, agent.newest_seq)

    def test_duplicates_are_dropped_and_counted(self):
        collector = self.start_collector()
        agent = self.session(collector)
        self.produce(agent, 10)
        samples = list(agent.kept.values())
        agent.send()
        agent.send_batch(samples)
        agent.send_batch(samples[:3])
        self.assertEqual(agent.goodbye().stored_seq, 10)
        self.assert_stored(collector, agent, range(1, 11))
        counts = self.stop(collector)
        self.assertEqual((counts["stored"], counts["duplicates"]), (10, 13))

    def test_nothing_is_lost_or_twice_when_connections_are_cut(self):
        collector = self.start_collector()
        agent = self.agent(collector)
        for reset in (False, True) * 3:
            welcome = agent.hello()
            self.assertLessEqual(welcome.stored_seq, welcome.resume_seq)
            self.produce(agent, 20)
            agent.send()
            agent.connection.send_bytes(b"\0\0\0\x28\x12")  # cut in the middle of a frame
            if reset:
                agent.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            agent.connect()
        agent.hello()
        agent.deliver()
        self.assertEqual(agent.acknowledged, 120)
        self.assert_stored(collector, agent, range(1, 121))

    def test_nothing_acknowledged_is_lost_when_the_collector_is_killed(self):
        collector = self.start_collector()
        agent = self.agent(collector)
        for pause_s in (0, 0.005, 0.02, 1.1):
            self.assertGreaterEqual(agent.hello().resume_seq, agent.acknowledged)
            self.produce(agent, agent.credit // 2)
            agent.deliver()
            self.produce(agent, agent.credit // 3)
            agent.send()
            time.sleep(pause_s)
            collector.kill()
            stored = [int(row["seq"]) for row in self.rows(collector, agent)]
            self.assertEqual(stored[:agent.acknowledged], list(range(1, agent.acknowledged + 1)))
            collector = self.start_collector()
            self.move(agent, collector)
        agent.hello()
        agent.deliver()
        self.assert_stored(collector, agent, range(1, agent.newest_seq + 1))

    def test_an_agent_behind_its_own_past_begins_a_new_instance(self):
        collector = self.start_collector()
        past = self.session(collector)
        self.produce(past, 30)
        past.send()
        past.goodbye()
        agent = self.agent(collector, instance=past.instance)
        self.produce(agent, 3)
        self.assertEqual(agent.hello().resume_seq, 0)
        self.assertNotEqual(agent.instance, past.instance)
        agent.deliver()
        self.assert_stored(collector, agent, range(1, 4))

    def test_goodbye_gets_the_last_ack_and_then_the_end(self):
        collector = self.start_collector(*self.UNHURRIED)
        for departure in (pb.DEPARTURE_RESTARTING, pb.DEPARTURE_LEAVING):
            agent = self.session(collector, f"n{departure}")
            self.produce(agent, 5)
            agent.send()
            agent.connection.send(goodbye=pb.Goodbye(departure=departure))
            self.assertEqual(agent.receive().stored_seq, 5)
            self.assert_stored(collector, agent, range(1, 6))
            with self.assertRaises(Closed):
                agent.receive()
        self.assertEqual(self.session(collector, "idle").goodbye().stored_seq, 0)

    def test_a_stopping_collector_acknowledges_all_first(self):
        collector = self.start_collector(*self.UNHURRIED, "--http", "127.0.0.1:0")
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        agent = self.session(collector)
        self.produce(agent, 5)
        agent.send()
        wait_until(lambda: "\nheadroom_samples_received_total 5\n" in get(port, "/metrics").text(), collector.log)
        collector.signal(signal.SIGTERM)
        self.assertEqual(agent.receive().stored_seq, 5)
        self.assert_rejected("STOPPING", "RETRY", agent.connection)
        self.assertEqual(collector.join(), 0)
        self.assert_stored(collector, agent, range(1, 6))


class Losses(InteropTest):
    """Produced = stored + dropped, and every drop is counted."""

    def test_gaps_in_hello_are_dropped_or_stored_elsewhere(self):
        first, second = self.start_collector(), self.start_collector(data="second")
        agent = self.session(first)
        self.produce(agent, 100)
        agent.deliver()
        self.produce(agent, 200)
        for _ in range(150):
            agent.drop_oldest()
        self.move(agent, second)
        self.assertEqual(agent.hello().resume_seq, 0, "an instance that it does not know")
        agent.deliver()
        self.assert_stored(second, agent, range(251, 301))
        self.assertEqual(agent.account(), pb.Account(produced=300, acknowledged=150, dropped_outbox_full=150,
                                                     dropped_spool_damaged=0))
        counts = self.stop(second)
        self.assertEqual((counts["stored"], counts["dropped"], counts["elsewhere"]), (50, 150, 100))

        self.produce(agent, 7)
        self.move(agent, first)
        agent.hello()
        agent.deliver()
        counts = self.stop(first)
        self.assertEqual((counts["stored"], counts["dropped"], counts["elsewhere"]), (107, 150, 50))

    def test_a_gap_wider_than_the_credit_is_counted_once_and_passed_over(self):
        collector = self.start_collector()
        agent = self.agent(collector)
        self.produce(agent, 500)
        for _ in range(500):
            agent.drop_oldest()
        for _ in range(3):
            agent.hello()
            agent.connect()
        self.produce(agent, 5)
        agent.hello()
        agent.deliver()
        self.assert_stored(collector, agent, range(501, 506))
        self.assertEqual(self.stop(collector)["dropped"], 500)

    def test_a_jump_within_the_session_is_dropped(self):
        collector = self.start_collector()
        agent = self.session(collector)
        self.produce(agent, 200)  # at the same time; more would be slowed down
        agent.send(10)
        for _ in range(100):
            agent.drop_oldest()
        agent.deliver()
        self.assert_stored(collector, agent, [*range(1, 11), *range(101, 201)])
        counts = self.stop(collector)
        self.assertEqual((counts["stored"], counts["dropped"]), (110, 90))


class Values(InteropTest):
    def test_values_that_cannot_be_true_are_absent_and_the_others_kept(self):
        collector = self.start_collector()
        agent = self.session(collector)
        bad = dict(zip(PERCENTAGES, (float("nan"), float("inf"), float("-inf"), -0.01, 100.01, 3e38)))
        for name, value in bad.items():
            agent.produce(**{name: value, "psi_io_percent": 0, "net_rx_bytes": 2**64 - 1})
        for load in (float("nan"), float("inf"), -0.5, 1.1e12):
            agent.produce(load1=load)
        agent.produce(**dict.fromkeys(PERCENTAGES, 100), load1=2**39)
        agent.produce(**dict.fromkeys(PERCENTAGES, 0), load1=0)
        agent.produce()
        agent.deliver()
        rows = self.rows(collector, agent)
        for name, row in zip(bad, rows):
            self.assertEqual((row[column(name)], row["psi_io"], row["net_rx"]), ("", "0.00", str(2**64 - 1)), name)
        self.assertEqual([row["load1"] for row in rows[len(bad):]], ["", "", "", "", "549755813888.00", "0.00", ""])
        for row, percentage in zip(rows[-3:], ("100.00", "0.00", "")):
            self.assertEqual({row[column(name)] for name in PERCENTAGES}, {percentage})
        self.assertEqual(self.stop(collector)["bad_values"], len(bad) + 4)

    def test_an_impossible_wall_clock_is_replaced_with_the_time_of_receipt(self):
        collector = self.start_collector()
        agent = self.session(collector)
        for time_ms in (-1, -2**63, 253402300800000, 2**63 - 1, 0, 253402300799999):
            agent.produce(time_ms=time_ms, cpu_percent=1)
        agent.deliver()
        times = [row["timestamp"] for row in self.rows(collector, agent)]
        for replaced in times[:4]:
            self.assertAlmostEqual(float(replaced), time.time(), delta=30)
        self.assertEqual(times[4:], ["0.000", "253402300799.999"])


if __name__ == "__main__":
    main()
