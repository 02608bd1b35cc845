"""What the tests of signals share: an exporter whose values a test sets, an engine that scrapes it, a stub that answers
queries with trouble, and headroom-bridge query as a program of its own."""

import http.server
import json
import os
import threading
import time
import urllib.parse

from engines import Prometheus
from headroom_test import BUILD, Program, wait_until

BRIDGE = os.environ.get("HEADROOM_BRIDGE", os.path.join(BUILD, "bridge", "headroom-bridge"))


class QuietServer(http.server.ThreadingHTTPServer):
    """Clients that end a connection early are no errors."""

    def handle_error(self, request, client_address):
        pass


def serve(test, handler):
    """An HTTP server on loopback, until the test's end. Returns its port."""
    server = QuietServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return server.server_port


class Exporter:
    """Serves `values`, {metric: number}, as gauges."""

    def __init__(self, test, **values):
        self.values = values
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = "".join(f"{name} {value}\n" for name, value in exporter.values.items()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.port = serve(test, Handler)


class ScrapingPrometheus(Prometheus):
    """Scrapes an exporter each second."""

    def __init__(self, test, exporter):
        super().__init__(test)
        self.config = test.write("prometheus.yml",
                                 "scrape_configs:\n  - job_name: app\n    scrape_interval: 1s\n    scrape_timeout: 900ms\n"
                                 f"    static_configs:\n      - targets: ['127.0.0.1:{exporter.port}']\n")


def success(*values, at=None):
    """The answer of an engine with a series for each value."""
    at = time.time() if at is None else at
    series = [{"metric": {"i": str(i)}, "value": [at, str(value)]} for i, value in enumerate(values)]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode()


class QueryStub:
    """An engine that answers each query by the function of that name in `answers`, which gets the request handler and
    returns the status, headers and body, or None after it has written the answer itself."""

    def __init__(self, test, answers):
        self.answers = answers
        self.forms = []
        self.headers = []
        self.lock = threading.Lock()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                with stub.lock:
                    stub.forms.append(form)
                    stub.headers.append((self.path, dict(self.headers)))
                answer = stub.answers[form["query"]](self)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.url = f"http://127.0.0.1:{serve(test, Handler)}"


class Querier(Program):
    """headroom-bridge query, with its output in a file."""

    def __init__(self, test, config, *flags):
        self.out_path = test.path(f"query-{len(test.programs)}.out")
        # The shell's exec: the process is that of the program.
        super().__init__(["sh", "-c", 'exec "$@" > "$0"', self.out_path, BRIDGE, "query", "--config", config, *flags],
                         test.log_path("query"))
        test.programs.append(self)

    def lines(self):
        try:
            with open(self.out_path, encoding="ascii") as file:
                return [line for line in file.read().splitlines(True) if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def lines_of(self, name):
        return [line.rstrip("\n") for line in self.lines() if line.split()[1] == name]

    def wait_line(self, name, condition=lambda line: True, after=0):
        """Waits for a line about the signal after the first ones, and returns it."""
        return wait_until(lambda: next((line for line in self.lines_of(name)[after:] if condition(line)), None),
                          lambda: f"a line of {name} in\n{''.join(self.lines())}\n{self.log()}")


def section(name, group="web", **settings):
    """A section of the configuration file."""
    rows = {"group": group, "kind": "load", "per_node": "10", **settings}
    return f"[signal {name}]\n" + "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in rows.items()) + "\n"


def bridge_in_path():
    """For a collector in the tree of a build, which has headroom-bridge in another folder."""
    return {"PATH": os.path.dirname(BRIDGE) + os.pathsep + os.environ["PATH"]}
