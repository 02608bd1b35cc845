"""Peers and strangers that flood the collector: each costs only itself."""

import itertools
import resource
import time

from attack_case import MIB, AttackCase
from headroom_test import HEADROOM, KEY, main, run
from hostile import (BEGUN_HELLO, BEGUN_LARGE, LARGE_BUT_ITS_END, LEGAL, WELCOME_TAG, Attackers, client_hello, connect,
                     cpu_s, flood_names, greet, hello, hold, pump, replay, throw_garbage)
from http_client import get

CROWD = 1200       # connections of strangers; there are places for 1,024, half of them for one address
CROWD_BYTES = 16 * MIB
FRAMES_BYTES = 24 * MIB    # 16 MiB for incomplete frames
FLOOD_BYTES = 64 * MIB


class Floods(AttackCase):
    def setUp(self):
        super().setUp()
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))

    # ---- agents that flood ----

    def test_one_agent_that_sends_what_uses_no_credit(self):
        self.start()
        data = LEGAL["empty batches with an account"]
        with Attackers(lambda over: pump(self.port, data, "rogue", over)):
            self.probe(2)
            self.assert_harmless(FLOOD_BYTES)

    def test_eight_agents_that_send_what_uses_no_credit(self):
        self.start()
        kinds = list(LEGAL.values())

        def rogue(i):
            return lambda over: pump(self.port, kinds[i % len(kinds)], f"rogue-{i}", over)

        with Attackers(*[rogue(i) for i in range(8)]):
            self.probe(2)
            self.assert_harmless(FLOOD_BYTES)

    def test_agents_with_many_names(self):
        """They take places that nobody has, and are forgotten for new nodes."""
        self.start()
        with Attackers(lambda over: flood_names(self.port, lambda i: (f"name-{i}", "web"), over, "127.0.0.2")):
            self.probe(2)
            self.assert_harmless(FLOOD_BYTES)

    def test_names_of_groups_without_a_sample(self):
        """There are places for 1,024 groups; a name takes none."""
        self.start()
        count = itertools.count()
        flood_names(self.port, lambda i: ("rogue", f"group-{i}"), lambda: next(count) > 1200, "127.0.0.2")
        peer, message = greet(self.port, hello("late", "another", instance=8))
        peer.close()
        self.assertEqual(message[:1], bytes([WELCOME_TAG]), message)
        self.assert_harmless(CROWD_BYTES)

    # ---- strangers ----

    def test_strangers_that_send_garbage_and_go_on_after_the_reject(self):
        self.start()
        with Attackers(*[lambda over: throw_garbage(self.port, over)] * 8):
            self.probe(2)
            self.assert_harmless(FLOOD_BYTES)

    def test_crowds_that_send_nothing_or_begin_a_message(self):
        """Each takes all places that there are for strangers, and comes anew when it is closed. No agent is kept out,
        not even one with the same address."""
        self.start("--max-agents", "100")
        begun = {"127.0.0.2": b"", "127.0.0.3": BEGUN_HELLO, "127.0.0.4": BEGUN_LARGE}

        def crowd(host):
            return lambda over: hold(self.port, begun[host], CROWD, over, host)

        with Attackers(*map(crowd, begun)):
            self.wait_figure("headroom_connections_evicted_total", 1)
            self.probe(2)
            for host in begun:
                self.welcomed_s("neighbour", host)
            self.assert_harmless(CROWD_BYTES)

    # ---- memory ----

    def test_nodes_with_a_long_history_share_what_there_is(self):
        """Each asks for 12,000 samples."""
        self.start("--memory-max", "16M", "--history", "10m")
        for i in range(200):
            peer, _ = greet(self.port, hello(f"greedy-{i}", interval_ms=50, instance=1 + i), "127.0.0.2")
            self.addCleanup(peer.close)
        self.wait_figure("headroom_history_shortened_total", 150)
        self.assertLessEqual(self.figures().value("headroom_history_bytes"), 16 * MIB)
        self.welcomed_s("late")
        self.assert_harmless(CROWD_BYTES)

    def test_large_frames_that_are_not_ended(self):
        """Each agent sends all but the end of the longest frame that there is: together 50 MiB."""
        self.start()
        for i in range(200):
            peer, message = greet(self.port, hello(f"slow-{i}", instance=1 + i), "127.0.0.2")
            self.addCleanup(peer.close)
            self.assertEqual(message[:1], bytes([WELCOME_TAG]), message)
            peer.sendall(LARGE_BUT_ITS_END)
        self.wait_figure('headroom_limits_reached_total{limit="frames"}', 100)
        self.welcomed_s("late")
        self.assert_harmless(FRAMES_BYTES)

    # ---- HTTP ----

    def test_guesses_of_the_http_token(self):
        token = self.write("http-token", "a-token-that-is-long-enough\n")
        collector = self.start_collector("--http-token-file", token)
        self.http = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        begun = time.monotonic()
        answers = [get(self.http, "/api/v1/groups", Authorization=f"Bearer guess-{i}").status for i in range(60)]
        tested = answers.count(401)
        self.assertEqual(tested + answers.count(429), 60, answers)
        self.assertLessEqual(tested, 20 + 1 + time.monotonic() - begun)
        self.assertGreaterEqual(tested, 20)
        self.assertEqual(get(self.http, "/healthz").status, 200)


class EncryptedFloods(AttackCase):
    def start_with_key(self):
        self.token = self.write("token", KEY)
        self.start("--token-file", self.token, agent_flags=("--token-file", self.token))

    def key(self, node):
        result = run(HEADROOM, "key", "--node", node, "--token-file", self.token)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_clients_that_are_silent_in_their_handshake(self):
        """At most 64 handshakes wait at a time; none of them takes time."""
        self.start_with_key()
        for i in range(60):
            peer = connect(self.port, "127.0.0.2")
            self.addCleanup(peer.close)
            peer.sendall(b"\x16\x03\x01\x02\x00\x01")
        before = cpu_s(self.collector.process.pid)
        time.sleep(2)
        self.assertLess(cpu_s(self.collector.process.pid) - before, 0.3)
        self.assert_harmless(CROWD_BYTES)

    def test_handshakes_that_are_begun_again_and_again(self):
        self.start_with_key()
        data = client_hello(self.key("rogue"))
        if data is None:
            self.skipTest("there is no openssl")
        late = None
        with Attackers(*[lambda over: replay(self.port, data, over, "127.0.0.2")] * 4):
            self.probe(1, agents=False)
            late = self.start_agent("late", [self.collector], "--token-file", self.token)
            self.collector.wait_samples("late", 10)
            self.probe(1, agents=False)
            self.assert_harmless(FLOOD_BYTES)
        self.assert_stops(late)
        self.assert_nothing_lost(self.collector, late)


if __name__ == "__main__":
    main()
