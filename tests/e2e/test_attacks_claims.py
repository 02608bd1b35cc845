"""Agents that say what is not true, of themselves or of others: no group is scaled because of it, no other node loses a
sample, and no account is spoiled."""

import signal
import time

from attack_case import AttackCase
from headroom_test import free_port, gap_rows, main, wait_until
from hostile import REJECT_TAG, WELCOME_TAG, batch, connect, frame, greet, hello, number, part, read_reject, sample
from http_client import get
from order_hooks import OrderHookTest

FLAGS = ("--tick", "200ms", "--lead-time", "1s", "--stabilization", "1s", "--max", "20")
WATCH_S = 4            # four stabilization windows
CORES, MEMORY, SECRET = 6, 7, 16    # fields of a Hello
SEQ_MAX = 2**63 - 1


def number_of(instance):
    """The instance that is written like this."""
    return int(instance[1:], 16)


class Sizes(AttackCase):
    """A group of six nodes at 70 %, and others that come."""

    NAMES = [f"web-{i}" for i in range(6)]

    def group(self):
        return get(self.http, "/api/v1/groups/web").json()

    def live(self):
        return self.group()["nodes"]["live"]

    def start_again(self, port):
        self.collector = self.start_collector(*FLAGS, port=port)
        self.http = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        self.port = self.collector.port()

    def setUp(self):
        """The collector is restarted: then it knows the nodes, and its roll call, without which there is no scale-in,
        is over as soon as they are back."""
        super().setUp()
        self.start_again(free_port())
        self.start_fleet(self.NAMES, self.collector, 0.70)
        for name in self.NAMES:
            self.collector.wait_samples(name, 20)
        self.assert_stops(self.collector)
        self.start_again(self.port)
        wait_until(lambda: self.live() == 6 and self.group()["desired"] == 6, self.collector.log)
        wait_until(lambda: self.group()["record"]["roll_call"] is False, lambda: self.group())

    def assert_holds(self):
        """The six are not too many, and few others are wanted."""
        ends = time.monotonic() + WATCH_S
        while time.monotonic() < ends:
            time.sleep(0.2)
            desired = self.group()["desired"]
            self.assertTrue(6 <= desired <= 8, f"{desired}: {self.collector.log()}")

    def stream(self, node, more, instance):
        """A node at 0 % that is connected for as long as the test watches."""
        peer, message = greet(self.port, hello(node, instance=instance, interval_ms=10000, more=more))
        self.addCleanup(peer.close)
        self.assertEqual(message[0], WELCOME_TAG)
        peer.sendall(batch(*[sample(seq, 0.0) for seq in range(1, 40)]))

    def test_nodes_that_are_bigger_than_the_rest_together(self):
        """One of them is bigger than any machine."""
        self.stream("huge", number(CORES, 2**32 - 1) + number(MEMORY, 2**64 - 1), 11)
        self.stream("big", number(CORES, 60000) + number(MEMORY, 2**50), 12)
        wait_until(lambda: self.live() == 8, self.collector.log)
        self.assert_holds()
        self.wait_figure("headroom_values_impossible_total", 2)
        self.collector.wait_log(r"web: data-complete is false: .*size")

    def test_nodes_that_were_there_for_a_moment(self):
        """Each says that it will report hourly, sends a sample, and is never heard again."""
        for i in range(60):
            peer, _ = greet(self.port, hello(f"phantom-{i}", instance=100 + i, interval_ms=3600000))
            peer.sendall(batch(sample(1, 99.0)))
            peer.close()
        self.collector.wait_samples("phantom-59", 1)
        time.sleep(1.5)  # an answer may be a second old
        wait_until(lambda: self.group()["desired"] == 6, lambda: f"{self.group()}\n{self.collector.log()}")
        self.assert_holds()
        self.assertEqual((self.live(), self.group()["nodes"]["missing"]), (6, 0))
        self.assertFalse([row["why"] for row in self.collector.decisions() if row["action"] == "up"])


