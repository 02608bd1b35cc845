"""Limits of the HTTP server, per client and over time."""

import http.client
import socket
import time

from headroom_test import HeadroomTest, main, wait_until
from http_client import post_samples

CONNECTIONS = 8
TIME_LIMIT_S = 60
SWEEP_S = 1
LATE_S = 20  # on a busy machine


class Limits(HeadroomTest):
    def setUp(self):
        super().setUp()
        collector = self.start_collector("--http", "127.0.0.1:0", "--http-ingest", "--http-connections",
                                         str(CONNECTIONS), "--history", "10s")
        self.port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

    def connect(self, host):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(host, 0))
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def serves(self, connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().read() != b""
        except (OSError, http.client.HTTPException):
            return False

    def test_one_address_has_half_of_the_places(self):
        mine = [self.connect("127.0.0.2") for _ in range(CONNECTIONS)]
        self.assertEqual([self.serves(connection) for connection in mine].count(True), CONNECTIONS // 2)
        self.assertTrue(self.serves(self.connect("127.0.0.3")))
        for connection in mine:
            connection.close()
        wait_until(lambda: self.serves(self.connect("127.0.0.2")), lambda: "a place that is free again")

    def test_half_of_a_later_request_has_no_more_time_than_of_the_first(self):
        later = self.connect("127.0.0.2")
        self.assertTrue(self.serves(later))
        later.sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
        self.assertLess(self.wait_end(later.sock, time.monotonic()), 10 + SWEEP_S + LATE_S)

    def wait_end(self, peer, begun):
        """The time until the collector closed the connection; received data is discarded."""
        peer.settimeout(TIME_LIMIT_S + 20)
        try:
            while peer.recv(1 << 20):
                pass
        except ConnectionError:
            pass
        return time.monotonic() - begun

    def test_who_asks_nothing_and_who_does_not_read_are_cut(self):
        samples = [{"node_id": f"n-{i}", "timestamp": time.time(), "cpu": 50.0} for i in range(3000)]
        for first in range(0, 3000, 100):
            self.assertEqual(post_samples(self.port, samples[first : first + 100]).status, 200)
        idle = self.connect("127.0.0.2")
        self.assertTrue(self.serves(idle))
        slow = socket.socket()
        self.addCleanup(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the response does not fit
        slow.connect(("127.0.0.1", self.port))
        for _ in range(40):
            slow.sendall(b"GET /metrics/nodes HTTP/1.1\r\nHost: localhost\r\n\r\n")
        begun = time.monotonic()
        self.assertGreater(self.wait_end(idle.sock, begun), TIME_LIMIT_S - 5)
        self.assertLess(time.monotonic() - begun, TIME_LIMIT_S + SWEEP_S + LATE_S)
        time.sleep(SWEEP_S + 1)
        received = 0
        slow.settimeout(20)
        try:
            while chunk := slow.recv(1 << 20):
                received += len(chunk)
        except ConnectionError:
            pass
        self.assertLess(received, 40 * 100000)


if __name__ == "__main__":
    main()
