"""The collector's HTTP responses, and its reaction to bad requests."""

import http.client
import json
import re
import shutil
import socket
import subprocess
import threading
import time

import headroom_test
from headroom_test import COLLECTOR, run, wait_until
from http_case import PROTOTYPE, HttpTest
from http_client import batches_by_form, get, post_samples, request


class Api(HttpTest):
    def test_keda_reads_the_wanted_number(self):
        """As KEDA's metrics-api scaler does: a plain GET, and valueLocation "desired" as a path into the JSON."""
        self.start_web()
        reply = get(self.port, "/api/v1/groups/web", **{"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"})
        self.assertEqual(reply.status, 200)
        desired = reply.json()["desired"]
        self.assertIsInstance(desired, int)
        self.assertGreater(desired, 0)
        reply = get(self.port, "/api/v1/groups/unknown")
        self.assertEqual(reply.status, 404)
        self.assertNotIn("desired", reply.json())

    def test_a_group_without_data_is_an_error_and_no_number(self):
        collector = self.start("--tick", "1h")
        self.start_agent("n-1", [collector], "--group", "web")
        wait_until(lambda: get(self.port, "/api/v1/groups/web").status != 404, lambda: collector.log())
        reply = get(self.port, "/api/v1/groups/web")
        self.assertEqual(reply.status, 503)
        self.assertIsNone(reply.json()["desired"])
        self.assertIn("error", reply.json())

    def test_all_that_there_is_to_read(self):
        self.start_web()
        wait_until(lambda: len(get(self.port, "/api/v1/nodes/web-1/series").json()["rows"]) >= 3, lambda: "samples")
        nodes = get(self.port, "/api/v1/nodes").json()["nodes"]
        self.assertEqual(sorted(node["id"] for node in nodes), ["web-1", "web-2"])
        self.assertEqual(get(self.port, "/api/v1/nodes/web-1").json()["state"], "live")
        series = get(self.port, "/api/v1/nodes/web-1/series?metric=cpu_percent").json()
        self.assertEqual(series["columns"], ["time_ms", "cpu_percent"])
        last = series["rows"][-1][0]
        more = get(self.port, f"/api/v1/nodes/web-1/series?since={last}").json()["rows"]
        self.assertTrue(all(row[0] > last for row in more), "no row twice")
        known = get(self.port, "/metrics.js")
        self.assertEqual(known.headers["content-type"], "text/javascript; charset=utf-8")
        self.assertEqual(re.findall(r'"name":"(\w+)"', known.text()),
                         list(get(self.port, "/api/v1/nodes/web-1").json()["metrics"]))
        self.assertIn('{"name":"cpu_percent","title":"CPU","unit":"%"}', known.text())
        self.assertIn('{"name":"net_rx_bytes_per_second","title":"Network in","unit":"B/s"}', known.text())
        decisions = get(self.port, "/api/v1/decisions").json()
        self.assertEqual(decisions["decisions"][0]["group"], "web")
        self.assertEqual(get(self.port, f"/api/v1/decisions?since={decisions['last']}").status, 200)
        self.assertGreater(len(get(self.port, "/api/v1/groups/web/series").json()["rows"]), 0)
        self.assertEqual(get(self.port, "/api/v1/fleet").json()["connected"], 2)
        self.assertEqual(get(self.port, "/healthz").status, 200)
        self.assertEqual(get(self.port, "/readyz").status, 200)

    def test_every_batch_of_an_agent_takes_the_fast_path(self):
        """With and without an account: several of both within three ack intervals."""
        collector = self.start()
        self.start_agent("n-1", [collector], "--interval", "100ms")
        collector.wait_samples("n-1", 30)
        forms = batches_by_form(self.port)
        self.assertGreater(forms["scanned"], 10)
        self.assertEqual(forms["decoded"], 0)

    def test_a_connection_serves_many_requests(self):
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        connection.connect()
        mine = connection.sock.getsockname()
        for method, path, status in (("GET", "/healthz", 200), ("HEAD", "/", 200), ("GET", "/api/v1/nodes/none", 404),
                                     ("GET", "/metrics", 200), ("GET", "/api/v1/groups", 200)):
            connection.request(method, path, body=b"ignored" if path == "/metrics" else None)
            response = connection.getresponse()
            response.read()
            self.assertEqual((response.status, response.will_close), (status, False), path)
            self.assertEqual(connection.sock.getsockname(), mine)

    def test_a_page_that_is_known_is_not_sent_again(self):
        self.start()
        page = get(self.port, "/")
        self.assertEqual(page.status, 200)
        self.assertIn("default-src 'none'", page.headers["content-security-policy"])
        self.assertNotIn("unsafe", page.headers["content-security-policy"])
        for path in ("/", "/metrics.js"):
            tag = get(self.port, path).headers["etag"]
            again = get(self.port, path, **{"If-None-Match": tag})
            self.assertEqual((again.status, again.body), (304, b""), path)
        head = request(self.port, "HEAD", "/page.js")
        self.assertEqual((head.status, head.body), (200, b""))