class TakeOver(AttackCase):
    def rejected(self, data):
        peer, message = greet(self.port, data)
        peer.close()
        return message[:1] == bytes([REJECT_TAG])

    def shown_instances(self, node):
        """As readers see them."""
        return [number_of(each["instance"]) for each in get(self.http, f"/api/v1/nodes/{node}").json()["instances"]]

    def stored_instances(self, node):
        """As they are in the file, which only the collector's own user reads."""
        return {number_of(row["instance"]) for row in self.collector.samples() if row["node_id"] == node}

    def test_with_the_instance_that_readers_are_shown(self):
        self.start()
        for instance in self.shown_instances("honest"):
            self.assertNotIn(instance, self.stored_instances("honest"))
            self.assertTrue(self.rejected(hello("honest", instance=instance, newest=20)))
        self.assert_undisturbed()

    def test_with_the_true_instance_but_without_the_secret(self):
        self.start()
        instance = self.stored_instances("honest").pop()
        for more in (b"", part(SECRET, bytes(range(16)))):
            self.assertTrue(self.rejected(hello("honest", instance=instance, newest=20, more=more)))
        self.assert_undisturbed()

    def test_while_the_agent_hangs(self):
        """Somebody else may speak for a node whose agent does not, but not as that agent: its samples are not those."""
        self.start()
        instance = self.stored_instances("honest").pop()
        self.agent.signal(signal.SIGSTOP)
        ends, welcomed = time.monotonic() + 6, []
        while time.monotonic() < ends:
            self.assertTrue(self.rejected(hello("honest", instance=instance, newest=10000)))
            peer, message = greet(self.port, hello("honest", instance=666, newest=10000))
            self.addCleanup(peer.close)
            if message[0] == WELCOME_TAG:
                peer.sendall(batch(*[sample(seq) for seq in range(1, 61)]))
                welcomed.append(peer)
            time.sleep(0.1)
        self.agent.signal(signal.SIGCONT)
        stored = sum(number_of(row["instance"]) == instance for row in self.collector.samples())
        wait_until(lambda: sum(number_of(row["instance"]) == instance for row in self.collector.samples()) > stored + 5,
                   lambda: f"{self.agent.log()}\n{self.collector.log()}")
        if welcomed:  # a machine that is too busy may not get to it
            self.assertEqual(read_reject(welcomed[-1])[:1], bytes([REJECT_TAG]))
        self.assert_stops(self.agent)
        self.assertEqual(self.agent.account()["dropped"], 0, self.agent.log())
        rows = [row for row in self.collector.samples() if number_of(row["instance"]) == instance]
        self.assert_all_stored([self.agent], rows)

    def test_samples_that_were_sent_in_the_name_of_another(self):
        """An agent of an older version has no secret: its instance is one, and readers can't see it."""
        self.start()
        peer, _ = greet(self.port, hello("old", instance=4711))
        peer.sendall(batch(sample(1)))
        self.collector.wait_samples("old", 1)
        for instance in self.shown_instances("old"):
            self.assertNotEqual(instance, 4711)
            self.assertTrue(self.rejected(hello("old", instance=instance)))
        peer.sendall(batch(*[sample(seq) for seq in range(2, 16)]))
        self.collector.wait_samples("old", 15)
        peer.close()
        self.assert_undisturbed()


class Accounts(AttackCase):
    def setUp(self):
        super().setUp()
        self.start()

    def rejected_with(self, text, *data):
        with connect(self.port) as peer:
            peer.sendall(b"".join(data))
            self.assertIn(text, read_reject(peer))

    def missing(self):
        return sum(float(line.split()[1]) for line in self.figures().text.splitlines()
                   if line.startswith("headroom_samples_missing_total{"))

    def test_samples_that_nobody_can_have_lost(self):
        self.rejected_with(b"too far ahead", hello("liar", oldest=SEQ_MAX, newest=SEQ_MAX - 1))
        self.rejected_with(b"too far ahead", hello("liar"), batch(sample(1), sample(SEQ_MAX - 1)))
        self.assert_no_gap()

    def test_a_sample_that_was_said_to_be_lost(self):
        peer, _ = greet(self.port, hello("liar", oldest=11, newest=20))
        self.addCleanup(peer.close)
        peer.sendall(batch(sample(5)))
        self.assertIn(b"below oldest_seq", read_reject(peer))
        wait_until(lambda: self.missing() == 10, lambda: self.figures().text)
        self.assertNotIn("liar", {row["node_id"] for row in self.collector.samples()})
        self.assert_undisturbed()

    def assert_no_gap(self):
        time.sleep(1.1)  # figures() may be a second old
        self.assertEqual(self.missing(), 0)
        self.assertEqual(gap_rows(self.collector.data), {})
        self.assert_undisturbed()

    def test_a_frame_with_two_messages(self):
        both = frame(part(2, number(1, 1) + part(2, sample(1))), part(3, number(1, 0)))
        self.rejected_with(b"is not a valid Frame", hello("liar"), both)
        self.assert_undisturbed()


class Groups(OrderHookTest):
    """Names of groups that an agent has made up."""

    def test_no_order_is_given_for_them(self):
        config = self.write("headroom.conf", "[group web]\nmax = 9\n")
        collector = self.start_collector("--config", config, "--scale-groups", "configured", *FLAGS, "--on-scale",
                                         self.hook)
        port = collector.port()
        peers = []
        for name in ["web"] + [f"made-up-{i}" for i in range(40)]:
            peer, message = greet(port, hello(f"{name}-node", name, instance=1 + len(peers), interval_ms=200))
            self.assertEqual(message[0], WELCOME_TAG)
            self.addCleanup(peer.close)
            peers.append(peer)
        for seq in range(1, 26):
            for peer in peers:
                peer.sendall(batch(sample(seq, 99.0)))
            time.sleep(0.2)
        wait_until(lambda: self.hook_runs(), collector.log)
        self.assertEqual({run[3] for run in self.hook_runs()}, {"web"})
        self.assertIn("able-to-scale is false", collector.log())
        self.assertLess(len([line for line in collector.log().splitlines() if "made-up" in line]), 8 * 40)


if __name__ == "__main__":
    main()
