"""Engines for the tests of headroom-bridge: Debian's victoria-metrics and prometheus, on loopback with folders of their
own, and a stub for answers that those give only in trouble."""

import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from headroom_test import Program, free_port, wait_until

VICTORIA = shutil.which("victoria-metrics")
PROMETHEUS = shutil.which("prometheus")


def request(url, data=None, timeout=20):
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=timeout) as answer:
        return answer.read().decode()


class Engine:
    """It can be killed and started again on the same folder and port."""

    HEALTH = "/health"

    def __init__(self, test, name):
        self.test = test
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.write_url = f"{self.url}/api/v1/write"
        self.starts = 0
        self.program = None
        test.addCleanup(self.stop)

    def start(self):
        self.starts += 1
        self.program = Program(self.command(), self.test.path(f"{self.name}-{self.starts}.log"))
        wait_until(self.is_up, lambda: f"{self.name} to start:\n{self.program.log()}")

    def is_up(self):
        try:
            return request(f"{self.url}{self.HEALTH}", timeout=2)
        except (urllib.error.URLError, OSError):
            return None

    def kill(self):
        self.program.kill()

    def stop(self):
        if self.program is not None and self.program.running():
            self.program.kill()


class Victoria(Engine):
    def __init__(self, test, name="victoria"):
        super().__init__(test, name)

    def command(self):
        return [VICTORIA, "-storageDataPath", self.test.path(self.name), "-httpListenAddr", f"127.0.0.1:{self.port}",
                "-retentionPeriod=10y", "-dedup.minScrapeInterval=1ms", "-memory.allowedBytes=256MB",
                "-loggerLevel=ERROR"]

    def export(self, name):
        request(f"{self.url}/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": name})
        return [json.loads(line) for line in request(f"{self.url}/api/v1/export?{query}").splitlines()]

    def samples(self, name):
        """{node: {time_ms: value}} of a metric, and how many values were exported."""
        found, count = {}, 0
        for series in self.export(name):
            values = found.setdefault(series["metric"]["node"], {})
            count += len(series["timestamps"])
            values.update(zip(series["timestamps"], series["values"]))
        return found, count

    def labels(self, name, label):
        return {series["metric"].get(label) for series in self.export(name)}


class Prometheus(Engine):
    HEALTH = "/-/ready"

    def __init__(self, test, window="2h"):
        super().__init__(test, "prometheus")
        self.config = test.write("prometheus.yml", f"storage:\n  tsdb:\n    out_of_order_time_window: {window}\n")

    def command(self):
        return [PROMETHEUS, f"--config.file={self.config}", f"--storage.tsdb.path={self.test.path('prometheus')}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver", "--log.level=error"]

    def samples(self, name):
        """As Victoria's, of the last hours."""
        query = urllib.parse.urlencode({"query": f"{name}[3h]"})
        found, count = {}, 0
        for series in json.loads(request(f"{self.url}/api/v1/query?{query}"))["data"]["result"]:
            values = {round(1000 * time_s): float(value) for time_s, value in series["values"]}
            found.setdefault(series["metric"]["node"], {}).update(values)
            count += len(series["values"])
        return found, count


class StubEngine:
    """Gives the answers in its list one after the other, then what refuse() says of the body, then 204."""

    def __init__(self, test, tls=False, asks_client=False, version="HTTP/1.1"):
        self.answers = []
        self.refuse = lambda body: None
        self.times = []
        self.connections = 0
        self.headers = []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = version

            def setup(self):
                super().setup()
                stub.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.answer(self, body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.certificate = self.make_certificate(test)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, test.path("stub.key"))
            context.load_verify_locations(self.certificate)
            context.verify_mode = ssl.CERT_REQUIRED if asks_client else ssl.CERT_NONE
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}/write"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        test.addCleanup(self.stop)

    @staticmethod
    def make_certificate(test):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=stub", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        test.path("stub.key"), "-out", test.path("stub.pem")], check=True, capture_output=True)
        return test.path("stub.pem")

    def answer(self, handler, body):
        self.times.append(time.monotonic())
        self.headers.append(dict(handler.headers))
        status, headers, text = self.answers.pop(0) if self.answers else self.refuse(body) or (204, {}, b"")
        if status is None:
            handler.wfile.write(text)
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        if status != 204:
            handler.wfile.write(text)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
