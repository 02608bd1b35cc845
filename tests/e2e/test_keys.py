"""Keys: how they are made, whom they let in, and what both sides log about those that are refused."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

from headroom_test import AGENT, COLLECTOR, HEADROOM, WAIT_S, HeadroomTest, main, run, wait_until

BAD_RECORD = b"\x16\x03\x01\x00\x05\x63\x00\x00\x01\x00"  # a handshake message of an unknown type
FLEET = re.compile(r"hr1:fleet:[0-9a-f]{64}:[0-9a-f]{8}\n")


def cpu_s(program):
    with open(f"/proc/{program.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_closed(peer):
    peer.setblocking(False)
    try:
        return peer.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


class KeyTest(HeadroomTest):
    def write(self, name, text, mode=0o600):
        path = super().write(name, text)
        os.chmod(path, mode)
        return path

    def key(self, *flags):
        result = run(HEADROOM, "key", *flags)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout


class Making(KeyTest):

    def assert_refused(self, flags, status, *words):
        result = run(HEADROOM, "key", *flags)
        self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_new_keys_differ_and_derived_ones_do_not(self):
        fleet = self.key("--new")
        self.assertRegex(fleet, FLEET)
        self.assertNotEqual(self.key("--new"), fleet)
        token = self.write("token", fleet)
        group = self.key("--group", "web", "--token-file", token)
        self.assertRegex(group, r"^hr1:agent:[0-9a-f]{8}:web:\*:[0-9a-f]{64}:[0-9a-f]{8}\n$")
        self.assertEqual(self.key("--group", "web", "--token-file", token), group)
        node = self.key("--node", "web-3", "--token-file", token)
        self.assertRegex(node, r"^hr1:agent:[0-9a-f]{8}:\*:web-3:")
        both = self.key("--node", "web-3", "--group", "web", "--token-file", token)
        self.assertRegex(both, r"^hr1:agent:[0-9a-f]{8}:web:web-3:")
        secrets = {key.split(":")[-2] for key in (fleet, group, node, both)}
        self.assertEqual(len(secrets), 4)

    def test_a_successor_makes_the_keys_when_it_stands_first(self):
        old, new = self.key("--new"), self.key("--new")
        from_new = self.key("--node", "n1", "--token-file", self.write("new", new))
        both = self.write("both", f"# since Monday\n{new}# until Friday\n{old}")
        self.assertEqual(self.key("--node", "n1", "--token-file", both), from_new)

    def test_what_makes_no_key_is_refused_with_a_reason(self):
        token = self.write("token", self.key("--new"))
        node = self.write("node", self.key("--node", "n1", "--token-file", token))
        cases = [
            ([], 2, ["--new", "--group", "--node"]),
            (["--new", "--group", "web"], 2, ["--new"]),
            (["--node", "n 1"], 2, ["n 1", "no name"]),
            (["--node", "n" * 120, "--token-file", token], 1, ["108 bytes"]),
            (["--node", "n1", "--token-file", "/nonexistent"], 1, ["/nonexistent", "No such file"]),
            (["--node", "n1", "--token-file", node], 1, [node, "only the fleet's key"]),
            (["--node", "n1", "--token-file", self.write("old", "opensesame\n")], 1, ["too short", "headroom key --new"]),
            (["--node", "n1", "--token-file", self.write("long", "open sesame, open sesame\n")], 1,
             ["passphrase", "headroom key --new"]),
        ]
        for flags, status, words in cases:
            with self.subTest(flags):
                self.assert_refused(flags, status, *words)

    def test_a_key_that_can_not_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = run(HEADROOM, "key", "--new", stdout=full)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "headroom key: can't write the key: No space left on device\n"))

    def test_a_key_in_a_file_that_everybody_can_read_is_warned_about(self):
        for mode, warned in ((0o600, False), (0o644, True)):
            path = self.path(f"key-{mode:o}")
            with open(os.open(path, os.O_CREAT | os.O_WRONLY), "wb") as file:
                os.fchmod(file.fileno(), mode)
                result = run(HEADROOM, "key", "--new", stdout=file)
            self.assertEqual("every user can read" in result.stderr, warned, result.stderr)


class Keys(KeyTest):
    """A collector with the key of a fleet, and agents with all kinds of keys."""

    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s")
    AGENT_FLAGS = ("--interval", "100ms", "--group", "web")

    def setUp(self):
        super().setUp()
        self.fleet = self.key("--new")
        self.token = self.write("token", self.fleet)
        self.revoked = self.write("revoked", "")

    def start(self, *flags, **how):
        self.collector = self.start_collector("--token-file", self.token, "--revoked-file", self.revoked, *flags, **how)
        self.collector.port()
        return self.collector

    def derived(self, name, *flags, of=None):
        """The path of a file with a derived key."""
        return self.write(name, self.key(*flags, "--token-file", of or self.token))

    def agent(self, node, token, *flags):
        return self.start_agent(node, [self.collector], *(("--token-file", token) if token else ()), *flags)

    def count_samples(self, node):
        return sum(row["node_id"] == node for row in self.collector.samples())

    def assert_refused(self, agent, of_agent, of_collector):
        """Both sides log why, the agent keeps its samples, and nothing of it is stored."""
        agent.wait_log(of_agent)
        self.collector.wait_log(r"rejected a connection from 127\.0\.0\.1: " + of_collector)
        self.assertTrue(agent.running())
        self.assertEqual(agent.connections(), 0, agent.log())
        self.assertNotIn(agent.node, {row["node_id"] for row in self.collector.samples()})

    NO_KEY = r"can't trust 127\.0\.0\.1:\d+: it does not accept this agent's key; the collector's log has the reason"

    def test_each_kind_of_key_lets_its_nodes_in(self):
        self.start()
        tokens = {"n1": self.token, "n2": self.derived("group", "--group", "web"),
                  "n3": self.derived("node", "--node", "n3"),
                  "n4": self.derived("both", "--node", "n4", "--group", "web")}
        agents = [self.agent(node, token) for node, token in tokens.items()]
        self.assert_stream_unrejected(agents, self.collector)

    def test_keys_that_let_nobody_in(self):
        self.write("revoked", "stolen\ngroup old\n")
        self.start()
        other = self.write("other", self.key("--new"))
        wrong = self.key("--node", "n4", "--token-file", self.token).split(":")
        # Changed by somebody who knows the checksum.
        wrong[5] = wrong[5][::-1]
        text = ":".join(wrong[:-1]) + ":"
        digest = 0xcbf29ce484222325
        for byte in text.encode():
            digest = (digest ^ byte) * 0x100000001b3 % 2**64
        cases = [
            ("n1", other, (), self.NO_KEY, r"its key is of another fleet, .* \(epoch [0-9a-f]{8}, for the whole fleet\)"),
            ("n2", self.derived("of-other", "--node", "n2", of=other), (), self.NO_KEY,
             r"its key is of another fleet, .* for node n2 in any group"),
            ("stolen", self.derived("stolen", "--node", "stolen"), (), self.NO_KEY,
             "the key for node stolen in any group is revoked"),
            ("n3", self.derived("old", "--group", "old"), ("--group", "old"), self.NO_KEY,
             "the key for the nodes of group old is revoked"),
            ("n4", self.write("wrong", f"{text}{(digest ^ digest >> 32) % 2**32:08x}\n"), (), self.NO_KEY,
             "its key is not the one for node n4 in any group"),
            ("n5", self.derived("node", "--node", "n7"), (),
             r"rejected by .*: its key is for node n7 in any group; it says that it is node n5 in group web",
             "its key is for node n7 in any group; it says that it is node n5 in group web"),
            ("n6", self.derived("group", "--group", "db"), (),
             r"rejected by .*: its key is for the nodes of group db; it says that it is node n6 in group web",
             "its key is for the nodes of group db; it says"),
            ("n8", self.derived("both", "--node", "n8", "--group", "db"), (),
             r"rejected by .*: its key is for node n8 in group db; it says that it is node n8 in group web",
             "its key is for node n8 in group db; it says"),
            ("n9", None, (), r"rejected by .*: this collector requires encryption; give the agent a key with --token-file",
             "this collector requires encryption"),
        ]
        for node, token, flags, of_agent, of_collector in cases:
            with self.subTest(node):
                agent = self.agent(node, token, *flags)
                self.assert_refused(agent, of_agent, of_collector)
                agent.kill()
            self.collector.kill()  # the log's limit is per collector
            self.start()

    def test_the_name_of_a_revoked_node_is_refused_with_any_key(self):
        self.write("revoked", "stolen\n")
        self.start()
        self.assert_refused(self.agent("stolen", self.token), r"rejected by .*: node stolen is revoked",
                            "node stolen is revoked")

    def test_an_agent_with_a_key_never_sends_to_a_collector_without_one(self):
        self.collector = self.start_collector()
        agent = self.agent("n1", self.token)
        self.assert_refused(agent, r"can't trust .*: it does not encrypt; give the collector the fleet's key with "
                            "--token-file", "it encrypts, and this collector has no key; give the collector the fleet's")

    def test_a_key_is_replaced_without_a_loss(self):
        """The steps of docs/security.md, with agents that are not restarted."""
        self.start()
        nodes = [f"n{i}" for i in range(3)]
        agents = [self.agent(node, self.derived(node, "--node", node)) for node in nodes]
        left_out = self.agent("left-out", self.derived("left-out", "--node", "left-out"))
        for agent in (*agents, left_out):
            self.collector.wait_samples(agent.node, 5)
        successor = self.key("--new")
        self.write("token", successor + self.fleet)
        self.collector.wait_log("files of keys were read again: 2 accepted")  # by itself
        for node in nodes:
            self.derived(node, "--node", node)
        self.write("token", successor)
        for agent in agents:
            self.collector.wait_log(rf"node {agent.node}: ended its connection from 127\.0\.0\.1: its key is no longer accepted")
            agent.wait_log(r"rejected by .*: its key is no longer accepted; give the agent a new one")
            agent.wait_log("--token-file holds another key, which is used from now on")
            wait_until(lambda agent=agent: agent.connections() == 2, f"{agent} to return")
        # One that has the old key still is refused for good.
        left_out.wait_log(self.NO_KEY)
        self.collector.wait_log(r"its key is of another fleet, .* for node left-out in any group")
        for agent in agents:
            self.collector.wait_samples(agent.node, self.count_samples(agent.node) + 5)
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 2, agent.log())
        self.assert_all_stored(agents, [row for row in self.collector.samples() if row["node_id"] in nodes])

    def test_an_agent_keeps_its_key_while_its_file_is_invalid(self):
        self.start()
        token = self.derived("node", "--node", "n1")
        agent = self.agent("n1", token)
        self.collector.wait_samples("n1", 5)
        os.remove(token)
        os.mkfifo(token)
        port = self.collector.address().rsplit(":", 1)[1]
        self.collector.kill()
        self.start(port=int(port))
        agent.wait_log(r"the key stays as it was: can't read .*/node: it is a pipe, a socket or a device")
        wait_until(lambda: agent.connections() == 2, "the agent to return")
        self.assert_stops(agent)
        self.assertEqual(len(agent.log_matches("the key stays as it was")), 1, agent.log())

    def test_a_node_is_revoked_while_it_streams(self):
        self.start()
        lost, kept = self.agent("lost", self.derived("lost", "--node", "lost")), self.agent("kept", self.token)
        for agent in (lost, kept):
            self.collector.wait_samples(agent.node, 5)
        self.write("revoked", "lost\n")
        self.collector.signal(signal.SIGHUP)
        self.collector.wait_log("configuration reloaded")
        lost.wait_log(r"rejected by .*: the key for node lost in any group is revoked")
        self.collector.wait_log(r"node lost: ended its connection from 127\.0\.0\.1: the key for node lost in any group")
        self.assert_stops(kept)
        self.assertEqual(kept.connections(), 1, kept.log())

    def test_invalid_files_change_nothing(self):
        self.start()
        agent = self.agent("n1", self.token)
        self.collector.wait_samples("n1", 5)
        self.write("token", "hr1:fleet:cut\n")
        self.collector.wait_log(r"the keys stay as they were: .*/token holds a key that is cut off")  # by itself
        self.collector.signal(signal.SIGHUP)
        self.collector.wait_log(r"reload failed, .*token-file: .*/token holds a key that is cut off")
        again = self.agent("n2", self.write("right", self.fleet))
        self.collector.wait_samples("n2", 5)
        for one in (agent, again):
            self.assert_stops(one)
            self.assertEqual(one.connections(), 1, one.log())

    def test_other_machines_need_a_key(self):
        flags = ("--data", self.path("data"), "--http", "off", "--listen", "0.0.0.0:0")
        result = run(COLLECTOR, *flags)
        self.assertNotEqual(result.returncode, 0)
        for word in ("--listen: 0.0.0.0:0", "headroom key --new", "--token-file", "--insecure"):
            self.assertIn(word, result.stderr)
        for more in (("--insecure",), ("--token-file", self.token)):
            collector = self.start_collector("--listen", "0.0.0.0:0", *more)
            collector.wait_log(r"listening on 0\.0\.0\.0:\d+")
            self.assert_stops(collector)

    def test_a_reload_must_not_take_the_key_away_where_other_machines_can_connect(self):
        config = self.write("headroom.conf", f"[collector]\ntoken-file = {self.token}\n")
        collector = self.start_collector("--listen", "0.0.0.0:0", "--config", config)
        collector.wait_log("listening on")
        self.write("headroom.conf", "[collector]\n")
        collector.signal(signal.SIGHUP)
        collector.wait_log("reload failed, .*: without token-file or cert-file, agents on other machines would need no key")
        self.assert_stops(collector)

    def test_files_that_hold_no_key_end_the_start(self):
        os.mkfifo(self.path("pipe"))
        os.symlink(self.path("pipe"), self.path("link"))
        cases = [(self.path("pipe"), "it is a pipe, a socket or a device"),
                 (self.path("link"), "it is a pipe, a socket or a device"),
                 ("/dev/zero", "it is a pipe, a socket or a device"),
                 (self.folder, "it is a directory"),
                 (self.write("long", "#" * 70000), "it is too long"),
                 (self.write("open", self.fleet, 0o666), "every user can write to it; chmod o-w it"),
                 (self.write("garbage", "\x00\xff" * 200), "holds a zero byte, so it is no text"),
                 (self.write("empty", "# no key\n"), "is empty")]
        for path, words in cases:
            for program in ((COLLECTOR, "--data", self.path("data"), "--listen", "127.0.0.1:0"),
                            (AGENT, "--collector", "127.0.0.1:1")):
                with self.subTest(path=path, program=program[0]):
                    result = run(*program, "--token-file", path)
                    self.assertEqual(result.returncode, 2, result.stderr)
                    self.assertRegex(result.stderr, rf"token-file: .*{re.escape(path)}.*{words}")

    def test_a_key_that_others_can_read_is_used_with_a_warning(self):
        """As secrets that Kubernetes mounts are: links, with the mode 0644."""
        os.mkdir(self.path("..data"))
        with open(self.path("..data/token"), "w", encoding="ascii") as file:
            file.write(self.fleet)
        os.chmod(self.path("..data/token"), 0o644)
        os.remove(self.token)
        os.symlink("..data/token", self.token)
        self.start()
        agent = self.agent("n1", self.token)
        self.collector.wait_samples("n1", 5)
        self.collector.wait_log(r"token-file: every user can read .*/token \(mode 0644\); chmod o-r it")
        agent.wait_log(r"--token-file: every user can read .*/token \(mode 0644\); chmod o-r it")

    def test_garbage_is_refused_on_both_sides(self):
        self.start()
        for sent, words in ((BAD_RECORD, "its encrypted connection failed: "),
                            (bytes(range(7, 200)), ".* is longer than|.*at most|.*frame|.*message")):
            with self.subTest(words), socket.create_connection(("127.0.0.1", self.collector.port())) as peer:
                peer.sendall(sent)
                self.collector.wait_log(rf"rejected a connection from 127\.0\.0\.1: (?:{words})")
        for answer, words in ((b"HTTP/1.1 400 Bad Request\r\n", "it does not encrypt"),
                              (BAD_RECORD, ".+")):
            with self.subTest(answer), socket.create_server(("127.0.0.1", 0)) as server:
                agent = self.start_agent("n1", [f"127.0.0.1:{server.getsockname()[1]}"], "--token-file", self.token)
                with server.accept()[0] as peer:
                    self.assertEqual(peer.recv(1), b"\x16")
                    peer.sendall(answer)
                    agent.wait_log(rf"can't trust 127\.0\.0\.1:\d+: {words}")
                self.assertEqual(agent.connections(), 0, agent.log())
                agent.kill()

    def test_handshakes_that_never_end_cost_no_cpu_and_keep_nobody_out(self):
        self.start()
        peers = []
        for _ in range(300):  # more than may wait for their turn
            peer = socket.create_connection(("127.0.0.1", self.collector.port()))
            self.addCleanup(peer.close)
            peer.sendall(b"\x16\x03\x01")
            peers.append(peer)
        agent = self.agent("n1", self.token)
        agent.wait_log(" connected to ")
        before = cpu_s(self.collector)
        time.sleep(2)
        self.assertLess(cpu_s(self.collector) - before, 0.5)
        wait_until(lambda: all(is_closed(peer) for peer in peers), "the others to be closed")
        self.collector.wait_samples("n1", 20)
        self.assert_stops(agent)
        self.assertEqual(agent.connections(), 1, agent.log())

    @unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
    def test_openssl_shakes_hands(self):
        """Its own implementation of TLS, with a key that was made here and a Hello in plain protobuf."""
        self.start()
        key = self.key("--node", "n1", "--token-file", self.token).strip().split(":")
        identity = f"hr1/agent/{key[2]}/{key[3]}/{key[4]}"
        command = ["openssl", "s_client", "-connect", self.collector.address(), "-tls1_3", "-psk_identity", identity, "-quiet"]
        bad_hello = b"\0\0\0\2\x0a\0"  # so that the collector says something: it lacks the required fields
        right = subprocess.run([*command, "-psk", key[5]], input=bad_hello, capture_output=True, timeout=WAIT_S, check=False)
        self.assertIn(b"is not a valid Frame", right.stdout, right.stderr)
        wrong = subprocess.run([*command, "-psk", "00" * 32], input=bad_hello, capture_output=True, timeout=WAIT_S,
                               check=False)
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn(b"illegal parameter", wrong.stderr)
        self.collector.wait_log("its key is not the one for node n1 in any group")


if __name__ == "__main__":
    main()
