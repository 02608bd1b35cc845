"""HTTPS: who can read, and what clients of all kinds see."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time

import headroom_test
from headroom_test import COLLECTOR, WAIT_S, run, wait_until
from http_client import get as get_plain
from http_client import request as request_plain
from https_case import HttpsTest, TOKEN, local_authority, make_local


class Clients(HttpsTest):
    def test_token_or_certificate(self):
        self.start_limited()
        mine = make_local(self.authority, "prometheus", "clientAuth")
        self.assertEqual(self.get("/healthz").status, 200)
        self.assertEqual(self.get("/").status, 200)
        self.assertEqual(self.get("/api/v1/fleet").status, 401)
        self.assertEqual(self.get("/api/v1/fleet", Authorization="Bearer wrong").status, 401)
        self.assertEqual(self.get("/api/v1/fleet", Authorization=f"Bearer {TOKEN}").status, 200)
        self.assertEqual(self.get("/api/v1/fleet", mine).status, 200)
        self.assertEqual(self.get("/api/v1/history?group=web", mine).json()["rows"], [])
        self.assertEqual(self.get("/api/v1/history?group=web").status, 401)
        metrics = self.get("/metrics", mine).text()
        expiry = float(re.search(r"^headroom_http_certificate_expiry_seconds (\S+)$", metrics, re.M).group(1))
        self.assertAlmostEqual(expiry, 30 * 86400, delta=3600)

    def test_certificates_that_are_not_accepted_are_answered_with_the_reason(self):
        self.start_limited()
        other = local_authority(self.folder, "other-ca")
        for pair, reason in ((make_local(other, "stranger", "clientAuth"), "not signed by a CA of http-ca-file"),
                             (make_local(self.authority, "a-server", "serverAuth"), "lacks clientAuth"),
                             (make_local(self.authority, "expired", "clientAuth", days=-1), "has expired")):
            with self.subTest(reason):
                reply = self.get("/api/v1/fleet", pair)
                self.assertEqual(reply.status, 401)
                self.assertIn(reason, reply.json()["error"])
                self.assertEqual(self.get("/api/v1/fleet", pair, Authorization=f"Bearer {TOKEN}").status, 200)

    def test_certificates_alone(self):
        """Without a token, clients need a certificate, also on this machine."""
        self.start("--http-ca-file", self.authority.certificate)
        reply = self.get("/api/v1/fleet", Authorization="Bearer ")
        self.assertEqual(reply.status, 401)
        self.assertIn("needs a certificate of a CA in http-ca-file", reply.json()["error"])
        self.assertEqual(self.get("/api/v1/fleet", make_local(self.authority, "me", "clientAuth")).status, 200)

    def test_guesses_are_counted_by_the_address_of_the_client(self):
        self.start_limited()
        guesser, other = self.connect(source="127.0.0.2"), self.connect(source="127.0.0.3")
        statuses = {self.ask(guesser, "/api/v1/fleet", Authorization="Bearer wrong").status for _ in range(30)}
        self.assertEqual(statuses, {401, 429})
        self.assertEqual(self.ask(other, "/api/v1/fleet", Authorization=f"Bearer {TOKEN}").status, 200)

    def test_plain_requests_are_told(self):
        collector = self.start()
        reply = get_plain(self.port, "/healthz")
        self.assertEqual((reply.status, reply.text()),
                         (400, 'This is HTTPS: the address has to begin with "https://".\n'))
        collector.wait_log(r"an HTTP client at 127\.0\.0\.1 does not encrypt")

    def test_plain_posts_are_told_too(self):
        """Although the collector has not read all that they send."""
        self.start()
        self.assertEqual(request_plain(self.port, "POST", "/metrics", b"x" * 20000).status, 400)

    def test_a_client_that_refuses_the_certificate_is_logged_with_its_reason(self):
        collector = self.start()
        with self.assertRaises(ssl.SSLCertVerificationError):
            with socket.create_connection(("127.0.0.1", self.port), 20) as peer:
                ssl.create_default_context().wrap_socket(peer, server_hostname="localhost")
        collector.wait_log(r"a client at 127\.0\.0\.1 refused the HTTPS connection: CA is unknown")

    def test_older_versions_are_refused(self):
        self.start()
        context = self.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises(ssl.SSLError):
            with socket.create_connection(("127.0.0.1", self.port), 20) as peer:
                context.wrap_socket(peer, server_hostname="localhost")

    def test_a_name_that_a_stranger_points_here_is_the_certificates_business(self):
        self.start()
        self.assertEqual(self.get("/api/v1/groups", Host="collector.example").status, 200)

    def test_many_requests_on_one_connection_and_one_that_closes(self):
        self.start()
        connection = self.connect()
        for _ in range(50):
            self.assertEqual(self.ask(connection, "/api/v1/fleet").status, 200)
        self.assertEqual(self.ask(connection, "/healthz", Connection="close").status, 200)

    def test_the_end_is_sealed(self):
        """So that a client knows that a response which has no length is whole."""
        self.start()
        with socket.create_connection(("127.0.0.1", self.port), 20) as peer:
            with self.context().wrap_socket(peer, server_hostname="localhost", suppress_ragged_eofs=False) as sealed:
                sealed.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                answer = b""
                while chunk := sealed.recv(4096):
                    answer += chunk
        self.assertTrue(answer.endswith(b'{"status":"ok"}\n'), answer)

    def run_client(self, *words, **how):
        if shutil.which(words[0]) is None:
            self.skipTest(f"there is no {words[0]}")
        return subprocess.run(words, capture_output=True, text=True, timeout=WAIT_S, check=False, **how)

    def test_curl(self):
        self.start_limited()
        url = f"https://localhost:{self.port}/api/v1/fleet"
        ended = self.run_client("curl", "-sS", "--fail", "--cacert", self.authority.certificate, "-H",
                                f"Authorization: Bearer {TOKEN}", url)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        cert, key = make_local(self.authority, "curl", "clientAuth")
        ended = self.run_client("curl", "-sS", "--fail", "--cacert", self.authority.certificate, "--cert", cert, "--key", key,
                                url)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(self.run_client("curl", "-sS", url).returncode, 60)

    def test_openssl(self):
        self.start()
        ended = self.run_client("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile",
                                self.authority.certificate, "-verify_return_error", "-ign_eof", "-quiet",
                                input="GET /healthz HTTP/1.0\r\n\r\n")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn('{"status":"ok"}', ended.stdout)


class Loads(HttpsTest):
    NODES = 3000

    def post(self, connection, samples):
        connection.request("POST", "/metrics", samples, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        return response.status

    def start_full(self):
        collector = self.start("--http-ingest", "--history", "10s")
        connection = self.connect()
        for first in range(0, self.NODES, 100):
            samples = ",".join(f'{{"node_id":"n-{i}","timestamp":{time.time()},"cpu":50}}'
                               for i in range(first, first + 100))
            self.assertEqual(self.post(connection, f"[{samples}]"), 200)
        return collector

    def test_large_answers_are_whole_for_readers_fast_and_slow(self):
        self.start_full()
        fast = self.get("/metrics/nodes")
        count = fast.text().count("headroom_node_up{")
        self.assertEqual(count, self.NODES)
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the collector has to wait
            peer.settimeout(40)
            peer.connect(("127.0.0.1", self.port))
            with self.context().wrap_socket(peer, server_hostname="localhost") as slow:
                slow.sendall(b"GET /metrics/nodes HTTP/1.0\r\n\r\n")
                time.sleep(1)
                answer = b""
                while chunk := slow.recv(65536):
                    answer += chunk
        self.assertEqual(answer.count(b"headroom_node_up{"), self.NODES)

    def test_a_body_that_is_refused_while_it_is_sent(self):
        self.start("--http-ingest")
        self.assertEqual(self.post(self.connect(), b" " * 33000), 413)

    def test_clients_that_go_away_in_the_middle(self):
        collector = self.start_full()

        def leave():
            for i in range(20):
                with socket.create_connection(("127.0.0.1", self.port), 20) as peer:
                    with self.context().wrap_socket(peer, server_hostname="localhost") as sealed:
                        sealed.sendall(b"GET /metrics/nodes HTTP/1.1\r\nHost: localhost\r\n\r\n"[: 60 if i % 2 else 20])
                        if i % 2:
                            sealed.recv(100)
        threads = [threading.Thread(target=leave) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.get("/healthz").status, 200)
        descriptors = f"/proc/{collector.process.pid}/fd"
        before = len(os.listdir(descriptors))
        self.get("/healthz")
        wait_until(lambda: len(os.listdir(descriptors)) <= before, "descriptors that are closed")
        self.assert_stops(collector)


class Start(HttpsTest):
    def fails(self, status, *flags):
        ended = run(COLLECTOR, "--listen", "127.0.0.1:0", "--data", self.path("data"), *flags)
        self.assertEqual(ended.returncode, status, ended.stderr)
        return ended.stderr

    def test_settings_that_do_not_fit(self):
        cert, key = self.server
        self.assertIn("--http-cert-file: needs http-key-file", self.fails(2, "--http-cert-file", cert))
        self.assertIn("--http-key-file: needs http-cert-file", self.fails(2, "--http-key-file", key))
        self.assertIn("--http-ca-file: needs http-cert-file", self.fails(2, "--http-ca-file", self.authority.certificate))
        self.assertIn(f"--http-cert-file: {cert} holds no key",
                      self.fails(2, "--http-cert-file", cert, "--http-key-file", cert))
        self.assertIn(f"{key} holds no certificate", self.fails(2, "--http-cert-file", cert, "--http-key-file", key,
                                                                "--http-ca-file", key))

    def test_beyond_loopback_clients_must_show_who_they_are(self):
        cert, key = self.server
        pair = ("--http", "0.0.0.0:0", "--http-cert-file", cert, "--http-key-file", key)
        for text in ("--http-token-file", "--http-ca-file", "--http-insecure"):
            self.assertIn(text, self.fails(1, *pair))
        for more in (("--http-ca-file", self.authority.certificate), ("--http-insecure",),
                     ("--http-token-file", self.write("token", TOKEN))):
            collector = self.start_collector(*pair, *more)
            collector.wait_log(r"https on 0\.0\.0\.0:\d+")
            self.assertEqual(collector.log_matches("not encrypted"), [])
            self.assert_stops(collector)

    def test_without_https_a_token_beyond_loopback_is_warned_about(self):
        collector = self.start_collector("--http", "0.0.0.0:0", "--http-token-file", self.write("token", TOKEN))
        collector.wait_log("other machines can read tokens and answers on their way.* http-cert-file")


class Prometheus(HttpsTest):
    CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: by-certificate
    scheme: https
    tls_config: {{ca_file: {ca}, cert_file: {cert}, key_file: {key}}}
    static_configs: [{{targets: ["localhost:{port}"]}}]
  - job_name: by-token
    scheme: https
    tls_config: {{ca_file: {ca}}}
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["localhost:{port}"]}}]
  - job_name: by-nothing
    scheme: https
    tls_config: {{ca_file: {ca}}}
    static_configs: [{{targets: ["localhost:{port}"]}}]
"""

    def test_debians_prometheus_scrapes_it(self):
        if shutil.which("prometheus") is None:
            self.skipTest("there is no prometheus; scripts/test installs it")
        self.start_limited()
        cert, key = make_local(self.authority, "prometheus", "clientAuth")
        port = headroom_test.free_port()
        config = self.write("prometheus.yml", self.CONFIG.format(ca=self.authority.certificate, cert=cert, key=key, token=TOKEN,
                                                                 port=self.port))
        server = headroom_test.Program(["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                                        f"--storage.tsdb.path={self.path('tsdb')}"], self.log_path("prometheus"))
        self.programs.append(server)

        def health():
            try:
                reply = get_plain(port, "/api/v1/targets")
            except OSError:
                return None
            targets = reply.json()["data"]["activeTargets"] if reply.status == 200 else []
            found = {target["labels"]["job"]: (target["health"], target["lastError"]) for target in targets}
            return found if len(found) == 3 and all(state != "unknown" for state, _ in found.values()) else None

        found = wait_until(health, server.log, timeout=60)
        self.assertEqual(found["by-certificate"], ("up", ""))
        self.assertEqual(found["by-token"], ("up", ""))
        self.assertEqual(found["by-nothing"][0], "down")
        self.assertIn("401", found["by-nothing"][1])


if __name__ == "__main__":
    headroom_test.main()
