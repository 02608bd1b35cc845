"""docs/app-metric.md: its scripts write what the servers and commands say, as the agent reads it, and nothing while these
do not answer."""

import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import textwrap
import threading
import time
import unittest

from headroom_test import AGENT, SOURCE, WAIT_S, HeadroomTest, main, run, wait_until

PAGE = os.path.join(SOURCE, "docs", "app-metric.md")

NGINX = """Active connections: {active}
server accepts handled requests
 16630948 16630948 31070465
Reading: 6 Writing: 179 Waiting: 106
"""

FPM = """pool:                 www
process manager:      static
start since:          25
accepted conn:        96
listen queue:         {waiting}
max listen queue:     90
listen queue len:     128
idle processes:       0
active processes:     {busy}
total processes:      50
max active processes: 50
max children reached: 0
slow requests:        0
"""


def script(heading):
    """The indented block below a heading of the page."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    section = text[re.search(rf"^#+ {heading}", text, re.M).start():]
    return textwrap.dedent(re.search(r"^ {4}.*\n(?: {4}.*\n|\n(?= {4}))*", section, re.M).group())


class Status(http.server.BaseHTTPRequestHandler):
    """A status page: server.pages by path, 503 without one."""

    def do_GET(self):
        page = self.server.pages.get(self.path)
        self.send_response(503 if page is None else 200)
        self.end_headers()
        self.wfile.write((page or "").encode("ascii"))

    def log_message(self, *_):
        pass


# The first round of a script's loop goes on, the second ends it.
SLEEP = 'test "$*" = 1 && mkdir "$ONCE"\n'


class Scripts(HeadroomTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        self.install("sleep", SLEEP)

    def install(self, name, text):
        """A command that the scripts find first."""
        self.write(f"bin/{name}", "#!/bin/sh\n" + text)
        os.chmod(self.path(f"bin/{name}"), 0o755)

    def serve(self):
        """Returns the pages of a status server by path, and where it is."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Status)
        server.pages = {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.pages, f"127.0.0.1:{server.server_port}"

    def round(self, heading, **changes):
        """Runs one round of a script of the page. Returns what it wrote: nothing, or what the agent reads."""
        text = script("Examples").replace("/run/headroom/app", self.path("app")) + script(heading)
        for old, new in changes.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        once = self.path("once")
        environment = dict(os.environ, ONCE=once, PATH=f"{self.path('bin')}:{os.environ['PATH']}")
        subprocess.run(["sh", self.write("script", text)], env=environment, stdin=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=WAIT_S, check=False)
        os.rmdir(once)
        self.assertFalse(os.path.exists(self.path("app.new")))
        if not os.path.exists(self.path("app")):
            return None
        found = self.read()
        os.unlink(self.path("app"))
        return found

    def read(self):
        """On a busy machine the file would become too old meanwhile, or is read too late for the sample."""
        os.utime(self.path("app"), (time.time() + 600, time.time() + 600))

        def found():
            sample = json.loads(run(AGENT, "--once", "--app-file", self.path("app"), "--interval", "100ms",
                                    "--cgroup", "off").stdout)
            return None if sample["app_load"] is None else (sample["app_load"], sample["app_capacity"])

        with open(self.path("app"), encoding="ascii") as file:
            return wait_until(found, f"the agent reads {file.read()!r}")

    @unittest.skipIf(shutil.which("curl") is None, "needs curl")
    def test_nginx(self):
        pages, server = self.serve()
        pages["/nginx_status"] = NGINX.format(active=292)
        self.assertEqual(self.round("nginx", **{"127.0.0.1": server}), (291, 200))
        pages.clear()
        self.assertIsNone(self.round("nginx", **{"127.0.0.1": server}))
        self.assertIsNone(self.round("nginx", **{"127.0.0.1": "127.0.0.1:1"}))

    @unittest.skipIf(shutil.which("curl") is None, "needs curl")
    def test_php_fpm(self):
        pages, server = self.serve()
        pages["/fpm-status"] = FPM.format(busy=50, waiting=13)
        self.assertEqual(self.round("php-fpm", **{"127.0.0.1": server}), (63, 50))
        pages.clear()
        self.assertIsNone(self.round("php-fpm", **{"127.0.0.1": server}))

    @unittest.skipIf(shutil.which("ss") is None, "needs ss")
    def test_gunicorn(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = {":8000": f":{server.getsockname()[1]}"}
            self.assertEqual(self.round("gunicorn", **port), (0, 16))
            clients = [socket.create_connection(server.getsockname()) for _ in range(5)]
            accepted = [server.accept()[0] for _ in range(2)]
            self.assertEqual(self.round("gunicorn", **port), (5, 16))
            for end in clients + accepted:
                end.close()
        self.install("ss", "exit 1\n")
        self.assertIsNone(self.round("gunicorn", **port))

    def test_nvidia_smi(self):
        self.install("nvidia-smi", "printf '87\\n100\\n0\\n'\n")
        self.assertEqual(self.round("nvidia-smi"), (187, 300))
        self.install("nvidia-smi", "echo 0\n")
        self.assertEqual(self.round("nvidia-smi"), (0, 100))
        self.install("nvidia-smi", "echo no devices were found; exit 6\n")
        self.assertIsNone(self.round("nvidia-smi"))

    @unittest.skipIf(shutil.which("pgrep") is None, "needs pgrep")
    def test_queue(self):
        pattern = {"worker --job": f"{self.path('worker')} --job"}
        self.install("redis-cli", 'case "$*" in "-h queue llen jobs") echo 30 ;; "-h queue scard workers") echo 4 ;; '
                                  "*) exit 1 ;; esac\n")
        self.assertEqual(self.round("A queue", **pattern), (7.5, 20))
        for _ in range(3):
            worker = subprocess.Popen(["sh", "-c", "read line", self.path("worker"), "--job", "1"], stdin=subprocess.PIPE)
            self.addCleanup(worker.wait)
            self.addCleanup(worker.stdin.close)
        self.assertEqual(self.round("A queue", **pattern), (10.5, 20))
        self.install("redis-cli", 'case "$*" in *llen*) echo 30 ;; *) echo 0 ;; esac\n')
        self.assertEqual(self.round("A queue", **pattern), (33, 20))
        self.install("redis-cli", "exit 1\n")
        self.assertIsNone(self.round("A queue", **pattern))


if __name__ == "__main__":
    main()
