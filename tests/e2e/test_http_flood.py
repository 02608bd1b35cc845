"""Floods of large or incomplete requests do not starve agents and ticks. Nothing else runs while loop latency is
measured."""

import json
import selectors
import socket
import time

import headroom_test
from headroom_test import wait_until
from http_client import get, post_samples
from http_case import PROTOTYPE, HttpTest
from loop_latency import is_machine_busy, late_share, loop_turns

LATE_MAX = 0.2


class Flood(HttpTest):
    def moments(self):
        return loop_turns(get(self.port, "/metrics").text()), time.monotonic()

    def assert_ticked(self, group, since):
        """At least half of the ticks of 200 ms since then have run."""
        passed_s = time.monotonic() - since
        rows = get(self.port, f"/api/v1/groups/{group}/series").json()["rows"]
        ticks = sum(row[0] > 1000 * (time.time() - passed_s) for row in rows)
        self.assertGreater(ticks, passed_s / 0.2 / 2, group)

    def assert_prompt(self, late):
        """Unless other programs hold the collector up."""
        self.assertTrue(late < LATE_MAX or is_machine_busy(), f"{late:.2%} of all moments waited more than 25 ms")

    def flood(self, requests, seconds):
        """Sends all requests at once, each on its own connection and repeated after each response. Returns the number
        of responses."""
        ends, answered = time.monotonic() + seconds, 0
        with selectors.DefaultSelector() as selector:
            for i, text in enumerate(requests):
                peer = socket.create_connection(("127.0.0.1", self.port), 20, (f"127.0.0.{2 + i % 2}", 0))
                self.addCleanup(peer.close)
                selector.register(peer, selectors.EVENT_READ, text)
                peer.sendall(text)
            while time.monotonic() < ends:
                for key, _ in selector.select(1):
                    if key.fileobj.recv(1 << 20).endswith((b"0\r\n\r\n", b"}\n")):
                        answered += 1
                        key.fileobj.sendall(key.data)
        return answered

    def test_a_flood_of_large_requests_leaves_the_loop_to_others(self):
        self.start("--http-ingest", "--history", "10s")
        samples = [{**PROTOTYPE, "node_id": f"n-{i}", "timestamp": time.time()} for i in range(3000)]
        for first in range(0, 3000, 100):
            self.assertEqual(post_samples(self.port, samples[first : first + 100]).status, 200)
        body = json.dumps(samples[:128] + [{"node_id": "bad"}]).encode()
        bad = b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        readers = [b"GET /metrics/nodes HTTP/1.1\r\nHost: localhost\r\n\r\n"] * 15
        readers += [b"GET /api/v1/nodes?group=none&limit=100000 HTTP/1.1\r\nHost: localhost\r\n\r\n"] * 15
        before = self.moments()
        answered = self.flood(readers + [bad % len(body) + body] * 30, 5)
        late = late_share(before, self.moments(), 0.025)
        print(f"{answered} answers; {late:.2%} of all moments waited more than 25 ms", flush=True)
        self.assertGreater(answered, 100)
        self.assert_ticked("default", before[1])
        self.assert_prompt(late)

    def test_hundreds_of_half_sent_requests(self):
        collector = self.start_web("--http-ingest")
        begun = (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-%d: ",
                 b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 b"Content-Length: 9000\r\n\r\n%d")
        half = []
        for i in range(300):
            peer = socket.create_connection(("127.0.0.1", self.port), 20)
            self.addCleanup(peer.close)
            try:
                peer.sendall(begun[i % 2] % i)
            except OSError:
                pass
            half.append(peer)
        before = len(collector.samples())
        said = time.monotonic()
        # A client that sends slowly is cut off as well: time counts, not bytes.
        for peer in half:
            try:
                peer.sendall(b"x")
            except OSError:
                pass
        wait_until(lambda: self.answers(), collector.log, timeout=40)
        self.assertLess(time.monotonic() - said, 30)
        wait_until(lambda: len(collector.samples()) > before + 20, collector.log)
        late = late_share((dict.fromkeys(self.moments()[0], 0), said), self.moments(), 0.025)
        self.assert_prompt(late)
        self.assert_ticked("web", said)
        for peer in half:
            peer.settimeout(20)
            try:
                while peer.recv(4096):
                    pass
            except ConnectionError:
                pass

    def answers(self):
        try:
            return get(self.port, "/healthz").status == 200
        except OSError:
            return False


if __name__ == "__main__":
    headroom_test.main()
