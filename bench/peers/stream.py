"""One request a second of each node, over a connection of its own that stays open."""

import http.client
import selectors
import socket
import time


class Requests:
    """encode(node, time_s) gives the bytes of a request. A node whose last one has not been answered leaves one out."""

    def __init__(self, port, nodes, encode):
        self.encode = encode
        self.waiting = set()
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for node in range(nodes):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ, node)
            self.sockets.append(connection)

    def close(self):
        for connection in self.sockets:
            connection.close()
        self.selector.close()

    def run(self, seconds):
        """Returns how many were answered; another answer than 2xx is an error."""
        begin, turn, answered = time.monotonic(), 0, 0
        nodes = len(self.sockets)
        while turn < seconds * nodes or self.waiting:
            passed = time.monotonic() - begin
            while turn < min(passed, seconds) * nodes:
                self.send(turn % nodes)
                turn += 1
            if passed > seconds + 30:
                raise RuntimeError(f"{len(self.waiting)} requests were not answered")
            answered += sum(self.receive(key) for key, _ in self.selector.select(0.002))
        return answered

    def send(self, node):
        if node not in self.waiting:
            self.waiting.add(node)
            self.sockets[node].sendall(self.encode(node, time.time()))

    def receive(self, key):
        answer = key.fileobj.recv(65536)
        if not answer.startswith(b"HTTP/1.1 2"):
            if answer and not answer.startswith(b"HTTP/1.1 "):
                return 0  # the rest of an answer
            raise RuntimeError(f"answered {answer[:200]!r}")
        self.waiting.discard(key.data)
        return 1


def http_post(path, body, kind):
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body


def post_for(port, path, kind, encode, seconds):
    """Posts on one connection, each request after the answer to the last one. encode(turn) gives a body. Returns the number
    of answers."""
    answered = 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection.request("POST", path, encode(answered), {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{path} answers {answer.status}")
        answered += 1
    connection.close()
    return answered
