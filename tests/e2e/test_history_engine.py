"""History over HTTP from an engine, which headroom-bridge history asks for the collector."""

import http.server
import os
import threading
import time
import unittest

import headroom_test
from engines import VICTORIA, Victoria, request
from headroom_test import wait_until
from http_case import HttpTest
from http_client import get

BRIDGE = os.environ.get("HEADROOM_BRIDGE", os.path.join(headroom_test.BUILD, "bridge", "headroom-bridge"))
DAY_MS = 86400000


class FromEngine(HttpTest):
    def start_with(self, url, *flags):
        path = f"{os.path.dirname(BRIDGE)}:{os.environ['PATH']}"
        collector = self.start_collector("--tick", "1h", "--history-url", url, *flags, variables={"PATH": path})
        self.port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        return collector

    def ask(self, path):
        reply = get(self.port, f"/api/v1/{path}")
        self.assertEqual(reply.status, 200, reply.text())
        return reply.json()


@unittest.skipIf(VICTORIA is None, "there is no victoria-metrics")
class Victorias(FromEngine):
    def setUp(self):
        super().setUp()
        self.engine = Victoria(self)
        self.engine.start()
        self.end_ms = int(time.time()) // 600 * 600000

    def fill(self, days):
        """Of group web and its node web-1, a sample in five minutes."""
        lines = []
        for number, at in enumerate(range(self.end_ms - days * DAY_MS, self.end_ms, 300000)):
            lines += [f'headroom_group_demand{{group="web",resource="cpu"}} {40 + 20 * (number % 2)} {at}',
                      f'headroom_group_demand{{group="web",resource="memory"}} 1 {at}',
                      f'headroom_group_demand{{group="db",resource="cpu"}} 2 {at}',
                      f'headroom_group_desired_nodes{{group="web"}} 7 {at}',
                      f'headroom_node_cpu_ratio{{node="web-1",group="web"}} 0.25 {at}',
                      f'headroom_node_net_rx_bytes_total{{node="web-1",group="web"}} {300000 * number} {at}']
        request(f"{self.engine.url}/api/v1/import/prometheus", "\n".join(lines).encode())
        request(f"{self.engine.url}/internal/force_flush")

    def test_a_week_of_a_group_and_of_a_node(self):
        self.fill(7)
        self.start_with(self.engine.url)
        begun = time.monotonic()
        times = f"from={self.end_ms - 7 * DAY_MS}&to={self.end_ms}"
        answer = wait_until(lambda: self.ask(f"history?group=web&{times}&metric=demand,desired,forecast"), "an answer")
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual((answer["source"], answer["complete"], answer["step_ms"]), ("engine", True, 600000))
        self.assertGreaterEqual(len(answer["rows"]), 1007)
        for row in answer["rows"][1:-1]:
            self.assertEqual(row[1:], [50, 40, 60, 7, 7, 7, None, None, None])
        self.assertEqual({row[0] % 600000 for row in answer["rows"]}, {0})
        answer = self.ask(f"history?node=web-1&{times}&metric=cpu_percent,net_rx_bytes_per_second")
        for row in answer["rows"][2:-1]:
            self.assertEqual(row[1:], [25, 25, 25, 1000, 1000, 1000])
        self.assertEqual(self.ask(f"history?node=nobody&{times}")["rows"], [])
        self.assertEqual(self.ask("decisions?from=0")["source"], "files")

    def test_without_the_engine_the_files_answer(self):
        collector = self.start_with(self.engine.url)
        self.assertEqual(self.ask("history?group=web")["source"], "engine")
        self.engine.kill()
        self.assertEqual(self.ask("history?group=web")["source"], "files")
        collector.wait_log(r"history-url: headroom-bridge history: .*; the page's history comes from the files")
        self.engine.start()
        self.assertEqual(self.ask("history?group=web")["source"], "engine")


class Stubs(FromEngine):
    def stub(self, answer):
        """An engine that gives this answer to each query: (status, body), or hangs on None."""
        released = threading.Event()
        self.addCleanup(released.set)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                if answer is None:
                    released.wait()
                    return
                self.send_response(answer[0])
                self.end_headers()
                self.wfile.write(answer[1])

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def test_bad_answers(self):
        for status, body, reason in (
                (500, b"", "answers with status 500"), (302, b"", "answers with status 302"),
                (200, b"<html>", "not that of Prometheus' API"),
                (422, b'{"status":"error","error":"too many points"}', "the engine reports: too many points"),
                (200, b"x" * (2 << 20), "the answer is longer than 1024 KiB")):
            with self.subTest(reason):
                collector = self.start_with(self.stub((status, body)))
                self.assertEqual(self.ask("history?group=web")["source"], "files")
                self.assertIn(reason, collector.wait_log(r"history-url: .*").group(0))
                self.assert_stops(collector)

    def test_an_engine_that_hangs_holds_nothing_up(self):
        collector = self.start_with(self.stub(None))
        asked = threading.Thread(target=lambda: self.assertRaises(Exception, self.ask, "history?group=web"), daemon=True)
        asked.start()
        wait_until(lambda: b"history" in self.children(collector), "the bridge to be started")
        self.assertEqual(get(self.port, "/healthz").status, 200)
        self.assert_stops(collector)
        asked.join(20)

    def children(self, collector):
        lines = b""
        for pid in os.listdir("/proc"):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as stat, open(f"/proc/{pid}/cmdline", "rb") as command:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) == collector.process.pid:
                        lines += command.read()
            except (OSError, ValueError):
                continue
        return lines

    def test_an_address_that_is_none(self):
        done = headroom_test.run(headroom_test.COLLECTOR, "--check-config", "--history-url", "localhost:8428")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("history-url: must begin with http:// or https://", (done.stdout or "") + (done.stderr or ""))


if __name__ == "__main__":
    headroom_test.main()