class Doors(HttpTest):
    def test_a_token(self):
        collector = self.start("--http-token-file", self.write("token", "s3cret\n"))
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "s3cret"}):
            reply = get(self.port, "/api/v1/groups", **headers)
            self.assertEqual(reply.status, 401)
            self.assertIn("Bearer", reply.headers["www-authenticate"])
        self.assertEqual(get(self.port, "/metrics").status, 401)
        self.assertEqual(get(self.port, "/healthz").status, 200)
        self.assertEqual(get(self.port, "/").status, 200)
        right = {"Authorization": "Bearer s3cret"}
        self.assertEqual(get(self.port, "/api/v1/groups", **right).status, 200)
        self.write("token", "other\n")
        collector.signal(headroom_test.signal.SIGHUP)
        collector.wait_log("configuration reloaded")
        self.assertEqual(get(self.port, "/api/v1/groups", **right).status, 401)

    def test_beyond_loopback_there_must_be_a_token(self):
        flags = ["--listen", "127.0.0.1:0", "--data", self.path("data"), "--http", "0.0.0.0:0"]
        ended = run(COLLECTOR, *flags)
        self.assertEqual(ended.returncode, 1)
        for text in ("--http: 0.0.0.0:0", "--http-token-file", "--http-insecure"):
            self.assertIn(text, ended.stderr)
        for more in (["--http-insecure"], ["--http-token-file", self.write("token", "s3cret\n")]):
            collector = self.start_collector("--http", "0.0.0.0:0", *more)
            collector.wait_log(r"http on 0\.0\.0\.0:(\d+)")
            self.assert_stops(collector)

    def test_a_port_in_use_is_said_and_the_collector_does_not_start(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            ended = run(COLLECTOR, "--listen", "127.0.0.1:0", "--data", self.path("data"), "--http", address)
        self.assertEqual(ended.returncode, 1)
        for text in ("--http", address, "in use", "--http off"):
            self.assertIn(text, ended.stderr)

    def test_off_is_off(self):
        collector = self.start_collector("--http", "off")
        collector.wait_log("listening on")
        self.assertEqual(collector.log_matches("http on"), [])

    def test_a_strangers_name_for_this_machine(self):
        self.start()
        self.assertEqual(get(self.port, "/api/v1/groups", Host="evil.example").status, 403)
        self.assertEqual(get(self.port, "/api/v1/groups", Host="localhost").status, 200)


class OldAgents(HttpTest):
    def test_what_the_prototypes_agents_post(self):
        collector = self.start("--http-ingest")
        reply = post_samples(self.port, PROTOTYPE)
        self.assertEqual(reply.status, 200, reply.text())
        self.assertEqual(reply.json()["status"], "received")
        self.assertIn("scaling_decision", reply.json())
        reply = post_samples(self.port, [{**PROTOTYPE, "timestamp": PROTOTYPE["timestamp"] + i} for i in (1, 2)])
        self.assertEqual(reply.json()["status"], "received")
        rows = collector.wait_samples("old-1", 3) and collector.samples()
        self.assertEqual([row["seq"] for row in rows], ["1", "2", "3"])
        self.assertRegex(rows[0]["instance"], "^h[0-9a-f]{16}$")
        self.assertEqual([rows[0][name] for name in ("node_id", "cpu", "memory", "disk_read", "disk_write", "timestamp")],
                         ["old-1", "41.50", "63.20", "123456", "7890", "1764000000.250"])
        latest = get(self.port, "/metrics/latest").json()["old-1"]
        self.assertEqual({name: latest[name] for name in ("node_id", "cpu", "memory", "disk_read", "disk_write")},
                         {name: PROTOTYPE[name] for name in ("node_id", "cpu", "memory", "disk_read", "disk_write")})
        self.assertEqual(get(self.port, "/health").json(), {"status": "healthy"})

        def decided():
            return post_samples(self.port, {**PROTOTYPE, "timestamp": time.time()}).json()["scaling_decision"]

        decision = wait_until(decided, collector.log)
        self.assertEqual(decision["group"], "default")
        self.assertIn(decision["action"], ("hold", "scale_up", "scale_down"))

        self.assert_stops(collector)
        collector = self.start("--http-ingest")
        self.assertEqual(get(self.port, "/api/v1/nodes/old-1").status, 200)
        self.assertEqual(post_samples(self.port, PROTOTYPE).status, 200)
        wait_until(lambda: len({row["instance"] for row in collector.samples()}) == 2, collector.log)

    def test_a_node_that_has_moved_over(self):
        collector = self.start("--http-ingest")
        self.assertEqual(post_samples(self.port, {**PROTOTYPE, "node_id": "n-1"}).status, 200)
        self.start_agent("n-1", [collector])
        collector.wait_samples("n-1", 3)
        reply = post_samples(self.port, {**PROTOTYPE, "node_id": "n-1"})
        self.assertEqual(reply.status, 409)
        self.assertIn("an agent reports for node n-1", reply.json()["error"])
        self.assertEqual(collector.log_matches("ended without Goodbye"), [])

    def test_bad_samples(self):
        self.start("--http-ingest")
        kind = {"Content-Type": "application/json"}
        for body, status in ((b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b'{"node_id":"n","timestamp":NaN}', 400),
                             (b"[" * 5000, 400), (b"[]", 422), (b'{"node_id":"../x","timestamp":1}', 422),
                             (b'{"node_id":"n","timestamp":1,"cpu":"x"}', 422), (b" " * 33000, 413)):
            reply = request(self.port, "POST", "/metrics", body, kind)
            self.assertEqual(reply.status, status, body[:40])
            self.assertIsInstance(reply.json()["error"], str)
        self.assertEqual(request(self.port, "POST", "/metrics", b"{}", {"Content-Type": "text/plain"}).status, 415)
        self.assertEqual(get(self.port, "/api/v1/nodes").json()["nodes"], [])

    def test_the_door_is_closed_by_default(self):
        self.start()
        reply = post_samples(self.port, PROTOTYPE)
        self.assertEqual((reply.status, reply.headers["allow"]), (405, "GET, HEAD"))


class BadInput(HttpTest):
    def raw(self, data, timeout=20):
        """Sends bytes on a new connection, and returns the response."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as peer:
            answer = b""
            try:
                peer.sendall(data)
                while chunk := peer.recv(65536):
                    answer += chunk
            except (ConnectionError, TimeoutError):
                pass
            return answer

    def test_requests_that_make_no_sense(self):
        collector = self.start_web()
        for path, status in (("/nothing", 404), ("/../../etc/passwd", 404), ("/%2e%2e/x", 404), ("/metrics%00", 400),
                             ("/api/v1/nodes?limit=-1", 400), ("/api/v1/nodes?limit=NaN", 400),
                             ("/api/v1/nodes?nonsense=1", 400), ("/api/v1/nodes/web-1/series?since=1e9", 400),
                             ("/api/v1/nodes/none", 404), ("/" + "a" * 3000, 414)):
            reply = get(self.port, path)
            self.assertEqual(reply.status, status, path)
            self.assertEqual(reply.headers["content-type"], "application/json")
            self.assertEqual(reply.body.count(b"\n"), 1)
            self.assertIsInstance(reply.json()["error"], str)
        for method in ("PUT", "DELETE", "OPTIONS", "BREW"):
            self.assertEqual(request(self.port, method, "/api/v1/nodes").status, 405)
        for lengths in (b"Content-Length: 2\r\nTransfer-Encoding: chunked", b"Content-Length: 2\r\nContent-Length: 40",
                        b"Transfer-Encoding: gzip", b"Transfer-Encoding: xchunked"):
            twice = (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + lengths +
                     b"\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = self.raw(twice)
            self.assertRegex(answer, rb"^HTTP/1\.1 400", lengths)
            self.assertEqual(answer.count(b"HTTP/1.1"), 1, lengths)
        huge = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100000 + b"\r\n\r\n"
        self.assertRegex(self.raw(huge), rb"^HTTP/1\.1 431")
        for junk in (b"\x00" * 100, b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
            self.assertNotIn(b" 200 ", self.raw(junk + b"\r\n\r\n", 15)[:20])
        self.assertEqual(get(self.port, "/healthz").status, 200)
        self.assertTrue(collector.running())

    def test_clients_that_go_away_in_the_middle(self):
        collector = self.start("--http-ingest")
        samples = [{**PROTOTYPE, "node_id": f"n-{i}"} for i in range(3000)]
        for first in range(0, 3000, 100):
            self.assertEqual(post_samples(self.port, samples[first : first + 100]).status, 200)
        def leave():
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", self.port), 20) as peer:
                    peer.sendall(b"GET /metrics/nodes HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    peer.recv(100)
        threads = [threading.Thread(target=leave) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(get(self.port, "/healthz").status, 200)
        self.assert_stops(collector)


class Prometheus(HttpTest):
    CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: headroom
    authorization: {{credentials: s3cret}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
  - job_name: nodes
    metrics_path: /metrics/nodes
    authorization: {{credentials: s3cret}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

    def test_its_own_checker_has_nothing_to_say(self):
        if shutil.which("promtool") is None:
            self.skipTest("there is no promtool; scripts/test installs it")
        self.start_web()
        for path in ("/metrics", "/metrics/nodes"):
            text = get(self.port, path)
            self.assertEqual(text.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
            ended = subprocess.run(["promtool", "check", "metrics"], input=text.text(), text=True, capture_output=True,
                                   timeout=60, check=False)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""))

    def query(self, port, text):
        try:
            reply = get(port, "/api/v1/query?query=" + text)
        except OSError:
            return None
        found = json.loads(reply.body)["data"]["result"] if reply.status == 200 else []
        return {tuple(sorted(entry["metric"].items())): float(entry["value"][1]) for entry in found}

    def test_debians_prometheus_scrapes_it(self):
        if shutil.which("prometheus") is None:
            self.skipTest("there is no prometheus; scripts/test installs it")
        collector = self.start("--max", "7", "--http-token-file", self.write("http-token", "s3cret\n"))
        self.start_fleet(["web-1", "web-2"], collector, 0.95, "--group", "web")
        port = headroom_test.free_port()
        config = self.write("prometheus.yml", self.CONFIG.format(port=self.port))
        server = headroom_test.Program(["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                                        f"--storage.tsdb.path={self.path('tsdb')}"], self.log_path("prometheus"))
        self.programs.append(server)

        def cpu():
            found = self.query(port, "headroom_node_cpu_ratio")
            return found if found and len(found) == 2 else None

        values = wait_until(cpu, server.log, timeout=60)
        self.assertTrue(all(0.8 < value <= 1 for value in values.values()), values)

        def desired():
            """What both say; a scrape may be a decision behind."""
            scraped = self.query(port, 'headroom_group_desired_nodes%7Bgroup="web"%7D')
            asked = get(self.port, "/api/v1/groups/web", Authorization="Bearer s3cret").json()["desired"]
            return scraped and list(scraped.values()) == [float(asked)]

        wait_until(desired, server.log)
        wait_until(lambda: list(self.query(port, "headroom_agents_connected").values()) == [2.0], server.log)


if __name__ == "__main__":
    headroom_test.main()
