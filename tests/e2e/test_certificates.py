"""Certificates: whom they let in, what both sides log about the others, and how they are replaced under load."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import unittest
import urllib.request

from authority import Authority, openssl
from headroom_test import COLLECTOR, HEADROOM, AGENT, WAIT_S, HeadroomTest, main, run, wait_until
from hostile import cpu_s

DAY_S = 86400


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
class CertificateTest(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s")
    AGENT_FLAGS = ("--interval", "100ms", "--group", "web")

    def setUp(self):
        super().setUp()
        self.ca = Authority(self.path("ca"), "fleet ca")
        self.own = self.ca.sign("collector", "DNS:localhost,IP:127.0.0.1", use="serverAuth")
        self.ca_file = self.copy(self.ca.certificate, "ca.pem")
        self.cert, self.key = self.copy(self.own[0], "cert.pem"), self.copy(self.own[1], "key.pem")

    def copy(self, source, name):
        """Replaces a file at once, as tools that renew certificates do."""
        shutil.copy(source, self.path(name + ".new"))
        os.replace(self.path(name + ".new"), self.path(name))
        return self.path(name)

    def start(self, *flags, **how):
        self.collector = self.start_collector("--cert-file", self.cert, "--key-file", self.key, "--ca-file", self.ca_file,
                                              *flags, **how)
        self.collector.port()
        return self.collector

    def flags_of(self, pair, ca=None):
        return ("--ca-file", ca or self.ca.certificate, *(("--cert-file", pair[0], "--key-file", pair[1]) if pair else ()))

    def agent(self, node, pair, *flags, ca=None):
        return self.start_agent(node, [self.collector], *self.flags_of(pair, ca), *flags)

    def node(self, name, **how):
        return self.ca.sign(name, f"DNS:{name}", **how)

    def assert_refused(self, agent, of_agent, of_collector):
        """Both sides log why, the agent keeps its samples, and nothing of it is stored."""
        agent.wait_log(of_agent)
        self.collector.wait_log(r"rejected a connection from 127\.0\.0\.1: " + of_collector)
        self.assertTrue(agent.running())
        self.assertEqual(agent.connections(), 0, agent.log())
        self.assertNotIn(agent.node, {row["node_id"] for row in self.collector.samples()})


class Matrix(CertificateTest):
    """Who is let in, and who is not."""

    def test_nodes_with_certificates_of_each_kind_are_let_in(self):
        self.start()
        pairs = {"n1": self.node("n1"), "n2": self.node("n2", kind="ed25519"), "n3": self.node("n3", kind="rsa2048"),
                 "n4": self.node("n4", use=None)}
        agents = [self.agent(node, pair) for node, pair in pairs.items()]
        for agent in agents:
            self.collector.wait_samples(agent.node, 10)
        for agent in agents:
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 1, agent.log())
        self.assert_all_stored(agents, self.collector.samples())
        self.assertEqual(self.collector.log_matches("rejected"), [])
        self.assert_stops(self.collector)

    def test_certificates_that_let_nobody_in(self):
        config = self.write("headroom.conf", "[collector]\n[group db]\ncert-group = databases\n")
        other = Authority(self.path("other"), "old ca")
        self.ca.revoke(self.node("stolen")[0])
        crl = self.ca.list_revoked(self.path("crl.pem"))
        stolen = (self.ca.path("stolen.pem"), self.ca.path("stolen.key"))
        flags = ("--config", config, "--crl-file", crl)
        self.start(*flags)
        rejected = "rejected by .*: "
        cases = [
            ("n1", other.sign("n1", "DNS:n1"), (),
             r'its certificate \(CN n1, serial [0-9a-f]+\) is signed by "old ca", which is not in .*ca.pem \("fleet ca"\)'),
            ("n2", self.node("n7"), (), r"it says that it is node n2; its certificate is for another: DNS:n7"),
            ("n3", self.node("n3"), ("--group", "db"),
             r"it says that it is in group db, whose cert-group is databases; its certificate \(CN n3, .*\) has no OU"),
            ("n4", self.node("n4", unit="web"), ("--group", "db"),
             r"it says that it is in group db, whose cert-group is databases; its certificate has OU web"),
            ("n5", self.node("n5", begin=-9 * DAY_S, end=-3 * 3600), (),
             r"its certificate \(CN n5, serial [0-9a-f]+\) expired 3 h ago, at \d{4}-\d\d-\d\d \d\d:\d\d UTC"),
            ("n6", self.node("n6", begin=DAY_S), (),
             r"its certificate \(CN n6, .*\) is not valid before .* UTC, and it is .* UTC here; is this clock right\?"),
            ("stolen", stolen, (), r"its certificate \(CN stolen, serial [0-9a-f]+\) is revoked"),
            ("n9", None, (), r"it has shown no certificate; give the agent --cert-file and --key-file"),
            ("n10", self.ca.sign("n10", None), (), r"its certificate \(CN n10, .*\) has no name in its SAN"),
            ("n11", self.ca.sign("n11", "DNS:N11,DNS:*.n11"), (),
             r"it says that it is node n11; its certificate is for another: DNS:N11, DNS:\*\.n11"),
        ]
        for node, pair, more, words in cases:
            with self.subTest(node):
                agent = self.agent(node, pair, *more)
                self.assert_refused(agent, rejected + words, words)
                agent.kill()
            self.collector.kill()  # the log's limit is per collector
            self.start(*flags)
        right = self.agent("n12", self.node("n12", unit="databases"), "--group", "db")
        self.collector.wait_samples("n12", 3)
        self.assert_stops(right)

    def test_collectors_that_are_not_trusted(self):
        other = Authority(self.path("other"), "old ca")
        pair = self.node("n1")
        cases = [
            (other.sign("c1", "IP:127.0.0.1", use="serverAuth"), (),
             r'its certificate \(CN c1, serial [0-9a-f]+\) is signed by "old ca", which is not in --ca-file \("fleet ca"\)',
             "it refused this collector's certificate: CA is unknown"),
            (self.ca.sign("c2", "DNS:c2.internal,IP:10.0.0.5", use="serverAuth"), (),
             r"its certificate is for c2\.internal \(DNS:c2\.internal, IP:10\.0\.0\.5\), not for 127\.0\.0\.1; give "
             r"--server-name c2\.internal if that is meant",
             "it refused this collector's certificate: "),
            (self.ca.sign("127.0.0.1", None, use="serverAuth"), (), r"its certificate \(CN 127\.0\.0\.1, .*\) is not for "
             r"127\.0\.0\.1; names: none", "it refused this collector's certificate: "),
            (self.ca.sign("c4", "IP:127.0.0.1", use="serverAuth", begin=-9 * DAY_S, end=-3 * 3600), (),
             r"its certificate \(CN c4, .*\) expired 3 h ago", "it refused this collector's certificate: .*expired"),
            (self.ca.sign("c5", "IP:127.0.0.1", use="serverAuth", begin=DAY_S), (),
             r"its certificate \(CN c5, .*\) is not valid before .*; is this clock right\?",
             "it refused this collector's certificate: "),
            (self.own, ("--ca-pin", "sha256:" + "00" * 32),
             r'its certificate \(CN collector, .*\) is signed by "fleet ca", whose key is not that of --ca-pin',
             "it refused this collector's certificate: CA is unknown"),
        ]
        for own, flags, of_agent, of_collector in cases:
            with self.subTest(of_agent):
                self.copy(own[0], "cert.pem")
                self.copy(own[1], "key.pem")
                self.start()
                agent = self.agent("n1", pair, *flags)
                self.assert_refused(agent, r"can't trust 127\.0\.0\.1:\d+: " + of_agent, of_collector)
                agent.kill()
                self.collector.kill()

    def test_another_server_name_and_a_pin_are_accepted(self):
        own = self.ca.sign("c2", "DNS:c2.internal", use="serverAuth")
        self.copy(own[0], "cert.pem")
        self.copy(own[1], "key.pem")
        digest = openssl("pkey", "-in", self.ca.path("ca.key"), "-pubout", "-outform", "DER", "-out", self.path("pub")) or \
            openssl("dgst", "-sha256", self.path("pub")).split()[-1]
        self.start()
        agent = self.agent("n1", self.node("n1"), "--server-name", "c2.internal", "--ca-pin", "sha256:" + digest)
        self.collector.wait_samples("n1", 5)
        self.assert_stops(agent)
        # The pin alone, with the CA's certificate at the end of the collector's.
        with open(self.cert, "a", encoding="utf-8") as file, open(self.ca.certificate, encoding="utf-8") as ca:
            file.write(ca.read())
        self.collector.kill()
        self.start()
        pair = self.node("n2")
        agent = self.start_agent("n2", [self.collector], "--cert-file", pair[0], "--key-file", pair[1], "--ca-pin",
                                 "sha256:" + digest, "--server-name", "c2.internal")
        self.collector.wait_samples("n2", 5)
        self.assert_stops(agent)

    def test_plain_keys_and_certificates_meet(self):
        token = self.write("token", run(HEADROOM, "key", "--new").stdout)
        pair = self.node("n1")
        self.start()
        plain = self.start_agent("n1", [self.collector])
        self.assert_refused(plain, "rejected by .*: this collector requires encryption; give the agent a key with "
                            "--token-file, or --ca-file and --cert-file", "this collector requires encryption")
        keyed = self.start_agent("n2", [self.collector], "--token-file", token)
        self.assert_refused(keyed, "can't trust .*: it does not accept this agent's key", "its key is of another fleet")
        self.collector.kill()
        for agent in (plain, keyed):
            agent.kill()

        self.collector = self.start_collector("--token-file", token)
        agent = self.agent("n1", pair)
        self.assert_refused(agent, r"can't trust .*: it has a key and no certificate; give the collector --cert-file",
                            "it has no key of this version, and no certificate that this collector asks for")
        agent.kill()
        self.collector.kill()

        self.collector = self.start_collector()
        agent = self.agent("n1", pair)
        self.assert_refused(agent, r"can't trust .*: it does not encrypt; give the collector --cert-file, --key-file and "
                            "--ca-file", "it encrypts, and this collector has no key")
        agent.kill()
        self.collector.kill()

        self.start("--token-file", token)
        both = [self.agent("n1", pair), self.start_agent("n2", [self.collector], "--token-file", token)]
        for agent in both:
            self.collector.wait_samples(agent.node, 5)
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 1, agent.log())

    def test_names_of_spiffe(self):
        prefix = "spiffe://example.org/headroom"
        config = self.write("headroom.conf", f"[collector]\nnode-name = {prefix}\n[group db]\ncert-group = {prefix}/db\n")
        self.start("--config", config)
        right = [self.agent("n1", self.ca.sign("n1", f"URI:{prefix}/web/n1")),
                 self.agent("n2", self.ca.sign("n2", f"URI:{prefix}/n2")),
                 self.agent("n3", self.ca.sign("n3", f"URI:{prefix}/db/n3"), "--group", "db")]
        for agent in right:
            self.collector.wait_samples(agent.node, 3)
            self.assert_stops(agent)
        wrong = [("n4", f"URI:{prefix}/web/n5", (), "it says that it is node n4; its certificate is for another: URI:spiffe:"),
                 ("n5", f"URI:{prefix}/web/n5,URI:{prefix}/web/n6", (), "it says that it is node n5; .*for another"),
                 ("n6", f"URI:{prefix}/n6", ("--group", "db"), "it says that it is in group db, whose cert-group is spiffe:")]
        for node, san, flags, words in wrong:
            agent = self.agent(node, self.ca.sign(node, san), *flags)
            self.assert_refused(agent, "rejected by .*: " + words, words)
            agent.kill()

    def test_a_certificate_for_servers_lets_no_node_in(self):
        """Our agent refuses to use one: so openssl sends the Hello."""
        self.start()
        pair = self.node("n8", use="serverAuth")
        hello = b"\x08\x01" b"\x12\x02n8" b"\x1a\x03web" b"\x21AAAAAAAA" b"\x40\x64" b"\x48\x01" b"\x50\x00"
        frame = b"\x0a" + bytes([len(hello)]) + hello
        done = subprocess.run(["openssl", "s_client", "-connect", self.collector.address(), "-tls1_3", "-quiet", "-cert", pair[0],
                               "-key", pair[1]], input=len(frame).to_bytes(4, "big") + frame, capture_output=True,
                              timeout=WAIT_S, check=False)
        words = r"its certificate \(CN n8, .*\) is for another use: its extended key usage lacks clientAuth"
        self.assertRegex(done.stdout, words.encode())
        self.collector.wait_log("rejected a connection from .*: " + words)
        agent = self.agent("n8", pair)
        agent.wait_log("is not for clients: its extended key usage lacks clientAuth")

    def test_openssl_shakes_hands(self):
        self.start()
        pair = self.node("n1")
        command = ["openssl", "s_client", "-connect", self.collector.address(), "-tls1_3", "-quiet", "-CAfile",
                   self.ca.certificate, "-verify_return_error", "-verify_ip", "127.0.0.1"]
        bad_hello = b"\0\0\0\2\x0a\0"  # so that the collector says something: it lacks the required fields
        for more in ((), ("-cert", pair[0], "-key", pair[1])):
            done = subprocess.run([*command, *more], input=bad_hello, capture_output=True, timeout=WAIT_S, check=False)
            self.assertIn(b"is not a valid Frame", done.stdout, done.stderr)
        old = subprocess.run([*command[:4], "-tls1_2"], input=b"", capture_output=True, timeout=WAIT_S, check=False)
        self.assertRegex(old.stderr, b"alert (protocol version|handshake failure)")


class Files(CertificateTest):
    """What is refused at the start, and what happens when files change."""

    def test_files_that_can_not_be_used_are_refused_at_the_start(self):
        long_key = self.ca.sign("long", "IP:127.0.0.1", use="serverAuth", kind="rsa3072")
        of_node = self.node("n1")
        cases = [
            (COLLECTOR, ("--cert-file", self.cert, "--key-file", of_node[1], "--ca-file", self.ca_file),
             ["--cert-file: ", "n1.key is not the key of ", "cert.pem"]),
            (COLLECTOR, ("--cert-file", *long_key[:1], "--key-file", long_key[1], "--ca-file", self.ca_file),
             ["an RSA key of 3072 bits would hold the loop for 10 ms a handshake; use ECDSA P-256 or Ed25519"]),
            (COLLECTOR, ("--cert-file", of_node[0], "--key-file", of_node[1], "--ca-file", self.ca_file),
             ["is not for servers: its extended key usage lacks serverAuth"]),
            (COLLECTOR, ("--cert-file", self.cert, "--key-file", self.key), ["certificates need all of", "ca-file"]),
            (COLLECTOR, ("--cert-file", self.cert, "--key-file", self.key, "--ca-file", "/nonexistent"),
             ["/nonexistent: No such file"]),
            (COLLECTOR, ("--node-name", "cn"), ["--node-name: must be dns, any or spiffe://"]),
            (AGENT, ("--cert-file", of_node[0], "--key-file", of_node[1]), ["--ca-file is missing"]),
            (AGENT, ("--ca-file", self.ca_file, "--cert-file", of_node[0]), ["--cert-file and --key-file belong together"]),
            (AGENT, ("--ca-file", self.ca_file, "--token-file", self.write("token", run(HEADROOM, "key", "--new").stdout)),
             ["--token-file and certificates exclude each other"]),
            (AGENT, ("--ca-file", self.ca_file, "--ca-pin", "sha256:12"), ["is no pin; write sha256:"]),
        ]
        for program, flags, words in cases:
            with self.subTest(words[0]):
                result = run(program, *flags, *(("--data", self.path("data")) if program == COLLECTOR else ()))
                self.assertNotEqual(result.returncode, 0)
                for word in words:
                    self.assertIn(word, result.stderr)

    def test_other_machines_need_a_key_or_a_certificate(self):
        collector = self.start_collector("--cert-file", self.cert, "--key-file", self.key, "--ca-file", self.ca_file,
                                         "--listen", "0.0.0.0:0")
        collector.wait_log(r"listening on 0\.0\.0\.0:\d+")

    def test_a_key_that_others_can_read_is_warned_about(self):
        pair = self.node("n1")
        for key in (self.key, pair[1]):
            os.chmod(key, 0o644)
        self.start()
        agent = self.agent("n1", pair)
        self.collector.wait_log(r"key-file: every user can read .*key\.pem \(mode 0644\); chmod o-r it")
        agent.wait_log(r"key-file: every user can read .* \(mode 0644\); chmod o-r it")

    def test_a_pair_that_is_half_renewed_changes_nothing(self):
        self.start()
        agent = self.agent("n1", self.node("n1"))
        self.collector.wait_samples("n1", 3)
        renewed = self.ca.sign("renewed", "IP:127.0.0.1", use="serverAuth")
        self.copy(renewed[0], "cert.pem")
        self.collector.wait_log(r"key\.pem is not the key of .*cert\.pem; the old certificates stay, until \d{4}-")
        again = self.agent("n2", self.node("n2"))
        self.collector.wait_samples("n2", 3)
        self.copy(renewed[1], "key.pem")
        self.collector.wait_log("the files of certificates were read again")
        self.assertEqual(self.shown_name(), "renewed")
        for one in (agent, again):
            self.assert_stops(one)
            self.assertEqual(one.connections(), 1, one.log())

    def shown_name(self):
        """The CN of the certificate that the collector shows."""
        done = subprocess.run(["openssl", "s_client", "-connect", self.collector.address(), "-tls1_3"], input=b"",
                              capture_output=True, timeout=WAIT_S, check=False)
        return re.search(rb"subject=.*CN = (.*)", done.stdout).group(1).decode()

    def replaced(self, programs, change):
        """Changes files, and waits until all the programs have read them."""
        line = "files of certificates were read again"
        before = {program: len(program.log_matches(line)) for program in programs}
        change()
        for program in programs:
            wait_until(lambda program=program: len(program.log_matches(line)) > before[program], program.log)

    def test_the_ca_is_rotated_under_load_without_a_loss(self):
        """1. Both sides accept both CAs. 2. All get certificates of the new one. 3. Both sides forget the old one."""
        new_ca = Authority(self.path("new"), "fleet ca 2027")
        both = self.path("both.pem")
        with open(both, "w", encoding="utf-8") as out:
            for ca in (self.ca, new_ca):
                with open(ca.certificate, encoding="utf-8") as file:
                    out.write(file.read())
        self.start()
        agents = []
        for node in ("n1", "n2", "n3"):
            pair = self.node(node)
            files = [self.copy(path, f"{node}-{name}") for path, name in
                     ((pair[0], "cert.pem"), (pair[1], "key.pem"), (self.ca.certificate, "ca.pem"))]
            agents.append(self.agent(node, files[:2], ca=files[2]))
            self.collector.wait_samples(node, 3)
        programs = {"": self.collector, **{agent.node + "-": agent for agent in agents}}

        def put_cas(path):
            for prefix in programs:
                self.copy(path, prefix + "ca.pem")

        def put_pairs():
            for prefix in programs:
                node = prefix.rstrip("-")
                pair = new_ca.sign(node, f"DNS:{node}") if node else \
                    new_ca.sign("collector", "IP:127.0.0.1", use="serverAuth")
                self.copy(pair[0], prefix + "cert.pem")
                self.copy(pair[1], prefix + "key.pem")

        self.replaced(programs.values(), lambda: put_cas(both))
        self.replaced(programs.values(), put_pairs)
        self.replaced(programs.values(), lambda: put_cas(new_ca.certificate))
        for agent in agents:  # their connections were made with certificates of the old CA
            self.collector.wait_log(f"node {agent.node}: ended its connection .*is signed by .fleet ca., which is not in")
            wait_until(lambda agent=agent: agent.connections() == 2, agent.log)
        for agent in agents:
            count = len([row for row in self.collector.samples() if row["node_id"] == agent.node])
            self.collector.wait_samples(agent.node, count + 3)
            self.assert_stops(agent)
        self.assert_all_stored(agents, self.collector.samples())

    def test_a_node_is_revoked_while_it_streams_and_its_ticket_is_worth_nothing(self):
        crl = self.ca.list_revoked(self.path("crl.pem"))
        self.start("--crl-file", crl)
        stolen = self.node("stolen")
        lost, kept = self.agent("stolen", stolen), self.agent("kept", self.node("kept"))
        for agent in (lost, kept):
            self.collector.wait_samples(agent.node, 3)
        self.ca.revoke(stolen[0])
        self.ca.list_revoked(crl)
        words = r"its certificate \(CN stolen, serial [0-9a-f]+\) is revoked"
        self.collector.wait_log(r"node stolen: ended its connection from 127\.0\.0\.1: " + words)
        lost.wait_log("rejected by .*: " + words)
        # It comes back with its ticket, and then waits for a minute.
        self.collector.wait_log(r"rejected a connection from 127\.0\.0\.1: " + words)
        self.assert_stops(kept)
        self.assertEqual(kept.connections(), 1, kept.log())

    def test_a_certificate_expires_while_its_node_streams(self):
        self.start()
        pair = self.node("n1", begin=-60, end=12)
        paths = self.copy(pair[0], "n1-cert.pem"), self.copy(pair[1], "n1-key.pem")
        agent = self.agent("n1", paths)
        self.collector.wait_samples("n1", 3)
        agent.wait_log(r"cert-file: expires in \d+ s, at .* and has not been renewed")
        self.collector.wait_log(r"node n1: ended its connection .*: its certificate \(CN n1, .*\) expired \d+ s ago")
        agent.wait_log("rejected by .*: its certificate .* expired")
        renewed = self.node("n1")
        self.copy(renewed[0], "n1-cert.pem")
        self.copy(renewed[1], "n1-key.pem")
        agent.wait_log("files of certificates were read again")

    def test_an_agent_connects_anew_with_its_renewed_certificate(self):
        self.start()
        pair = self.node("n1", begin=-600, end=60)
        paths = self.copy(pair[0], "n1-cert.pem"), self.copy(pair[1], "n1-key.pem")
        agent = self.agent("n1", paths)
        self.collector.wait_samples("n1", 3)
        renewed = self.node("n1")
        self.copy(renewed[0], "n1-cert.pem")
        self.copy(renewed[1], "n1-key.pem")
        agent.wait_log("connecting anew with the new certificate")
        wait_until(lambda: agent.connections() == 2, agent.log)
        self.assert_stops(agent)
        self.assert_all_stored([agent], self.collector.samples())
        self.assertEqual(self.collector.log_matches("expired"), [])


class Tickets(CertificateTest):
    def handshakes(self, by):
        with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=WAIT_S) as answer:
            text = answer.read().decode()
        return int(re.search(rf'headroom_tls_agents_total{{by="{by}"}} (\d+)', text).group(1))

    def begin(self, **how):
        self.start("--http", "127.0.0.1:0", **how)
        self.http = self.collector.wait_log(r"http on (127\.0\.0\.1:\d+)").group(1)

    def restart(self):
        port = self.collector.port()
        self.collector.kill()
        self.begin(port=port)

    def test_agents_return_by_their_tickets_to_a_collector_that_was_restarted(self):
        self.begin()
        agent = self.agent("n1", self.node("n1"))
        self.collector.wait_samples("n1", 3)
        self.assertEqual(self.handshakes("certificate"), 1)
        key = os.path.join(self.collector.data, "tickets.key")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        self.restart()
        wait_until(lambda: self.handshakes("ticket") == 1, agent.log)
        wait_until(lambda: agent.connections() == 2, agent.log)
        self.assertEqual(self.handshakes("certificate"), 0)
        # Without the file, the agent comes by a whole handshake, and then by its next ticket.
        os.unlink(key)
        self.restart()
        wait_until(lambda: agent.connections() == 3, agent.log)
        self.assertEqual((self.handshakes("certificate"), self.handshakes("ticket")), (1, 0))
        self.restart()
        wait_until(lambda: agent.connections() == 4, agent.log)
        self.assertEqual((self.handshakes("certificate"), self.handshakes("ticket")), (0, 1))
        self.assert_stops(agent)
        self.assert_all_stored([agent], self.collector.samples())

    def test_the_first_expiry_is_a_metric(self):
        self.begin()
        agent = self.agent("n1", self.node("n1", end=9000))

        def left(whose):
            with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=WAIT_S) as answer:
                text = answer.read().decode()
            return [float(value) for value in
                    re.findall(rf'headroom_tls_certificate_expiry_seconds{{of="{whose}"}} (\S+)', text)]
        wait_until(lambda: left("nodes") and 8000 < left("nodes")[0] < 9000, lambda: f"{left('nodes')} {agent.log()}")
        self.assertTrue(29 * DAY_S < left("collector")[0] < 30 * DAY_S, left("collector"))


class Silence(CertificateTest):
    """Clients that stop in the middle of a handshake."""

    CLIENTS = 8

    def setUp(self):
        super().setUp()
        self.start()
        self.pair = self.node("n1")

    def connect(self):
        peer = socket.create_connection(("127.0.0.1", self.collector.port()), WAIT_S)
        self.addCleanup(peer.close)
        context = ssl.create_default_context(cafile=self.ca.certificate)
        context.load_cert_chain(*self.pair)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        return peer, context.wrap_bio(incoming, outgoing, server_hostname="localhost"), incoming, outgoing

    def next_flight(self, channel, outgoing):
        """What the client sends next, and whether it is its last flight."""
        try:
            channel.do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read(), False
        return outgoing.read(), True

    def after_client_hello(self):
        peer, channel, _, outgoing = self.connect()
        peer.sendall(self.next_flight(channel, outgoing)[0])
        return peer

    def in_certificate_message(self):
        peer, channel, incoming, outgoing = self.connect()
        flight, done = self.next_flight(channel, outgoing)
        while not done:
            peer.sendall(flight)
            incoming.write(peer.recv(65536))
            flight, done = self.next_flight(channel, outgoing)
        self.assertGreater(len(flight), 500)
        peer.sendall(flight[: len(flight) // 3])
        return peer

    def read_to_end(self, peer):
        peer.settimeout(WAIT_S)
        try:
            while peer.recv(65536):
                pass
        except ConnectionError:
            pass

    def assert_costs_nothing_and_is_closed(self, make_client):
        begun = time.monotonic()
        peers = [make_client() for _ in range(self.CLIENTS)]
        time.sleep(0.5)  # the collector's part of the handshakes
        before_s = cpu_s(self.collector.process.pid)
        for peer in peers:
            self.read_to_end(peer)
        spent_s = cpu_s(self.collector.process.pid) - before_s
        self.assertLess(spent_s, 0.5)  # also with sanitizers; a loop that spins has 4 s
        self.assertGreater(time.monotonic() - begun, 4.5)
        self.collector.wait_log(r"rejected a connection from 127\.0\.0\.1: no Hello within 5 s")
        agent = self.agent("n1", self.pair)
        self.collector.wait_samples("n1", 3)
        self.assert_stops(agent)

    def test_after_its_first_message(self):
        self.assert_costs_nothing_and_is_closed(self.after_client_hello)

    def test_in_the_middle_of_its_certificate(self):
        self.assert_costs_nothing_and_is_closed(self.in_certificate_message)


if __name__ == "__main__":
    main()
