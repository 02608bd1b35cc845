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

    def begin_request(self, i):
        """A connection with half of a request, or None."""
        begun = (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-%d: ",
                 b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 b"Content-Length: 9000\r\n\r\n%d")
        try:
            peer = socket.create_connection(("127.0.0.1", self.port), 20, (f"127.0.0.{2 + i % 3}", 0))
            self.addCleanup(peer.close)
            peer.sendall(begun[i % 2] % i)
            return peer
        except OSError:
            return None

    def test_hundreds_of_half_sent_requests(self):
        """They hold no place that a whole request needs, also when each that is closed comes again."""
        collector = self.start_web("--http-ingest")
        since = time.monotonic()
        before = len(collector.samples())
        half = [self.begin_request(i) for i in range(400)]
        answered = []
        for i in range(8):
            begun = time.monotonic()
            self.assertTrue(self.answers())
            answered.append(time.monotonic() - begun)
            half += [self.begin_request(j) for j in range(50 * i, 50 * i + 50)]
        print(f"/healthz took at most {1000 * max(answered):.0f} ms", flush=True)
        self.assertLess(sorted(answered)[4], 2)
        wait_until(lambda: len(collector.samples()) > before + 20, collector.log)
        self.assert_ticked("web", since)
        for peer in filter(None, half):
            peer.settimeout(40)
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
